package queue_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/queue"
)

type args struct{ N int }

func open(t testing.TB, path string) *db.DB {
	t.Helper()
	d, err := db.Open(path, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func fresh(t testing.TB) (*db.DB, *queue.Queue) {
	t.Helper()
	d := open(t, filepath.Join(t.TempDir(), "t.db"))
	return d, queue.New(d, nil)
}

// run starts q and returns a function that stops it and waits.
func run(t testing.TB, q *queue.Queue) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- q.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("run: %v", err)
			}
		case <-time.After(30 * time.Second):
			t.Error("run did not return")
		}
	})
	t.Cleanup(stop)
	return stop
}

func idle(t testing.TB, q *queue.Queue) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := q.Idle(ctx); err != nil {
		t.Fatalf("not idle: %v", err)
	}
}

// settled waits until no job is left but dead ones.
func settled(t testing.TB, d *db.DB) {
	t.Helper()
	await(t, func() bool {
		left, err := db.Exists(d.Read(t.Context()), `SELECT 1 FROM job WHERE state <> 'dead'`)
		if err != nil {
			t.Fatal(err)
		}
		return !left
	})
}

func await(t testing.TB, done func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); {
		if time.Now().After(end) {
			t.Fatal("the awaited did not happen")
		}
		time.Sleep(time.Millisecond)
	}
}

func write(t testing.TB, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Write(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

func add(t testing.TB, d *db.DB, q *queue.Queue, k *queue.Kind[args], n int, opts ...queue.Option) {
	t.Helper()
	write(t, d, func(tx *db.Tx) error { return k.Add(q, tx, args{n}, opts...) })
}

// tape records what handlers did.
type tape struct {
	mu  sync.Mutex
	got []int
}

func (p *tape) add(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got = append(p.got, n)
}

func (p *tape) all() []int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.got)
}

func TestLaneKeepsOrder(t *testing.T) {
	t.Parallel()
	d, q := fresh(t)
	k := &queue.Kind[args]{Name: "k", Workers: 8, Backoff: func(int) time.Duration { return 5 * time.Millisecond }}
	var p tape
	k.Handle(q, func(_ context.Context, j *queue.Job[args]) error {
		if j.Args.N == 3 && j.Attempt < 3 {
			return errors.New("not yet")
		}
		p.add(j.Args.N)
		return nil
	})
	run(t, q)
	want := make([]int, 50)
	for i := range want {
		want[i] = i
		add(t, d, q, k, i, queue.Lane("conv:1", 1))
	}
	settled(t, d)
	if !slices.Equal(p.all(), want) {
		t.Errorf("order %v", p.all())
	}
}

func TestLaneLimit(t *testing.T) {
	t.Parallel()
	d, q := fresh(t)
	k := &queue.Kind[args]{Name: "k", Workers: 20}
	var mu sync.Mutex
	now, most := 0, 0
	k.Handle(q, func(context.Context, *queue.Job[args]) error {
		mu.Lock()
		now++
		most = max(most, now)
		mu.Unlock()
		time.Sleep(2 * time.Millisecond) // the work
		mu.Lock()
		now--
		mu.Unlock()
		return nil
	})
	for i := range 40 {
		add(t, d, q, k, i, queue.Lane("hook:1", 4))
	}
	run(t, q)
	settled(t, d)
	if most > 4 || most < 2 {
		t.Errorf("%d at a time, limit 4", most)
	}
}

func TestWaitingJobsOfAWideLaneLetOthersPass(t *testing.T) {
	t.Parallel()
	d, q := fresh(t)
	k := &queue.Kind[args]{Name: "k", Workers: 8}
	var p tape
	k.Handle(q, func(_ context.Context, j *queue.Job[args]) error {
		if j.Args.N < 4 {
			return queue.RetryAfter(time.Hour, errors.New("down"))
		}
		p.add(j.Args.N)
		return nil
	})
	for i := range 6 {
		add(t, d, q, k, i, queue.Lane("hook:1", 2))
	}
	run(t, q)
	await(t, func() bool { return len(p.all()) == 2 })
	add(t, d, q, k, 9, queue.Lane("hook:1", 2))
	await(t, func() bool { return len(p.all()) == 3 })
}

