package queue_test

import (
	"context"
	"sync"
	"testing"

	"badala/app/db"
	"badala/app/queue"
)

// fill puts n jobs that never come due into one lane.
func fill(t testing.TB, d *db.DB, q *queue.Queue, k *queue.Kind[args], n int) {
	t.Helper()
	far := d.Now() + 1e9
	for range n / 1000 {
		write(t, d, func(tx *db.Tx) error {
			for range 1000 {
				if err := k.Add(q, tx, args{-1}, queue.Lane("dead", 1), queue.At(far)); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// BenchmarkJobs runs jobs of 64 lanes to their end, with and beside a dead lane of 100,000.
func BenchmarkJobs(b *testing.B) {
	for _, bench := range []struct {
		name string
		dead int
	}{{"alone", 0}, {"beside a dead lane", 100_000}} {
		b.Run(bench.name, func(b *testing.B) {
			d, q := fresh(b)
			k := &queue.Kind[args]{Name: "k", Workers: 64}
			var all sync.WaitGroup
			k.Handle(q, func(context.Context, *queue.Job[args]) error { all.Done(); return nil })
			fill(b, d, q, k, bench.dead)
			run(b, q)
			lanes := make([]string, 64)
			for i := range lanes {
				lanes[i] = "conv:" + string(rune('A'+i))
			}
			all.Add(b.N)
			b.ResetTimer()
			var adders sync.WaitGroup
			for w := range 64 {
				adders.Go(func() {
					for i := w; i < b.N; i += 64 {
						add(b, d, q, k, i, queue.Lane(lanes[w], 1))
					}
				})
			}
			adders.Wait()
			all.Wait()
			idle(b, q)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
		})
	}
}
