package inbox_test

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/inbox"
	"badala/app/meta/sim"
)

// reply sends a text into a conversation as somebody; without workers it stays
// in the queue.
func (w *receiving) reply(who account.Actor, conv int64) inbox.Message {
	w.tb.Helper()
	m, err := w.inbox.Send(w.tb.Context(), who, conv, inbox.SendInput{Type: inbox.TypeText, Body: "an answer", Async: true})
	noErr(w.tb, err)
	return m
}

// echo posts what the phone app of the business sent.
func (w *receiving) echo(wamid string, at time.Time) {
	w.tb.Helper()
	item := textItem(wamid, "12125550142", "from the phone", at)
	item["to"] = noor
	w.post(bodyOf(w.tb, "smb_message_echoes", map[string]any{"message_echoes": []any{item}}))
}

// refilled is what the migration finds out about who waits.
func (w *receiving) refilled() map[int64]int64 {
	w.tb.Helper()
	text, err := os.ReadFile("../db/migrations/0022_waiting.sql")
	noErr(w.tb, err)
	_, update, _ := strings.Cut(string(text), "\nUPDATE ")
	update, _, _ = strings.Cut(update, ";")
	noErr(w.tb, w.db.Write(w.tb.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec("UPDATE " + update)
		return err
	}))
	found := map[int64]int64{}
	for _, c := range w.list() {
		found[c.ID] = c.WaitingSince
	}
	return found
}

// TestWhoWaits goes through what begins and ends a wait. What the migration
// would find must be the same at each step.
func TestWhoWaits(t *testing.T) {
	t.Parallel()
	w := opened(t, fridayNoon) // closed: customers get an automatic answer
	ctx := t.Context()
	minute := func(n int) time.Time { return fridayNoon.Add(time.Duration(n) * time.Minute) }
	since := func(step string, want time.Time) inbox.Conversation {
		t.Helper()
		c := w.only()
		ms := int64(0)
		if !want.IsZero() {
			ms = want.UnixMilli()
		}
		if c.WaitingSince != ms {
			t.Errorf("%s: waits since %d, want %d", step, c.WaitingSince, ms)
		}
		if found := w.refilled()[c.ID]; found != ms {
			t.Errorf("%s: the migration finds %d, want %d", step, found, ms)
		}
		return c
	}
	var never time.Time
	w.says(noor, "first")
	c := since("the first message, answered by the server only", minute(0))
	w.answers(1)

	w.clock.set(minute(1))
	w.says(noor, "second")
	since("another message", minute(0))

	w.clock.set(minute(2))
	w.reply(w.owner, c.ID)
	since("a teammate's answer", never)

	w.clock.set(minute(3))
	w.post(bodyOf(t, "messages", map[string]any{"messages": []any{map[string]any{"id": "wamid.heart", "from": noor, "timestamp": unixText(minute(3)),
		"type": "reaction", "reaction": map[string]any{"message_id": "wamid.nothing", "emoji": "👍"}}}}))
	since("a reaction of the customer", never)

	w.clock.set(minute(4))
	w.says(noor, "third")
	since("the customer writes again", minute(4))

	w.clock.set(minute(5))
	noErr(t, w.inbox.Snooze(ctx, w.owner, c.ID, minute(60).UnixMilli()))
	since("put aside", minute(4))
	if n, err := w.inbox.Counts(w.q(), w.owner.OrgID, w.owner.UserID); err != nil || n.Waiting != 0 {
		t.Errorf("put aside, and still counted: %+v %v", n, err)
	}
	noErr(t, w.inbox.Close(ctx, w.owner, c.ID))
	since("closed", never)
	w.clock.set(minute(6))
	noErr(t, w.inbox.Reopen(ctx, w.owner, c.ID))
	since("reopened by hand", never)

	w.clock.set(minute(7))
	w.says(noor, "fourth")
	since("after that", minute(7))
	w.echo("wamid.echo1", minute(8))
	since("answered from the phone", never)
	w.clock.set(minute(10))
	w.says(noor, "fifth")
	w.echo("wamid.echo2", minute(9))
	since("an older message from the phone", minute(10))
	_, err := w.inbox.AddNote(ctx, w.owner, c.ID, inbox.NoteInput{Body: "a note"})
	noErr(t, err)
	since("a note", minute(10))
}

