package queue_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"badala/app/db"
	"badala/app/db/dbtest"
	"badala/app/queue"
)

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// ticks runs a schedule at each of the given times, as after that many restarts, and lists what was planned.
func ticks(t *testing.T, spec, zone string, times ...string) []string {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	c := &clock{}
	at := func(s string) time.Time {
		v, err := time.ParseInLocation(time.DateTime, s, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	c.set(at(times[0]))
	d, err := db.Open(dbtest.File(t), db.Options{Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	var got []string
	for _, s := range times {
		c.set(at(s))
		q := queue.New(d, nil)
		err := q.Every("x", spec, loc, func(_ *db.Tx, planned int64) error {
			got = append(got, db.Time(planned).Format(time.DateTime))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := q.Tick(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
	}
	return got
}

func TestCron(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, spec, zone string
		times, want      []string
	}{
		{"first start runs nothing", "15 3 * * *", "UTC", []string{"2026-05-01 12:00:00"}, nil},
		{"due", "15 3 * * *", "UTC", []string{"2026-05-01 03:00:00", "2026-05-01 03:15:00", "2026-05-01 03:15:30"}, []string{"2026-05-01 03:15:00"}},
		{"missed a little", "15 3 * * *", "UTC", []string{"2026-05-01 03:00:00", "2026-05-01 09:00:00"}, []string{"2026-05-01 03:15:00"}},
		{"missed by far", "15 3 * * *", "UTC", []string{"2026-05-01 03:00:00", "2026-05-01 12:00:00", "2026-05-02 03:20:00"}, []string{"2026-05-02 03:15:00"}},
		{"missed many, once", "0 * * * *", "UTC", []string{"2026-05-01 00:30:00", "2026-05-01 04:30:00"}, []string{"2026-05-01 04:00:00"}},
		{"gap moves to its end", "30 2 * * *", "Europe/Berlin", []string{"2026-03-29 00:30:00", "2026-03-29 01:00:00", "2026-03-29 02:00:00"}, []string{"2026-03-29 01:00:00"}},
		{"clock back after a run", "15 3 * * *", "UTC", []string{"2026-05-01 03:00:00", "2026-05-01 03:16:00", "2026-05-01 02:20:00", "2026-05-01 03:16:00", "2026-05-02 03:15:00"}, []string{"2026-05-01 03:15:00", "2026-05-02 03:15:00"}},
		{"clock forward over a run", "15 3 * * *", "UTC", []string{"2026-05-01 03:10:00", "2026-05-01 04:10:00", "2026-05-01 03:15:00", "2026-05-01 04:15:00"}, []string{"2026-05-01 03:15:00"}},
		{"clock back, so often", "@every 10m", "UTC", []string{"2026-05-01 03:00:00", "2026-05-01 03:10:00", "2026-05-01 02:10:00", "2026-05-01 02:15:00", "2026-05-01 02:20:00", "2026-05-01 02:30:00"}, []string{"2026-05-01 03:10:00", "2026-05-01 02:20:00", "2026-05-01 02:30:00"}},
		{"clock forward, so often", "@every 10m", "UTC", []string{"2026-05-01 03:00:00", "2026-05-01 04:05:00", "2026-05-01 04:10:00"}, []string{"2026-05-01 04:00:00", "2026-05-01 04:10:00"}},
		{"clock back in a gap", "30 2 * * *", "Europe/Berlin", []string{"2026-03-29 00:30:00", "2026-03-29 01:00:00", "2026-03-29 00:00:00", "2026-03-29 01:00:00"}, []string{"2026-03-29 01:00:00"}},
		{"clock back in a repeated hour", "30 2 * * *", "Europe/Berlin", []string{"2026-10-24 23:00:00", "2026-10-25 00:30:00", "2026-10-24 23:30:00", "2026-10-25 00:30:00", "2026-10-25 01:30:00"}, []string{"2026-10-25 00:30:00"}},
		{"repeated hour, once", "30 2 * * *", "Europe/Berlin", []string{"2026-10-24 23:00:00", "2026-10-25 00:30:00", "2026-10-25 01:30:00", "2026-10-25 02:00:00"}, []string{"2026-10-25 00:30:00"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := ticks(t, test.spec, test.zone, test.times...); !slices.Equal(got, test.want) {
				t.Errorf("planned %v, want %v", got, test.want)
			}
		})
	}
}

func TestCronAddsJobs(t *testing.T) {
	t.Parallel()
	d, q := fresh(t)
	k := &queue.Kind[args]{Name: "k"}
	ran := make(chan struct{}, 10)
	k.Handle(q, func(context.Context, *queue.Job[args]) error { ran <- struct{}{}; return nil })
	err := q.Every("x", "@every 1s", nil, func(tx *db.Tx, planned int64) error {
		return k.Add(q, tx, args{1}, queue.Once("%d", planned))
	})
	if err != nil {
		t.Fatal(err)
	}
	run(t, q)
	<-ran
	if err := q.Every("y", "nonsense", nil, nil); err == nil {
		t.Error("a wrong schedule was taken")
	}
	_ = d
}

// TestAClockThatIsSetLosesNoRetry: another try comes as soon as it was to,
// whichever way the clock goes meanwhile, and a chosen time stays what it is.
func TestAClockThatIsSetLosesNoRetry(t *testing.T) {
	t.Parallel()
	for name, step := range map[string]time.Duration{"back": -time.Hour, "forward": time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := &shifted{}
			d, err := db.Open(dbtest.File(t), db.Options{Clock: c})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { d.Close() })
			q := queue.New(d, nil)
			k := &queue.Kind[args]{Name: "k"}
			tries := make(chan int, 10)
			k.Handle(q, func(_ context.Context, j *queue.Job[args]) error {
				tries <- j.Attempt
				if j.Attempt == 1 {
					return queue.RetryAfter(700*time.Millisecond, errors.New("not now"))
				}
				return nil
			})
			run(t, q)
			add(t, d, q, k, 1)
			<-tries
			await(t, func() bool {
				waits, err := db.Exists(d.Read(t.Context()), `SELECT 1 FROM job WHERE state = 'ready' AND run_at > ?`, d.Now())
				return err == nil && waits
			})
			chosen := d.Now() + 2*time.Hour.Milliseconds()
			write(t, d, func(tx *db.Tx) error { return k.Add(q, tx, args{2}, queue.At(chosen)) })
			c.by.Store(int64(step))
			select {
			case n := <-tries:
				if n != 2 {
					t.Errorf("attempt %d", n)
				}
			case <-time.After(15 * time.Second):
				t.Error("the second try did not come")
			}
			at, err := db.Value[int64](d.Read(t.Context()), `SELECT run_at FROM job WHERE attempt = 0`)
			if err != nil || at != chosen {
				t.Errorf("the chosen time is %d (%v), was %d", at, err, chosen)
			}
		})
	}
}

// shifted is the machine's clock, set by hand.
type shifted struct{ by atomic.Int64 }

func (c *shifted) Now() time.Time { return time.Now().Add(time.Duration(c.by.Load())) }
