package queue

import (
	"context"
	"slices"
	"sync/atomic"

	"badala/app/db"
	"badala/app/errs"
)

// claimed is a job row that this process runs.
type claimed struct {
	id, claim, runAt int64
	lane, args       string
	laneCap          int
	attempt, deaths  int
	cron             bool // the work of a schedule

	finished atomic.Bool
}

// addTx inserts a job. In a full lane it waits for its turn.
func (q *Queue) addTx(tx *db.Tx, s spec) error {
	now := tx.Now()
	id := tx.NewID()
	runAt := max(s.runAt, now)
	ord := id
	if s.laneCap > 1 {
		ord = runAt
	}
	n, err := tx.Exec(`
		INSERT INTO job (id, kind, state, lane, cap, ord, prio, run_at, dedupe, args, created_at)
		VALUES (?1, ?2,
			CASE WHEN ?3 = '' THEN 'ready' WHEN ?4 > 1 THEN 'waiting'
			     WHEN EXISTS (SELECT 1 FROM job WHERE lane = ?3 AND lane <> '' AND state IN ('ready', 'waiting', 'running', 'held')) THEN 'waiting' ELSE 'ready' END,
			?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
		ON CONFLICT DO NOTHING`,
		id, s.kind, s.lane, s.laneCap, ord, s.prio, runAt, s.dedupe, s.args, now)
	if err != nil || n == 0 {
		return err
	}
	if s.laneCap > 1 {
		return q.fillTx(tx, s.lane, s.laneCap)
	}
	tx.AfterCommit(func() { q.expect(s.kind, runAt) })
	return nil
}

