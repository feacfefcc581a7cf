package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"badala/app/db"
	"badala/app/errs"
)

// Kind names a sort of job and says how it is run. Zero values: 10 attempts, 60 s, 4 workers, backoff from 5 s doubling to 1 h.
type Kind[A any] struct {
	Name     string
	Attempts int
	Timeout  time.Duration
	Workers  int
	Backoff  func(attempt int) time.Duration // before ±20 % jitter
}

// Job is one run of a job.
type Job[A any] struct {
	ID          int64
	Args        A
	Attempt     int  // 1 for the first
	Last        bool // a plain error now means dead
	Interrupted bool // an earlier run was cut by process death

	claimed *claimed
	q       *Queue
}

// Finish ends the job in the transaction that records its result. If the job is no longer this run's to finish,
// it fails, and with it the transaction.
func (j *Job[A]) Finish(tx *db.Tx) error {
	if err := j.q.finishTx(tx, j.claimed); err != nil {
		return err
	}
	tx.AfterCommit(func() { j.claimed.finished.Store(true) })
	return nil
}

// Handle registers what runs jobs of this kind on q. It must be called before q runs for what was left by earlier processes.
func (k *Kind[A]) Handle(q *Queue, fn func(context.Context, *Job[A]) error) {
	w := &worker{name: k.Name, attempts: k.Attempts, timeout: k.Timeout, workers: k.Workers, backoff: k.Backoff}
	w.defaults()
	w.run = func(ctx context.Context, c *claimed) error {
		j := &Job[A]{
			ID: c.id, Attempt: c.attempt, Last: c.attempt >= w.attempts,
			Interrupted: c.deaths > 0, claimed: c, q: q,
		}
		if err := json.Unmarshal([]byte(c.args), &j.Args); err != nil {
			return Drop(fmt.Errorf("arguments do not fit this version: %w", err))
		}
		return fn(ctx, j)
	}
	q.mu.Lock()
	q.kinds[k.Name] = w
	q.mu.Unlock()
	q.nudge()
}

// Add puts a job into the queue as part of tx; workers are woken after the commit.
func (k *Kind[A]) Add(q *Queue, tx *db.Tx, args A, opts ...Option) (err error) {
	defer errs.Wrap(&err, "queue.Add(%s)", k.Name)
	raw, err := json.Marshal(args)
	if err != nil {
		return err
	}
	s := spec{kind: k.Name, args: string(raw), prio: 5}
	for _, o := range opts {
		o(&s)
	}
	return q.addTx(tx, s)
}

// spec is a job to be added.
type spec struct {
	kind, args, lane string
	dedupe           any
	laneCap, prio    int
	runAt            int64
}

// Option changes how a job is added.
type Option func(*spec)

// Once makes the addition a no-op while an unfinished job of the kind has the same key.
func Once(format string, args ...any) Option {
	return func(s *spec) { s.dedupe = s.kind + ":" + fmt.Sprintf(format, args...) }
}

// Lane lets at most limit jobs of the lane run at a time. With limit 1 they run in the order in which they were added,
// and one that waits for its next attempt blocks those behind it.
func Lane(name string, limit int) Option {
	return func(s *spec) { s.lane, s.laneCap = name, max(limit, 1) }
}

// At delays the job until the given time in milliseconds.
func At(ms int64) Option { return func(s *spec) { s.runAt = ms } }

// Prio orders jobs of a kind: 0 is first, 5 the default.
func Prio(n int) Option { return func(s *spec) { s.prio = n } }

// worker is a registered kind.
type worker struct {
	name     string
	attempts int
	timeout  time.Duration
	workers  int
	backoff  func(int) time.Duration
	run      func(context.Context, *claimed) error

	busy int   // guarded by Queue.mu
	due  int64 // earliest time at which a job may be due; guarded by Queue.mu
}

func (w *worker) defaults() {
	if w.attempts <= 0 {
		w.attempts = 10
	}
	if w.timeout <= 0 {
		w.timeout = time.Minute
	}
	if w.workers <= 0 {
		w.workers = 4
	}
	if w.backoff == nil {
		w.backoff = func(attempt int) time.Duration {
			return min(5*time.Second<<min(attempt-1, 10), time.Hour)
		}
	}
}

// pause is the wait after a failed attempt, with ±20 % jitter so that neighbours do not march in step.
func (w *worker) pause(attempt int) time.Duration {
	d := w.backoff(attempt)
	return d - d/5 + rand.N(d*2/5+1)
}
