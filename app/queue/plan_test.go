package queue_test

import (
	"context"
	"testing"
	"time"

	"badala/app/queue"
)

// TestDeadLaneCostsNothing gives 100,000 waiting jobs of one lane no say in how fast others run.
func TestDeadLaneCostsNothing(t *testing.T) {
	t.Parallel()
	d, q := fresh(t)
	k := &queue.Kind[args]{Name: "k", Workers: 8}
	var p tape
	k.Handle(q, func(_ context.Context, j *queue.Job[args]) error { p.add(j.Args.N); return nil })
	fill(t, d, q, k, 100_000)
	run(t, q)
	start := time.Now()
	for i := range 200 {
		add(t, d, q, k, i, queue.Lane("alive", 1))
	}
	await(t, func() bool { return len(p.all()) == 200 })
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("200 jobs took %v", took)
	}
}
