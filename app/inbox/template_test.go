package inbox_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"badala/app/channel"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/inbox"
	"badala/app/meta/sim"
	"badala/app/template"
)

// tmpl is a template with values as the REST face gets them.
func tmpl(t *testing.T, name, language, values string) inbox.TemplateInput {
	t.Helper()
	in := inbox.TemplateInput{Name: name, Language: language}
	if values == "" {
		return in
	}
	noErr(t, json.Unmarshal([]byte(values), &in.Values))
	return in
}

// invite sends a template to somebody.
func (s *shop) invite(to string, in inbox.TemplateInput) (inbox.Message, inbox.Conversation, contact.Contact) {
	s.t.Helper()
	m, c, p, err := s.inbox.SendTemplate(s.t.Context(), s.agent, s.ch.ID, to, in, false)
	noErr(s.t, err)
	return m, c, p
}

// posts counts the calls that asked Meta to send something.
func (s *shop) posts() int { return len(s.sim.Sends()) }

// TestSendTemplateToAnybody sends one template of each kind to people who are
// not known.
func TestSendTemplateToAnybody(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	picture := s.upload("desk.jpg", jpegOf(t))
	paper := s.upload("bill.pdf", []byte("%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"))
	soon := time.Now().Add(48 * time.Hour).UTC().Format(time.RFC3339)
	for i, c := range []struct{ name, language, values, body, shown string }{
		{"hello_world", "en_US", "", "Welcome and congratulations! This message shows that you can message your customers.", ""},
		{"order_ready", "ar", `{"header":"118","variables":["نورة","المعرض"]}`, "مرحبًا نورة، طلبك جاهز للاستلام من المعرض.", "الطلب 118\n"},
		{"visit_reminder", "en-US", `{"variables":{"first_name":"Nora","day":"Monday"}}`, "Hello Nora, see you on Monday.", ""},
		{"autumn_offer", "en_US", `{"header":{"uploadKey":"` + picture + `"},"variables":["Nora"]}`, "Hello Nora, everything made of walnut is 10 % off this week.", ""},
		{"invoice", "en_US", `{"header":{"uploadKey":"` + paper + `","fileName":"Bill 7.pdf"},"variables":{"name":"Nora","month":"May"}}`, "Dear Nora, here is your invoice of May.", ""},
		{"order_link", "en_US", `{"variables":["Nora"],"buttons":[{"index":0,"value":"118"}]}`, "Hi Nora, follow your order with the button below.", ""},
		{"showroom", "en_US", `{"header":{"latitude":24.7,"longitude":46.6,"name":"Shop","address":"King Road 1"}}`, "Your desk waits for you here.", ""},
		{"workshop_tour", "en_US", `{"header":"https://files.example.com/tour.mp4"}`, "See how a walnut desk is made.", ""},
		{"weekend_offer", "en_US", `{"header":{"uploadKey":"` + picture + `"},"variables":["Nora"],"buttons":[{"index":0,"value":"W10"},{"index":1,"value":"W10"}],"expiresAt":"` + soon + `"}`,
			"Hi Nora, your code is good until the clock stops.", ""},
		{"login_code", "en_US", `{"variables":["482913"]}`, "*482913* is your verification code. For your security, do not share this code.", ""},
		{"book_a_visit", "en_US", `{"buttons":[{"index":0,"value":"visit-7"}]}`, "Choose when you would like to come.", ""},
		{"winter_carousel", "en_US", `{"variables":["Nora"],"cards":[{"header":{"uploadKey":"` + picture + `"},"variables":["you"],"buttons":[{"index":0,"value":"oak"},{"index":1,"value":"oak"}]},
			{"header":{"uploadKey":"` + picture + `"},"variables":["her"],"buttons":[{"index":1,"value":"elm"}]}]}`, "New for the winter, Nora:", ""},
	} {
		to := "+96650000" + string(rune('1'+i/10)) + string(rune('0'+i%10)) + "00"
		phone := s.sim.Customer(sim.Customer{Phone: strings.TrimPrefix(to, "+")})
		m, conv, person := s.invite(to, tmpl(t, c.name, c.language, c.values))
		if m.Status != inbox.StatusSent && m.Status != inbox.StatusDelivered || m.Body != c.body || m.Type != inbox.TypeTemplate {
			t.Errorf("%s: %s %+v %q", c.name, m.Status, m.Error, m.Body)
			continue
		}
		if conv.Status != inbox.Open || conv.AssigneeID != s.agent.UserID || conv.LastPreview.Text == "" || person.Phone != to || person.Source != contact.FromPerson {
			t.Errorf("%s: %+v of %+v", c.name, conv, person)
		}
		got := s.onPhone(phone, c.name, func(m sim.PhoneMessage) bool { return m.Type == "template" })
		if want := c.shown + c.body; !strings.HasPrefix(got.Text, want) {
			t.Errorf("%s on the phone: %q, want %q", c.name, got.Text, want)
		}
	}
}

