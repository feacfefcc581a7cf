package queue

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"badala/app/db"
)

// work runs one claimed job to its end and gives its worker free.
func (q *Queue) work(base context.Context, w *worker, c *claimed) {
	defer q.release(w)
	err := q.call(base, w, c)
	if c.finished.Load() {
		return
	}
	if err != nil && base.Err() != nil && errors.Is(err, context.Canceled) {
		err = Wait(0, errors.New("the program stopped"))
	}
	for !q.settle(w, c, err) {
		select {
		case <-time.After(safetyTick):
		case <-q.hard:
			return
		}
	}
}

// call runs the handler under the kind's deadline; a panic becomes an error.
func (q *Queue) call(base context.Context, w *worker, c *claimed) (err error) {
	ctx, cancel := context.WithTimeout(base, w.timeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			q.log.Error("job panicked", "kind", w.name, "job", c.id, "err", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return w.run(ctx, c)
}

// settle records how the run ended; false means that the database refused and it must be tried again.
func (q *Queue) settle(w *worker, c *claimed, result error) bool {
	err := q.db.Write(context.Background(), func(tx *db.Tx) error {
		if result == nil {
			return q.finishTx(tx, c)
		}
		return q.putBackTx(tx, w, c, judge(w, c, result))
	})
	switch {
	case errors.Is(err, errStale):
		q.log.Warn("result of a stale run dropped", "kind", w.name, "job", c.id)
	case err != nil:
		q.log.Error("cannot record a job's result", "kind", w.name, "job", c.id, "err", err)
		return false
	case result != nil:
		q.log.Debug("job not done", "kind", w.name, "job", c.id, "attempt", c.attempt, "err", result)
	}
	return true
}

func (q *Queue) release(w *worker) {
	q.mu.Lock()
	w.busy--
	q.mu.Unlock()
	q.nudge()
}
