package inbox_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"badala/app/channel"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/inbox"
	"badala/app/meta"
	"badala/app/meta/sim"
)

// TestLostAnswers has the answer of Meta get lost in every way: the message is
// UNCONFIRMED and never sent again by itself; a status settles it.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		b    sim.Behaviour
	}{
		{"reset", sim.Behaviour{ResetAfterBody: 1, Lost: true}},
		{"html 502", sim.Behaviour{HTML502: 1, Lost: true}},
		{"cut answer", sim.Behaviour{TruncatedJSON: 1, Lost: true}},
		{"no answer in time", sim.Behaviour{Delay: 4 * time.Second, DropStatuses: true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			conv := s.hello(s.phone, "Hi")
			s.sim.Misbehave(test.b)
			m := s.text(conv, "Did you get this?")
			if m.Status != inbox.StatusUnconfirmed || m.Outcome != inbox.OutcomeUnknown || !m.CanSendAgain() {
				t.Fatalf("message %s %s", m.Status, m.Outcome)
			}
			if by := m.ConfirmBy() - m.AttemptStartedAt; by != 120_000 {
				t.Errorf("confirm within %d ms", by)
			}
			s.sim.Misbehave(sim.Behaviour{})
			s.clock.skip(time.Hour)
			next := s.text(conv, "Next")
			if next.Status == inbox.StatusPending {
				t.Errorf("the next message is %s", next.Status)
			}
			posts := 0
			for _, r := range s.sim.Sends() {
				if string(r.Body) != "" && r.Opaque == s.sim.Sends()[0].Opaque {
					posts++
				}
			}
			if posts != 1 {
				t.Errorf("%d POSTs", posts)
			}
		})
	}
}

// TestLostAnswerResolved has Meta take the message although the answer is
// lost: the status that comes with our token tells.
func TestLostAnswerResolved(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]sim.Behaviour{
		"reset": {ResetAfterBody: 1}, "html 502": {HTML502: 1}, "cut answer": {TruncatedJSON: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			conv := s.hello(s.phone, "Hi")
			s.sim.Misbehave(b)
			m := s.text(conv, "Hello?")
			m = s.becomes(m.ID, inbox.StatusDelivered)
			if m.WaID == "" || len(s.texts(s.phone)) != 1 || len(s.sim.Sends()) != 1 {
				t.Errorf("wamid %q, phone %v", m.WaID, s.texts(s.phone))
			}
		})
	}
}

// TestStatusBeforeAnswer has the status arrive while Meta's answer is on its way.
func TestStatusBeforeAnswer(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.hello(s.phone, "Hi")
	s.sim.Misbehave(sim.Behaviour{StatusBeforeAnswer: true, DuplicateWebhooks: 2, ShuffleWebhooks: true})
	m := s.text(conv, "Fast")
	m = s.becomes(m.ID, inbox.StatusDelivered)
	if m.WaID == "" || len(s.eventsOf("message.sent")) != 1 || len(s.eventsOf("message.delivered")) != 1 {
		t.Errorf("wamid %q, %d sent, %d delivered", m.WaID, len(s.eventsOf("message.sent")), len(s.eventsOf("message.delivered")))
	}
}

// TestProcessDeath stops a process between the attempt on record and its
// outcome: after the restart nothing is sent again, and a status settles it.
func TestProcessDeath(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.hello(s.phone, "Hi")
	s.stop()
	m := s.send(conv, inbox.SendInput{Type: "TEXT", Body: "Cut off", Async: true})
	var token string
	noErr(t, s.db.Write(t.Context(), func(tx *db.Tx) (err error) {
		token, err = inbox.Token(tx, m.ID)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE message SET attempt = 1, attempt_started_at = ? WHERE id = ?`, tx.Now(), m.ID); err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE job SET state = 'running', attempt = 1, claim = claim + 1 WHERE kind = 'inbox.send'`)
		return err
	}))
	noErr(t, s.db.Close())
	s.open()
	s.start()
	m = s.becomes(m.ID, inbox.StatusUnconfirmed)
	if m.Outcome != inbox.OutcomeInterrupted || m.ConfirmBy()-m.AttemptStartedAt != 600_000 {
		t.Errorf("outcome %s", m.Outcome)
	}
	if n := len(s.sim.Sends()); n != 0 {
		t.Fatalf("%d POSTs", n)
	}
	s.status(token, "wamid.late", "delivered")
	m = s.becomes(m.ID, inbox.StatusDelivered)
	if m.WaID != "wamid.late" || len(s.sim.Sends()) != 0 {
		t.Errorf("wamid %q", m.WaID)
	}
	if _, err := s.inbox.SendAgain(t.Context(), s.agent, m.ID); !errs.Is(err, errs.Conflict) {
		t.Errorf("send again of a delivered message: %v", err)
	}
}

