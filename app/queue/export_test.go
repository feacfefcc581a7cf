package queue

import "context"

// Tick runs what is due of the n-th schedule, once.
func (q *Queue) Tick(ctx context.Context, n int) (int64, error) { return q.tick(ctx, q.crons[n]) }
