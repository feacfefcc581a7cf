// Package queue runs durable jobs. A job is a row, added in the transaction that causes it, claimed by a
// worker of its kind, and deleted in the transaction that records its result. Jobs run at least once:
// a handler makes a repeat harmless.
package queue

import (
	"context"
	"log/slog"
	"math"
	"sync"
	"time"

	"badala/app/db"
)

const (
	safetyTick = time.Second          // how late a missed wake-up can be
	drainTime  = 20 * time.Second     // running handlers get this long after a stop, then their contexts end
	killTime   = 25 * time.Second     // Run returns after this, whatever the handlers do
	never      = int64(math.MaxInt64) // "no job known"
)

// Queue claims and runs the jobs of one database.
type Queue struct {
	db   *db.DB
	log  *slog.Logger
	boot int64

	wake chan struct{} // one slot: something may be due

	mu        sync.Mutex
	kinds     map[string]*worker
	crons     []schedule
	recovered []func(*db.Tx) error // run after recovery

	running sync.WaitGroup
	hard    chan struct{} // closed when draining took too long
}

// New makes a queue over d. Register handlers, then call Run.
func New(d *db.DB, log *slog.Logger) *Queue {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Queue{db: d, log: log, wake: make(chan struct{}, 1), kinds: map[string]*worker{}, hard: make(chan struct{})}
}

// AfterRecovery has fn run, in a transaction of its own, once Run knows which
// jobs did not survive. Call it before Run.
func (q *Queue) AfterRecovery(fn func(*db.Tx) error) { q.recovered = append(q.recovered, fn) }

// Run recovers what an earlier process left, then works until ctx ends. It then claims nothing more, waits for
// running handlers, and returns within 25 s. Call it once.
func (q *Queue) Run(ctx context.Context) error {
	if err := q.recover(ctx); err != nil {
		if ctx.Err() != nil {
			return nil // stopped before it began
		}
		return err
	}
	for _, fn := range q.recovered {
		if err := q.db.Write(ctx, fn); err != nil && ctx.Err() == nil {
			q.log.Error("what follows recovery failed", "err", err)
		}
	}
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	var loops sync.WaitGroup
	loops.Go(func() { q.runCrons(ctx) })
	q.dispatch(ctx, base)
	loops.Wait()
	q.drain(cancel)
	return nil
}

// dispatch hands due jobs to free workers until ctx ends.
func (q *Queue) dispatch(ctx, base context.Context) {
	look := time.NewTimer(0)
	defer look.Stop()
	tick := time.NewTicker(safetyTick)
	defer tick.Stop()
	var clock stepped
	for ctx.Err() == nil {
		now := q.db.Now()
		if by := clock.back(now); by > 0 {
			q.setBack(now, by)
		}
		asks, next := q.asks(now)
		if len(asks) > 0 {
			q.claim(base, asks)
			continue
		}
		look.Reset(min(time.Duration(min(next-now, safetyTick.Milliseconds()))*time.Millisecond, safetyTick))
		select {
		case <-ctx.Done():
		case <-q.wake:
		case <-look.C:
		case <-tick.C:
			q.expectAll(now)
		}
	}
}

// ask is a claim to be made: at most n jobs of a kind.
type ask struct {
	w *worker
	n int
}

// asks lists the kinds that have a free worker and perhaps a due job, and when the next one may be due.
func (q *Queue) asks(now int64) (asks []ask, next int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	next = never
	for _, w := range q.kinds {
		free := w.workers - w.busy
		switch {
		case free <= 0:
		case w.due <= now:
			asks = append(asks, ask{w, free})
			w.due = never
		default:
			next = min(next, w.due)
		}
	}
	return asks, next
}

// expect notes that a job of the kind is due at the given time, and wakes the dispatcher.
func (q *Queue) expect(kind string, at int64) {
	q.mu.Lock()
	if w := q.kinds[kind]; w != nil {
		w.due = min(w.due, at)
	}
	q.mu.Unlock()
	q.nudge()
}

// expectAll makes the dispatcher look at every kind that has something due.
func (q *Queue) expectAll(now int64) {
	kinds, err := dueKinds(q.db.Read(context.Background()), now)
	if err != nil {
		q.log.Warn("queue cannot look for due jobs", "err", err)
		return
	}
	for _, k := range kinds {
		q.expect(k, now)
	}
}

func (q *Queue) nudge() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// drain waits for running handlers, ends their contexts after drainTime and leaves them after killTime.
func (q *Queue) drain(cancel context.CancelFunc) {
	quiet := make(chan struct{})
	go func() {
		q.running.Wait()
		close(quiet)
	}()
	soft, hard := time.NewTimer(drainTime), time.NewTimer(killTime)
	defer soft.Stop()
	defer hard.Stop()
	for {
		select {
		case <-quiet:
			return
		case <-soft.C:
			cancel()
		case <-hard.C:
			close(q.hard)
			q.log.Warn("handlers did not end in time; their jobs run again at the next start")
			return
		}
	}
}

// Idle waits until no registered job is due or running. It is for tests and clean stops: others may add jobs at any time.
func (q *Queue) Idle(ctx context.Context) error {
	poll := time.NewTicker(2 * time.Millisecond)
	defer poll.Stop()
	for {
		busy, err := q.busy(ctx)
		if err != nil || !busy {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-poll.C:
		}
	}
}

func (q *Queue) busy(ctx context.Context) (bool, error) {
	now := q.db.Now()
	kinds, err := dueKinds(q.db.Read(ctx), now)
	if err != nil {
		return false, err
	}
	for _, k := range kinds {
		if q.handles(k) {
			q.expect(k, now)
			return true, nil
		}
	}
	q.mu.Lock()
	for _, w := range q.kinds {
		if w.busy > 0 {
			q.mu.Unlock()
			return true, nil
		}
	}
	q.mu.Unlock()
	return db.Exists(q.db.Read(ctx), `SELECT 1 FROM job WHERE state = 'running' AND boot = ?`, q.bootID())
}

func (q *Queue) handles(kind string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.kinds[kind] != nil
}

func (q *Queue) bootID() int64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.boot
}
