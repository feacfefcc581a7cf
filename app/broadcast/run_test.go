package broadcast_test

import (
	"strings"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/broadcast"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/hours"
	"badala/app/inbox"
	"badala/app/meta/sim"
)

func TestBroadcastReachesEverybodyOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids := w.people(30, "vip")
	w.consent(ids[7], new(false))
	b := w.begin(w.input(broadcast.Audience{Tags: []string{"vip"}, Numbers: []string{"+96559999999", phoneOf(3)}}))
	if _, err := w.Start(t.Context(), w.boss, b.ID); !errs.Is(err, errs.Conflict) {
		t.Errorf("started twice: %v", err)
	}
	b = w.becomes(b.ID, broadcast.Done)
	w.eventually("everything is delivered", func() bool { return w.get(b.ID).Counts.Delivered == 30 })
	c := w.counted(b.ID)
	if c.Total() != 31 || c.Skipped != 1 || b.LeftOut[broadcast.SkipDuplicate] != 1 || b.Category != "UTILITY" {
		t.Errorf("%+v %v %s", c, b.LeftOut, b.Category)
	}
	posts := w.posts()
	if len(posts) != 30 {
		t.Errorf("%d people got it", len(posts))
	}
	for to, n := range posts {
		if n != 1 {
			t.Errorf("%s got it %d times", to, n)
		}
	}
	skipped, _, err := w.Recipients(w.q(), w.boss.OrgID, b.ID, broadcast.RecipientFilter{State: broadcast.Skipped})
	noErr(t, err)
	if len(skipped) != 1 || skipped[0].ContactID != ids[7] || skipped[0].Reason != broadcast.SkipKey(broadcast.SkipOptedOut) {
		t.Errorf("%+v", skipped)
	}
	open, err := db.Value[int](w.q(), `SELECT count(*) FROM conversation WHERE status <> 'CLOSED'`)
	noErr(t, err)
	if open != 0 {
		t.Errorf("%d conversations were opened", open)
	}
	finished, err := w.ev.Since(w.q(), w.boss.OrgID, 0, 100_000)
	noErr(t, err)
	n := 0
	for _, e := range finished {
		if e.Type == "broadcast.finished" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("told %d times that it is over", n)
	}
}

func TestPauseStopsAtOnceAndResumeGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people(40)
	in := w.input(broadcast.Audience{Everyone: true})
	in.Rate = 10
	b := w.begin(in)
	w.eventually("some are sent", func() bool { return len(w.sim.Sends()) >= 3 })
	_, err := w.Pause(t.Context(), w.boss, b.ID)
	noErr(t, err)
	before := len(w.sim.Sends())
	<-time.After(1500 * time.Millisecond) // what is looked at is that nothing happens
	if after := len(w.sim.Sends()); after > before+2 {
		t.Errorf("%d messages went out after the pause", after-before)
	}
	_, err = w.Resume(t.Context(), w.boss, b.ID)
	noErr(t, err)
	w.becomes(b.ID, broadcast.Done)
	if c := w.counted(b.ID); c.Accepted() != 40 {
		t.Errorf("%+v", c)
	}
	for to, n := range w.posts() {
		if n != 1 {
			t.Errorf("%s got it %d times", to, n)
		}
	}
}

func TestCancelLeavesTheRestOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people(50)
	in := w.input(broadcast.Audience{Everyone: true})
	in.Rate = 10
	b := w.begin(in)
	w.eventually("some are sent", func() bool { return len(w.sim.Sends()) >= 3 })
	_, err := w.Cancel(t.Context(), w.boss, b.ID)
	noErr(t, err)
	w.eventually("it is over", func() bool { return w.get(b.ID).FinishedAt != 0 })
	c := w.counted(b.ID)
	if c.Waiting+c.Queued != 0 || c.Skipped < 20 || c.Accepted() != len(w.sim.Sends()) || c.Failed != 0 {
		t.Errorf("%+v", c)
	}
	if err := w.Delete(t.Context(), w.boss, b.ID); err != nil {
		t.Error(err)
	}
}

