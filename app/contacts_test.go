package app_test

import (
	"fmt"
	"strings"
	"testing"

	"badala/app/contact"
	"badala/app/db"
	"badala/app/meta/sim"
)

// contacts makes contacts of some names, with numbers that count up.
func (s *shop) contacts(names ...string) []contact.Contact {
	s.t.Helper()
	var out []contact.Contact
	for i, name := range names {
		phone := fmt.Sprintf("+9655000%04d", i+1)
		c, err := s.Contacts.Create(s.t.Context(), s.owner, contact.UpsertInput{Patch: contact.Patch{Name: &name, Phone: &phone}})
		if err != nil {
			s.t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}

func TestContactsAreSearchedAndChangedTogether(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	names := []string{"إيمان الأحمد", "فاطمة العلي"}
	for i := range 68 {
		names = append(names, fmt.Sprintf("Customer %d", i))
	}
	s.contacts(names...)
	p := newPage(t, s.URL(), pageOptions{})
	p.SignIn("/contacts", ownerEmail, password)
	p.WaitText("#contact-count", "70 contacts")
	p.Wait("(document.querySelector('#contacts-more')?.scrollIntoView(), document.querySelectorAll('.who-link').length === 70)")

	// Words as they are typed, in any spelling; the address follows.
	p.Click("#contact-search")
	p.Type("#contact-search", "ايمان")
	p.Wait("document.querySelectorAll('.who-link').length === 1")
	p.WaitText(".who-link", "إيمان")
	p.Wait("decodeURIComponent(location.search).includes('ايمان')")
	Eval[bool](p, "document.querySelector('#contact-search').select(); true")
	p.Type("#contact-search", "00002")
	p.WaitText(".who-link", "فاطمة")
	p.WaitText("#contact-count", "1 contact")
	p.Open("/contacts")

	// Two are ticked, then tagged; the list tells, and takes it back.
	p.Click("#people tbody tr:nth-child(1) .pick")
	p.Click("#people tbody tr:nth-child(3) .pick")
	p.WaitText("[data-picked]", "2")
	p.Click("[popovertarget=bulk-tag]")
	p.Type("#bulk-tag-name", "VIP\r")
	p.WaitText(".bulk-card", "2 more contacts have the tag")
	p.WaitText("#people tbody tr:nth-child(3)", "VIP")
	p.Click(".bulk-card button[form=bulk-undo]")
	p.WaitText(".bulk-card", "was taken off 2 contacts")
	p.Wait("!document.querySelector('#people').textContent.includes('VIP')")

	// All that fit, found through the filter afterwards.
	p.Open("/contacts?q=Customer")
	p.Click("#people tbody tr:nth-child(1) .pick")
	p.Click("[data-all]")
	p.Click("[popovertarget=bulk-tag]")
	p.Type("#bulk-tag-name", "wholesale")
	p.Click("#bulk-tag button[value=tag]")
	p.WaitText(".bulk-card", "68 more contacts have the tag")
	p.Open("/contacts")
	p.Click("[popovertarget=contact-filters]")
	Eval[bool](p, "(s => { s.value = [...s.options].find(o => o.text === 'wholesale').value; return true })(document.querySelector('#cf-tag'))")
	p.Click("#contact-filters .primary")
	p.WaitText("#contact-count", "68 contacts")
	p.WaitText(".active-filters", "wholesale")

	// Erasing asks for the number.
	p.Open("/contacts?q=" + "%D8%A7%D9%8A%D9%85%D8%A7%D9%86")
	p.Click("#people tbody tr:nth-child(1) .pick")
	p.Click("[popovertarget=bulk-erase]")
	p.Type("#bulk-confirm", "7\r")
	p.WaitText(".flash", "1 contact in the selection")
	p.Click("#people tbody tr:nth-child(1) .pick")
	p.Click("[popovertarget=bulk-erase]")
	p.Type("#bulk-confirm", "1\r")
	p.WaitText(".bulk-card", "1 contact was erased")
	p.Quiet()
}

func TestAContactIsEditedMergedAndErased(t *testing.T) {
	t.Parallel()
	s, fatima, _ := e2eShop(t)
	twin := s.contacts("Fatima (old list)")[0]
	p := newPage(t, s.URL(), pageOptions{})
	p.SignIn("/contacts?q="+"%D9%81%D8%A7%D8%B7%D9%85%D9%87", ownerEmail, password)
	p.WaitText(".who-link", "فاطمة العلي")
	p.Click(".who-link")
	p.WaitText(".talks", "is the blue one back in stock?")
	p.Type("#f-email", "fatima@example.com")
	p.Click("form[data-sheet] .primary")
	p.WaitText(".flash", "Saved")
	p.Wait("document.querySelector('#f-email').value === 'fatima@example.com'")

	p.Click("#consent summary")
	Eval[bool](p, "document.querySelector('#consent-to').value = 'yes'; true")
	p.Type("#consent-reason", "asked in the shop")
	p.Click("#consent form button")
	p.WaitText(".history", "asked in the shop")
	fatima.SendText(s.number.PhoneNumberID, "إيقاف")
	s.settle()
	receives(t, fatima, "the confirmation", func(m sim.PhoneMessage) bool { return m.FromBusiness && strings.Contains(m.Text, "لن تصلك") })
	Eval[bool](p, "location.reload(); true")
	p.WaitText(".history", "إيقاف")
	p.WaitText("#consent .state", "Refused")

	page := Eval[string](p, "location.pathname")
	p.Open("/contacts/person/" + page[len("/contacts/"):] + "/merge?with=" + db.FormatID("contact", twin.ID))
	p.WaitText(".merge-table", "fatima@example.com")
	p.Click(".sheet .primary")
	p.WaitText(".flash.quiet", "Fatima (old list)")
	p.Click(".flash.quiet button")
	p.WaitText(".flash:not(.quiet)", "apart again")
	p.Open("/contacts/" + db.FormatID("contact", twin.ID))
	p.WaitText("h1", "Fatima (old list)")

	p.Click(".danger-link")
	p.Type("#confirm", "Fatima (old list)")
	p.Click(".danger-box button")
	p.WaitText(".flash", "was erased")
	p.Quiet()
}

func TestContactPagesAreAccessible(t *testing.T) {
	t.Parallel()
	s, _, _ := e2eShop(t)
	one := db.FormatID("contact", s.contacts("Nora")[0].ID)
	for lang, who := range map[string]string{"en": ownerEmail, "ar": agentEmail} {
		for _, v := range looks(lang, 800, 844) {
			p := newPage(t, s.URL(), v)
			p.SignIn("/contacts", who, password)
			p.Wait("document.querySelector('#people')")
			p.Axe()
			p.Click("#people tbody tr:nth-child(1) .pick")
			p.Click("[popovertarget=bulk-consent]")
			p.Axe()
			for _, path := range []string{"/contacts/" + one, "/contacts/new", "/contacts/person/" + one + "/merge?q=a"} {
				p.Open(path)
				p.Wait("document.querySelector('.sheet')")
				p.Axe()
				if wide := Eval[bool](p, "document.documentElement.scrollWidth > innerWidth"); wide {
					t.Errorf("%s is wider than %d", path, v.Width)
				}
			}
			if who == ownerEmail {
				for _, path := range []string{"/contacts/fields", "/contacts/consent"} {
					p.Open(path)
					p.Wait("document.querySelector('.sheet')")
					p.Axe()
				}
			}
			p.Quiet()
		}
	}
}
