package i18n_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"badala/app/i18n"
)

var placeholder = regexp.MustCompile(`\{\d\}`)

func marks(s string) []string {
	found := slices.Compact(slices.Sorted(slices.Values(placeholder.FindAllString(s, -1))))
	return found
}

// TestParity holds that both catalogues have the same keys, the same
// placeholders, and every plural form of their language.
func TestParity(t *testing.T) {
	t.Parallel()
	en, ar := i18n.Catalogue("en"), i18n.Catalogue("ar")
	for _, key := range slices.Sorted(maps.Keys(ar)) {
		if _, ok := en[key]; !ok {
			t.Errorf("%s is only in Arabic", key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(en)) {
		e, a := en[key], ar[key]
		if (e.Forms == nil) != (a.Forms == nil) || (e.Forms == nil && (e.Text == "" || a.Text == "")) {
			t.Errorf("%s: missing in a language, or plural in one only", key)
			continue
		}
		if e.Forms == nil {
			if !slices.Equal(marks(e.Text), marks(a.Text)) {
				t.Errorf("%s: placeholders %v and %v", key, marks(e.Text), marks(a.Text))
			}
			continue
		}
		forms(t, key, e.Forms, "one", "other")
		forms(t, key, a.Forms, "zero", "one", "two", "few", "many", "other")
	}
}

func forms(t *testing.T, key string, have map[string]string, want ...string) {
	t.Helper()
	if len(have) != len(want) {
		t.Errorf("%s: forms %v", key, slices.Sorted(maps.Keys(have)))
	}
	for _, f := range want {
		if have[f] == "" {
			t.Errorf("%s: no form %q", key, f)
		}
	}
	if !slices.Contains(marks(have["other"]), "{0}") {
		t.Errorf("%s: %q does not show the number", key, have["other"])
	}
}

func TestPlurals(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "لا رسائل غير مقروءة", 1: "رسالة واحدة غير مقروءة", 2: "رسالتان غير مقروءتين", 3: "3 رسائل غير مقروءة", 11: "11 رسالة غير مقروءة", 100: "100 رسالة غير مقروءة"} {
		if got := i18n.T("ar", "row.unread", n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
	if got := i18n.T("en", "bubble.order", 1); got != "Order: 1 item" {
		t.Error(got)
	}
}

func TestT(t *testing.T) {
	t.Parallel()
	if got := i18n.T("xx", "nav.inbox"); got != "Inbox" {
		t.Errorf("an unknown language shows %q", got)
	}
	if got := i18n.T("en", "no.such.key"); got != "no.such.key" {
		t.Error(got)
	}
	if got := i18n.T("en", "activity.assigned", "A", "{0}"); got != "A assigned this to {0}" {
		t.Errorf("an argument is filled in twice: %q", got)
	}
	for header, want := range map[string]string{"ar-KW,en;q=0.5": "ar", "fr": "en", "": "en", "en-GB": "en", "%%": "en"} {
		if got := i18n.Match(header); got != want {
			t.Errorf("%q: %s", header, got)
		}
	}
}

// TestContract holds the accessible names that people outside rely on.
func TestContract(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"composer.message": "Message", "composer.send": "Send", "composer.attach": "Attach", "assign.open": "Assign",
		"thread.close": "Close conversation", "thread.reopen": "Reopen conversation", "composer.note": "Add note",
		"list.label": "Conversations", "thread.log": "Messages", "list.search": "Search",
		"signin.email": "Email", "signin.password": "Password", "signin.button": "Sign in",
	} {
		if got := i18n.T("en", key); got != want {
			t.Errorf("%s is %q, must stay %q", key, got, want)
		}
	}
}

// TestUsed holds that every key named in a view is in the catalogue.
func TestUsed(t *testing.T) {
	t.Parallel()
	key := regexp.MustCompile(`\bT\("([a-z0-9_.-]+[a-z0-9_-])"[,)]`)
	files, err := filepath.Glob("../../views/*.templ")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	code, err := filepath.Glob("../../views/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(files, code...) {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range key.FindAllSubmatch(b, -1) {
			if !i18n.Has(string(m[1])) {
				t.Errorf("%s: no key %s", filepath.Base(f), m[1])
			}
		}
	}
}