// TestTemplateIsShown keeps how the template looks, whatever becomes of it.
func TestTemplateIsShown(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	picture := s.upload("desk.jpg", jpegOf(t))
	m, _, _ := s.invite("+966500007001", tmpl(t, "weekend_offer", "en_US",
		`{"header":{"uploadKey":"`+picture+`"},"variables":["Nora"],"buttons":[{"index":0,"value":"W10"},{"index":1,"value":"W10"}],"expiresAt":"2099-01-01T00:00:00Z"}`))
	if m.Media == nil || m.Media.Key != picture {
		t.Errorf("media %+v", m.Media)
	}
	shown := m.Extra().Template.Shown
	if shown == nil || len(shown.Buttons) != 2 || shown.Buttons[0].Code != "W10" || shown.Buttons[1].URL != "https://walnutworks.example/shop?code=W10" ||
		shown.Offer.ExpiresAt.Year() != 2099 || m.Extra().Template.Category != template.Marketing {
		t.Errorf("%+v", shown)
	}
	hits, err := s.inbox.Search(s.q(), s.agent.OrgID, "until the clock stops", 10)
	if err != nil || len(hits) != 1 {
		t.Errorf("found %+v %v", hits, err)
	}
}

// TestTemplateOutsideTheWindow sends into a conversation whose window is closed.
func TestTemplateOutsideTheWindow(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.hello(s.phone, "Is it ready?")
	s.clock.skip(25 * time.Hour)
	_, err := s.inbox.Send(t.Context(), s.agent, conv, inbox.SendInput{Type: "TEXT", Body: "Yes"})
	wantCode(t, err, errs.Conflict, "window_closed")
	in := tmpl(t, "shipping_update", "en_US", `{"variables":["Huda","118"]}`)
	m := s.send(conv, inbox.SendInput{Type: "TEMPLATE", Template: &in})
	s.becomes(m.ID, inbox.StatusSent, inbox.StatusDelivered)
	if got := s.onPhone(s.phone, "the template", func(m sim.PhoneMessage) bool { return m.Type == "template" }); got.Text != m.Body {
		t.Errorf("%q on the phone, %q here", got.Text, m.Body)
	}
	if c := s.conversation(conv); c.WindowExpiresAt > s.db.Now() {
		t.Error("a template opened the window")
	}
	again := s.send(conv, inbox.SendInput{Type: "TEMPLATE", Template: &in, ClientID: "once"})
	if twice := s.send(conv, inbox.SendInput{Type: "TEMPLATE", Template: &in, ClientID: "once"}); twice.ID != again.ID {
		t.Error("the same client id made two messages")
	}
	_, err = s.inbox.Send(t.Context(), s.agent, conv, inbox.SendInput{Type: "TEMPLATE"})
	if e := errs.As(err); e == nil || e.Kind != errs.Invalid {
		t.Errorf("no template: %v", err)
	}
}

// TestTemplateAgainstTheirWord never reaches Meta: neither when the contact has
// refused before, nor when they do while it waits.
func TestTemplateAgainstTheirWord(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.hello(s.phone, "Hi")
	who := s.conversation(conv).ContactID
	offer := tmpl(t, "workshop_tour", "en_US", `{"header":"https://files.example.com/tour.mp4"}`)
	noErr(t, s.channels.Pause(t.Context(), s.agent, s.ch.ID))
	waiting := s.send(conv, inbox.SendInput{Type: "TEMPLATE", Template: &offer, Async: true})
	s.consent(who, false)
	_, err := s.inbox.Send(t.Context(), s.agent, conv, inbox.SendInput{Type: "TEMPLATE", Template: &offer})
	wantCode(t, err, errs.Conflict, "no_consent")
	_, _, _, err = s.inbox.SendTemplate(t.Context(), s.agent, s.ch.ID, db.FormatID("contact", who), offer, true)
	wantCode(t, err, errs.Conflict, "no_consent")
	noErr(t, s.channels.Resume(t.Context(), s.agent, s.ch.ID))
	if m := s.becomes(waiting.ID, inbox.StatusFailed); m.Error.Code != 131050 || m.Attempt != 0 || m.Retriable() {
		t.Errorf("%+v", m)
	}
	if s.posts() != 0 {
		t.Errorf("%d calls", s.posts())
	}
	hello := tmpl(t, "hello_world", "en_US", "")
	s.becomes(s.send(conv, inbox.SendInput{Type: "TEMPLATE", Template: &hello}).ID, inbox.StatusSent, inbox.StatusDelivered)
}

// consent sets what a contact has said of marketing.
func (s *shop) consent(who int64, yes bool) {
	s.t.Helper()
	noErr(s.t, s.db.Write(s.t.Context(), func(tx *db.Tx) error {
		return s.inbox.Contacts.SetConsentTx(tx, s.agent.OrgID, who, &yes, contact.Cause{Kind: "USER"})
	}))
}