// claim takes due jobs of all asked kinds in one transaction and starts them.
func (q *Queue) claim(base context.Context, asks []ask) {
	got := make([][]*claimed, len(asks))
	next := make([]int64, len(asks))
	now := q.db.Now()
	err := q.db.Write(base, func(tx *db.Tx) error {
		for i, a := range asks {
			var err error
			if got[i], next[i], err = q.claimTx(tx, a); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		q.log.Warn("cannot claim jobs", "err", err)
	}
	q.mu.Lock()
	for i, a := range asks {
		switch {
		case err != nil:
			a.w.due = min(a.w.due, now+safetyTick.Milliseconds())
			continue
		case len(got[i]) == a.n:
			a.w.due = min(a.w.due, now)
		default:
			a.w.due = min(a.w.due, next[i])
		}
		a.w.busy += len(got[i])
	}
	q.mu.Unlock()
	if err != nil {
		return
	}
	for i, a := range asks {
		_, cron := q.scheduled(a.w.name)
		for _, c := range got[i] {
			c.cron = cron
			q.running.Go(func() { q.work(base, a.w, c) })
		}
	}
}

// claimTx takes at most a.n due jobs of a kind, best priority first, and says when the next one is due.
// It touches only the index of ready jobs: what waits in lanes costs nothing.
func (q *Queue) claimTx(tx *db.Tx, a ask) (got []*claimed, next int64, err error) {
	now, next, prio := tx.Now(), never, -1<<31
	for len(got) < a.n {
		prio, err = db.Value[int](tx, `SELECT prio FROM job WHERE kind = ? AND state = 'ready' AND prio > ? ORDER BY prio LIMIT 1`, a.w.name, prio)
		if errs.Is(err, errs.NotFound) {
			return got, next, nil
		}
		if err != nil {
			return nil, 0, err
		}
		some, err := claimPrioTx(tx, a.w.name, prio, now, a.n-len(got), q.boot)
		if err != nil {
			return nil, 0, err
		}
		got = append(got, some...)
		at, err := db.Value[int64](tx, `SELECT run_at FROM job WHERE kind = ? AND state = 'ready' AND prio = ? ORDER BY run_at LIMIT 1`, a.w.name, prio)
		switch {
		case err == nil:
			next = min(next, at)
		case !errs.Is(err, errs.NotFound):
			return nil, 0, err
		}
	}
	return got, next, nil
}

func claimPrioTx(tx *db.Tx, kind string, prio int, now int64, n int, boot int64) ([]*claimed, error) {
	got, err := db.All(tx, func(r *db.Rows, c **claimed) error {
		*c = &claimed{}
		return r.Scan(&(*c).id, &(*c).claim, &(*c).runAt, &(*c).lane, &(*c).laneCap, &(*c).args, &(*c).attempt, &(*c).deaths)
	}, `
		UPDATE job SET state = 'running', attempt = attempt + 1, claim = claim + 1, boot = ?1
		WHERE id IN (SELECT id FROM job WHERE kind = ?2 AND state = 'ready' AND prio = ?3 AND run_at <= ?4
		             ORDER BY run_at, id LIMIT ?5)
		RETURNING id, claim, run_at, lane, cap, args, attempt, deaths`, boot, kind, prio, now, n)
	slices.SortFunc(got, func(a, b *claimed) int {
		if a.runAt != b.runAt {
			return int(a.runAt - b.runAt)
		}
		return int(a.id - b.id)
	})
	return got, err
}

// finishTx deletes a job that this run still owns and lets the next of its lane in.
func (q *Queue) finishTx(tx *db.Tx, c *claimed) error {
	n, err := tx.Exec(`DELETE FROM job WHERE id = ? AND claim = ? AND state = 'running'`, c.id, c.claim)
	if err != nil {
		return err
	}
	if n == 0 {
		return errStale
	}
	if err := jobRanTx(tx, c, "", false); err != nil {
		return err
	}
	return q.fillTx(tx, c.lane, c.laneCap)
}

var errStale = errs.New(errs.Conflict, "this run of the job is over")

// putBackTx records a failed run: dead, or ready again after the wait. That it
// came to an end tells that it does not kill the process.
func (q *Queue) putBackTx(tx *db.Tx, w *worker, c *claimed, o outcome) error {
	now := tx.Now()
	at := now + o.wait.Milliseconds()
	state, died := "ready", any(nil)
	switch {
	case o.dead:
		state, died = "dead", now
	case c.laneCap > 1:
		state = "waiting"
	}
	back := 0
	if o.free {
		back = 1
	}
	n, err := tx.Exec(`
		UPDATE job SET state = ?, run_at = ?, ord = CASE WHEN cap > 1 THEN ? ELSE ord END, attempt = attempt - ?, deaths = 0, error = ?, died_at = ?
		WHERE id = ? AND claim = ? AND state = 'running'`, state, at, at, back, o.text, died, c.id, c.claim)
	if err != nil || n == 0 {
		return err
	}
	if err := jobRanTx(tx, c, o.text, o.dead); err != nil {
		return err
	}
	if state != "ready" {
		return q.fillTx(tx, c.lane, c.laneCap)
	}
	tx.AfterCommit(func() { q.expect(w.name, at) })
	return nil
}

// dueKinds lists the kinds that have a ready job due, by one seek a kind and priority.
func dueKinds(r db.Q, now int64) ([]string, error) {
	return db.All(r, func(r *db.Rows, s *string) error { return r.Scan(s) }, `
		WITH RECURSIVE step(kind, prio) AS (
			SELECT * FROM (SELECT kind, prio FROM job WHERE state = 'ready' ORDER BY kind, prio LIMIT 1)
			UNION ALL
			SELECT j.kind, j.prio FROM step s JOIN job j ON j.id = (
				SELECT id FROM job WHERE state = 'ready' AND (kind, prio) > (s.kind, s.prio) ORDER BY kind, prio LIMIT 1)
		)
		SELECT DISTINCT s.kind FROM step s
		WHERE EXISTS (SELECT 1 FROM job WHERE kind = s.kind AND prio = s.prio AND state = 'ready' AND run_at <= ?)`, now)
}
