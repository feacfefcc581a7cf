package inbox_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/hours"
	"badala/app/inbox"
	"badala/app/meta"
)

var workdays = []time.Weekday{time.Sunday, time.Monday, time.Tuesday, time.Wednesday, time.Thursday}

// shut is a shop in Kuwait, open Sunday to Thursday from nine to five, that
// answers out of hours.
func shut(o *inbox.OfficeHours) {
	o.Enabled, o.Timezone = true, "Asia/Kuwait"
	o.Windows = hours.Week(workdays, hours.Span{From: "09:00", To: "17:00"})
	o.CooldownMinutes = 60
}

// Moments of that shop.
var (
	fridayNoon  = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	sundayNoon  = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	sundayNight = time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)
)

// opened is an install whose number has office hours, at an instant.
func opened(t *testing.T, at time.Time, edits ...func(*inbox.OfficeHours)) *receiving {
	t.Helper()
	w := newReceiving(t)
	w.clock.set(at)
	w.hours(append([]func(*inbox.OfficeHours){shut}, edits...)...)
	return w
}

func (w *receiving) hours(edits ...func(*inbox.OfficeHours)) {
	w.tb.Helper()
	_, err := w.inbox.SetOfficeHours(context.Background(), w.owner, w.channel.ID, func(o *inbox.OfficeHours) {
		for _, edit := range edits {
			edit(o)
		}
	})
	noErr(w.tb, err)
}

// says has a customer write now.
func (w *receiving) says(from, text string) {
	w.tb.Helper()
	w.post(w.saying(from, text, w.clock.Now()))
}

func (w *receiving) saying(from, text string, at time.Time) []byte {
	w.tb.Helper()
	wamid := fmt.Sprintf("wamid.%s.%x.%d", from, text, at.UnixNano())
	return bodyOf(w.tb, "messages", map[string]any{
		"contacts": []any{map[string]any{"wa_id": from, "profile": map[string]string{"name": "Noor Al-Sabah"}}},
		"messages": []any{textItem(wamid, from, text, at)},
	})
}

// automatic gives what the shop sent by itself into the only conversation.
func (w *receiving) automatic() (texts []string) {
	w.tb.Helper()
	for _, m := range w.thread(w.only().ID) {
		if m.SentByKind == inbox.SentByAutomation {
			if m.Status != inbox.StatusPending || m.Direction != inbox.Outbound {
				w.tb.Errorf("the answer is %s %s", m.Direction, m.Status)
			}
			texts = append(texts, m.Body)
		}
	}
	return texts
}

func (w *receiving) answers(want int) {
	w.tb.Helper()
	if got := w.automatic(); len(got) != want {
		w.tb.Errorf("%d answers, want %d: %q", len(got), want, got)
	}
}

const noor = "96550001111"

func TestWhoWritesOutOfHoursIsTold(t *testing.T) {
	t.Parallel()
	w := opened(t, fridayNoon)
	w.says(noor, "Are you there?")
	want := "Thank you for your message, Noor Al-Sabah. We are closed at the moment. We open on Sunday at 9:00 am and will answer you then."
	if got := w.automatic(); len(got) != 1 || got[0] != want {
		t.Fatalf("answered %q", got)
	}
	c := w.only()
	if c.UnreadCount != 1 || c.AssigneeID != 0 || c.Status != inbox.Open {
		t.Errorf("the conversation is %+v", c)
	}
	if n := w.count("message.received"); n != 1 {
		t.Errorf("message.received %d times", n)
	}
	jobs, err := db.Value[int](w.q(), `SELECT COUNT(*) FROM job WHERE kind = 'inbox.send'`)
	noErr(t, err)
	if jobs != 1 {
		t.Errorf("%d jobs", jobs)
	}

	w.says(noor, "Hello??")
	w.answers(1)
	w.clock.set(fridayNoon.Add(59 * time.Minute))
	w.says(noor, "one minute before the cooldown ends")
	w.answers(1)
	w.clock.set(fridayNoon.Add(60 * time.Minute))
	w.says(noor, "متى تفتحون؟")
	if got := w.automatic(); len(got) != 2 || got[1] != "شكرًا لرسالتك، Noor Al-Sabah. نحن خارج ساعات العمل الآن. نفتح يوم الأحد الساعة 9:00 صباحًا وسنرد عليك حينها." {
		t.Errorf("answered %q", got)
	}
	w.clock.set(sundayNoon)
	w.says(noor, "Now you are open")
	w.answers(2)
}

