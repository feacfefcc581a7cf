package app_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"badala/app"
	"badala/app/db"
	"badala/app/meta/sim"
)

// e2eShop is a shop with one customer, Fatima, who has written.
func e2eShop(t *testing.T) (s *shop, fatima *sim.Phone, conv string) {
	s = newShop(t)
	fatima = s.customer("96550001000", "فاطمة العلي")
	fatima.SendText(s.number.PhoneNumberID, "Hello, is the blue one back in stock?")
	s.settle()
	return s, fatima, s.conversations()[0]
}

// conversations lists the ids as the API shows them, latest first.
func (s *shop) conversations() []string {
	s.t.Helper()
	var list struct{ Items []struct{ ID string } }
	if code := call(s.t, http.MethodGet, s.URL()+"/orgs/"+db.FormatID("org", s.org)+"/conversations", s.token(ownerEmail), nil, &list); code != 200 {
		s.t.Fatalf("conversations: %d", code)
	}
	var ids []string
	for _, c := range list.Items {
		ids = append(ids, c.ID)
	}
	return ids
}

// receives waits until something from the business is on the phone.
func receives(t *testing.T, p *sim.Phone, what string, is func(sim.PhoneMessage) bool) sim.PhoneMessage {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), pageTimeout)
	defer cancel()
	m, err := p.WaitFor(ctx, is)
	if err != nil {
		t.Fatalf("the phone never got %s: %v", what, err)
	}
	return m
}

func write(p *Page, text string) {
	p.t.Helper()
	p.Click("#body")
	p.Type("#body", text)
	p.Click("form.reply .send")
}

func TestACustomerWritesAndATeammateAnswers(t *testing.T) {
	t.Parallel()
	s, fatima, conv := e2eShop(t)
	number := s.number.PhoneNumberID

	// The owner follows a deep link through sign-in; the agent reads Arabic on a phone.
	desk := newPage(t, s.URL(), pageOptions{})
	desk.SignIn("/inbox?conv="+conv, ownerEmail, password)
	desk.WaitText("#msgs", "is the blue one back in stock?")
	phone := newPage(t, s.URL(), pageOptions{Width: 390, Height: 844, Touch: true})
	phone.SignIn("/inbox?view=all", agentEmail, password)
	phone.Wait("document.documentElement.dir === 'rtl' && document.documentElement.lang === 'ar'")
	phone.WaitText("#rows", "فاطمة العلي")
	phone.Click("#rows a")
	phone.WaitText("#msgs", "is the blue one back in stock?")
	for _, p := range []*Page{desk, phone} {
		p.Wait("document.documentElement.dataset.live === 'on'")
	}

	// A draft and its caret survive what arrives meanwhile, in both windows.
	desk.Click("#body")
	desk.Type("#body", "One moment, I am looking")
	Eval[bool](desk, "document.querySelector('#body').setSelectionRange(3, 3); true")
	fatima.SendText(number, "size M please")
	desk.WaitText("#msgs", "size M please")
	phone.WaitText("#msgs", "size M please")
	if got := Eval[string](desk, "(b => b.value + '|' + b.selectionStart + '|' + (document.activeElement === b))(document.querySelector('#body'))"); got != "One moment, I am looking|3|true" {
		t.Errorf("the draft became %q", got)
	}

	// The answer goes out with a picture; the customer's phone shows both.
	desk.Click("form.reply .send")
	receives(t, fatima, "the text", func(m sim.PhoneMessage) bool { return m.Text == "One moment, I am looking" })
	file := filepath.Join(t.TempDir(), "blue.jpg")
	if err := os.WriteFile(file, sim.SamplePicture(), 0o600); err != nil {
		t.Fatal(err)
	}
	desk.Attach("body > input[type=file]", file)
	desk.Wait("document.querySelector('#tray') && !document.querySelector('#tray').hidden")
	write(desk, "Here it is")
	picture := receives(t, fatima, "the picture", func(m sim.PhoneMessage) bool { return m.Type == "image" && len(m.Media) > 0 })
	if picture.Text != "Here it is" {
		t.Errorf("the caption is %q", picture.Text)
	}
	phone.WaitText("#msgs", "Here it is")

	// Ticks go to read in both windows when the customer reads.
	fatima.Read(picture.ID)
	for _, p := range []*Page{desk, phone} {
		p.Wait("[...document.querySelectorAll('#msgs li')].some(li => li.textContent.includes('Here it is') && li.querySelector('.tick.read, [data-status=READ], .tick[data-tick=read]'))")
	}

	// The Arabic teammate answers from the phone.
	write(phone, "أهلاً فاطمة 🌷")
	receives(t, fatima, "the Arabic answer", func(m sim.PhoneMessage) bool { return m.Text == "أهلاً فاطمة 🌷" })
	desk.WaitText("#msgs", "أهلاً فاطمة 🌷")
	desk.Quiet()
	phone.Quiet()
}

