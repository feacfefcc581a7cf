package importer

import (
	"slices"
	"testing"
)

func TestCountries(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"KW": "KW", "kwt": "KW", "Kuwait": "KW", "الكويت": "KW", "Koweït": "KW", "United States": "US", "USA": "US", "États-Unis": "US",
		"مصر": "EG", "المملكة العربية السعودية": "SA", "Nowhere": "", "": "",
	} {
		if got := CountryOf(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func TestBooleans(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"TRUE": "yes", " نعم ": "yes", "Sí": "yes", "oui": "yes", "1": "yes", "opt-in": "yes", "أجل": "yes",
		"no": "no", "لا": "no", "غير موافق": "no", "hayır": "no", "0": "no", "Opted out": "no", "": "", "maybe": "?", "-": "?",
	} {
		v, ok := boolOf(in)
		got := map[bool]string{true: "", false: "?"}[ok]
		if v != nil {
			got = map[bool]string{true: "yes", false: "no"}[*v]
		}
		if got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func TestTags(t *testing.T) {
	t.Parallel()
	for in, want := range map[string][]string{
		"vip, Ramadan 2024":          {"vip", "Ramadan 2024"},
		"a | b|A":                    {"a", "b"},
		"عميل مهم؛ جملة":             {"عميل مهم", "جملة"},
		`["a, b", "c"]`:              {"a, b", "c"},
		"* myContacts ::: Suppliers": {"Suppliers"},
		"one, two; three":            {"one, two", "three"},
		" ":                          nil,
	} {
		if got := tagsOf(in); !slices.Equal(got, want) {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func TestIDs(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{" 73.0 ": "73", "'00071": "00071", "00071": "00071", "gb-1": "gb-1", "1.23457E+17": "!", "7E5": "7E5"} {
		got, code := cleanID(in)
		if code != "" {
			got = "!"
		}
		if got != want {
			t.Errorf("%q is %q", in, got)
		}
	}
}

// FuzzPhone: whatever a cell holds, a number that comes out of it is one that
// the importer understands again as itself.
func FuzzPhone(f *testing.F) {
	for _, s := range []string{"+965 6500 1234 / 9900 1111", `="96565001234"`, "9.6565001234E+10", "٠٠٩٦٥٦٥٠٠١٢٣٤", "+54 11 15 2345-6789", "96,565,001,234", "tel:+965-6501-2003;ext=3"} {
		f.Add(s, "KW", "")
	}
	f.Fuzz(func(t *testing.T, cell, country, code string) {
		rules := phoneRules{country: CountryOf(country)}
		got := rules.parse(cell, callingCode(code), "")
		if (got.e164 == "") == (got.code == "") {
			t.Fatalf("%q: %+v", cell, got)
		}
		for _, n := range append(got.others, got.e164) {
			if n == "" {
				continue
			}
			if again := rules.parse(n, "", ""); again.e164 != n {
				t.Fatalf("%q gives %q, which gives %+v", cell, n, again)
			}
		}
	})
}
