package contact

import (
	"strings"

	"badala/app/errs"
	"badala/app/fold"

	"github.com/nyaruka/phonenumbers"
)

// A number of WhatsApp is digits with the country code. Countries that changed
// their numbering live on in WhatsApp's ids in old forms; the rules below make
// the forms of one number equal, without asking any table.

// national gives the number without its country code, when it is of that
// country and has so many digits after the code.
func national(digits, code string, length int) (string, bool) {
	rest, ok := strings.CutPrefix(digits, code)
	return rest, ok && len(rest) == length
}

// modern rewrites a number of an old form to today's.
func modern(digits string) string {
	if n, ok := national(digits, "521", 10); ok { // Mexico lost the 1 of mobiles
		return "52" + n
	}
	if n, ok := national(digits, "55", 10); ok && n[2] >= '6' { // Brazil gave mobiles a 9
		return "55" + n[:2] + "9" + n[2:]
	}
	if n, ok := national(digits, "229", 8); ok { // Benin, 2024
		return "22901" + n
	}
	if n, ok := national(digits, "225", 8); ok { // Ivory Coast, 2021
		switch {
		case n[1] <= '3':
			return "22501" + n
		case n[1] <= '6':
			return "22505" + n
		default:
			return "22507" + n
		}
	}
	return digits
}

// MatchKey gives what all forms of one number have in common. digits are of a
// number with country code; a + in front and separators do not matter.
func MatchKey(digits string) string {
	digits = modern(fold.Digits(digits))
	if n, ok := national(digits, "549", 10); ok { // Argentinian mobiles, with or without the 9
		return "54" + n
	}
	return digits
}

// E164 gives the number to show and store for an id that WhatsApp gave.
func E164(waID string) string {
	if d := modern(fold.Digits(waID)); d != "" {
		return "+" + d
	}
	return ""
}

const (
	minDigits = 7
	maxDigits = 15
)

// CanonicalPhone gives the E.164 form of a number that a person typed. Without
// a + or 00 in front it is read as a number of defaultCountry (ISO code, may
// be empty), else as one with its country code. Its error is a Field error.
func CanonicalPhone(s, defaultCountry string) (string, error) {
	text := unwrapPhone(fold.Text(s))
	if text == "" {
		return "", errs.Field("phone", "is empty")
	}
	if strings.ContainsFunc(text, isLetter) {
		return "", errs.Field("phone", "not a phone number")
	}
	digits := fold.Digits(text)
	if len(digits) < minDigits {
		return "", errs.Field("phone", "not a phone number")
	}
	switch {
	case strings.HasPrefix(text, "+"):
	case strings.HasPrefix(digits, "00"):
		digits = digits[2:]
	default:
		if e164, ok := valid(digits, defaultCountry); ok && defaultCountry != "" {
			return e164, nil
		}
		if defaultCountry == "" && digits[0] == '0' {
			return "", errs.Field("phone", "the country code is missing")
		}
	}
	digits = strings.TrimPrefix(digits, "00")
	if e164, ok := valid("+"+modern(digits), ""); ok {
		return e164, nil
	}
	return "", errs.Field("phone", "not a phone number")
}

// valid asks the library, and takes a number of a range that it does not know
// if only its length is possible: its tables age.
func valid(number, country string) (string, bool) {
	p, err := phonenumbers.Parse(number, country)
	if err != nil {
		return "", false
	}
	if !phonenumbers.IsValidNumber(p) && (country != "" || phonenumbers.IsPossibleNumberWithReason(p) != phonenumbers.IS_POSSIBLE) {
		return "", false
	}
	e164 := phonenumbers.Format(p, phonenumbers.E164)
	if len(e164) > maxDigits+1 {
		return "", false
	}
	return "+" + modern(e164[1:]), true
}

// unwrapPhone takes off what programs put around a number.
func unwrapPhone(s string) string {
	s = strings.TrimSpace(s)
	for _, prefix := range []string{"tel:", "whatsapp:", "https://wa.me/", "wa.me/", "p:", "'"} {
		s = strings.TrimPrefix(s, prefix)
	}
	for _, suffix := range []string{"@c.us", "@s.whatsapp.net"} {
		s = strings.TrimSuffix(s, suffix)
	}
	return strings.TrimSpace(s)
}

func isLetter(r rune) bool {
	return r >= 'a' && r <= 'z' || r > 0x7f
}