// TestAFullDiskAnswersNobody: what customers write is kept, what would be said
// to them waits until there is room.
func TestAFullDiskAnswersNobody(t *testing.T) {
	t.Parallel()
	w := opened(t, fridayNoon)
	w.free.Store(10 << 20)
	w.says(noor, "Are you there?")
	w.says(noor, "STOP")
	w.answers(0)
	_, err := w.inbox.Send(t.Context(), w.owner, w.only().ID, inbox.SendInput{Type: inbox.TypeText, Body: "We are", Async: true})
	wantCode(t, err, errs.Unavailable, db.CodeDiskFull)
	if all := w.thread(w.only().ID); len(all) != 2 {
		t.Errorf("%d messages are kept", len(all))
	}
	w.free.Store(1 << 30)
	w.clock.set(fridayNoon.Add(3 * time.Second))
	w.says(noor, "Hello??")
	w.answers(1)
}

func TestWhatIsNotAnswered(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(w *receiving){
		"a reaction": func(w *receiving) {
			w.hours(func(o *inbox.OfficeHours) { o.Enabled = false })
			w.says(noor, "hi")
			w.hours(func(o *inbox.OfficeHours) { o.Enabled = true })
			id := w.thread(w.only().ID)[0].WaID
			w.post(bodyOf(w.tb, "messages", map[string]any{"messages": []any{map[string]any{"id": "wamid.R", "from": noor, "timestamp": unixText(w.clock.Now()),
				"type": "reaction", "reaction": map[string]string{"message_id": id, "emoji": "👍"}}}}))
		},
		"a deleted message": func(w *receiving) {
			w.hours(func(o *inbox.OfficeHours) { o.Enabled = false })
			w.says(noor, "hi")
			w.hours(func(o *inbox.OfficeHours) { o.Enabled = true })
			id := w.thread(w.only().ID)[0].WaID
			w.post(bodyOf(w.tb, "messages", map[string]any{"messages": []any{map[string]any{"id": "wamid.D", "from": noor, "timestamp": unixText(w.clock.Now()),
				"type": "revoke", "revoke": map[string]string{"original_message_id": id}}}}))
		},
		"after a teammate's word": func(w *receiving) {
			w.hours(func(o *inbox.OfficeHours) { o.Enabled = false })
			w.says(noor, "hi")
			_, err := w.inbox.Send(context.Background(), w.owner, w.only().ID, inbox.SendInput{Type: "TEXT", Body: "Good evening", Async: true})
			noErr(w.tb, err)
			w.hours(func(o *inbox.OfficeHours) { o.Enabled = true })
			w.clock.set(w.clock.Now().Add(9*time.Minute + 59*time.Second))
			w.says(noor, "thank you")
		},
		"written in office hours": func(w *receiving) {
			w.post(w.saying(noor, "late", w.clock.Now().Add(-4*time.Hour)))
		},
		"the window is over": func(w *receiving) {
			w.post(w.saying(noor, "very late", w.clock.Now().Add(-25*time.Hour)))
		},
		"the number is paused": func(w *receiving) {
			noErr(w.tb, w.inbox.Channels.Pause(context.Background(), w.owner, w.channel.ID))
			w.says(noor, "hi")
		},
		"switched off": func(w *receiving) {
			w.hours(func(o *inbox.OfficeHours) { o.Enabled = false })
			w.says(noor, "hi")
		},
		"a word against marketing is answered as such": func(w *receiving) {
			noErr(w.tb, w.inbox.SetConsentWords(context.Background(), w.owner, inbox.ConsentWords{}))
			w.says(noor, "STOP")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := opened(t, time.Date(2026, 11, 22, 15, 30, 0, 0, time.UTC)) // 18:30 in the shop
			do(w)
			w.answers(0)
			if got := w.failures(); len(got) > 0 {
				t.Error(got)
			}
		})
	}
}

