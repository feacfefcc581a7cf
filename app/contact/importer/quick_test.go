package importer_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"badala/app/contact"
	"badala/app/contact/importer"

	"github.com/nyaruka/phonenumbers"
)

// TestQuickly compares the short way with the library's own: it may refuse,
// but never read a number in another way.
func TestQuickly(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	quick := 0
	for code := range importer.PlainCodes {
		for range 2000 {
			digits := code
			for range 5 + r.IntN(8) {
				digits += fmt.Sprint(r.IntN(10))
			}
			n, ok := importer.Quickly(digits)
			if !ok {
				continue
			}
			quick++
			slow, err := phonenumbers.Parse("+"+digits, "ZZ")
			if err != nil {
				if phonenumbers.IsValidNumber(n) || importer.AsLongAsMobile(n) {
					t.Errorf("%s is taken, and the library says %v", digits, err)
				}
				continue
			}
			if slow.GetCountryCode() != n.GetCountryCode() || slow.GetNationalNumber() != n.GetNationalNumber() || slow.GetItalianLeadingZero() ||
				phonenumbers.IsValidNumber(slow) != phonenumbers.IsValidNumber(n) || contact.E164(phonenumbers.Format(slow, phonenumbers.E164)) != "+"+digits {
				t.Errorf("%s: %v, want %v", digits, n, slow)
			}
		}
	}
	if quick < 1000 {
		t.Errorf("only %d were read quickly", quick)
	}
}
