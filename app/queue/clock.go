package queue

import (
	"context"
	"time"

	"badala/app/db"
)

// stepLimit is how far the wall clock may fall behind between two looks before
// it counts as set back.
const stepLimit = 5 * time.Second

// stepped notices a wall clock that is set back, by the one that never is.
type stepped struct {
	wall int64
	at   time.Time
}

// back is by how many milliseconds the wall clock was set back since the last
// look.
func (s *stepped) back(wall int64) int64 {
	was := *s
	s.wall, s.at = wall, time.Now()
	if was.at.IsZero() {
		return 0
	}
	if by := was.wall + s.at.Sub(was.at).Milliseconds() - wall; by > stepLimit.Milliseconds() {
		return by
	}
	return 0
}

// setBack lets jobs that wait for another try wait no longer than they were to:
// their times were made with the clock as it was. A job that was never tried has
// a time that somebody chose, and keeps it, unless it was only a moment ahead.
func (q *Queue) setBack(now, by int64) {
	err := q.db.Write(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE job SET run_at = max(run_at - ?2, ?1) WHERE state IN ('ready', 'waiting') AND run_at > ?1
			AND (attempt > 0 OR created_at > ?1 AND run_at - created_at < ?3)`, now, by, time.Minute.Milliseconds())
		return err
	})
	if err != nil {
		q.log.Warn("the clock was set back, and jobs could not be planned anew", "err", err)
		return
	}
	q.log.Info("the clock was set back; jobs are planned anew", "seconds", by/1000)
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, w := range q.kinds {
		w.due = min(w.due, now)
	}
}
