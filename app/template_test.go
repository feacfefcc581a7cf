package app_test

import (
	"fmt"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/meta/sim"
)

// templateShop has a customer whose window is closed, and templates.
func templateShop(t *testing.T) (s *shop, conv string) {
	s = newShop(t)
	s.customer("96550001000", "فاطمة العلي").SendText(s.number.PhoneNumberID, "When do you open?")
	s.settle()
	if _, err := s.Channels.SyncTemplates(t.Context(), s.owner, s.chanID); err != nil {
		t.Fatal(err)
	}
	conv = s.conversations()[0]
	err := s.DB.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE conversation SET window_expires_at = ? WHERE org_id = ?`, tx.Now()-time.Hour.Milliseconds(), s.org)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, conv
}

func TestATemplateIsPickedAndSentWhenTheWindowIsClosed(t *testing.T) {
	t.Parallel()
	for lang, email := range owners {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			s, conv := templateShop(t)
			s.user("owner-ar@shop.example", "عائشة الرحمن", account.Owner, "ar")
			p := newPage(t, s.URL(), pageOptions{})
			p.SignIn("/c/"+conv, email, password)
			p.Wait("document.querySelector('.closed-note a[data-write]')?.checkVisibility() && !document.querySelector('[data-box]').checkVisibility()")
			p.Wait("performance.getEntriesByType('resource').some(r => r.name.endsWith('/late.js'))")
			p.Click(".closed-note a[data-write]")
			p.Wait("document.querySelector('.write-dialog[open] #write-list a')")
			p.Axe()
			p.Type("#w-q", "visit_rem")
			p.Wait("document.querySelectorAll('#write-list a').length === 1")
			p.Key("\r")
			p.Wait("document.querySelector('[data-fill] input[name=\"v.body.first_name\"]')?.value === 'فاطمة'")
			p.Click("[data-fill] button[value=send]")
			p.Wait("document.activeElement?.name === 'v.body.day' && document.activeElement.getAttribute('aria-invalid')")
			p.Type("[name='v.body.day']", "Monday")
			p.WaitText("#write-preview .tpl", "Hello فاطمة, see you on Monday.")
			p.Axe()
			p.Click("[data-fill] button[value=send]")
			p.WaitText("#thread .m.out", "Hello فاطمة, see you on Monday.")
			p.WaitText("#thread .m.out .tpl-buttons", "Confirm")
			p.Wait("!document.querySelector('.write-dialog')")
			s.settle()
			receives(t, s.customer("96550001000", "فاطمة العلي"), "the template", func(m sim.PhoneMessage) bool { return m.Text == "Hello فاطمة, see you on Monday." })
			p.Axe()
			p.Quiet()
		})
	}
}

func TestATemplateIsMadeInTheBrowserAndApproved(t *testing.T) {
	t.Parallel()
	s, _ := templateShop(t)
	p := newPage(t, s.URL(), pageOptions{})
	p.SignIn("/templates/new", ownerEmail, password)
	p.Type("#d-name", "parcel_ready")
	p.Type("#d-body", "Good news, your parcel for ")
	p.Click("[data-variable]")
	p.Wait("document.querySelector('#d-body').value.endsWith('{{text_1}}')")
	Eval[bool](p, "(b => { b.setRangeText(' is ready.', b.value.length, b.value.length, 'end'); b.dispatchEvent(new Event('input', {bubbles: true})); return true })(document.querySelector('#d-body'))")
	p.Wait("document.getElementById('ex-body.text_1')")
	p.Click("button[value='button:']")
	p.Wait("document.activeElement?.name === 'button.0.text'")
	p.Key("On my way")
	p.Type("[name='ex.body.text_1']", "Nora")
	p.WaitText("#draft-preview .tpl", "Good news, your parcel for Nora is ready.")
	p.WaitText("#draft-preview .tpl-buttons", "On my way")
	p.Axe()
	p.Click("button[value=submit]")
	p.WaitText("#main", "parcel_ready")
	p.WaitText("#template-state", "It can be sent.")
	p.Quiet()
}

func TestTemplatePagesAreAccessible(t *testing.T) {
	t.Parallel()
	s, conv := templateShop(t)
	s.user("owner-ar@shop.example", "عائشة الرحمن", account.Owner, "ar")
	tmpl, err := s.Channels.Template(s.DB.Read(t.Context()), s.org, s.chanID, "autumn_offer", "en_US")
	if err != nil {
		t.Fatal(err)
	}
	visit, err := s.Channels.Template(s.DB.Read(t.Context()), s.org, s.chanID, "visit_reminder", "en_US")
	if err != nil {
		t.Fatal(err)
	}
	page := "/templates/" + db.FormatID("chan", s.chanID) + "/" + db.FormatID("tmpl", tmpl.ID)
	for lang, email := range owners {
		for _, o := range looks(lang, 900, 844) {
			name := fmt.Sprintf("%s-%d-%s", lang, o.Width, o.theme())
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				p := newPage(t, s.URL(), o)
				p.SignIn("/templates", email, password)
				for what, path := range map[string]string{"list": "/templates", "page": page, "delete": page + "/delete", "form": page + "/edit", "to": "/write",
					"pick": "/write?conv=" + conv, "fill": "/write/" + db.FormatID("tmpl", visit.ID) + "?conv=" + conv} {
					p.Open(path)
					p.Wait(fmt.Sprintf("document.documentElement.lang === %q && document.querySelector('#main h1')", lang))
					p.Axe()
					shots(p, "template-"+name+"-"+what)
					if Eval[bool](p, "(m => m.scrollWidth > m.clientWidth + 1)(document.querySelector('#main'))") {
						t.Errorf("%s is wider than the window", what)
					}
				}
				p.Open("/c/" + conv)
				p.Wait("performance.getEntriesByType('resource').some(r => r.name.endsWith('/late.js'))")
				shots(p, "template-"+name+"-closed")
				p.Click(".closed-note a[data-write]")
				p.Wait("document.querySelector('.write-dialog[open] #write-list a')")
				p.Axe()
				shots(p, "template-"+name+"-dialog")
				p.Quiet()
			})
		}
	}
}
