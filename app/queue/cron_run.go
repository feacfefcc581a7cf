package queue

import (
	"context"
	"slices"
	"strings"

	"badala/app/db"
	"badala/app/errs"
)

// How a run of a schedule ended.
const (
	RunWorking = "working" // the job that does the work is not through
	RunOK      = "ok"
	RunFailed  = "failed"
	RunSkipped = "skipped" // missed by too much
)

// maxRuns is how many runs of a schedule are kept.
const maxRuns = 20

// Run is one run of a schedule.
type Run struct {
	Planned, Started int64
	Finished         int64 // 0 while it works
	ByHand           bool
	State, Error     string
}

// Schedule is periodic work: when it runs, and how it went.
type Schedule struct {
	Name, Spec, Zone string
	LastPlanned      int64 // 0: never yet
	Next             int64
	Last             Run // zero without a run
}

const runColumns = `planned, started, finished, by_hand,
	CASE WHEN state = 'working' AND NOT EXISTS (SELECT 1 FROM job WHERE job.id = cron_run.job AND job.state <> 'dead') THEN 'failed' ELSE state END, error`

func scanRun(r *db.Rows, x *Run) error {
	return r.Scan(&x.Planned, &x.Started, &x.Finished, &x.ByHand, &x.State, &x.Error)
}

// Schedules lists all periodic work by name.
func (q *Queue) Schedules(r db.Q) ([]Schedule, error) {
	q.mu.Lock()
	crons := slices.Clone(q.crons)
	q.mu.Unlock()
	slices.SortFunc(crons, func(a, b schedule) int { return strings.Compare(a.name, b.name) })
	out := make([]Schedule, 0, len(crons))
	now := q.db.Now()
	for _, s := range crons {
		one := Schedule{Name: s.name, Spec: s.spec, Zone: s.zone.String()}
		last, err := db.Value[int64](r, `SELECT planned FROM cron WHERE name = ?`, s.name)
		switch {
		case errs.Is(err, errs.NotFound):
			one.Next = s.after(now)
		case err != nil:
			return nil, err
		default:
			one.LastPlanned = last
			_, one.Next = s.latest(last, now)
		}
		runs, err := runsOf(r, s.name, 1)
		if err != nil {
			return nil, err
		}
		if len(runs) > 0 {
			one.Last = runs[0]
		}
		out = append(out, one)
	}
	return out, nil
}

// Runs lists the last runs of a schedule, newest first.
func (q *Queue) Runs(r db.Q, name string) ([]Run, error) { return runsOf(r, name, maxRuns) }

func runsOf(r db.Q, name string, limit int) ([]Run, error) {
	return db.All(r, scanRun, `SELECT `+runColumns+` FROM cron_run WHERE name = ? ORDER BY planned DESC, id DESC LIMIT ?`, name, limit)
}

// RunNow runs a schedule out of turn, together with also in one transaction.
func (q *Queue) RunNow(ctx context.Context, name string, also func(*db.Tx) error) (err error) {
	defer errs.Wrap(&err, "queue.RunNow(%s)", name)
	s, ok := q.scheduled(name)
	if !ok {
		return errs.New(errs.NotFound, "there is no such schedule")
	}
	began := q.db.Now()
	err = q.db.Write(ctx, func(tx *db.Tx) error {
		if err := also(tx); err != nil {
			return err
		}
		return q.runTx(tx, s, began, true)
	})
	if err != nil {
		q.noteFailure(ctx, s, began, true, err)
	}
	return err
}

func (q *Queue) scheduled(name string) (schedule, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, s := range q.crons {
		if s.name == name {
			return s, true
		}
	}
	return schedule{}, false
}

// runTx does what a schedule does and records it. Work that a job of the
// schedule's name does ends with that job.
func (q *Queue) runTx(tx *db.Tx, s schedule, planned int64, byHand bool) error {
	run := Run{Planned: planned, Started: q.db.Now(), ByHand: byHand, State: RunOK}
	mark := tx.NewID()
	if err := s.add(tx, planned); err != nil {
		return err
	}
	job, err := db.Value[int64](tx, `SELECT coalesce(max(id), 0) FROM job WHERE id > ? AND kind = ?`, mark, s.name)
	if err != nil {
		return err
	}
	if run.Finished = q.db.Now(); job != 0 {
		run.State, run.Finished = RunWorking, 0
	}
	return noteRunTx(tx, s.name, run, job)
}

// noteRunTx records a run, and forgets those of long ago.
func noteRunTx(tx *db.Tx, name string, r Run, job int64) error {
	if _, err := tx.Exec(`
		INSERT INTO cron_run (id, name, planned, by_hand, started, finished, state, error, job) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
		ON CONFLICT (name, planned, by_hand) DO UPDATE SET started = ?5, finished = ?6, state = ?7, error = ?8, job = ?9`,
		tx.NewID(), name, r.Planned, r.ByHand, r.Started, r.Finished, r.State, r.Error, job); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM cron_run WHERE name = ?1 AND planned < (
		SELECT planned FROM cron_run WHERE name = ?1 ORDER BY planned DESC LIMIT 1 OFFSET ?2)`, name, maxRuns-1)
	return err
}

// noteFailure records a run whose transaction came to nothing.
func (q *Queue) noteFailure(ctx context.Context, s schedule, planned int64, byHand bool, failure error) {
	if ctx.Err() != nil {
		return
	}
	err := q.db.Write(ctx, func(tx *db.Tx) error {
		return noteRunTx(tx, s.name, Run{Planned: planned, Started: tx.Now(), Finished: tx.Now(), ByHand: byHand, State: RunFailed, Error: trim(failure.Error(), 500)}, 0)
	})
	if err != nil {
		q.log.Warn("a failed schedule cannot be recorded", "cron", s.name, "err", err)
	}
}

// jobRanTx records how the job of a schedule's run went: "" for well.
func jobRanTx(tx *db.Tx, c *claimed, failure string, dead bool) error {
	if !c.cron {
		return nil
	}
	state, finished := RunOK, tx.Now()
	switch {
	case dead:
		state = RunFailed
	case failure != "":
		state, finished = RunWorking, 0
	}
	_, err := tx.Exec(`UPDATE cron_run SET state = ?, finished = ?, error = ? WHERE job = ?`, state, finished, failure, c.id)
	return err
}