func TestConsentWithdrawnMidwayIsRespected(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids := w.people(30)
	in := w.input(broadcast.Audience{Everyone: true})
	in.Rate = 10
	b := w.begin(in)
	w.eventually("some are sent", func() bool { return len(w.sim.Sends()) >= 3 })
	// The largest ids come first: of these some are queued and some wait.
	sent := w.posts()
	var late []int
	for i := 0; i < 30; i++ {
		if sent[phoneOf(i)[1:]] == 0 && sent[phoneOf(i)] == 0 && i < 25 {
			late = append(late, i)
		}
	}
	for _, i := range late {
		w.consent(ids[i], new(false))
	}
	already := w.posts()
	w.becomes(b.ID, broadcast.Done)
	c := w.counted(b.ID)
	if c.Skipped == 0 || c.Skipped+c.Accepted() != 30 || c.Failed != 0 {
		t.Errorf("%+v", c)
	}
	over := 0
	now := w.posts()
	for _, i := range late {
		if already[phoneOf(i)] == 0 && now[phoneOf(i)] != 0 {
			over++
		}
	}
	if over > 1 { // one may have been on its way
		t.Errorf("%d were written to after they refused", over)
	}
}

func TestFailuresPauseAndRetryGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people(60)
	w.sim.Misbehave(sim.Behaviour{FailNext: 8, FailCode: 132068})
	b := w.begin(w.input(broadcast.Audience{Everyone: true}))
	b = w.becomes(b.ID, broadcast.Paused)
	if b.PauseReason != broadcast.PauseFailures {
		t.Errorf("%+v", b)
	}
	failed, _, err := w.Recipients(w.q(), w.boss.OrgID, b.ID, broadcast.RecipientFilter{State: broadcast.Failed})
	noErr(t, err)
	if len(failed) != 8 || !failed[0].Retryable || failed[0].Code != 132068 || failed[0].Reason != "meta.132068" {
		t.Errorf("%d failed: %+v", len(failed), failed)
	}
	n, err := w.Retry(t.Context(), w.boss, b.ID)
	noErr(t, err)
	_, err = w.Resume(t.Context(), w.boss, b.ID)
	noErr(t, err)
	w.becomes(b.ID, broadcast.Done)
	if c := w.counted(b.ID); n != 8 || c.Accepted() != 60 {
		t.Errorf("%d retried, %+v", n, c)
	}
}

func TestCodesPauseWhatTheyConcern(t *testing.T) {
	t.Parallel()
	for code, reason := range map[int]string{131048: "meta.131048", 131042: "meta.131042", 132015: "meta.132015", 132016: "meta.132016"} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.people(40)
			w.sim.Misbehave(sim.Behaviour{FailNext: 1, FailCode: code})
			b := w.begin(w.input(broadcast.Audience{Everyone: true}))
			b = w.becomes(b.ID, broadcast.Paused)
			if b.PauseKey() != reason {
				t.Errorf("paused because of %s", b.PauseKey())
			}
		})
	}
}

func TestAnAnswerBelongsToTheBroadcast(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people(2)
	p := w.sim.Customer(sim.Customer{Phone: phoneOf(1)[1:], Name: "Nora"})
	b := w.begin(w.input(broadcast.Audience{Everyone: true}))
	w.becomes(b.ID, broadcast.Done)
	w.eventually("it is on the phone", func() bool { return len(p.Thread(number)) == 1 })
	p.SendText(number, "yes please")
	p.SendText(number, "and again")
	w.eventually("it is answered", func() bool { return w.get(b.ID).Counts.Answered == 1 })
	got, _, err := w.Recipients(w.q(), w.boss.OrgID, b.ID, broadcast.RecipientFilter{Answered: true})
	noErr(t, err)
	if len(got) != 1 || got[0].AnswerID == 0 || got[0].Name != "Person1 Last" {
		t.Errorf("%+v", got)
	}
	var file strings.Builder
	noErr(t, w.Export(t.Context(), w.boss, b.ID, broadcast.RecipientFilter{}, "en", &file))
	if lines := strings.Count(file.String(), "\n"); lines != 3 || !strings.Contains(file.String(), "Person1 Last") {
		t.Errorf("%s", file.String())
	}
}

func TestScheduledBroadcastStartsByItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people(2)
	in := w.input(broadcast.Audience{Everyone: true})
	in.ScheduleAt = w.db.Now() + time.Hour.Milliseconds()
	b := w.create(in)
	if b.State != broadcast.Scheduled {
		t.Fatalf("%+v", b)
	}
	in.ScheduleAt += time.Hour.Milliseconds() // the first time must be forgotten
	_, err := w.Edit(t.Context(), w.boss, b.ID, in)
	noErr(t, err)
	w.clock.ahead.Store(int64(61 * time.Minute))
	<-time.After(1500 * time.Millisecond) // nothing is to happen
	if got := w.get(b.ID); got.State != broadcast.Scheduled {
		t.Errorf("it is %s at a time that was given up", got.State)
	}
	w.clock.ahead.Store(int64(121 * time.Minute))
	w.becomes(b.ID, broadcast.Done)
}

func TestOfficeHoursAreWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people(2)
	now := w.clock.Now().UTC()
	day := hours.Days[int(now.Weekday())]
	_, err := w.inbox.SetOfficeHours(t.Context(), w.boss, w.ch.ID, func(o *inbox.OfficeHours) {
		o.Timezone = "UTC"
		from, to := now.Add(2*time.Hour).Format("15:04"), now.Add(3*time.Hour).Format("15:04")
		if now.Add(2*time.Hour).Day() != now.Day() {
			day = hours.Days[int(now.Add(2*time.Hour).Weekday())]
		}
		o.Windows = []hours.Window{{Day: day, From: from, To: to}}
	})
	noErr(t, err)
	in := w.input(broadcast.Audience{Everyone: true})
	in.OfficeHours = true
	b := w.begin(in)
	w.eventually("it waits", func() bool {
		p, err := w.Progress(w.q(), w.get(b.ID))
		noErr(t, err)
		return p.Why == broadcast.WaitHours
	})
	if n := len(w.sim.Sends()); n != 0 {
		t.Errorf("%d went out", n)
	}
}

func TestRolesThatMay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	agent := w.boss
	agent.Role = account.Agent
	if _, err := w.Create(t.Context(), agent, w.input(broadcast.Audience{Everyone: true})); !errs.Is(err, errs.Forbidden) {
		t.Errorf("an agent made a broadcast: %v", err)
	}
}

func TestEstimateByCountry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	noErr(t, w.SetPrices(t.Context(), w.boss, []broadcast.Price{{Country: "kw", Category: "MARKETING", Micros: 50_000, Own: true}}))
	e, err := w.Estimate(w.q(), w.boss.OrgID, "MARKETING", map[string]int{"KW": 10, "GB": 1, "": 2})
	noErr(t, err)
	if e.Currency != "USD" || e.Lines[0].Country != "KW" || e.Lines[0].Micros != 500_000 || !e.Lines[0].Own || !e.BuiltIn || e.Micros <= 500_000 {
		t.Errorf("%+v", e)
	}
	prices, _, err := w.Prices(w.q(), w.boss.OrgID)
	noErr(t, err)
	if last := prices[len(prices)-1]; last.Country != "" {
		t.Errorf("%+v", last)
	}
}

func TestErasedPersonIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids := w.people(20)
	in := w.input(broadcast.Audience{Everyone: true})
	in.Rate = 5
	b := w.begin(in)
	w.eventually("it is frozen", func() bool { return w.get(b.ID).Frozen })
	noErr(t, w.folks.Erase(t.Context(), w.boss, ids[0]))
	w.becomes(b.ID, broadcast.Done)
	c := w.counted(b.ID)
	if c.Accepted()+c.Skipped != 20 || c.Skipped != 1 {
		t.Errorf("%+v", c)
	}
}
