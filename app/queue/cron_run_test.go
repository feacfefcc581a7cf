package queue_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"badala/app/db"
	"badala/app/db/dbtest"
	"badala/app/errs"
	"badala/app/queue"
)

func TestRunsAreRecorded(t *testing.T) {
	t.Parallel()
	c := &clock{}
	c.set(time.Date(2026, 5, 1, 3, 10, 0, 0, time.UTC))
	d, err := db.Open(dbtest.File(t), db.Options{Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	q := queue.New(d, nil)
	var fail error
	if err := q.Every("x", "*/15 * * * *", nil, func(*db.Tx, int64) error { return fail }); err != nil {
		t.Fatal(err)
	}
	tick := func(at time.Time) error {
		c.set(at)
		_, err := q.Tick(t.Context(), 0)
		return err
	}
	last := func() queue.Schedule {
		t.Helper()
		all, err := q.Schedules(d.Read(t.Context()))
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		return all[0]
	}
	start := c.Now()
	if s := last(); s.Name != "x" || s.Spec != "*/15 * * * *" || s.Zone != "UTC" || s.LastPlanned != 0 || s.Last != (queue.Run{}) || s.Next != start.Add(5*time.Minute).UnixMilli() {
		t.Errorf("before: %+v", s)
	}
	_ = tick(start)
	if err := tick(start.Add(6 * time.Minute)); err != nil {
		t.Fatal(err)
	}
	if s := last(); s.Last.State != queue.RunOK || s.Last.Planned != start.Add(5*time.Minute).UnixMilli() || s.Last.Finished == 0 || s.Next != start.Add(20*time.Minute).UnixMilli() {
		t.Errorf("after one: %+v", s)
	}
	fail = errors.New("no room")
	if err := tick(start.Add(21 * time.Minute)); err == nil {
		t.Error("a failure is not told")
	}
	if s := last(); s.Last.State != queue.RunFailed || s.Last.Error == "" {
		t.Errorf("failed: %+v", s)
	}
	fail = nil
	_ = tick(start.Add(22 * time.Minute))
	if runs, _ := q.Runs(d.Read(t.Context()), "x"); len(runs) != 2 || runs[0].State != queue.RunOK || runs[0].Error != "" {
		t.Errorf("tried again: %+v", runs)
	}
	_ = tick(start.Add(24*time.Hour + 5*time.Minute))
	if s := last(); s.Last.State != queue.RunOK {
		t.Errorf("a quarter of an hour ago: %+v", s)
	}
	also := 0
	if err := q.RunNow(t.Context(), "x", func(*db.Tx) error { also++; return nil }); err != nil || also != 1 || !last().Last.ByHand {
		t.Errorf("by hand: %v, %+v", err, last())
	}
	if err := q.RunNow(t.Context(), "y", nil); !errs.Is(err, errs.NotFound) {
		t.Errorf("no such: %v", err)
	}
	for i := range 30 {
		_ = tick(start.Add(25*time.Hour + time.Duration(i)*15*time.Minute))
	}
	if runs, _ := q.Runs(d.Read(t.Context()), "x"); len(runs) != 20 {
		t.Errorf("%d runs are kept", len(runs))
	}
}

func TestAMissedRunIsRecordedAsSkipped(t *testing.T) {
	t.Parallel()
	c := &clock{}
	c.set(time.Date(2026, 5, 1, 3, 0, 0, 0, time.UTC))
	d, err := db.Open(dbtest.File(t), db.Options{Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	q := queue.New(d, nil)
	_ = q.Every("x", "15 3 * * *", nil, func(*db.Tx, int64) error { t.Error("it ran"); return nil })
	_, _ = q.Tick(t.Context(), 0)
	c.set(c.Now().Add(9 * time.Hour))
	_, _ = q.Tick(t.Context(), 0)
	if runs, err := q.Runs(d.Read(t.Context()), "x"); err != nil || len(runs) != 1 || runs[0].State != queue.RunSkipped {
		t.Errorf("%+v, %v", runs, err)
	}
}

// TestARunEndsWithItsJob follows a schedule whose work is a job of its name.
func TestARunEndsWithItsJob(t *testing.T) {
	t.Parallel()
	d, q := fresh(t)
	k := &queue.Kind[args]{Name: "x", Attempts: 1}
	begun, end := make(chan struct{}), make(chan error)
	k.Handle(q, func(context.Context, *queue.Job[args]) error { begun <- struct{}{}; return <-end })
	_ = q.Every("x", "0 0 1 1 *", nil, func(tx *db.Tx, planned int64) error { return k.Add(q, tx, args{1}, queue.Once("all")) })
	run(t, q)
	for _, result := range []error{nil, errors.New("no room")} {
		if err := q.RunNow(t.Context(), "x", func(*db.Tx) error { return nil }); err != nil {
			t.Fatal(err)
		}
		<-begun
		state := func() queue.Run {
			runs, err := q.Runs(d.Read(t.Context()), "x")
			if err != nil || len(runs) == 0 {
				t.Fatal(runs, err)
			}
			return runs[0]
		}
		if r := state(); r.State != queue.RunWorking || r.Finished != 0 {
			t.Errorf("under way: %+v", r)
		}
		end <- result
		if err := q.Idle(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := map[bool]string{true: queue.RunOK, false: queue.RunFailed}[result == nil]
		if r := state(); r.State != want || r.Finished == 0 {
			t.Errorf("after %v: %+v", result, r)
		}
	}
}
