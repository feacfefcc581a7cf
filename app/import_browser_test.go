package app_test

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/contact"
)

const importFiles = "contact/importer/testdata/"

// drop lets a file fall on the page, as a person would with the mouse.
func (p *Page) drop(css, name string, content []byte) {
	p.t.Helper()
	Eval[bool](p, fmt.Sprintf(`(() => {
		const bytes = Uint8Array.from(atob(%q), c => c.charCodeAt(0));
		const data = new DataTransfer();
		data.items.add(new File([bytes], %q));
		for (const type of ['dragenter', 'dragover', 'drop'])
			document.querySelector(%q).dispatchEvent(new DragEvent(type, {bubbles: true, cancelable: true, dataTransfer: data}));
		return true;
	})()`, base64.StdEncoding.EncodeToString(content), name, css))
}

// choose picks an option as a person would, and tells the page.
func (p *Page) choose(css, value string) {
	p.t.Helper()
	p.Wait(fmt.Sprintf("document.querySelector(%q)", css))
	Eval[bool](p, fmt.Sprintf(`(s => { s.value = %q; s.dispatchEvent(new Event('change', {bubbles: true})); return s.value === %q; })(document.querySelector(%q))`, value, value, css))
}

// customers is a file of n people with a column that nothing recognises.
func customers(n int) []byte {
	var b strings.Builder
	b.WriteString("name,phone,tags,createdAt,marketingConsent,Favourite,email\n")
	for i := range n {
		fmt.Fprintf(&b, "Customer %d,+9656%07d,\"vip, ramadan\",03/04/2025,yes,flower %d,c%d@shop.example\n", i, i, i, i)
	}
	return []byte(b.String())
}

func (s *shop) countContacts() int {
	s.t.Helper()
	n, err := s.Contacts.Count(s.DB.Read(s.t.Context()), s.org, contact.Filter{})
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// TestTheWholeImportInTheBrowser drops a file, corrects a column, checks,
// imports, leaves and comes back, reads the report, and takes it all back.
func TestTheWholeImportInTheBrowser(t *testing.T) {
	t.Parallel()
	words := map[string]struct{ check, decided, done, undone string }{
		"en": {"What would happen", "day or month", "Imported", "This import was taken back"},
		"ar": {"ما الذي سيحدث", "اليوم أم الشهر", "اكتمل الاستيراد", "تم التراجع عن هذا الاستيراد"},
	}
	for lang, say := range words {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			s.user("boss@shop.example", "عائشة الرحمن", account.Owner, lang)
			p := newPage(t, s.URL(), pageOptions{})
			p.SignIn("/contacts/import", "boss@shop.example", password)
			p.Wait("document.querySelector('[data-choose]:not([hidden])')")
			p.drop(".drop", "words.csv", []byte("once upon\na time\n"))
			p.Wait("document.querySelector('#file-error').textContent.trim()")
			const people = 2000
			p.drop("h1", "customers.csv", customers(people))

			// The columns: one is read as something else, one is left out.
			p.Wait("document.querySelector('#col-5')?.value === 'custom:Favourite'")
			p.choose("#col-5", "notes")
			p.choose("#col-6", "ignore")
			p.Wait("document.querySelectorAll('.import-table td.off').length > 3")
			p.choose("#country", "KW")
			p.Type("#tags", "2026")
			p.Click("#columns .actions .primary")
			p.WaitText("#found-title", say.check)
			p.WaitText(".figures", "2,000")
			p.WaitText("#import", say.decided)
			if n := s.countContacts(); n != 0 {
				t.Fatalf("the check wrote %d contacts", n)
			}

			// The import is left, and found again.
			p.Click(".go .primary")
			p.Wait("!document.querySelector('.go .primary')")
			p.Open("/inbox")
			p.Open("/contacts/import")
			p.Click(".list-card")
			p.WaitText("#found-title", say.done)
			p.Wait("document.querySelector('.figure.good')?.textContent.includes('2,000')")
			if n := s.countContacts(); n != people {
				t.Errorf("%d contacts came in, want %d", n, people)
			}

			// All of it is taken back.
			p.Click(`a.danger[href$="/undo"]`)
			p.Wait("document.querySelector('form .btn.danger')")
			p.Click("form .btn.danger")
			p.WaitText("#found-title", say.undone)
			if n := s.countContacts(); n != 0 {
				t.Errorf("%d contacts are left", n)
			}
			p.Quiet()
		})
	}
}

