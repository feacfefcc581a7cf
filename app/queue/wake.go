package queue

import (
	"badala/app/db"
	"badala/app/errs"
)

// WakeLate makes the jobs of a kind without a lane that wait for a time after
// the given one due now.
func (q *Queue) WakeLate(tx *db.Tx, kind string, after int64) (err error) {
	defer errs.Wrap(&err, "queue.WakeLate(%s)", kind)
	now := tx.Now()
	n, err := tx.Exec(`UPDATE job SET run_at = ?1 WHERE kind = ?2 AND state = 'ready' AND lane = '' AND run_at > ?3`, now, kind, max(after, now))
	if err != nil || n == 0 {
		return err
	}
	tx.AfterCommit(func() { q.expect(kind, now) })
	return nil
}