func TestTheListMovesWithoutMovingTheReader(t *testing.T) {
	t.Parallel()
	s, fatima, conv := e2eShop(t)
	number := s.number.PhoneNumberID
	for i := range 60 {
		fatima.SendText(number, fmt.Sprintf("line %d of a long story", i))
	}
	s.settle()
	p := newPage(t, s.URL(), pageOptions{})
	p.SignIn("/inbox?view=all&conv="+conv, ownerEmail, password)
	p.WaitText("#msgs", "line 59")
	p.Wait("document.documentElement.dataset.live === 'on'")
	// It opens at the first unread message; from the end one scrolls up.
	Eval[bool](p, "document.querySelector('#log').scrollTop = 1e6; true")
	p.Wait("(l => l.scrollHeight - l.scrollTop - l.clientHeight < 80)(document.querySelector('#log'))")

	// Scrolled up, a new message must not pull the reader down.
	Eval[bool](p, "document.querySelector('#log').scrollTop = 400; true")
	p.Wait("document.querySelector('#log').scrollTop > 100")
	before := Eval[float64](p, "document.querySelector('#log').scrollHeight - document.querySelector('#log').scrollTop")
	fatima.SendText(number, "are you there?")
	s.customer("96550002000", "Omar").SendText(number, "first in the list now")
	p.WaitText("#rows", "first in the list now")
	p.WaitText("#msgs", "are you there?")
	after := Eval[float64](p, "document.querySelector('#log').scrollHeight - document.querySelector('#log').scrollTop")
	if after-before < 10 {
		t.Errorf("the log was pulled down: %v from the end before, %v after", before, after)
	}
	p.Wait("!document.querySelector('#jump').hidden")
	p.Wait("document.querySelector('#rows li, #rows a').textContent.includes('Omar')")
	p.Click("#jump")
	p.Wait("(l => l.scrollHeight - l.scrollTop - l.clientHeight < 80)(document.querySelector('#log'))")

	// Older pages come as one scrolls up, and the place is kept.
	Eval[bool](p, "document.querySelector('#log').scrollTop = 0; true")
	p.WaitText("#msgs", "is the blue one back in stock?")
	p.Quiet()
}

func TestSentOnceWhateverIsClicked(t *testing.T) {
	t.Parallel()
	s, fatima, conv := e2eShop(t)
	p := newPage(t, s.URL(), pageOptions{})
	p.SignIn("/inbox?conv="+conv, ownerEmail, password)
	p.Wait("document.documentElement.dataset.live === 'on'")
	p.Click("#body")
	p.Type("#body", "only once")
	Eval[bool](p, "(b => { b.click(); b.click(); b.click(); })(document.querySelector('form.reply .send')); true")
	receives(t, fatima, "it", func(m sim.PhoneMessage) bool { return m.Text == "only once" })

	// Written while the connection is gone, it waits and goes once it is back.
	p.Offline(true)
	write(p, "through the tunnel")
	p.WaitText("#msgs", "through the tunnel")
	p.Offline(false)
	receives(t, fatima, "the queued one", func(m sim.PhoneMessage) bool { return m.Text == "through the tunnel" })
	p.Open("/inbox?conv=" + conv)
	p.WaitText("#msgs", "through the tunnel")
	s.settle()
	for _, text := range []string{"only once", "through the tunnel"} {
		posts := 0
		for _, send := range s.sim.Sends() {
			if strings.Contains(string(send.Body), text) {
				posts++
			}
		}
		if posts != 1 {
			t.Errorf("%q was posted %d times", text, posts)
		}
		if n := Eval[int](p, fmt.Sprintf("[...document.querySelectorAll('#msgs li')].filter(li => li.textContent.includes(%q)).length", text)); n != 1 {
			t.Errorf("%q is shown %d times", text, n)
		}
	}
}

func TestAFailureSaysWhyAndCanBeRetried(t *testing.T) {
	t.Parallel()
	s, fatima, conv := e2eShop(t)
	p := newPage(t, s.URL(), pageOptions{})
	p.SignIn("/inbox?conv="+conv, ownerEmail, password)
	p.Wait("document.documentElement.dataset.live === 'on'")
	s.sim.Misbehave(sim.Behaviour{FailNext: 1, FailCode: 131026})
	write(p, "does it reach you?")
	p.WaitText("#msgs", "131026")
	p.Click(`#msgs form[action$="/retry"] button`)
	receives(t, fatima, "the second try", func(m sim.PhoneMessage) bool { return m.Text == "does it reach you?" })
	p.Wait("!document.querySelector('#msgs').textContent.includes('131026')")
	p.Quiet()
}

