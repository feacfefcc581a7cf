package queue

import (
	"context"
	"encoding/json"

	"badala/app/db"
	"badala/app/errs"
)

const maxDeaths = 3

// recover makes this process's boot known, gives back what a dead process was running, and holds jobs of unknown kinds.
func (q *Queue) recover(ctx context.Context) (err error) {
	defer errs.Wrap(&err, "queue.recover")
	kinds, err := q.kindsJSON()
	if err != nil {
		return err
	}
	return q.db.Write(ctx, func(tx *db.Tx) error {
		boot := tx.NewID()
		if err := q.reviveTx(tx); err != nil {
			return err
		}
		_, err := tx.Exec(`UPDATE job SET state = 'held' WHERE state = 'ready' AND kind NOT IN (SELECT value FROM json_each(?))`, kinds)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE job SET state = 'ready' WHERE state = 'held' AND kind IN (SELECT value FROM json_each(?))`, kinds)
		if err != nil {
			return err
		}
		tx.AfterCommit(func() {
			q.mu.Lock()
			q.boot = boot
			q.mu.Unlock()
		})
		return nil
	})
}

// reviveTx deals with jobs that were running when their process died.
func (q *Queue) reviveTx(tx *db.Tx) error {
	type cut struct {
		id      int64
		lane    string
		laneCap int
		deaths  int
	}
	cuts, err := db.All(tx, func(r *db.Rows, c *cut) error { return r.Scan(&c.id, &c.lane, &c.laneCap, &c.deaths) },
		`SELECT id, lane, cap, deaths + 1 FROM job WHERE state = 'running'`)
	if err != nil {
		return err
	}
	for _, c := range cuts {
		if c.deaths < maxDeaths {
			_, err = tx.Exec(`UPDATE job SET state = 'ready', deaths = ?, run_at = min(run_at, ?) WHERE id = ?`, c.deaths, tx.Now(), c.id)
		} else {
			q.log.Error("job given up: the process died while it ran, three times", "job", c.id)
			_, err = tx.Exec(`UPDATE job SET state = 'dead', deaths = ?, error = 'crash loop', died_at = ? WHERE id = ?`, c.deaths, tx.Now(), c.id)
			if err == nil {
				err = q.fillTx(tx, c.lane, c.laneCap)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (q *Queue) kindsJSON() (string, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	names := make([]string, 0, len(q.kinds))
	for name := range q.kinds {
		names = append(names, name)
	}
	b, err := json.Marshal(names)
	return string(b), err
}

// Dead is a job that was given up, or that no version of this program knows.
type Dead struct {
	ID      int64
	Kind    string
	State   string // dead or held
	Lane    string
	Args    string
	Error   string
	Attempt int
	At      int64 // when it died; 0: held

	laneCap int
}

// Dead lists given-up and held jobs, newest first.
func (q *Queue) Dead(r db.Q, limit int) ([]Dead, error) {
	return q.GivenUp(r, 0, limit)
}

// Retry makes a dead job ready again with all its attempts. If the same work has been queued since, it is a conflict.
func (q *Queue) Retry(ctx context.Context, id int64) (err error) {
	defer errs.Wrap(&err, "queue.Retry(%d)", id)
	return q.db.Write(ctx, func(tx *db.Tx) error { return q.retryTx(tx, id) })
}

func (q *Queue) retryTx(tx *db.Tx, id int64) error {
	type row struct {
		kind, lane string
		laneCap    int
	}
	d, err := db.One(tx, func(r *db.Rows, d *row) error { return r.Scan(&d.kind, &d.lane, &d.laneCap) },
		`SELECT kind, lane, cap FROM job WHERE id = ? AND state = 'dead'`, id)
	if err != nil {
		return err
	}
	now := tx.Now()
	_, err = tx.Exec(`
		UPDATE job SET state = CASE WHEN lane = '' THEN 'ready' ELSE 'waiting' END, attempt = 0, deaths = 0,
			run_at = ?1, ord = CASE WHEN cap > 1 THEN ?1 ELSE ord END, died_at = NULL
		WHERE id = ?2`, now, id)
	if db.IsUnique(err) {
		return errs.Coded(errs.Conflict, "job_again", "the same work is already waiting")
	}
	if err != nil {
		return err
	}
	tx.AfterCommit(func() { q.expect(d.kind, now) })
	return q.fillTx(tx, d.lane, d.laneCap)
}