// TestAFailedAnswerIsNone has the answer of a teammate fail, succeed late, and
// be tried again.
func TestAFailedAnswerIsNone(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.hello(s.phone, "hello")
	began := s.conversation(conv).WaitingSince
	if began == 0 {
		t.Fatal("nobody waits")
	}
	s.sim.Misbehave(sim.Behaviour{FailLater: 1, FailCode: 131000})
	m := s.text(conv, "an answer")
	s.becomes(m.ID, inbox.StatusFailed)
	if c := s.conversation(conv); c.WaitingSince != began {
		t.Errorf("after the failure waits since %d, want %d", c.WaitingSince, began)
	}
	if _, err := s.inbox.Retry(t.Context(), s.agent, m.ID); err != nil {
		t.Fatal(err)
	}
	s.becomes(m.ID, inbox.StatusSent, inbox.StatusDelivered, inbox.StatusRead)
	if c := s.conversation(conv); c.WaitingSince != 0 {
		t.Errorf("after the second try waits since %d", c.WaitingSince)
	}
}

// TestMergingKeepsTheLongerWait makes one of two conversations.
func TestMergingKeepsTheLongerWait(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		from, into int64
		want       int64
	}{
		{"both", 10, 20, 10}, {"both, the other way round", 20, 10, 10}, {"only who goes", 10, 0, 10}, {"only who stays", 0, 10, 10}, {"neither", 0, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newReceiving(t)
			w.says(noor, "a")
			w.says("96550002222", "b")
			all := w.list()
			slices.SortFunc(all, func(a, b inbox.Conversation) int { return strings.Compare(a.Contact.Phone, b.Contact.Phone) })
			noErr(t, w.db.Write(t.Context(), func(tx *db.Tx) error {
				for i, at := range []int64{tt.into, tt.from} {
					if _, err := tx.Exec(`UPDATE conversation SET waiting_since = ? WHERE id = ?`, at, all[i].ID); err != nil {
						return err
					}
				}
				return nil
			}))
			noErr(t, w.contacts.Merge(t.Context(), w.owner, all[0].ContactID, all[1].ContactID))
			if c := w.only(); c.WaitingSince != tt.want {
				t.Errorf("waits since %d, want %d", c.WaitingSince, tt.want)
			}
		})
	}
}

// TestErasingSomebodyOfAGroup leaves what the others wrote to be answered.
func TestErasingSomebodyOfAGroup(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	at := shortly.Add(-time.Minute)
	w.group(textItem("wamid.G1", "46701740611", "first", at), nil)
	w.group(textItem("wamid.G2", "46701740622", "second", at.Add(30*time.Second)), nil)
	c := w.only()
	if c.WaitingSince != at.UnixMilli() {
		t.Fatalf("waits since %d", c.WaitingSince)
	}
	noErr(t, w.contacts.Erase(t.Context(), w.owner, c.ContactID))
	if c := w.only(); c.WaitingSince != at.Add(30*time.Second).UnixMilli() {
		t.Errorf("waits since %d", c.WaitingSince)
	}
}

