package app_test

import (
	"fmt"
	"os"
	"testing"

	"badala/app/db"
	"badala/app/meta/sim"
)

// TestOfficeHoursAreSetInTheBrowser fills the page in with the mouse, tries an
// instant, saves, and has a customer write to the closed shop.
func TestOfficeHoursAreSetInTheBrowser(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	path := "/settings/channels/" + db.FormatID("chan", s.chanID)
	p := newPage(t, s.URL(), pageOptions{})
	p.SignIn(path, ownerEmail, password)
	p.Click(`a[href$="/hours"]`)
	p.WaitText("h1", "Office hours")
	p.WaitText("#hours-now", "No hours are set")
	p.Click("#preset-sunthu")
	p.Wait("document.activeElement?.id === 'preset-sunthu' && document.querySelectorAll('.week-bar .on').length === 5")
	p.Click("#add-w6")
	p.Wait("document.activeElement?.id === 'w6.0'")
	Eval[bool](p, `document.querySelector('[name="w6.from"]').value = '20:00', document.querySelector('[name="w6.to"]').value = '02:00', true`)
	p.Click("#add-holiday")
	p.Wait("document.activeElement?.id === 'holiday-0' && document.querySelector('#zone') && document.querySelector('#at')")
	Eval[bool](p, `document.querySelector('[name=holiday]').value = '2027-02-25', document.querySelector('#zone').value = 'Asia/Kuwait',
		document.querySelector('[name=enabled]').checked = true, document.querySelector('#at').value = '2027-02-25T10:00', true`)
	p.Type("#message", "Closed, {{name}}. We open {{nextOpening}}.")
	p.Click("#try")
	p.WaitText("#previewed", "Closed on Thursday, 25 Feb at 10:00 am")
	p.WaitText(".said", "Closed, Noor. We open on Saturday at 8:00 pm.")
	if n := Eval[int](p, "document.querySelectorAll('.said').length"); n != 2 {
		t.Errorf("one text for all is shown %d times, want once for each kind of customer", n)
	}
	p.Axe()
	hoursShot(p, "preview")

	// Nobody works on the days that are taken away: the shop is closed now.
	for day := range 7 {
		Eval[bool](p, fmt.Sprintf(`document.querySelectorAll('[name="w%d.from"], [name="w%d.to"]').forEach(f => f.value = ''), true`, day, day))
	}
	p.Click(`#hours .actions .btn.primary`)
	p.WaitText(".flash", "The office hours were saved.")
	late := s.customer("96550007777", "Yousef")
	late.SendText(s.number.PhoneNumberID, "Anybody there?")
	receives(t, late, "the answer", func(m sim.PhoneMessage) bool {
		return m.FromBusiness && m.Text == "Closed, Yousef. We open as soon as we can."
	})
	p.Open("/inbox")
	p.WaitText(".row", "Yousef")
	p.Click(`.row a, a.row`)
	p.WaitText("#log, .log, [role=log]", "Closed, Yousef.")
	p.WaitText("#log, .log, [role=log]", "Automat")
	hoursShot(p, "thread")
	p.Quiet()
}

// TestOfficeHoursInArabicOnAPhone looks at the page right-to-left, with
// something wrong in it.
func TestOfficeHoursInArabicOnAPhone(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	path := "/settings/channels/" + db.FormatID("chan", s.chanID) + "/hours"
	for _, dark := range []bool{false, true} {
		p := newPage(t, s.URL(), pageOptions{Width: 390, Height: 844, Touch: true, Dark: dark})
		p.SignIn(path, ownerEmail, password)
		p.Wait("document.querySelector('#hours')")
		Eval[bool](p, `fetch('/language', {method: 'POST', body: new URLSearchParams({language: 'ar'})}).then(() => true)`)
		p.Open(path)
		p.Wait("document.documentElement.dir === 'rtl'")
		p.Click("#preset-sunthu")
		p.Wait("document.querySelectorAll('.week-bar .on').length === 5")
		if x := Eval[string](p, "document.querySelector('.week-bar .on').getAttribute('x')"); x != "420" {
			t.Errorf("nine to five begins at %s from the left, want 420", x)
		}
		p.Click("#add-period")
		p.Wait("document.activeElement?.id === 'p0.name'")
		p.Click(`#hours .actions .btn.primary`)
		p.Wait("document.querySelector('#p0-error')")
		p.Axe()
		if wide := Eval[bool](p, "document.documentElement.scrollWidth > innerWidth || document.querySelector('#main').scrollWidth > innerWidth"); wide {
			t.Error("the page is wider than the phone")
		}
		hoursShot(p, fmt.Sprintf("phone-%t", dark))
		p.Quiet()
	}
}

// hoursShot keeps pictures of the page from top to end, for who asks for them.
func hoursShot(p *Page, name string) {
	dir := os.Getenv("BADALA_SHOTS")
	if dir == "" {
		return
	}
	Eval[bool](p, "document.querySelector('#main').scrollTop = 0, true")
	for n := range 6 {
		p.Shot(fmt.Sprintf("%s/hours-%s-%d.png", dir, name, n))
		if Eval[bool](p, "(m => { const before = m.scrollTop; m.scrollTop += innerHeight - 120; return m.scrollTop === before })(document.querySelector('#main'))") {
			return
		}
	}
}
