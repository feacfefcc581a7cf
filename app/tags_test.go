package app_test

import (
	"fmt"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/contact"
	"badala/app/db"
)

// tagShop has people and a conversation with tags.
func tagShop(t *testing.T) (s *shop, tags map[string]string) {
	s = newShop(t)
	s.user("owner-ar@shop.example", "عائشة الرحمن", account.Owner, "ar")
	s.customer("96550001000", "فاطمة العلي").SendText(s.number.PhoneNumberID, "Is it in stock?")
	s.settle()
	conv, err := db.ParseID("conv", s.conversations()[0])
	if err != nil {
		t.Fatal(err)
	}
	tags = map[string]string{}
	for _, in := range []contact.TagInput{
		{Name: "VIP", Colour: "red", Description: new("Buys every week")},
		{Name: "عميل مهم", Colour: "orange", Description: new("يُرد عليه أولًا")},
		{Name: "Lead", Colour: "blue"},
	} {
		made, err := s.Contacts.CreateTag(t.Context(), s.owner, in)
		if err != nil {
			t.Fatal(err)
		}
		tags[in.Name] = db.FormatID("tag", made.ID)
	}
	for i, one := range s.contacts("Nour", "Omar Haddad", "ليلى") {
		if _, err := s.Contacts.AddTag(t.Context(), s.owner, one.ID, []string{"VIP", "عميل مهم", "VIP"}[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Inbox.AddTag(t.Context(), s.owner, conv, "VIP"); err != nil {
		t.Fatal(err)
	}
	return s, tags
}

func TestTagsAreMadeAndMergedInTheBrowser(t *testing.T) {
	t.Parallel()
	s, tags := tagShop(t)
	p := newPage(t, s.URL(), pageOptions{})
	p.SignIn("/settings/tags", ownerEmail, password)
	p.WaitText("#tag-list", "2 contacts · 1 conversation")
	p.Type("#name", "Wholesale")
	p.Click(`input[name=colour][value=green]`)
	p.Type("#description", "Orders by the crate")
	p.Click(`form[action="/settings/tags"] .btn.primary`)
	p.WaitText("#tag-list", "Orders by the crate")
	p.Click(`#tag-list a[href="/settings/tags/` + tags["VIP"] + `"]`)
	p.Wait("document.querySelector('#into')")
	Eval[bool](p, fmt.Sprintf("document.querySelector('#into').value = %q; document.querySelector('form[action$=\"/merge\"]').requestSubmit(); true", tags["عميل مهم"]))
	p.WaitText("#sure", "2 contacts")
	p.Axe()
	p.Click("#sure .btn.danger")
	p.WaitText(".flash", "“VIP” is now “عميل مهم”")
	p.WaitText("#tag-list", "3 contacts · 1 conversation")
	if Eval[bool](p, "document.querySelector('#tag-list').textContent.includes('VIP')") {
		t.Error("the merged tag is still there")
	}
	p.Open("/contacts?tag=" + tags["عميل مهم"])
	p.WaitText("#main", "Nour")
	p.Open("/settings/tags/" + tags["Lead"])
	p.Click(`form[action$="/remove"] .btn.danger`)
	p.WaitText("#sure", "0 contacts")
	p.Click("#sure .btn.danger")
	p.WaitText(".flash", "“Lead” is deleted")
	p.Quiet()
}

// TestAConversationIsSnoozedUntilAnyTime chooses day and time in both languages.
func TestAConversationIsSnoozedUntilAnyTime(t *testing.T) {
	t.Parallel()
	s, _ := tagShop(t)
	conv := s.conversations()[0]
	day := time.Now().AddDate(0, 0, 3).Format(time.DateOnly)
	for lang, want := range map[string]struct{ email, until string }{
		"en": {ownerEmail, "Snoozed until"}, "ar": {"owner-ar@shop.example", "مؤجَّلة حتى"},
	} {
		p := newPage(t, s.URL(), pageOptions{Width: 390, Height: 844})
		p.SignIn("/c/"+conv, want.email, password)
		p.Wait(fmt.Sprintf("document.documentElement.lang === %q && document.documentElement.dataset.live === 'on' && document.querySelector('[popovertarget=more-menu]')", lang))
		p.Click("[popovertarget=more-menu]")
		p.Click("#more-menu summary")
		p.Wait("document.querySelector('#snooze-day').checkVisibility()")
		Eval[bool](p, fmt.Sprintf("document.querySelector('#snooze-day').value = %q; document.querySelector('#snooze-time').value = '10:15'; true", day))
		p.Axe()
		shots(p, "snooze-"+lang)
		p.Click("#more-menu details .btn.primary")
		p.Wait("document.querySelector('#head-live .chip.soon[name=for]')?.title.includes('10:15')")
		p.WaitText("#more-menu", want.until)
		p.Click("#head-live .chip.soon[name=for]")
		p.Wait("!document.querySelector('#head-live .chip.soon[name=for]')")
		p.Quiet()
	}
}

func TestTagPagesAreAccessible(t *testing.T) {
	t.Parallel()
	s, tags := tagShop(t)
	eachLook(t, 900, 844, func(t *testing.T, lang, name string, o pageOptions) {
		p := newPage(t, s.URL(), o)
		judge := func(what string) { p.Judge("tags-" + name + "-" + what) }
		p.SignIn("/settings/tags", owners[lang], password)
		p.Wait(fmt.Sprintf("document.documentElement.lang === %q && document.querySelector('#tag-list .list-card')", lang))
		judge("list")
		p.Open("/settings/tags/" + tags["VIP"])
		p.Wait("document.querySelector('#into')")
		judge("one")
		Eval[bool](p, fmt.Sprintf("document.querySelector('#into').value = %q; document.querySelector('form[action$=\"/merge\"]').requestSubmit(); true", tags["Lead"]))
		p.Wait("document.querySelector('#sure')")
		judge("merge")
		p.Quiet()
	})
}
