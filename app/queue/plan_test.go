package queue_test

import (
	"context"
	"testing"
	"time"

	"badala/app/queue"
)

// TestDeadLaneCostsNothing gives the waiting jobs of one lane no say in how fast others run.
func TestDeadLaneCostsNothing(t *testing.T) {
	t.Parallel()
	d, q := fresh(t)
	k := &queue.Kind[args]{Name: "k", Workers: 8}
	var p tape
	k.Handle(q, func(_ context.Context, j *queue.Job[args]) error { p.add(j.Args.N); return nil })
	run(t, q)
	best := func() time.Duration {
		least := time.Hour
		for range 3 {
			start, want := time.Now(), len(p.all())+100
			for i := range 100 {
				add(t, d, q, k, i, queue.Lane("alive", 1))
			}
			await(t, func() bool { return len(p.all()) == want })
			least = min(least, time.Since(start))
		}
		return least
	}
	alone := best()
	fill(t, d, 30_000)
	if beside := best(); beside > 5*alone+300*time.Millisecond {
		t.Errorf("100 jobs took %v, and %v beside a dead lane", alone, beside)
	}
}
