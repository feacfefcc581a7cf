package app_test

import (
	"fmt"
	"strings"
	"testing"

	"badala/app/account"
	"badala/app/broadcast"
	"badala/app/contact"
	"badala/app/meta/sim"
)

// broadcastShop is a shop with templates, some people and an Arabic owner.
func broadcastShop(t *testing.T, people int) *shop {
	t.Helper()
	s := newShop(t)
	s.user("owner-ar@shop.example", "عائشة الرحمن", account.Owner, "ar")
	if _, err := s.Channels.SyncTemplates(t.Context(), s.owner, s.chanID); err != nil {
		t.Fatal(err)
	}
	names := []string{"Dana Al-Rashid", "يوسف كرم", "Huda"}
	for i := range people {
		name := names[i%len(names)]
		_, err := s.Contacts.Create(t.Context(), s.owner, contact.UpsertInput{Patch: contact.Patch{
			Name: &name, Phone: new(fmt.Sprintf("+9655000%04d", i)), Tags: &[]string{"VIP"}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// onlyBroadcast is the one that there is.
func (s *shop) onlyBroadcast() broadcast.Broadcast {
	s.t.Helper()
	all, _, err := s.Broadcasts.List(s.DB.Read(s.t.Context()), s.org, broadcast.Filter{})
	if err != nil || len(all) != 1 {
		s.t.Fatalf("%d broadcasts: %v", len(all), err)
	}
	return all[0]
}

// onStep waits until the page is a step of the way to a broadcast.
func onStep(p *Page, step string) {
	p.t.Helper()
	p.Wait(fmt.Sprintf("location.pathname.endsWith('/edit/%s') && document.querySelector('.wizard [aria-current=step]')", step))
}

// TestTheWholeBroadcastInTheBrowser goes through the steps, leaves and comes
// back, tests, starts, and watches until everybody has an outcome.
func TestTheWholeBroadcastInTheBrowser(t *testing.T) {
	t.Parallel()
	words := map[string]struct{ people, done string }{
		"en": {"6 people get it", "Done"},
		"ar": {"6 أشخاص يتلقونها", "انتهت"},
	}
	for lang, say := range words {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			s := broadcastShop(t, 5)
			p := newPage(t, s.URL(), pageOptions{})
			p.SignIn("/broadcasts", owners[lang], password)
			p.Click("a[href='/broadcasts/new']")
			p.Type("#name", "Spring")
			p.Click(`.choice:has(strong)`)
			p.Wait("document.querySelector('input[name=template]:checked')")
			Eval[bool](p, `(l => { l.querySelector('input').click(); return true; })([...document.querySelectorAll('label.choice')].find(l => l.textContent.includes('visit_reminder')))`)
			p.Click(".actions .primary")

			// The number of people follows what is chosen.
			onStep(p, "audience")
			p.Click("input[name=tag][value=VIP]")
			p.WaitText("#bc-count", "5")
			p.Type("#numbers", "+96566600001\n+96550000001")
			p.WaitText("#bc-count", say.people)
			p.Open("/inbox")
			p.Open("/broadcasts")
			p.Click(".list-card") // what was not kept is not there
			onStep(p, "audience")
			p.Click("input[name=tag][value=VIP]")
			p.Type("#numbers", "+96566600001\n+96550000001")
			p.WaitText("#bc-count", say.people)
			p.Click(".actions .primary")

			// The message is shown for real people as it is written.
			onStep(p, "message")
			p.choose(`select[name="m.body.first_name"]`, "firstName")
			p.Type(`input[name="v.body.first_name"]`, "friend")
			p.Type(`input[name="v.body.day"]`, "Monday")
			p.WaitText("#bc-preview", "Hello Dana, see you on Monday.")
			p.Type("#test_to", "+96577700001")
			p.Click("button[value=test]")
			p.Wait("document.querySelector('.flash')?.textContent.includes('96577700001')")
			receives(t, s.customer("96577700001", "Myself"), "the test", func(m sim.PhoneMessage) bool { return strings.Contains(m.Text, "see you on Monday") })
			p.Click(".actions .primary")

			onStep(p, "plan")
			p.Wait("document.querySelector('#bc-cost [data-done]')")
			p.choose("#rate", "20")
			p.Click(".actions .primary")
			onStep(p, "start")
			p.Wait("document.querySelector('#bc-cost [data-done]')")
			p.Click(`a[href$="?ask=start"]`)
			p.WaitText("#ask-title", "6")
			p.Click("button[value=start]")
			p.Wait("document.querySelector('#broadcast-live')")
			p.WaitText("#broadcast-live [role=status]", say.done)
			s.settle()
			if n := s.onlyBroadcast().Counts; n.Accepted() != 6 || n.Total() != 6 {
				t.Errorf("the result is %+v", n)
			}
			// Somebody answers, and the answer is found from here.
			s.customer("96550000000", "Dana").SendText(s.number.PhoneNumberID, "I shall be there")
			s.settle()
			p.Open("/broadcasts")
			p.Click(".list-card")
			p.Click(`a[href*="state=ANSWERED"]`)
			p.Click(".recipients .btn")
			p.WaitText("#msgs", "I shall be there")
			p.Wait(`document.querySelector('#msgs .foot a[href^="/broadcasts/"]')`)
			p.Quiet()
		})
	}
}

func TestBroadcastsAreAccessible(t *testing.T) {
	t.Parallel()
	eachLook(t, 1300, 1700, func(t *testing.T, lang, name string, o pageOptions) {
		lookAtBroadcasts(t, broadcastShop(t, 8), lang, "broadcast-"+name, o)
	})
}

// lookAtBroadcasts goes through all pages and lets axe judge each.
func lookAtBroadcasts(t *testing.T, s *shop, lang, name string, o pageOptions) {
	p := newPage(t, s.URL(), o)
	p.SignIn("/broadcasts", owners[lang], password)
	judge := func(what string) { p.Judge(name + "-" + what) }
	p.Wait("document.querySelector('.empty')")
	judge("0-none")
	p.Open("/broadcasts/new")
	p.Click(".actions .primary")
	p.Wait("document.querySelector('#name-error')")
	judge("1-wrong")
	p.Type("#name", "عرض الربيع")
	Eval[bool](p, `(l => { l.querySelector('input').click(); return true; })([...document.querySelectorAll('label.choice')].find(l => l.textContent.includes('visit_reminder')))`)
	p.Click(".actions .primary")
	onStep(p, "audience")
	p.Click("input[name=tag][value=VIP]")
	p.Type("#numbers", "+96550000001\nnot a number")
	p.WaitText("#bc-count", "8")
	Eval[bool](p, "document.querySelectorAll('#main details').forEach(d => d.open = true); true")
	judge("2-people")
	p.Click(".actions .primary")
	onStep(p, "message")
	p.Type(`input[name="v.body.day"]`, "Monday")
	p.WaitText("#bc-preview", "Monday")
	judge("3-message")
	p.Click(".actions .primary")
	onStep(p, "plan")
	p.Wait("document.querySelector('#bc-cost [data-done]')")
	judge("4-plan")
	p.Click(".actions .primary")
	onStep(p, "start")
	p.Wait("document.querySelector('#bc-cost [data-done]')")
	p.Click(`a[href$="?ask=start"]`)
	p.Wait("document.querySelector('button[value=start]')")
	judge("5-start")
	p.Click("button[value=start]")
	p.Wait("document.querySelector('#broadcast-live .state.good')")
	s.settle()
	p.Open(Eval[string](p, "location.pathname"))
	judge("6-done")
	p.Open("/broadcasts")
	judge("7-list")
	p.Open("/settings/broadcasts?country=KW")
	Eval[bool](p, "document.querySelectorAll('#main details').forEach(d => d.open = true); true")
	judge("8-settings")
	p.Quiet()
}
