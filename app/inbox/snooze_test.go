package inbox_test

import (
	"testing"
	"time"

	"badala/app/errs"
	"badala/app/inbox"
)

// later is a time from the shop's now, in milliseconds.
func (s *shop) later(d time.Duration) int64 { return s.db.Now() + d.Milliseconds() }

func (s *shop) snooze(conv int64, d time.Duration) {
	s.t.Helper()
	noErr(s.t, s.inbox.Snooze(s.t.Context(), s.agent, conv, s.later(d)))
}

func (s *shop) listed(f inbox.Filter) int {
	s.t.Helper()
	f.Viewer = s.agent.UserID
	all, _, err := s.inbox.Conversations(s.q(), s.agent.OrgID, f)
	noErr(s.t, err)
	n, err := s.inbox.Count(s.q(), s.agent.OrgID, f)
	noErr(s.t, err)
	if n != len(all) {
		s.t.Errorf("%+v counts %d and lists %d", f, n, len(all))
	}
	return n
}

// TestSnoozeLeavesTheViews looks for a conversation that is put aside.
func TestSnoozeLeavesTheViews(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.hello(s.phone, "hello")
	s.snooze(conv, time.Hour)
	yes, no := true, false
	for name, tt := range map[string]struct {
		f    inbox.Filter
		want int
	}{
		"all":            {inbox.Filter{View: inbox.ViewAll}, 0},
		"unassigned":     {inbox.Filter{View: inbox.ViewUnassigned}, 0},
		"unread":         {inbox.Filter{View: inbox.ViewAll, Unread: true}, 0},
		"snoozed":        {inbox.Filter{View: inbox.ViewSnoozed}, 1},
		"snoozed unread": {inbox.Filter{View: inbox.ViewSnoozed, Unread: true}, 1},
		"open":           {inbox.Filter{Status: inbox.Open}, 1},
		"open, snoozed":  {inbox.Filter{Status: inbox.Open, Snoozed: &yes}, 1},
		"open, awake":    {inbox.Filter{Status: inbox.Open, Snoozed: &no}, 0},
		"all there is":   {inbox.Filter{AssigneeID: inbox.Nobody, ChannelID: s.ch.ID, Unread: true, Search: "hello"}, 1},
	} {
		if got := s.listed(tt.f); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
	n, err := s.inbox.Counts(s.q(), s.agent.OrgID, s.agent.UserID)
	if err != nil || n != (inbox.Counts{Snoozed: 1}) {
		t.Errorf("counts %+v, %v", n, err)
	}
}

// TestSnoozeEnds wakes a conversation in every way.
func TestSnoozeEnds(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ctx := t.Context()
	conv := s.hello(s.phone, "hello")
	for name, wake := range map[string]func(){
		"the customer writes": func() { s.messageOf(s.phone.SendText(shopNumber, "are you there?")) },
		"somebody closes": func() {
			noErr(t, s.inbox.Close(ctx, s.agent, conv))
			noErr(t, s.inbox.Reopen(ctx, s.agent, conv))
		},
		"somebody reopens":  func() { noErr(t, s.inbox.Reopen(ctx, s.agent, conv)) },
		"somebody wakes it": func() { noErr(t, s.inbox.Snooze(ctx, s.agent, conv, 0)) },
	} {
		s.snooze(conv, 2*time.Hour)
		if s.conversation(conv).SnoozedUntil == 0 {
			t.Fatalf("%s: not put aside", name)
		}
		wake()
		if until := s.conversation(conv).SnoozedUntil; until != 0 {
			t.Errorf("%s: still aside until %d", name, until)
		}
	}
	noErr(t, s.inbox.MarkRead(ctx, s.agent, conv))
	s.snooze(conv, time.Second)
	s.snooze(conv, 2*time.Second) // the first time no more counts
	s.eventually("it comes back by itself", func() bool { return s.conversation(conv).SnoozedUntil == 0 })
	if c := s.conversation(conv); c.UnreadCount != 1 || c.Status != inbox.Open {
		t.Errorf("came back as %+v", c)
	}
}

// TestSnoozeRefuses says no to odd times, and records nothing for nothing.
func TestSnoozeRefuses(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ctx := t.Context()
	conv := s.hello(s.phone, "hello")
	for _, until := range []int64{1, s.db.Now(), s.later(400 * 24 * time.Hour)} {
		if err := s.inbox.Snooze(ctx, s.agent, conv, until); !errs.Is(err, errs.Invalid) {
			t.Errorf("until %d: %v", until, err)
		}
	}
	head := s.head()
	noErr(t, s.inbox.Snooze(ctx, s.agent, conv, 0))
	if s.head() != head {
		t.Error("waking what is awake is recorded")
	}
	until := s.later(time.Hour)
	noErr(t, s.inbox.Snooze(ctx, s.agent, conv, until))
	noErr(t, s.inbox.Snooze(ctx, s.agent, conv, until))
	if s.head() != head+1 {
		t.Error("the same time again is recorded")
	}
	if err := s.inbox.Snooze(ctx, s.other, conv, until); !errs.Is(err, errs.NotFound) {
		t.Errorf("another organisation: %v", err)
	}
	noErr(t, s.inbox.Close(ctx, s.agent, conv))
	if err := s.inbox.Snooze(ctx, s.agent, conv, until); !errs.Is(err, errs.Conflict) {
		t.Errorf("closed: %v", err)
	}
}
