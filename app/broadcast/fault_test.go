package broadcast_test

import (
	"testing"
	"time"

	"badala/app/broadcast"
	"badala/app/channel"
	"badala/app/inbox"
	"badala/app/meta/sim"
)

// onceEach checks that nobody got the template twice, besides what was refused.
func (w *world) onceEach() (taken int) {
	w.t.Helper()
	posts := map[string]int{}
	for _, s := range w.sim.Sends() {
		if s.Type == "template" && s.Outcome != "refused" {
			posts[s.To]++
			taken++
		}
	}
	for to, n := range posts {
		if n > 1 {
			w.t.Errorf("%s got it %d times", to, n)
		}
	}
	return taken
}

// TestF08LostAnswers: what is not known stays so, is never sent again by
// itself, and is settled by a status.
func TestF08LostAnswers(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]sim.Behaviour{
		"reset": {ResetAfterBody: 3, Lost: true}, "html": {HTML502: 3, Lost: true}, "truncated": {TruncatedJSON: 3, Lost: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.people(20)
			w.sim.Misbehave(b)
			id := w.begin(w.input(broadcast.Audience{Everyone: true})).ID
			w.becomes(id, broadcast.Done)
			if c := w.counted(id); c.Unknown != 3 || c.Accepted() != 17 {
				t.Errorf("%+v", c)
			}
			if n, err := w.Retry(t.Context(), w.boss, id); err != nil || n != 0 {
				t.Errorf("%d of what is not known were tried again (%v)", n, err)
			}
			w.onceEach()
		})
	}
	t.Run("settled", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.people(5)
		w.sim.Misbehave(sim.Behaviour{ResetAfterBody: 2})
		id := w.begin(w.input(broadcast.Audience{Everyone: true})).ID
		w.eventually("statuses settle it", func() bool { return w.get(id).Counts.Accepted() == 5 })
		w.onceEach()
	})
}

// TestF09RateLimits: nothing fails by the rate, and a teammate's answer waits
// no longer than WhatsApp asks for.
func TestF09RateLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people(60)
	conv := w.written()
	id := w.begin(w.input(broadcast.Audience{ContactIDs: nil, Source: "MANUAL"})).ID
	w.eventually("it is on its way", func() bool { return len(w.sim.Sends()) > 2 })
	w.sim.Misbehave(sim.Behaviour{RateLimit: 4})
	at := time.Now()
	m, err := w.inbox.Send(t.Context(), w.boss, conv, inbox.SendInput{Type: inbox.TypeText, Body: "here I am"})
	noErr(t, err)
	if m.Status == inbox.StatusFailed || time.Since(at) > 12*time.Second {
		t.Errorf("the answer is %s after %s", m.Status, time.Since(at))
	}
	w.becomes(id, broadcast.Done)
	if c := w.counted(id); c.Accepted() != 60 {
		t.Errorf("%+v", c)
	}
	w.onceEach()
}

// TestF10RevokedToken: everything is held, and goes out once when the number
// works again.
func TestF10RevokedToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people(40)
	in := w.input(broadcast.Audience{Everyone: true})
	in.Rate = 20
	id := w.begin(in).ID
	w.eventually("some are sent", func() bool { return w.get(id).Counts.Accepted() > 3 })
	w.sim.Misbehave(sim.Behaviour{FailNext: -1, FailCode: 190, FailHTTP: 401})
	w.eventually("the number is held", func() bool {
		ch, err := w.chans.ByID(w.q(), w.boss.OrgID, w.ch.ID)
		noErr(t, err)
		return ch.State == channel.Paused
	})
	w.eventually("the broadcast waits for it", func() bool {
		p, err := w.Progress(w.q(), w.get(id))
		noErr(t, err)
		return p.Why == broadcast.WaitChannel
	})
	w.sim.Misbehave(sim.Behaviour{})
	noErr(t, w.chans.Resume(t.Context(), w.boss, w.ch.ID))
	w.becomes(id, broadcast.Done)
	if c := w.counted(id); c.Accepted() != 40 || c.Failed+c.Unknown != 0 {
		t.Errorf("%+v", c)
	}
	w.onceEach()
}

// TestAgentsComeFirst: while a broadcast uses all that the number may send, an
// answer goes out within a second.
func TestAgentsComeFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people(200)
	conv := w.written()
	id := w.begin(w.input(broadcast.Audience{Source: "MANUAL"})).ID
	w.eventually("it is under way", func() bool { return len(w.sim.Sends()) > 70 })
	at := time.Now()
	m, err := w.inbox.Send(t.Context(), w.boss, conv, inbox.SendInput{Type: inbox.TypeText, Body: "here I am"})
	noErr(t, err)
	if took := time.Since(at); m.Status == inbox.StatusPending || took > time.Second+500*time.Millisecond {
		t.Errorf("the answer is %s after %s", m.Status, took)
	}
	w.becomes(id, broadcast.Done)
}