// TestTemplateFailures does what Meta's codes ask for.
func TestTemplateFailures(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.hello(s.phone, "Hi")
	who := s.conversation(conv).ContactID
	fails := func(code int, in inbox.TemplateInput) inbox.Message {
		s.sim.Misbehave(sim.Behaviour{FailNext: 1, FailCode: code})
		return s.becomes(s.send(conv, inbox.SendInput{Type: "TEMPLATE", Template: &in}).ID, inbox.StatusFailed)
	}
	fails(131050, tmpl(t, "workshop_tour", "en_US", `{"header":"https://files.example.com/tour.mp4"}`))
	if p, err := s.inbox.Contacts.ByID(s.q(), s.agent.OrgID, who); err != nil || p.Consent == nil || *p.Consent {
		t.Errorf("after 131050: %+v %v", p.Consent, err)
	}
	for code, status := range map[int]string{132015: channel.TemplatePaused, 132016: channel.TemplateDisabled} {
		name := map[int]string{132015: "hello_world", 132016: "shipping_update"}[code]
		in := tmpl(t, name, "en_US", "")
		if code == 132016 {
			in = tmpl(t, name, "en_US", `{"variables":["a","b"]}`)
		}
		fails(code, in)
		if v, err := s.channels.Template(s.q(), s.agent.OrgID, s.ch.ID, name, "en_US"); err != nil || v.Status != status {
			t.Errorf("after %d: %+v %v", code, v.Status, err)
		}
		_, err := s.inbox.Send(t.Context(), s.agent, conv, inbox.SendInput{Type: "TEMPLATE", Template: &in})
		wantCode(t, err, errs.Unprocessable, "template_status")
	}
	m := fails(132001, tmpl(t, "visit_reminder", "en_US", `{"variables":["a","b"]}`))
	if m.Retriable() {
		t.Error("132001 may be retried")
	}
	if n, err := db.Value[int](s.q(), `SELECT count(*) FROM job WHERE kind = 'channel.templates'`); err != nil || n == 0 {
		t.Errorf("nothing will read the templates: %d %v", n, err)
	}
	m = fails(131026, tmpl(t, "visit_reminder", "en_US", `{"variables":["a","b"]}`))
	again, err := s.inbox.Retry(t.Context(), s.agent, m.ID)
	noErr(t, err)
	s.becomes(again.ID, inbox.StatusSent, inbox.StatusDelivered)
}

// TestTemplateWithALostAnswer is not sent twice.
func TestTemplateWithALostAnswer(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.sim.Misbehave(sim.Behaviour{ResetAfterBody: 1, DropStatuses: true})
	m, _, _ := s.invite("+966500007002", tmpl(t, "hello_world", "en_US", ""))
	if m = s.becomes(m.ID, inbox.StatusUnconfirmed); m.Outcome != inbox.OutcomeUnknown || s.posts() != 1 {
		t.Errorf("%s, %d calls", m.Outcome, s.posts())
	}
}

// TestTemplateChangedMeanwhile does not go out with values that no longer fit.
func TestTemplateChangedMeanwhile(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.hello(s.phone, "Hi")
	in := tmpl(t, "shipping_update", "en_US", `{"variables":["Huda","118"]}`)
	noErr(t, s.channels.Pause(t.Context(), s.agent, s.ch.ID))
	m := s.send(conv, inbox.SendInput{Type: "TEMPLATE", Template: &in, Async: true})
	noErr(t, s.db.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE template SET components = '[{"type":"BODY","text":"Hi {{1}}, {{2}} and {{3}}."}]' WHERE name = 'shipping_update' AND org_id = ?`, s.agent.OrgID)
		return err
	}))
	noErr(t, s.channels.Resume(t.Context(), s.agent, s.ch.ID))
	if m = s.becomes(m.ID, inbox.StatusFailed); m.Error.Code != 132000 || s.posts() != 0 {
		t.Errorf("%+v, %d calls", m.Error, s.posts())
	}
}

// TestTemplateOfAnother is out of reach: the number, the contact and the file.
func TestTemplateOfAnother(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.hello(s.phone, "Hi")
	who := s.conversation(conv).ContactID
	hello := tmpl(t, "hello_world", "en_US", "")
	_, _, _, err := s.inbox.SendTemplate(t.Context(), s.other, s.ch.ID, "+966500007003", hello, true)
	if !errs.Is(err, errs.NotFound) {
		t.Errorf("another's number: %v", err)
	}
	others, err := s.channels.List(s.q(), s.other.OrgID)
	noErr(t, err)
	_, _, _, err = s.inbox.SendTemplate(t.Context(), s.other, others[0].ID, db.FormatID("contact", who), hello, true)
	if e := errs.As(err); e == nil || e.Kind != errs.Invalid {
		t.Errorf("another's contact: %v", err)
	}
	key := s.upload("desk.jpg", jpegOf(t))
	_, _, _, err = s.inbox.SendTemplate(t.Context(), s.other, others[0].ID, "+966500007003", tmpl(t, "autumn_offer", "en_US", `{"header":{"uploadKey":"`+key+`"},"variables":["a"]}`), true)
	if e := errs.As(err); e == nil || e.Kind != errs.Invalid {
		t.Errorf("another's file: %v", err)
	}
}
