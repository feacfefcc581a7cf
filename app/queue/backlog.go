package queue

import "badala/app/db"

// Overdue is a kind of work that is due, and since when the oldest of it is.
type Overdue struct {
	Kind  string
	Since int64
}

// Overdue lists the kinds that have had work due since before the given time.
// It takes one seek a kind and priority, however much waits.
func (q *Queue) Overdue(r db.Q, before int64) ([]Overdue, error) {
	return db.All(r, func(r *db.Rows, o *Overdue) error { return r.Scan(&o.Kind, &o.Since) }, `
		WITH RECURSIVE step(kind, prio) AS (
			SELECT * FROM (SELECT kind, prio FROM job WHERE state = 'ready' ORDER BY kind, prio LIMIT 1)
			UNION ALL
			SELECT j.kind, j.prio FROM step s JOIN job j ON j.id = (
				SELECT id FROM job WHERE state = 'ready' AND (kind, prio) > (s.kind, s.prio) ORDER BY kind, prio LIMIT 1)
		)
		SELECT kind, min(run_at) FROM (
			SELECT s.kind, (SELECT run_at FROM job WHERE kind = s.kind AND prio = s.prio AND state = 'ready' ORDER BY run_at LIMIT 1) AS run_at FROM step s)
		GROUP BY kind HAVING min(run_at) < ? ORDER BY 2`, before)
}

// Due says whether work of one of some kinds is being done or about to begin.
func (q *Queue) Due(r db.Q, now int64, kinds ...string) (bool, error) {
	for _, kind := range kinds {
		due, err := db.Exists(r, `SELECT 1 FROM job WHERE kind = ?1 AND state = 'running' UNION ALL SELECT 1 FROM job WHERE kind = ?1 AND state = 'ready' AND run_at <= ?2`, kind, now)
		if err != nil || due {
			return due, err
		}
	}
	return false, nil
}

// Depth is how much of a kind is in a state, and when the oldest is or was due.
type Depth struct {
	Kind, State string
	Jobs        int
	Oldest      int64
}

// Depths counts all jobs.
func (q *Queue) Depths(r db.Q) ([]Depth, error) {
	return db.All(r, func(r *db.Rows, d *Depth) error { return r.Scan(&d.Kind, &d.State, &d.Jobs, &d.Oldest) },
		`SELECT kind, state, count(*), min(run_at) FROM job GROUP BY kind, state`)
}

// CountDead counts what was given up, by its index alone.
func (q *Queue) CountDead(r db.Q) (int, error) {
	return db.Value[int](r, `SELECT count(*) FROM job WHERE state = 'dead'`)
}
