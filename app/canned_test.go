package app_test

import (
	"fmt"
	"testing"

	"badala/app/account"
	"badala/app/db"
	"badala/app/inbox"
)

// cannedShop has a customer who writes, and quick replies.
func cannedShop(t *testing.T) *shop {
	s := newShop(t)
	for _, in := range []inbox.CannedInput{
		{Shared: true, Shortcut: "hours", Title: "Opening hours", Body: "Hello {{contact.name}}, we are open from nine to five.\n{{agent.name}}", Language: "en", Folder: "Shop"},
		{Shared: true, Shortcut: "ساعات", Title: "ساعات العمل", Body: "أهلاً {{contact.name}}، نفتح من التاسعة إلى الخامسة.", Language: "ar", Folder: "المتجر"},
		{Shortcut: "track", Body: "Your parcel is on its way."},
	} {
		if _, err := s.Inbox.CreateCanned(t.Context(), s.owner, in); err != nil {
			t.Fatal(err)
		}
	}
	s.customer("96550001000", "فاطمة العلي").SendText(s.number.PhoneNumberID, "When are you open?")
	s.settle()
	return s
}

func TestAQuickReplyIsChosenAndSent(t *testing.T) {
	t.Parallel()
	s := cannedShop(t)
	s.customer("96550003000", "").SendText(s.number.PhoneNumberID, "And who am I?")
	s.settle()
	list := s.conversations()
	p := newPage(t, s.URL(), pageOptions{})
	press := func(key string) {
		t.Helper()
		Eval[bool](p, fmt.Sprintf("document.querySelector('#body').dispatchEvent(new KeyboardEvent('keydown', {key: %q, bubbles: true, cancelable: true})); true", key))
	}
	p.SignIn("/c/"+list[1], ownerEmail, password)
	p.Wait("document.querySelector('#body')")
	p.Type("#body", "/h")
	p.WaitText("#canned [role=option]", "Hello فاطمة العلي, we are open")
	p.Axe()
	p.Type("#body", "o")
	press("ArrowDown")
	press("ArrowUp")
	press("Enter")
	p.Wait("document.querySelector('#body').value === 'Hello فاطمة العلي, we are open from nine to five.\\nAisha Rahman'")
	p.Wait("document.querySelector('#canned').hidden")
	press("Enter")
	p.WaitText("#thread .m.out", "we are open from nine to five")
	p.Wait("document.querySelector('#body').value === ''")

	// Escape leaves what was typed; the button shows all and keeps it too.
	p.Type("#body", "/zz")
	press("Escape")
	p.Wait("document.querySelector('#body').value === '/zz'")
	Eval[bool](p, "document.querySelector('#body').select(); true")
	p.Type("#body", "Hi. ")
	p.Click("[data-canned]")
	p.Wait("document.querySelectorAll('#canned [role=option]').length === 3")
	Eval[bool](p, "[...document.querySelectorAll('#canned [role=option]')].find(o => o.textContent.includes('parcel')).dispatchEvent(new MouseEvent('mousedown', {bubbles: true})); true")
	p.Wait("document.querySelector('#body').value.startsWith('Hi. Your parcel')")

	// What is not known is asked for before anything is sent.
	p.Open("/c/" + list[0])
	p.Wait("document.querySelector('#body')")
	p.Type("#body", "/hours")
	p.WaitText("#canned [role=option]", "[[customer’s name]]")
	press("Tab")
	p.Wait("document.querySelector('#body').value.includes('[[')")
	press("Enter")
	p.WaitText("#toasts", "Fill in [[customer’s name]] first")
	Eval[bool](p, "document.execCommand('insertText', false, 'Nour')")
	p.Wait("document.querySelector('#body').value.startsWith('Hello Nour, we')")
	press("Enter")
	p.WaitText("#thread .m.out", "Hello Nour, we are open")
	p.Quiet()
	found, err := s.Inbox.CannedResponses(s.DB.Read(t.Context()), s.org, s.owner.UserID, inbox.CannedFilter{Search: "hours"})
	if err != nil || len(found) != 1 || found[0].UsageCount != 2 {
		t.Errorf("%+v, %v", found, err)
	}
}

func TestQuickRepliesAreAccessible(t *testing.T) {
	t.Parallel()
	s := cannedShop(t)
	s.user("owner-ar@shop.example", "عائشة الرحمن", account.Owner, "ar")
	conv := s.conversations()[0]
	if err := s.Queue.RunNow(t.Context(), "media.clean", func(*db.Tx) error { return nil }); err != nil {
		t.Fatal(err)
	}
	eachLook(t, 900, 844, func(t *testing.T, lang, name string, o pageOptions) {
		p := newPage(t, s.URL(), o)
		judge := func(what string) { p.Judge("canned-" + name + "-" + what) }
		p.SignIn("/settings/canned", owners[lang], password)
		p.Wait(fmt.Sprintf("document.documentElement.lang === %q && document.querySelector('#main .list-card')", lang))
		Eval[bool](p, "document.querySelectorAll('#main details').forEach(d => d.open = true); true")
		judge("list")
		p.Open("/settings/canned/new")
		judge("form")
		p.Open("/settings/schedule")
		Eval[bool](p, "document.querySelectorAll('#main details').forEach(d => d.open = true); true")
		judge("schedule")
		p.Open("/c/" + conv)
		p.Click("[data-canned]")
		p.Wait("(r => r && r.top > 0 && r.bottom < innerHeight && r.left >= 0 && r.right <= innerWidth)(document.querySelector('#canned [role=option]')?.getBoundingClientRect())")
		judge("composer")
		p.Quiet()
	})
}