// TestOrders pages through the list in each of its orders.
func TestOrders(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	w.crowd(20)
	all := w.list()
	noErr(t, w.db.Write(t.Context(), func(tx *db.Tx) error {
		for i, c := range all {
			since, status, until := int64(0), inbox.Open, shortly.Add(time.Duration(i)*20*time.Minute).UnixMilli()
			switch {
			case i%3 == 0:
				since = int64(1000 - i)
			case i%5 == 0:
				status = inbox.Closed
			}
			if _, err := tx.Exec(`UPDATE conversation SET waiting_since = ?, status = ?, window_expires_at = ? WHERE id = ?`, since, status, until, c.ID); err != nil {
				return err
			}
		}
		return nil
	}))
	ids := func(all []inbox.Conversation) (out []int64) {
		for _, c := range all {
			out = append(out, c.ID)
		}
		return out
	}
	for name, f := range map[string]inbox.Filter{
		"waiting": {View: inbox.ViewWaiting}, "closing": {View: inbox.ViewClosing}, "closing, longer": {View: inbox.ViewClosing, Hours: 24},
		"all, waiting first": {View: inbox.ViewAll, Sort: inbox.SortWaiting}, "open and closed, waiting first": {Sort: inbox.SortWaiting},
		"closed, waiting first": {View: inbox.ViewClosed, Sort: inbox.SortWaiting}, "all": {},
	} {
		f.Take = 200
		whole, next, err := w.inbox.Conversations(w.q(), w.owner.OrgID, f)
		noErr(t, err)
		n, err := w.inbox.Count(w.q(), w.owner.OrgID, f)
		noErr(t, err)
		if next != "" || n != len(whole) || len(whole) == 0 {
			t.Errorf("%s: %d listed, %d counted, then %q", name, len(whole), n, next)
		}
		for _, take := range []int{1, 2, 3, 7} {
			var got []int64
			f.Take, f.Before = take, ""
			for {
				page, next, err := w.inbox.Conversations(w.q(), w.owner.OrgID, f)
				noErr(t, err)
				got = append(got, ids(page)...)
				if f.Before = next; next == "" {
					break
				}
			}
			if !slices.Equal(got, ids(whole)) {
				t.Errorf("%s by %d: %v, want %v", name, take, got, ids(whole))
			}
		}
		for i := 1; i < len(whole); i++ {
			a, b := whole[i-1], whole[i]
			right := a.LastMessageAt >= b.LastMessageAt
			switch {
			case f.View == inbox.ViewClosing:
				right = a.WindowExpiresAt <= b.WindowExpiresAt
			case f.Sort == inbox.SortWaiting || f.View == inbox.ViewWaiting:
				right = a.Waits() && (!b.Waits() || a.WaitingSince <= b.WaitingSince) || !a.Waits() && !b.Waits() && right
			}
			if !right {
				t.Errorf("%s: %d before %d", name, a.ID, b.ID)
			}
		}
	}
	for _, f := range []inbox.Filter{{View: inbox.ViewWaiting, Before: "a.b"}, {View: inbox.ViewClosing, Before: "w-a.b"}, {Before: "w-a.b"}} {
		if _, _, err := w.inbox.Conversations(w.q(), w.owner.OrgID, f); err == nil {
			t.Errorf("%+v is taken", f)
		}
	}
}

// told lists whom the events say to be told, oldest first.
func (w *receiving) told() (all []string) {
	w.tb.Helper()
	events, err := w.events.Since(w.q(), w.owner.OrgID, 0, 100_000)
	noErr(w.tb, err)
	for _, e := range events {
		if e.Type != "conversation.waiting" {
			continue
		}
		var data struct{ Told string }
		noErr(w.tb, json.Unmarshal(e.Data, &data))
		all = append(all, data.Told)
	}
	return all
}

func (w *receiving) alarm(edit func(*inbox.WaitingAlarm)) {
	w.tb.Helper()
	_, err := w.inbox.SetWaitingAlarm(context.Background(), w.owner, w.channel.ID, edit)
	noErr(w.tb, err)
}

// tick lets the clock show an instant and does what is due.
func (w *receiving) tick(at time.Time) {
	w.tb.Helper()
	w.clock.set(at)
	noErr(w.tb, w.inbox.TellDue(context.Background()))
	w.work()
}