func TestNotesAssignmentAndClosingAreSharedLive(t *testing.T) {
	t.Parallel()
	s, fatima, conv := e2eShop(t)
	one := newPage(t, s.URL(), pageOptions{})
	one.SignIn("/inbox?view=all&conv="+conv, ownerEmail, password)
	two := newPage(t, s.URL(), pageOptions{Dark: true})
	two.SignIn("/inbox?view=all&conv="+conv, agentEmail, password)
	for _, p := range []*Page{one, two} {
		p.Wait("document.documentElement.dataset.live === 'on'")
	}
	one.Click(`.modes [value=note]`)
	one.Click("#note-body")
	one.Type("#note-body", "she is a regular")
	one.Click(`form.note .note-btn`)
	two.WaitText("#msgs", "she is a regular")
	one.Click(`[aria-label="Assign"]`)
	one.Wait("document.querySelector('#assign-menu').matches(':popover-open')")
	one.Click(`#assign-menu [name=assignee][value="` + db.FormatID("user", s.agent.UserID) + `"]`)
	two.WaitText("#head", "Bader")
	one.Click(`[aria-label="Close conversation"]`)
	two.Wait(`document.querySelector('#head form[action$="/reopen"]')`)
	fatima.SendText(s.number.PhoneNumberID, "one more thing")
	two.WaitText("#msgs", "one more thing")
	two.Wait(`document.querySelector('#head form[action$="/close"]')`)
	if sends := s.sim.Sends(); len(sends) != 0 {
		t.Errorf("a note or an assignment went to the customer: %v", sends)
	}
	one.Quiet()
	two.Quiet()
}

func TestTwoOrganisationsNeverMeetInTheBrowser(t *testing.T) {
	t.Parallel()
	s, _, conv := e2eShop(t)
	if _, err := s.Accounts.CreateUser(t.Context(), createInput("other@else.example", "Someone Else")); err != nil {
		t.Fatal(err)
	}
	p := newPage(t, s.URL(), pageOptions{})
	p.SignIn("/inbox?view=all&conv="+conv, "other@else.example", password)
	p.Wait("document.querySelector('#main')")
	if text := Eval[string](p, "document.body.innerText"); strings.Contains(text, "فاطمة") || strings.Contains(text, "blue one") {
		t.Error("another organisation's conversation is on the page")
	}
	p.Open("/c/" + conv)
	if text := Eval[string](p, "document.body.innerText"); strings.Contains(text, "blue one") {
		t.Error("another organisation's conversation is on the page")
	}
}

// shots keeps pictures of what axe looks at when BADALA_SHOTS names a folder.
func shots(p *Page, name string) {
	if dir := os.Getenv("BADALA_SHOTS"); dir != "" {
		p.Shot(filepath.Join(dir, name+".png"))
	}
}

func TestEveryPageIsAccessible(t *testing.T) {
	t.Parallel()
	a := demoApp(t)
	// The languages take turns: a person has one language in all windows.
	for _, lang := range []string{"en", "ar"} {
		t.Run(lang, func(t *testing.T) {
			for _, o := range looks(lang, 800, 844) {
				name := fmt.Sprintf("%d-%s", o.Width, o.theme())
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					look(t, a.URL(), lang, lang+"-"+name, o)
				})
			}
		})
	}
}

// look opens every page as an owner of the demo and lets axe judge it.
func look(t *testing.T, url, lang, name string, o pageOptions) {
	p := newPage(t, url, o)
	p.Open("/signin?lang=" + lang)
	p.Axe()
	shots(p, name+"-signin")
	p.SignIn("/signin?lang="+lang, "aisha@example.com", "walk-in-the-souq")
	p.Wait("document.querySelector('#rows a')")
	Eval[int](p, fmt.Sprintf(`fetch('/language', {method: 'POST', headers: {'Content-Type': 'application/x-www-form-urlencoded'}, body: 'language=%s&back=/inbox'}).then(r => r.status)`, lang))
	p.Open("/inbox?view=all")
	p.Wait(fmt.Sprintf("document.documentElement.lang === %q && document.querySelector('#rows a')", lang))
	p.Axe()
	shots(p, name+"-inbox")
	thread := Eval[string](p, `[...document.querySelectorAll('#rows a')].map(a => a.getAttribute('href'))[1]`)
	for page, path := range map[string]string{
		"thread": thread, "members": "/settings/members", "channels": "/settings/channels", "connect": "/settings/channels/connect",
		"inbound": "/settings/inbound", "profile": "/profile", "simulator": "/simulator",
	} {
		p.Open(path)
		p.Wait("document.querySelector('#main')")
		p.Judge(name + "-" + page)
	}
	p.Quiet()
}

// demoApp is `badala serve --demo` in this process.
func demoApp(t *testing.T) *app.App {
	t.Helper()
	a := startApp(t, app.Config{Demo: true, DB: filepath.Join(t.TempDir(), "demo.db"), Listen: "127.0.0.1:0", GraphVersion: "v26.0"})
	t.Cleanup(func() {
		if err := a.Stop(); err != nil {
			t.Error(err)
		}
	})
	return a
}
