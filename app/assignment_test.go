package app_test

import (
	"fmt"
	"testing"

	"badala/app/account"
	"badala/app/contact"
	"badala/app/db"
)

// assignmentShop is a shop with a team and tags.
func assignmentShop(t *testing.T) (s *shop, page string) {
	s = newShop(t)
	s.user("owner-ar@shop.example", "عائشة الرحمن", account.Owner, "ar")
	s.user("dalal@shop.example", "دلال العنزي", account.Agent, "ar")
	for _, tag := range []string{"VIP", "شحن"} {
		if _, err := s.Contacts.CreateTag(t.Context(), s.owner, contact.TagInput{Name: tag}); err != nil {
			t.Fatal(err)
		}
	}
	return s, "/settings/channels/" + db.FormatID("chan", s.chanID) + "/assignment"
}

func TestAssignmentIsSetInTheBrowserByKeyboard(t *testing.T) {
	t.Parallel()
	s, page := assignmentShop(t)
	p := newPage(t, s.URL(), pageOptions{})
	p.SignIn(page, ownerEmail, password)
	p.Click(`input[value=BY_TAG]`)
	for i, tag := range []string{"VIP", "شحن"} {
		p.Click("#add-rule")
		p.Wait(fmt.Sprintf("document.querySelector('#tag-%d')", i))
		p.Type(fmt.Sprintf("#tag-%d", i), tag)
		Eval[bool](p, fmt.Sprintf("(document.querySelector('#to-%d').selectedIndex = %d) > 0", i, i+1))
	}
	// The focus follows the rule that moves.
	p.Click("#down-0")
	p.Wait("document.activeElement?.id === 'up-1'")
	if got := Eval[string](p, "[...document.querySelectorAll('input[name=tag]')].map(i => i.value).join()"); got != "شحن,VIP" {
		t.Errorf("the rules are %s", got)
	}
	p.Click("#assignment .btn.primary")
	p.WaitText(".flash", "Saved")
	Eval[bool](p, "(document.querySelector('#test select').value = 'VIP') === 'VIP'")
	p.Click("#test .btn")
	p.WaitText("#test .check-result", "by a rule")
	p.Quiet()
}

func TestAssignmentIsAccessible(t *testing.T) {
	t.Parallel()
	s, page := assignmentShop(t)
	eachLook(t, 1800, 2400, func(t *testing.T, lang, name string, o pageOptions) {
		p := newPage(t, s.URL(), o)
		p.SignIn(page, owners[lang], password)
		p.Click("#add-rule")
		p.Wait("document.querySelector('#tag-0')")
		p.Type("#tag-0", "VIP")
		p.Click("#add-rule")
		p.Wait("document.querySelector('#tag-1')")
		p.Click("#assignment .btn.primary") // with rules that lack their person
		p.Wait("document.querySelector('.rule .error')")
		p.Judge("assignment-" + name)
		p.Open("/profile")
		p.Click("button.me")
		p.Wait("document.querySelector('#me-menu:popover-open .there-dot')")
		p.Axe()
		shots(p, "there-"+name)
		p.Quiet()
	})
}
