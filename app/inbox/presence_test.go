package inbox_test

import (
	"testing"
	"time"

	"badala/app/account"
	"badala/app/errs"
	"badala/app/hours"
	"badala/app/inbox"
)

// be has somebody set their own presence.
func (w *receiving) be(a account.Actor, p inbox.PresencePatch) inbox.Presence {
	w.tb.Helper()
	got, err := w.inbox.SetPresence(w.tb.Context(), a, a.UserID, p)
	noErr(w.tb, err)
	return got
}

func TestWhoIsAwayGetsNothing(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	a, b := w.colleague("Aisha", account.Agent), w.colleague("Bader", account.Agent)
	w.set(inbox.AssignmentPatch{Mode: new(inbox.AssignRoundRobin), Members: ids(a, b), SkipAway: new(true)})
	w.be(b, inbox.PresencePatch{State: new(inbox.Away)})
	if got := w.strangers(0, 4); got[a.UserID] != 4 {
		t.Errorf("with Bader away %v", got)
	}
	w.be(a, inbox.PresencePatch{State: new(inbox.Off)})
	if got := w.strangers(100, 3); got[0] != 3 {
		t.Errorf("with nobody there %v", got)
	}
	// Whoever comes back gets what waits, and has to make up for nothing else.
	w.be(b, inbox.PresencePatch{State: new(inbox.Available)})
	if got := w.strangers(100, 3); got[b.UserID] != 3 {
		t.Errorf("what waited is with %v", got)
	}
	w.be(a, inbox.PresencePatch{State: new(inbox.Available)})
	if n := w.count("member.updated"); n != 4 {
		t.Errorf("%d events of members", n)
	}
	w.be(a, inbox.PresencePatch{State: new(inbox.Available)})
	if n := w.count("member.updated"); n != 4 {
		t.Error("the same again was told")
	}
}

func TestOwnHoursBeginAndEnd(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	a, b := w.colleague("Aisha", account.Agent), w.colleague("Bader", account.Agent)
	w.set(inbox.AssignmentPatch{Mode: new(inbox.AssignRoundRobin), Members: ids(a, b)})
	conv := w.write("966500000001")
	if conv.AssigneeID != a.UserID {
		t.Fatal("Aisha is first")
	}
	monday := time.Date(2026, 11, 23, 16, 0, 0, 0, time.UTC)
	w.clock.set(monday)
	week := []hours.Window{{Day: "MON", From: "09:00", To: "17:00"}, {Day: "TUE", From: "22:00", To: "02:00"}}
	p := w.be(a, inbox.PresencePatch{Hours: &week, HandOver: new(inbox.HandOverTurn)})
	if p.State != inbox.Available || p.NextAt != monday.Add(time.Hour).UnixMilli() {
		t.Errorf("at work: %+v", p)
	}
	for _, step := range []struct {
		at   time.Time
		want string
	}{
		{monday.Add(59 * time.Minute), inbox.Available}, {monday.Add(time.Hour), inbox.Off},
		{monday.Add(30 * time.Hour), inbox.Available}, {monday.Add(34 * time.Hour), inbox.Off},
	} {
		w.clock.set(step.at)
		w.work()
		if p, err := w.inbox.Presence(w.q(), a.OrgID, a.UserID); err != nil || p.State != step.want {
			t.Errorf("at %v: %+v %v", step.at, p, err)
		}
	}
	if got, err := w.inbox.Conversation(w.q(), a.OrgID, conv.ID); err != nil || got.AssigneeID != b.UserID {
		t.Errorf("the rule handed it over to %d: %v", got.AssigneeID, err)
	}
}

func TestHandOver(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	ctx := t.Context()
	a, b, c := w.colleague("Aisha", account.Agent), w.colleague("Bader", account.Agent), w.colleague("Dalal", account.Agent)
	w.set(inbox.AssignmentPatch{Mode: new(inbox.AssignRoundRobin), Members: ids(a)})
	w.strangers(0, 4)
	closed := w.write("966500000009")
	noErr(t, w.inbox.Close(ctx, a, closed.ID))
	give := func(how string, to int64) map[int64]int {
		t.Helper()
		for _, conv := range w.list() {
			if !conv.IsClosed() {
				noErr(t, w.inbox.Assign(ctx, w.owner, conv.ID, a.UserID))
			}
		}
		if n, err := w.inbox.HandOver(ctx, a, a.UserID, how, to); err != nil || n != 4 {
			t.Fatalf("%s: %d %v", how, n, err)
		}
		got := map[int64]int{}
		for _, conv := range w.list() {
			if !conv.IsClosed() {
				got[conv.AssigneeID]++
			} else if conv.AssigneeID != a.UserID {
				t.Error("a closed one changed hands")
			}
		}
		return got
	}
	if got := give(inbox.HandOverPerson, b.UserID); got[b.UserID] != 4 {
		t.Errorf("to a person: %v", got)
	}
	if got := give(inbox.HandOverNobody, 0); got[0] != 4 {
		t.Errorf("to nobody: %v", got)
	}
	if got := give(inbox.HandOverTurn, 0); got[0] != 4 {
		t.Errorf("in turn, alone: %v", got)
	}
	w.set(inbox.AssignmentPatch{Members: ids(a, b, c)})
	if got := give(inbox.HandOverTurn, 0); got[b.UserID] != 2 || got[c.UserID] != 2 {
		t.Errorf("in turn: %v", got)
	}
	for how, to := range map[string]int64{"SOMEHOW": 0, inbox.HandOverPerson: a.UserID} {
		if _, err := w.inbox.HandOver(ctx, a, a.UserID, how, to); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", how, err)
		}
	}
	if _, err := w.inbox.HandOver(ctx, a, 7, inbox.HandOverTurn, 0); !errs.Is(err, errs.NotFound) {
		t.Errorf("of nobody: %v", err)
	}
}

func TestPresenceOfOthers(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	a, boss := w.colleague("Aisha", account.Agent), w.colleague("Suad", account.Admin)
	set := func(who, of account.Actor, p inbox.PresencePatch) error {
		_, err := w.inbox.SetPresence(t.Context(), who, of.UserID, p)
		return err
	}
	off := inbox.PresencePatch{State: new(inbox.Off)}
	noErr(t, set(boss, a, off))
	if err := set(a, boss, off); !errs.Is(err, errs.Forbidden) {
		t.Errorf("an agent sends the boss home: %v", err)
	}
	for _, p := range []inbox.PresencePatch{{State: new("GONE")}, {HandOver: new("SOMEHOW")}, {Hours: &[]hours.Window{{Day: "NODAY", From: "9", To: "1"}}}} {
		if err := set(a, a, p); !errs.Is(err, errs.Invalid) {
			t.Errorf("%+v: %v", p, err)
		}
	}
	lines, _, err := w.accounts.Audit(t.Context(), w.owner, account.AuditFilter{Action: "member.presence"})
	if err != nil || len(lines) != 1 || lines[0].ActorID != boss.UserID {
		t.Errorf("audit %+v %v", lines, err)
	}
}