// TestAlarm tells the team, then the supervisors, once each, in minutes in which
// the business is open.
func TestAlarm(t *testing.T) {
	t.Parallel()
	w := opened(t, sundayNight) // closed until Monday nine
	aisha, dalal := w.colleague("Aisha", account.Agent), w.colleague("Dalal", account.Supervisor)
	w.alarm(func(a *inbox.WaitingAlarm) { a.Enabled, a.AssigneeMinutes, a.SupervisorMinutes = true, 15, 40 })
	w.says(noor, "hello?")
	c := w.only()
	monday := sundayNight.Truncate(24 * time.Hour).Add(30 * time.Hour) // nine in Kuwait
	if want := monday.Add(15 * time.Minute).UnixMilli(); c.AlarmAt != want {
		t.Errorf("told at %s, want %s", db.Time(c.AlarmAt), db.Time(want))
	}
	w.tick(monday.Add(14 * time.Minute))
	if got := w.told(); len(got) != 0 {
		t.Errorf("told too early: %q", got)
	}
	noErr(t, w.inbox.Assign(t.Context(), w.owner, c.ID, aisha.UserID))
	w.tick(monday.Add(15 * time.Minute))
	w.tick(monday.Add(39 * time.Minute))
	w.says(noor, "???") // changes nothing
	if got := w.told(); !slices.Equal(got, []string{inbox.ToldAssignee}) {
		t.Errorf("told %q", got)
	}
	line := w.thread(c.ID)[3]
	if line.Type != inbox.ActivityWaiting || line.Extra().Assignee != aisha.UserID || line.Extra().Minutes != 15 {
		t.Errorf("the line is %+v", line)
	}
	late := func(who account.Actor, want int) {
		t.Helper()
		ids, err := w.inbox.Late(w.q(), who)
		if err != nil || len(ids) != want {
			t.Errorf("%s sees %d late, %v, want %d", who.Name, len(ids), err, want)
		}
	}
	late(aisha, 1)
	late(dalal, 0)
	w.tick(monday.Add(40 * time.Minute))
	w.tick(monday.Add(3 * time.Hour))
	if got := w.told(); !slices.Equal(got, []string{inbox.ToldAssignee, inbox.ToldSupervisors}) {
		t.Errorf("told %q", got)
	}
	late(dalal, 1)
	if c := w.only(); c.AlarmAt != 0 || !c.Late() {
		t.Errorf("afterwards %+v", c)
	}
	w.reply(aisha, c.ID)
	late(aisha, 0)
	late(dalal, 0)
	// The next wait is another one.
	w.says(noor, "one more thing")
	w.tick(monday.Add(3*time.Hour + 16*time.Minute))
	if got := w.told(); len(got) != 3 {
		t.Errorf("told %q", got)
	}
}

// TestAlarmFollowsTheSettings changes what an alarm is made of while somebody
// waits: holidays, minutes, off and on again.
func TestAlarmFollowsTheSettings(t *testing.T) {
	t.Parallel()
	w := opened(t, sundayNoon)
	at := func(step string, want time.Time) {
		t.Helper()
		w.work()
		ms := int64(0)
		if !want.IsZero() {
			ms = want.UnixMilli()
		}
		if c := w.only(); c.AlarmAt != ms {
			t.Errorf("%s: told at %s, want %s", step, db.Time(c.AlarmAt), want)
		}
	}
	w.says(noor, "hello")
	at("off by default", time.Time{})
	w.alarm(func(a *inbox.WaitingAlarm) { a.Enabled, a.AssigneeMinutes, a.SupervisorMinutes = true, 30, 0 })
	at("on", sundayNoon.Add(30*time.Minute))
	w.alarm(func(a *inbox.WaitingAlarm) { a.AssigneeMinutes = 6 * 60 })
	monday := sundayNoon.Add(21 * time.Hour) // nine in Kuwait
	at("more minutes than the day has", monday.Add(time.Hour))
	w.hours(func(o *inbox.OfficeHours) { o.Holidays = []string{"2026-11-23"} })
	at("a holiday", monday.Add(25*time.Hour))
	w.hours(func(o *inbox.OfficeHours) { o.Windows, o.Holidays = nil, nil })
	at("without hours", sundayNoon.Add(6*time.Hour))
	w.alarm(func(a *inbox.WaitingAlarm) { a.Enabled = false })
	at("off", time.Time{})
	w.tick(sundayNoon.Add(100 * time.Hour))
	if got := w.told(); len(got) != 0 {
		t.Errorf("told %q", got)
	}
	for _, wrong := range []inbox.WaitingAlarm{{AssigneeMinutes: 0}, {AssigneeMinutes: 10, SupervisorMinutes: 10}, {AssigneeMinutes: 20_000}} {
		if _, err := w.inbox.SetWaitingAlarm(t.Context(), w.owner, w.channel.ID, func(a *inbox.WaitingAlarm) { *a = wrong }); err == nil {
			t.Errorf("%+v is taken", wrong)
		}
	}
}

