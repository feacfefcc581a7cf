package queue_test

import (
	"context"
	"sync"
	"testing"

	"badala/app/db"
	"badala/app/queue"
)

// fill puts n jobs into one lane, the first of which is far from due: what adding them one by one would leave.
func fill(t testing.TB, d *db.DB, n int) {
	t.Helper()
	write(t, d, func(tx *db.Tx) error {
		_, err := tx.Exec(`
			WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
			INSERT INTO job (id, kind, state, lane, cap, ord, run_at, args, created_at)
			SELECT i, 'k', CASE i WHEN 1 THEN 'ready' ELSE 'waiting' END, 'dead', 1, i, ?2, '{"N":-1}', 0 FROM n`, n, tx.Now()+1e9)
		return err
	})
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
			if bench.dead > 0 {
				fill(b, d, bench.dead)
			}
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
