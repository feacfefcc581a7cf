package queue

import (
	"context"
	"maps"
	"slices"

	"badala/app/db"
	"badala/app/errs"
)

// GivenUp lists given-up and held jobs with an id below before, newest first;
// 0 begins with the newest.
func (q *Queue) GivenUp(r db.Q, before int64, limit int) ([]Dead, error) {
	if before == 0 {
		before = never
	}
	return db.All(r, scanDead, `SELECT `+deadColumns+` FROM job WHERE state IN ('dead', 'held') AND id < ? ORDER BY id DESC LIMIT ?`, before, limit)
}

// CountGivenUp counts given-up and held jobs.
func (q *Queue) CountGivenUp(r db.Q) (dead, held int, err error) {
	type counts struct{ dead, held int }
	n, err := db.One(r, func(r *db.Rows, n *counts) error { return r.Scan(&n.dead, &n.held) },
		`SELECT count(*) FILTER (WHERE state = 'dead'), count(*) FILTER (WHERE state = 'held') FROM job WHERE state IN ('dead', 'held')`)
	return n.dead, n.held, err
}

// RetryWith is Retry together with also, in one transaction; also is given what is tried again.
func (q *Queue) RetryWith(ctx context.Context, id int64, also func(*db.Tx, Dead) error) (err error) {
	defer errs.Wrap(&err, "queue.Retry(%d)", id)
	return q.db.Write(ctx, func(tx *db.Tx) error {
		d, err := deadTx(tx, id)
		if err != nil {
			return err
		}
		if d.State == "held" {
			return errs.Coded(errs.Conflict, "job_unknown", "this version of the program does not know this work")
		}
		if err := q.retryTx(tx, id); err != nil {
			return err
		}
		return also(tx, d)
	})
}

// Discard removes a given-up or held job together with also, in one transaction.
// What stood behind it in its lane goes on.
func (q *Queue) Discard(ctx context.Context, id int64, also func(*db.Tx, Dead) error) (err error) {
	defer errs.Wrap(&err, "queue.Discard(%d)", id)
	return q.db.Write(ctx, func(tx *db.Tx) error {
		d, err := deadTx(tx, id)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM job WHERE id = ? AND state IN ('dead', 'held')`, id); err != nil {
			return err
		}
		if err := q.fillTx(tx, d.Lane, d.laneCap); err != nil {
			return err
		}
		return also(tx, d)
	})
}

// Kinds lists the kinds of jobs that this process handles.
func (q *Queue) Kinds() []string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Sorted(maps.Keys(q.kinds))
}

const deadColumns = `id, kind, state, lane, cap, args, error, attempt, coalesce(died_at, 0)`

func scanDead(r *db.Rows, d *Dead) error {
	return r.Scan(&d.ID, &d.Kind, &d.State, &d.Lane, &d.laneCap, &d.Args, &d.Error, &d.Attempt, &d.At)
}

func deadTx(tx *db.Tx, id int64) (Dead, error) {
	d, err := db.One(tx, scanDead, `SELECT `+deadColumns+` FROM job WHERE id = ? AND state IN ('dead', 'held')`, id)
	if errs.Is(err, errs.NotFound) {
		err = errs.Coded(errs.NotFound, "job_gone", "this work is done or was discarded meanwhile")
	}
	return d, err
}
