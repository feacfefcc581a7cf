package queue

import (
	"badala/app/db"
	"badala/app/errs"
)

// fillTx lets waiting jobs of a lane take its free places.
func (q *Queue) fillTx(tx *db.Tx, lane string, limit int) error {
	switch {
	case lane == "":
		return nil
	case limit <= 1:
		_, err := q.promoteTx(tx, lane, 1)
		return err
	}
	for {
		done, err := q.promoteTx(tx, lane, limit)
		if err != nil {
			return err
		}
		if done {
			continue
		}
		swapped, err := swapTx(tx, lane)
		if err != nil || !swapped {
			return err
		}
	}
}

// promoteTx gives the first waiting job a place when fewer than limit are taken.
func (q *Queue) promoteTx(tx *db.Tx, lane string, limit int) (bool, error) {
	type promoted struct {
		kind string
		at   int64
	}
	p, err := db.One(tx, func(r *db.Rows, p *promoted) error { return r.Scan(&p.kind, &p.at) }, `
		UPDATE job SET state = 'ready'
		WHERE id = (SELECT id FROM job WHERE lane = ?1 AND lane <> '' AND state = 'waiting' ORDER BY ord, id LIMIT 1)
		  AND (SELECT count(*) FROM job WHERE lane = ?1 AND lane <> '' AND state IN ('ready', 'running', 'held')) < ?2
		RETURNING kind, run_at`, lane, limit)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	if err == nil {
		tx.AfterCommit(func() { q.expect(p.kind, p.at) })
	}
	return err == nil, err
}

// swapTx takes the place of a job that only waits for its time away, if another could run before it.
func swapTx(tx *db.Tx, lane string) (bool, error) {
	n, err := tx.Exec(`
		UPDATE job SET state = 'waiting'
		WHERE id = (SELECT id FROM job WHERE lane = ?1 AND lane <> '' AND state = 'ready' AND run_at > ?2 ORDER BY ord DESC, id DESC LIMIT 1)
		  AND ord > (SELECT ord FROM job WHERE lane = ?1 AND lane <> '' AND state = 'waiting' ORDER BY ord, id LIMIT 1)`, lane, tx.Now())
	return n > 0, err
}

// Wake makes the jobs of a kind in a lane that wait for a later time due now; an empty lane means every lane.
func (q *Queue) Wake(tx *db.Tx, kind, lane string) (err error) {
	defer errs.Wrap(&err, "queue.Wake(%s)", kind)
	now := tx.Now()
	if lane == "" {
		_, err = tx.Exec(`UPDATE job SET run_at = ?1 WHERE kind = ?2 AND state = 'ready' AND run_at > ?1`, now, kind)
	} else {
		_, err = tx.Exec(`
			UPDATE job SET run_at = ?1, ord = CASE WHEN cap > 1 THEN ?1 ELSE ord END
			WHERE lane = ?2 AND lane <> '' AND kind = ?3 AND state IN ('ready', 'waiting') AND run_at > ?1`, now, lane, kind)
	}
	if err != nil {
		return err
	}
	tx.AfterCommit(func() { q.expect(kind, now) })
	return nil
}