func TestBlockedLaneDelaysNobody(t *testing.T) {
	t.Parallel()
	d, q := fresh(t)
	k := &queue.Kind[args]{Name: "k", Workers: 2}
	var p tape
	k.Handle(q, func(_ context.Context, j *queue.Job[args]) error {
		if j.Args.N < 0 {
			return queue.Wait(time.Hour, errors.New("paused"))
		}
		p.add(j.Args.N)
		return nil
	})
	for range 100 {
		write(t, d, func(tx *db.Tx) error {
			for range 10 {
				if err := k.Add(q, tx, args{-1}, queue.Lane("dead", 1)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	run(t, q)
	for i := range 20 {
		add(t, d, q, k, i, queue.Lane(fmt.Sprint("conv:", i), 1))
	}
	idle(t, q)
	if n := len(p.all()); n != 20 {
		t.Errorf("%d of 20 ran", n)
	}
}

func TestWakeMakesALaneDue(t *testing.T) {
	t.Parallel()
	d, q := fresh(t)
	k := &queue.Kind[args]{Name: "k"}
	var p tape
	k.Handle(q, func(_ context.Context, j *queue.Job[args]) error {
		p.add(j.Attempt)
		if len(p.all()) < 4 {
			return queue.Wait(time.Hour, errors.New("paused"))
		}
		return nil
	})
	run(t, q)
	add(t, d, q, k, 1, queue.Lane("a", 1))
	for i := 1; i < 4; i++ {
		await(t, func() bool { return len(p.all()) == i })
		idle(t, q)
		lane := "a"
		if i == 2 {
			lane = ""
		}
		write(t, d, func(tx *db.Tx) error { return q.Wake(tx, "k", lane) })
	}
	settled(t, d)
	if got := p.all(); !slices.Equal(got, []int{1, 1, 1, 1}) {
		t.Errorf("attempts %v: waiting must use none", got)
	}
}

func TestAttemptsThenDeadThenRetry(t *testing.T) {
	t.Parallel()
	d, q := fresh(t)
	k := &queue.Kind[args]{Name: "k", Attempts: 3, Backoff: func(int) time.Duration { return time.Millisecond }}
	var p tape
	var lasts tape
	k.Handle(q, func(_ context.Context, j *queue.Job[args]) error {
		p.add(j.Attempt)
		if j.Last {
			lasts.add(j.Attempt)
		}
		if len(p.all()) == 5 {
			return nil
		}
		return errors.New("no")
	})
	run(t, q)
	add(t, d, q, k, 1, queue.Once("x"))
	settled(t, d)
	if got := p.all(); !slices.Equal(got, []int{1, 2, 3}) || !slices.Equal(lasts.all(), []int{3}) {
		t.Fatalf("attempts %v, last %v", got, lasts.all())
	}
	dead, err := q.Dead(d.Read(t.Context()), 10)
	if err != nil || len(dead) != 1 || dead[0].Error != "no" || dead[0].State != "dead" || dead[0].At == 0 {
		t.Fatalf("dead %+v, %v", dead, err)
	}
	if err := q.Retry(t.Context(), dead[0].ID); err != nil {
		t.Fatal(err)
	}
	settled(t, d)
	if got := p.all(); !slices.Equal(got, []int{1, 2, 3, 1, 2}) {
		t.Errorf("attempts %v", got)
	}
	if err := q.Retry(t.Context(), dead[0].ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("retry of a finished job: %v", err)
	}
}

func TestOnce(t *testing.T) {
	t.Parallel()
	d, q := fresh(t)
	k := &queue.Kind[args]{Name: "k"}
	k2 := &queue.Kind[args]{Name: "k2"}
	var p tape
	k.Handle(q, func(_ context.Context, j *queue.Job[args]) error { p.add(j.Args.N); return nil })
	k2.Handle(q, func(_ context.Context, j *queue.Job[args]) error { p.add(j.Args.N); return nil })
	for i := range 5 {
		add(t, d, q, k, i, queue.Once("key %d", 1))
	}
	add(t, d, q, k2, 9, queue.Once("key %d", 1))
	run(t, q)
	settled(t, d)
	add(t, d, q, k, 7, queue.Once("key %d", 1))
	settled(t, d)
	got := p.all()
	slices.Sort(got)
	if !slices.Equal(got, []int{0, 7, 9}) {
		t.Errorf("ran %v", got)
	}
}

func TestDropPanicAndTimeout(t *testing.T) {
	t.Parallel()
	d, q := fresh(t)
	k := &queue.Kind[args]{Name: "k", Attempts: 1, Timeout: 20 * time.Millisecond}
	k.Handle(q, func(ctx context.Context, j *queue.Job[args]) error {
		switch j.Args.N {
		case 1:
			return queue.Drop(errors.New("gone"))
		case 2:
			panic("oops")
		default:
			<-ctx.Done()
			return ctx.Err()
		}
	})
	run(t, q)
	for i := range 3 {
		add(t, d, q, k, i+1)
	}
	settled(t, d)
	dead, err := q.Dead(d.Read(t.Context()), 10)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, j := range dead {
		texts = append(texts, j.Error)
	}
	if !slices.Equal(texts, []string{"context deadline exceeded", "panic: oops", "gone"}) {
		t.Errorf("%q", texts)
	}
}

func TestPriorityAndDelay(t *testing.T) {
	t.Parallel()
	d, q := fresh(t)
	k := &queue.Kind[args]{Name: "k", Workers: 1}
	var p tape
	k.Handle(q, func(_ context.Context, j *queue.Job[args]) error { p.add(j.Args.N); return nil })
	at := d.Now() + 300
	add(t, d, q, k, 4, queue.At(at), queue.Prio(10))
	add(t, d, q, k, 3, queue.Prio(9))
	add(t, d, q, k, 2)
	add(t, d, q, k, 1, queue.Prio(1))
	run(t, q)
	settled(t, d)
	if got := p.all(); !slices.Equal(got, []int{1, 2, 3, 4}) {
		t.Errorf("order %v", got)
	}
	if d.Now() < at {
		t.Error("ran before its time")
	}
}

func TestDrainWaitsForRunningJobs(t *testing.T) {
	t.Parallel()
	d, q := fresh(t)
	k := &queue.Kind[args]{Name: "k"}
	started, proceed := make(chan struct{}), make(chan struct{})
	k.Handle(q, func(ctx context.Context, _ *queue.Job[args]) error {
		close(started)
		<-proceed
		return ctx.Err()
	})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- q.Run(ctx) }()
	add(t, d, q, k, 1)
	<-started
	stop()
	close(proceed)
	if err := <-done; err != nil {
		t.Error(err)
	}
	settled(t, d)
}

func TestFinishInTheResultsTransaction(t *testing.T) {
	t.Parallel()
	d, q := fresh(t)
	k := &queue.Kind[args]{Name: "k", Backoff: func(int) time.Duration { return time.Millisecond }}
	k.Handle(q, func(ctx context.Context, j *queue.Job[args]) error {
		return d.Write(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(`INSERT INTO instance (key, value) VALUES (?, '')`, fmt.Sprintf("%d:%d", j.Args.N, j.Attempt)); err != nil {
				return err
			}
			if err := j.Finish(tx); err != nil || j.Attempt > 1 {
				return err
			}
			return errors.New("undone")
		})
	})
	run(t, q)
	add(t, d, q, k, 1, queue.Lane("a", 1))
	settled(t, d)
	keys, err := db.All(d.Read(t.Context()), func(r *db.Rows, s *string) error { return r.Scan(s) }, `SELECT key FROM instance`)
	if err != nil || !slices.Equal(keys, []string{"1:2"}) {
		t.Errorf("%v, %v", keys, err)
	}
}