// TestRestartSendsWhatWaits stops an install with messages in the queue: after
// the restart each is sent once, in order.
func TestRestartSendsWhatWaits(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.hello(s.phone, "Hi")
	s.stop()
	for _, body := range []string{"1", "2", "3"} {
		s.send(conv, inbox.SendInput{Type: "TEXT", Body: body, Async: true})
	}
	noErr(t, s.db.Close())
	s.open()
	s.start()
	s.eventually("all texts", func() bool { return len(s.texts(s.phone)) >= 3 })
	if got := s.texts(s.phone); !slices.Equal(got, []string{"1", "2", "3"}) || len(s.sim.Sends()) != 3 {
		t.Errorf("on the phone %v", got)
	}
}

// doomed stops all work and sends a message whose job is then as set says.
func (s *shop) doomed(set string) inbox.Message {
	s.t.Helper()
	conv := s.hello(s.phone, "Hi")
	s.stop()
	m := s.send(conv, inbox.SendInput{Type: "TEXT", Body: "Doomed", Async: true})
	noErr(s.t, s.db.Write(s.t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE job SET ` + set + ` WHERE kind = 'inbox.send'`)
		return err
	}))
	return m
}

// TestJobGivenUp has a job die without a word of its message: the message says so.
func TestJobGivenUp(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	m := s.doomed(`state = 'dead', error = 'crash loop', died_at = created_at`)
	noErr(t, s.db.Write(t.Context(), s.inbox.GivenUp))
	m = s.message(m.ID)
	if m.Status != inbox.StatusFailed || m.Error.Key() != "send.given_up" || !m.Retriable() {
		t.Errorf("message %s %+v", m.Status, m.Error)
	}
	_, err := s.inbox.Retry(t.Context(), s.agent, m.ID)
	noErr(t, err)
	noErr(t, s.db.Write(t.Context(), s.inbox.GivenUp))
	if m = s.message(m.ID); m.Status != inbox.StatusPending {
		t.Errorf("tried again, then %s", m.Status)
	}
	s.start()
	s.becomes(m.ID, inbox.StatusSent, inbox.StatusDelivered)
}

// TestACrashLoopIsToldAtOnce has the process die three times over a send: the
// next start says that it failed, and does not leave it to look as if it went on.
func TestACrashLoopIsToldAtOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	m := s.doomed(`state = 'running', deaths = 2`)
	s.start()
	s.becomes(m.ID, inbox.StatusFailed)
	if m = s.message(m.ID); m.Error.Key() != "send.given_up" || !m.Retriable() {
		t.Errorf("%+v", m.Error)
	}
}

// status posts a status that carries a token.
func (s *shop) status(token, wamid, status string) {
	s.t.Helper()
	body, err := json.Marshal(map[string]any{"object": "whatsapp_business_account", "entry": []any{map[string]any{"id": "770010000000001",
		"changes": []any{map[string]any{"field": "messages", "value": map[string]any{
			"messaging_product": "whatsapp",
			"metadata":          map[string]string{"display_phone_number": "966500000001", "phone_number_id": shopNumber},
			"statuses": []any{map[string]any{"id": wamid, "status": status, "timestamp": unixText(s.clock.Now()),
				"recipient_id": "966512345678", "biz_opaque_callback_data": token}}}}}}}})
	noErr(s.t, err)
	noErr(s.t, s.inbox.Accept(s.t.Context(), body, meta.Sign(shopSecret, body)))
}

// TestSendAgain settles an unknown outcome by hand, both ways.
func TestSendAgain(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.hello(s.phone, "Hi")
	s.sim.Misbehave(sim.Behaviour{ResetAfterBody: 2, Lost: true})
	first := s.text(conv, "One")
	second := s.text(conv, "Two")
	again, err := s.inbox.SendAgain(t.Context(), s.agent, first.ID)
	noErr(t, err)
	twice, err := s.inbox.SendAgain(t.Context(), s.agent, first.ID)
	noErr(t, err)
	if again.ID != twice.ID || again.ID == first.ID || s.message(first.ID).CanSendAgain() {
		t.Errorf("again %d, twice %d of %d", again.ID, twice.ID, first.ID)
	}
	s.becomes(again.ID, inbox.StatusSent, inbox.StatusDelivered)
	marked, err := s.inbox.MarkSent(t.Context(), s.agent, second.ID)
	if err != nil || marked.Status != inbox.StatusSent || marked.SentAt == 0 {
		t.Errorf("marked %+v, %v", marked, err)
	}
	_, err = s.inbox.MarkSent(t.Context(), s.agent, second.ID)
	noErr(t, err)
	if rev := s.message(second.ID).Rev; rev != marked.Rev {
		t.Error("marking twice changed something")
	}
	s.eventually("one text on the phone", func() bool { return slices.Equal(s.texts(s.phone), []string{"One"}) })
	if n := len(s.sim.Sends()); n != 3 {
		t.Errorf("%d POSTs, want 3", n)
	}
}

// TestRefusedAndRetried has Meta refuse for good; a person tries again.
func TestRefusedAndRetried(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.hello(s.phone, "Hi")
	s.sim.Misbehave(sim.Behaviour{FailNext: 1, FailCode: 131026})
	m := s.text(conv, "Hello")
	if m.Status != inbox.StatusFailed || m.Error.Code != 131026 || m.Error.Key() != "meta.131026" || !m.Retriable() || m.Error.Detail == "" {
		t.Fatalf("message %s %+v", m.Status, m.Error)
	}
	if c := s.conversation(conv); c.LastPreview.Status != inbox.StatusFailed {
		t.Errorf("preview %+v", c.LastPreview)
	}
	_, err := s.inbox.Retry(t.Context(), s.other, m.ID)
	if !errs.Is(err, errs.NotFound) {
		t.Errorf("another organisation: %v", err)
	}
	_, err = s.inbox.Retry(t.Context(), s.agent, m.ID)
	noErr(t, err)
	s.becomes(m.ID, inbox.StatusSent, inbox.StatusDelivered)
	if _, err = s.inbox.Retry(t.Context(), s.agent, m.ID); !errs.Is(err, errs.Conflict) {
		t.Errorf("retry of a sent message: %v", err)
	}
	s.sim.Misbehave(sim.Behaviour{FailNext: 1, FailCode: 131051})
	bad := s.text(conv, "Odd")
	_, err = s.inbox.Retry(t.Context(), s.agent, bad.ID)
	wantCode(t, err, errs.Conflict, "not_retriable")
	if !slices.Equal(s.texts(s.phone), []string{"Hello"}) {
		t.Errorf("phone %v", s.texts(s.phone))
	}
}

// TestLimits has Meta ask for patience: no attempt is used up and nothing fails.
func TestLimits(t *testing.T) {
	t.Parallel()
	for _, code := range []int{4, 130429, 131056, 131057} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			conv := s.hello(s.phone, "Hi")
			s.sim.Misbehave(sim.Behaviour{FailNext: 2, FailCode: code})
			m := s.send(conv, inbox.SendInput{Type: "TEXT", Body: "Slowly", Async: true})
			s.eventually("two refusals", func() bool {
				s.clock.skip(200 * time.Millisecond)
				return len(s.sim.Sends()) == 2
			})
			s.eventually("the third try", func() bool {
				s.clock.skip(500 * time.Millisecond)
				return s.message(m.ID).Status != inbox.StatusPending
			})
			if m = s.message(m.ID); m.Status == inbox.StatusFailed || m.Attempt != 1 {
				t.Errorf("%s after %d attempts", m.Status, m.Attempt)
			}
		})
	}
}

// TestMetaTrouble has Meta fail for a while: the message goes out later, once.
func TestMetaTrouble(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.hello(s.phone, "Hi")
	s.sim.Misbehave(sim.Behaviour{FailNext: 1, FailCode: 131000, FailHTTP: 500})
	m := s.send(conv, inbox.SendInput{Type: "TEXT", Body: "Later", Async: true})
	s.eventually("the refusal", func() bool { return s.message(m.ID).Outcome == inbox.OutcomeRetry })
	if n := len(s.sim.Sends()); n != 1 {
		t.Fatalf("%d POSTs before the time", n)
	}
	s.clock.skip(16 * time.Second)
	if m = s.becomes(m.ID, inbox.StatusSent, inbox.StatusDelivered); m.Attempt != 2 {
		t.Errorf("%d attempts", m.Attempt)
	}
}

// TestTokenRevoked holds everything while the token does not work, and sends
// it once and in order when it does again.
func TestTokenRevoked(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	second := s.sim.Customer(sim.Customer{Phone: "966598765432", Name: "Ali"})
	convs := []int64{s.hello(s.phone, "Hi"), s.hello(second, "Hi")}
	shop := sim.Number{PhoneNumberID: shopNumber, WABAID: "770010000000001", DisplayPhoneNumber: "+966500000001",
		AccessToken: "EAArenewed", AppSecret: shopSecret, AppID: "9901", VerifyToken: "v1"}
	s.sim.AddNumber(shop)
	held := s.text(convs[0], "a0")
	if held.Status != inbox.StatusPending || held.Outcome != inbox.OutcomeHeld || held.Attempt != 0 {
		t.Fatalf("message %s %s, attempt %d", held.Status, held.Outcome, held.Attempt)
	}
	for i := 1; i < 4; i++ {
		s.send(convs[0], inbox.SendInput{Type: "TEXT", Body: fmt.Sprint("a", i), Async: true})
		s.send(convs[1], inbox.SendInput{Type: "TEXT", Body: fmt.Sprint("b", i), Async: true})
	}
	ch, err := s.channels.ByID(s.q(), s.agent.OrgID, s.ch.ID)
	if err != nil || ch.State != channel.Paused || ch.PausedReason != "meta.190" {
		t.Fatalf("channel %s %q, %v", ch.State, ch.PausedReason, err)
	}
	refused := len(s.sim.Sends())
	s.clock.skip(time.Hour)
	_, err = s.channels.Update(t.Context(), s.agent, s.ch.ID, channel.Draft{AccessToken: "EAArenewed"})
	noErr(t, err)
	if ch, err = s.channels.ByID(s.q(), s.agent.OrgID, s.ch.ID); err != nil || !ch.CanSend() {
		t.Errorf("the new token did not resume the channel: %s, %v", ch.State, err)
	}
	s.eventually("everything sent", func() bool { return len(s.texts(s.phone)) == 4 && len(s.texts(second)) == 3 })
	if got := s.texts(s.phone); !slices.Equal(got, []string{"a0", "a1", "a2", "a3"}) {
		t.Errorf("first phone %v", got)
	}
	if got := s.texts(second); !slices.Equal(got, []string{"b1", "b2", "b3"}) {
		t.Errorf("second phone %v", got)
	}
	if n := len(s.sim.Sends()) - refused; n != 7 {
		t.Errorf("%d POSTs after the new token, want 7", n)
	}
}

// TestOtherNumberUnaffected slows one number down; another's messages go on.
func TestOtherNumberUnaffected(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	slow := s.hello(s.phone, "Hi")
	wamid := s.phone.SendText(otherNumber, "Hello other")
	var fast int64
	s.eventually("the other conversation", func() bool {
		id, err := db.Value[int64](s.q(), `SELECT conversation_id FROM message WHERE wa_id = ?`, wamid)
		fast = id
		return err == nil
	})
	s.sim.Misbehave(sim.Behaviour{PhoneNumberID: shopNumber, RateLimit: -1})
	s.send(slow, inbox.SendInput{Type: "TEXT", Body: "Slow", Async: true})
	s.eventually("the refusal", func() bool { return len(s.sim.Sends()) >= 1 })
	m, err := s.inbox.Send(t.Context(), s.other, fast, inbox.SendInput{Type: "TEXT", Body: "Fast"})
	if err != nil || m.Status != inbox.StatusSent && m.Status != inbox.StatusDelivered {
		t.Errorf("%s, %v", m.Status, err)
	}
}

// TestHeldPastTheWindow fails what can no longer be sent, without asking Meta.
func TestHeldPastTheWindow(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.hello(s.phone, "Hi")
	noErr(t, s.channels.Pause(t.Context(), s.agent, s.ch.ID))
	m := s.text(conv, "Held")
	if m.Status != inbox.StatusPending || m.Outcome != inbox.OutcomeHeld {
		t.Fatalf("message %s %s", m.Status, m.Outcome)
	}
	s.clock.skip(25 * time.Hour)
	noErr(t, s.channels.Resume(t.Context(), s.agent, s.ch.ID))
	m = s.becomes(m.ID, inbox.StatusFailed)
	if m.Error.Key() != "meta.131047" || len(s.sim.Sends()) != 0 {
		t.Errorf("error %+v", m.Error)
	}
}
