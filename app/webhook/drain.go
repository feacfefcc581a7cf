package webhook

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/queue"
)

const (
	maxRuns   = 512             // endpoints that are worked on at the same time
	runTime   = 2 * time.Second // one job works so long, then the next begins
	pageSize  = 256             // due deliveries known at a time
	batchSize = 64              // results in one Write
)

// due is a delivery whose time has come.
type due struct {
	id, eventID int64
	event       string
	tries       int
	attempts    int
	manual      bool
}

// run is one job of one endpoint.
type run struct {
	s     *Service
	id    int64
	ends  int64
	fails atomic.Int32 // in a row, as far as this run has seen
}

// runDeliver delivers what is due at an endpoint until nothing is, the breaker
// opens, or its time is up. It ends in a transaction that has looked once
// more, and leaves a job for what comes later.
func (s *Service) runDeliver(ctx context.Context, j *queue.Job[deliverArgs]) (err error) {
	defer errs.Wrap(&err, "webhook.deliver(%d)", j.Args.Endpoint)
	if j.Interrupted {
		return s.renew(ctx, j)
	}
	l := s.live(j.Args.Endpoint)
	l.setRunning(true)
	finished := false
	defer func() {
		if !finished {
			l.setRunning(false)
		}
	}()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.closing, cancel)()
	r := &run{s: s, id: j.Args.Endpoint, ends: s.DB.Now() + s.runTime.Milliseconds()}
	for {
		sent, err := r.round(ctx)
		if err == nil && (!sent || r.over(ctx)) {
			finished, err = s.rest(ctx, r, j)
		}
		if err != nil {
			return queue.Wait(time.Second, err)
		}
		if finished {
			return nil
		}
	}
}

// renew puts a new job in the place of one that was cut by the end of the
// process: power cuts are no fault of the job, however many it lives through.
func (s *Service) renew(ctx context.Context, j *queue.Job[deliverArgs]) error {
	return s.DB.Write(context.WithoutCancel(ctx), func(tx *db.Tx) error {
		if err := j.Finish(tx); err != nil {
			return err
		}
		return s.wakeTx(tx, j.Args.Endpoint, true)
	})
}

// round sends one page of what is due; sent is false when there is none.
func (r *run) round(ctx context.Context) (sent bool, err error) {
	page, err := r.page()
	if err != nil || len(page) == 0 {
		return false, err
	}
	n, err := r.send(ctx, page)
	if err == nil && n == 0 && !r.over(ctx) {
		err = errNothingSent
	}
	return true, err
}

var errNothingSent = errs.New(errs.Unavailable, "nothing that is due could be sent")

func (r *run) over(ctx context.Context) bool { return ctx.Err() != nil || r.s.DB.Now() >= r.ends }

// target is the endpoint as it now is, if something may be sent to it.
func (r *run) target(q db.Q) (*target, error) {
	known, err := r.s.targets(q)
	if err != nil {
		return nil, err
	}
	t := known.byID[r.id]
	if t == nil || t.state != Active || t.secret == "" {
		return nil, nil
	}
	return t, nil
}

// page reads what may be sent now: nothing while the breaker is open, one
// delivery to probe with, the oldest, after that.
func (r *run) page() ([]due, error) {
	q := r.s.DB.Read(context.Background())
	t, err := r.target(q)
	if err != nil || t == nil {
		return nil, err
	}
	h, err := healthOf(q, r.id)
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	now := r.s.DB.Now()
	r.s.live(r.id).setBreaker(h.breakerUntil)
	r.fails.Store(int32(h.failuresInRow))
	switch {
	case err != nil || now < h.breakerUntil:
		return nil, err
	case h.breakerStep > 0:
		return db.All(q, scanDue, `SELECT id, event_id, event, tries, attempts, manual FROM webhook_delivery
			WHERE webhook_id = ? AND state = 'PENDING' AND id > ? AND next_at <= ? ORDER BY id LIMIT 1`, r.id, h.skipThrough, now)
	}
	return db.All(q, scanDue, `SELECT id, event_id, event, tries, attempts, manual FROM webhook_delivery INDEXED BY webhook_delivery_due
		WHERE webhook_id = ? AND state = 'PENDING' AND next_at <= ? AND id > ? ORDER BY next_at, id LIMIT ?`, r.id, now, h.skipThrough, pageSize)
}

func scanDue(r *db.Rows, d *due) error {
	return r.Scan(&d.id, &d.eventID, &d.event, &d.tries, &d.attempts, &d.manual)
}