// TestAnImportIsStoppedInTheBrowser stops an import and goes on with it.
func TestAnImportIsStoppedInTheBrowser(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	p := newPage(t, s.URL(), pageOptions{})
	p.SignIn("/contacts/import", ownerEmail, password)
	file := filepath.Join(t.TempDir(), "customers.csv")
	const people = 20_000
	if err := os.WriteFile(file, customers(people), 0o600); err != nil {
		t.Fatal(err)
	}
	p.Wait("document.querySelector('[data-choose]:not([hidden])')")
	p.Attach("#file", file)
	p.choose("#col-5", "ignore")
	p.Click("#columns .actions .primary")
	p.Wait("document.querySelector('.go .primary')")
	p.Click(".go .primary")
	p.Wait("document.querySelector('progress[value]')")
	p.Click("button[form=import-cancel]")
	p.Wait("document.querySelector('[data-resume]')")
	if n := s.countContacts(); n == 0 || n == people {
		t.Errorf("%d contacts were written when it was stopped", n)
	}
	p.Click("[data-resume]")
	within(t, time.Minute, "the rest comes in", func() bool {
		return Eval[bool](p, "document.querySelector('#found-title')?.textContent.includes('Imported') ?? false")
	})
	if n := s.countContacts(); n != people {
		t.Errorf("%d contacts came in, want %d", n, people)
	}
	p.Quiet()
}

// importShop has imports in every state that people see.
func importShop(t *testing.T) *shop {
	s := newShop(t)
	s.user("owner-ar@shop.example", "عائشة الرحمن", account.Owner, "ar")
	for phone, name := range map[string]string{"96565001001": "Dana Al-Rashid", "96565001002": "Yousef Karam", "96565001003": "Huda"} {
		if _, err := s.Contacts.Create(t.Context(), s.owner, contact.UpsertInput{Patch: contact.Patch{Name: &name, Phone: new("+" + phone)}}); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestTheImportIsAccessible(t *testing.T) {
	t.Parallel()
	eachLook(t, 1500, 1900, func(t *testing.T, lang, name string, o pageOptions) {
		lookAtImport(t, importShop(t), lang, "import-"+name, o)
	})
}

// lookAtImport goes through the wizard and lets axe judge each step.
func lookAtImport(t *testing.T, s *shop, lang, name string, o pageOptions) {
	p := newPage(t, s.URL(), o)
	p.SignIn("/contacts/import", owners[lang], password)
	judge := func(what string) {
		t.Helper()
		p.Judge(name + "-" + what)
		if Eval[bool](p, "document.documentElement.scrollHeight > innerHeight + 1") {
			t.Errorf("%s is longer than the window around its own scrolling", what)
		}
	}
	p.Wait(fmt.Sprintf("document.documentElement.lang === %q && document.querySelector('[data-choose]:not([hidden])')", lang))
	p.Click(".fold summary")
	p.drop(".drop", "words.csv", []byte("once upon\na time\n"))
	p.Wait("document.querySelector('#file-error').textContent.trim()")
	judge("1-file")
	raw, err := os.ReadFile(importFiles + "gallabox.csv")
	if err != nil {
		t.Fatal(err)
	}
	p.drop(".drop", "gallabox.csv", raw)
	p.Wait("document.querySelector('#col-0')")
	judge("2-columns")
	Eval[bool](p, "document.querySelectorAll('#main details').forEach(d => d.open = true); document.querySelector('#proof').scrollIntoView({block: 'end'}); true")
	judge("2-more")
	p.Click("input[name=attested]")
	p.Click("#columns .actions .primary")
	p.Wait("document.querySelector('#proof-error, #proof[aria-invalid]')")
	judge("2-wrong")
	p.Type("#proof", "Till, 2024")
	p.choose("#country", "KW")
	p.Click("#columns .actions .primary")
	p.Wait("document.querySelector('.figures')")
	judge("3-check")
	Eval[bool](p, "document.querySelectorAll('#main details').forEach(d => d.open = true); document.querySelector('.samples').scrollIntoView(); true")
	judge("3-more")
	p.Click(".go .primary")
	p.Wait(`document.querySelector('a.danger[href$="/undo"]')`)
	judge("4-report")
	p.Click(`a.danger[href$="/undo"]`)
	p.Wait("document.querySelector('form .btn.danger')")
	judge("5-undo")
	p.Open("/contacts/import")
	judge("6-list")
	p.Quiet()
}
