package template_test

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"badala/app/template"
)

// TestVariables holds that variables are found as an expression finds them, in
// texts that are almost variables.
func TestVariables(t *testing.T) {
	t.Parallel()
	expression := regexp.MustCompile(`\{\{\s*([A-Za-z0-9_]+)\s*\}\}`)
	pieces := []string{"{", "{{", "}}", "}", "name", "_a1", " ", "\n", "é", "[", "@", "`", "{{x}}", "{{ y_2 }}", "{{{z}}}"}
	source := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		var b strings.Builder
		for range 1 + source.IntN(8) {
			b.WriteString(pieces[source.IntN(len(pieces))])
		}
		var want []string
		for _, m := range expression.FindAllStringSubmatch(b.String(), -1) {
			if !slices.Contains(want, m[1]) {
				want = append(want, m[1])
			}
		}
		if got := template.Variables(b.String()); !slices.Equal(got, want) {
			t.Fatalf("%q: %q, want %q", b.String(), got, want)
		}
	}
	if got := template.Variables("{{10}} {{2}} {{2}}"); !slices.Equal(got, []string{"2", "10"}) {
		t.Errorf("numbers: %q", got)
	}
}