// send makes an attempt at every delivery of a page, a few at a time, while
// the results are committed beside it.
func (r *run) send(ctx context.Context, page []due) (recorded int, err error) {
	results := make(chan result, batchSize)
	var next atomic.Int32
	var workers sync.WaitGroup
	for range min(inFlight, len(page)) {
		workers.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(page) || r.over(ctx) || len(page) > 1 && r.fails.Load() >= breakerAfter {
					return
				}
				if a, ok := r.attempt(ctx, page[i]); ok {
					results <- result{page[i], a}
				}
			}
		})
	}
	go func() {
		workers.Wait()
		close(results)
	}()
	return r.commit(results)
}

// attempt sends one delivery; false means that nothing is to be recorded.
func (r *run) attempt(ctx context.Context, d due) (a answer, ok bool) {
	defer func() {
		if p := recover(); p != nil {
			r.s.Log.Error("an attempt panicked", "delivery", d.id, "err", p, "stack", string(debug.Stack()))
			a, ok = answer{at: r.s.DB.Now(), class: classReset}, true
		}
	}()
	q := r.s.DB.Read(ctx)
	t, err := r.target(q)
	if err != nil || t == nil || !r.wait(ctx, t) {
		return a, false
	}
	body, err := db.Value[string](q, `SELECT body FROM webhook_event WHERE id = ? AND org_id = ?`, d.eventID, t.org)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return a, false
	}
	if body == "" {
		return answer{at: r.s.DB.Now(), class: classNoBody}, true
	}
	a = r.s.post(ctx, t, d.event, db.FormatID("dlv", d.id), addressed(body, d.id))
	if a.cut {
		return a, false
	}
	if a.ok() {
		r.fails.Store(0)
	} else {
		r.fails.Add(1)
	}
	return a, true
}

// wait holds an attempt back to the rate of the endpoint; a second's worth may
// go at once.
func (r *run) wait(ctx context.Context, t *target) bool {
	if t.rate == 0 {
		return true
	}
	l := r.s.live(t.id)
	now := r.s.DB.Now() * 1000
	l.mu.Lock()
	slot := max(l.slot, now-1_000_000)
	l.slot = slot + 1_000_000/int64(t.rate)
	l.mu.Unlock()
	pause := time.Duration(slot-now) * time.Microsecond
	if pause <= 0 {
		return true
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// commit writes results as they come, those that wait together.
func (r *run) commit(results <-chan result) (n int, err error) {
	for first := range results {
		batch := []result{first}
		for len(batch) < batchSize {
			select {
			case next, ok := <-results:
				if ok {
					batch = append(batch, next)
					continue
				}
			default:
			}
			break
		}
		if err == nil { // after a failed Write the rest is only taken off the senders
			err = r.s.DB.Write(context.Background(), func(tx *db.Tx) error { return r.s.resultsTx(tx, r.id, batch) })
			n += len(batch)
		}
	}
	return n, err
}

// rest ends a job, unless something can still be sent and there is time. A
// new one waits for what is due next: both are one change, so no event slips
// in between.
func (s *Service) rest(ctx context.Context, r *run, j *queue.Job[deliverArgs]) (finished bool, err error) {
	l := s.live(r.id)
	over := r.over(ctx)
	err = s.DB.Write(context.WithoutCancel(ctx), func(tx *db.Tx) error {
		next, err := s.nextTx(tx, r.id)
		if err != nil {
			return err
		}
		if finished = over || next == 0 || next > tx.Now(); !finished {
			return nil
		}
		if err := j.Finish(tx); err != nil {
			return err
		}
		l.setRunning(false)
		if next == 0 {
			return nil
		}
		return s.deliver.Add(s.Queue, tx, deliverArgs{r.id}, queue.Once("%d", r.id), queue.Lane(lane(r.id), 1), queue.At(next))
	})
	if err != nil {
		return false, fmt.Errorf("rest: %w", err)
	}
	return finished, nil
}

// nextTx is when an endpoint has something to be sent; 0: not before an event
// or a person changes that.
func (s *Service) nextTx(tx *db.Tx, id int64) (int64, error) {
	h, err := healthOf(tx, id)
	if errs.Is(err, errs.NotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	active, err := db.Exists(tx, `SELECT 1 FROM webhook WHERE id = ? AND state = 'ACTIVE' AND secret <> ''`, id)
	if err != nil || !active {
		return 0, err
	}
	at, err := db.Value[int64](tx, `SELECT next_at FROM webhook_delivery INDEXED BY webhook_delivery_due
		WHERE webhook_id = ? AND state = 'PENDING' AND id > ? ORDER BY next_at LIMIT 1`, id, h.skipThrough)
	if errs.Is(err, errs.NotFound) {
		return 0, nil
	}
	return max(at, h.breakerUntil), err
}