// TestAlarmOfWhatIsPutAside waits until it is back.
func TestAlarmOfWhatIsPutAside(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	w.alarm(func(a *inbox.WaitingAlarm) { a.Enabled = true })
	w.says(noor, "hello")
	noErr(t, w.inbox.Snooze(t.Context(), w.owner, w.only().ID, shortly.Add(time.Hour).UnixMilli()))
	w.tick(shortly.Add(30 * time.Minute))
	if got := w.told(); len(got) != 0 {
		t.Errorf("told %q", got)
	}
	w.tick(shortly.Add(61 * time.Minute)) // brings it back
	w.tick(shortly.Add(62 * time.Minute))
	w.tick(shortly.Add(63 * time.Minute))
	if got := w.told(); !slices.Equal(got, []string{inbox.ToldTeam, inbox.ToldSupervisors}) {
		t.Errorf("told %q", got)
	}
}

// TestManyWaitTooLong tells of thousands, each once, while others write.
func TestManyWaitTooLong(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	w.alarm(func(a *inbox.WaitingAlarm) { a.Enabled, a.SupervisorMinutes = true, 0 })
	const many = 40 * inbox.TellStep
	noErr(t, w.db.Write(t.Context(), func(tx *db.Tx) error {
		for i := range many {
			if _, err := tx.Exec(`INSERT INTO conversation (id, org_id, channel_id, contact_id, last_inbound_at, waiting_since, alarm_at, created_at) VALUES (?, ?, ?, ?, 1, 1, 1, 1)`,
				tx.NewID(), w.owner.OrgID, w.channel.ID, i+1); err != nil {
				return err
			}
		}
		return nil
	}))
	between, stop := make(chan int), make(chan struct{})
	go func() {
		n := 0
		for {
			select {
			case <-stop:
				between <- n
				return
			default:
			}
			if err := w.db.Write(context.Background(), func(*db.Tx) error { return nil }); err == nil {
				n++
			}
		}
	}()
	w.tick(shortly)
	close(stop)
	if n := <-between; n < many/inbox.TellStep {
		t.Errorf("%d others wrote meanwhile", n)
	}
	w.tick(shortly.Add(time.Minute))
	if got := w.told(); len(got) != many {
		t.Errorf("told %d times, want %d", len(got), many)
	}
}

// TestWhoHasBeenAwayStartsLevel has somebody come back in each way: they get
// their share from then on, and nothing for the time before.
func TestWhoHasBeenAwayStartsLevel(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*receiving, account.Actor, bool){
		"without access": func(w *receiving, a account.Actor, back bool) { w.access(a, back) },
		"away": func(w *receiving, a account.Actor, back bool) {
			w.there(a, map[bool]string{false: inbox.Away, true: inbox.Available}[back])
		},
		"out of the rotation": nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newReceiving(t)
			a, b, c := w.colleague("Aisha", account.Agent), w.colleague("Bader", account.Agent), w.colleague("Dalal", account.Agent)
			w.set(inbox.AssignmentPatch{Mode: new(inbox.AssignRoundRobin), Members: ids(a, b, c), SkipAway: new(true)})
			w.strangers(0, 6)
			if leave == nil {
				w.set(inbox.AssignmentPatch{Members: ids(a, b)})
			} else {
				leave(w, c, false)
			}
			if got := w.strangers(100, 20); got[c.UserID] != 0 {
				t.Errorf("while away %v", got)
			}
			if leave == nil {
				w.set(inbox.AssignmentPatch{Members: ids(a, b, c)})
			} else {
				leave(w, c, true)
			}
			if got := w.strangers(200, 9); got[a.UserID] != 3 || got[b.UserID] != 3 || got[c.UserID] != 3 {
				t.Errorf("after coming back %v", got)
			}
		})
	}
}

// there says whether somebody is there.
func (w *receiving) there(a account.Actor, state string) {
	w.tb.Helper()
	_, err := w.inbox.SetPresence(context.Background(), a, a.UserID, inbox.PresencePatch{State: &state})
	noErr(w.tb, err)
}