func TestATeammateWhoAnsweredLongAgo(t *testing.T) {
	t.Parallel()
	w := opened(t, sundayNight, func(o *inbox.OfficeHours) { o.Enabled = false })
	w.says(noor, "hi")
	_, err := w.inbox.Send(t.Context(), w.owner, w.only().ID, inbox.SendInput{Type: "TEXT", Body: "Good evening", Async: true})
	noErr(t, err)
	w.hours(func(o *inbox.OfficeHours) { o.Enabled = true })
	w.clock.set(sundayNight.Add(10 * time.Minute))
	w.says(noor, "thank you")
	w.answers(1)
}

func TestAFloodIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	w := opened(t, sundayNight, func(o *inbox.OfficeHours) { o.Greeting.Enabled = true })
	var wait sync.WaitGroup
	for n := range 50 {
		wait.Go(func() {
			body := w.saying(noor, fmt.Sprintf("message %d", n), sundayNight)
			for range 2 { // Meta repeats itself
				if err := w.inbox.Accept(context.Background(), body, meta.Sign(fixtureSecret, body)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	w.answers(1)
	if n := w.count("message.received"); n != 50 {
		t.Errorf("message.received %d times", n)
	}
	if n := w.only().UnreadCount; n != 50 {
		t.Errorf("%d unread", n)
	}
}

func TestGreeting(t *testing.T) {
	t.Parallel()
	greet := func(o *inbox.OfficeHours) {
		o.Greeting = inbox.Greeting{Enabled: true, AutoText: inbox.AutoText{EN: "Welcome, {{name}}!"}}
	}
	t.Run("only the first message ever", func(t *testing.T) {
		t.Parallel()
		w := opened(t, sundayNoon, greet)
		w.says(noor, "hello")
		w.says(noor, "hello again")
		noErr(t, w.inbox.Close(t.Context(), w.owner, w.only().ID))
		w.clock.set(sundayNoon.AddDate(0, 0, 7))
		w.says(noor, "a week later")
		if got := w.automatic(); !slices.Equal(got, []string{"Welcome, Noor Al-Sabah!"}) {
			t.Errorf("greeted with %q", got)
		}
	})
	t.Run("out of hours only the other answer", func(t *testing.T) {
		t.Parallel()
		w := opened(t, sundayNight, greet)
		w.says(noor, "hello")
		w.clock.set(sundayNoon.AddDate(0, 0, 1))
		w.says(noor, "in the morning")
		if got := w.automatic(); len(got) != 1 || !strings.HasPrefix(got[0], "Thank you for your message") {
			t.Errorf("answered %q", got)
		}
	})
	t.Run("without office hours", func(t *testing.T) {
		t.Parallel()
		w := opened(t, sundayNight, greet, func(o *inbox.OfficeHours) { o.Enabled = false })
		w.says(noor, "hello")
		w.answers(1)
	})
	t.Run("one Arabic text for all", func(t *testing.T) {
		t.Parallel()
		w := opened(t, sundayNight, func(o *inbox.OfficeHours) { o.AR = "نفتح {{nextOpening}}" })
		w.says(noor, "hello")
		if got := w.automatic(); !slices.Equal(got, []string{"نفتح غدًا الساعة 9:00 صباحًا"}) {
			t.Errorf("answered %q", got)
		}
	})
}

func TestACallOutOfHoursIsAnswered(t *testing.T) {
	t.Parallel()
	w := opened(t, sundayNight)
	w.post(bodyOf(t, "calls", map[string]any{
		"contacts": []any{map[string]any{"wa_id": noor, "profile": map[string]string{"name": "Noor"}}},
		"calls":    []any{map[string]any{"id": "wacid.1", "from": noor, "to": "12125550142", "event": "connect", "direction": "USER_INITIATED", "timestamp": unixText(sundayNight)}},
	}))
	w.answers(1)
}

func TestAnswersSurviveARestart(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	_, err := s.inbox.SetOfficeHours(t.Context(), s.agent, s.ch.ID, func(o *inbox.OfficeHours) { o.Enabled, o.Timezone = true, "Asia/Kuwait" })
	noErr(t, err)
	conv := s.hello(s.phone, "Anybody there?")
	s.eventually("the answer on the phone", func() bool { return len(s.texts(s.phone)) == 1 })
	s.close()
	s.open()
	s.start()
	s.hello(s.phone, "Hello?")
	s.settle()
	if got := s.texts(s.phone); len(got) != 1 || !strings.Contains(got[0], "We open as soon as we can") {
		t.Errorf("answered %q", got)
	}
	c := s.conversation(conv)
	if c.UnreadCount != 2 || c.AssigneeID != 0 {
		t.Errorf("after the answer: %+v", c)
	}
	s.clock.skip(12*time.Hour + time.Minute)
	s.hello(s.phone, "Still nobody?")
	s.eventually("an answer after the cooldown", func() bool { return len(s.texts(s.phone)) == 2 })
}

func TestOfficeHoursAreSetByAdminsAndNoted(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	o, err := w.inbox.OfficeHours(w.q(), w.owner.OrgID, w.channel.ID)
	noErr(t, err)
	if o.Enabled || o.Timezone != "UTC" || o.CooldownMinutes != 720 || o.QuietMinutes != 10 || o.Windows == nil {
		t.Errorf("before: %+v", o)
	}
	agent := w.owner
	agent.Role = account.Agent
	if _, err := w.inbox.SetOfficeHours(t.Context(), agent, w.channel.ID, shut); !errs.Is(err, errs.Forbidden) {
		t.Errorf("an agent: %v", err)
	}
	if _, err := w.inbox.SetOfficeHours(t.Context(), w.org("Other"), w.channel.ID, shut); !errs.Is(err, errs.NotFound) {
		t.Errorf("a stranger: %v", err)
	}
	before := w.count("channel.updated")
	w.hours(shut)
	w.hours(shut) // the same
	if n := w.count("channel.updated") - before; n != 1 {
		t.Errorf("%d events", n)
	}
	lines, _, err := w.accounts.Audit(t.Context(), w.owner, account.AuditFilter{Action: "channel.hours"})
	noErr(t, err)
	if len(lines) != 1 || !strings.Contains(string(lines[0].After), "Asia/Kuwait") || strings.Contains(string(lines[0].After), "greeting") {
		t.Errorf("audit: %+v", lines)
	}
	_, err = w.inbox.SetOfficeHours(t.Context(), w.owner, w.channel.ID, func(o *inbox.OfficeHours) {
		o.Timezone, o.CooldownMinutes, o.QuietMinutes, o.EN = "Mars/Base", 0, -1, "Hi {{nme}}"
		o.Greeting.AR = "{{nextOpening}}" + strings.Repeat("x", 1000)
	})
	e := errs.As(err)
	if e == nil || len(e.Details) != 6 {
		t.Fatalf("wrong fields: %v", err)
	}
	for i, field := range []string{"timezone", "cooldownMinutes", "quietMinutes", "message", "greeting.messageAr", "greeting.messageAr"} {
		if !strings.HasPrefix(e.Details[i], field+": ") {
			t.Errorf("%q, want %s", e.Details[i], field)
		}
	}
}

func TestErasingForgetsAnswers(t *testing.T) {
	t.Parallel()
	w := opened(t, sundayNight)
	w.says(noor, "hi")
	noErr(t, w.contacts.Erase(t.Context(), w.owner, w.only().ContactID))
	left, err := db.Value[int](w.q(), `SELECT COUNT(*) FROM auto_answer`)
	noErr(t, err)
	if left != 0 {
		t.Errorf("%d rows are left", left)
	}
}
