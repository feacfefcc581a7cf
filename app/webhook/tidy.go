package webhook

import (
	"context"
	"time"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/queue"
)

const (
	maxBacklog = 100_000             // deliveries that wait at one endpoint
	keepLog    = 30 * 24 * time.Hour // deliveries, also those that wait
)

// tidyArgs say what a run is for: one endpoint that was deleted or resumed, or
// with none the regular round.
type tidyArgs struct {
	Endpoint int64
	What     string // delete or skip
}

func (s *Service) tidyTx(tx *db.Tx, endpoint int64, what string) error {
	return s.tidy.Add(s.Queue, tx, tidyArgs{endpoint, what}, queue.Once("%s:%d", what, endpoint))
}

func (s *Service) runTidy(ctx context.Context, j *queue.Job[tidyArgs]) (err error) {
	defer errs.Wrap(&err, "webhook.tidy(%s %d)", j.Args.What, j.Args.Endpoint)
	switch j.Args.What {
	case "delete":
		return s.repeat(ctx, func(tx *db.Tx) (int64, error) { return dropTx(tx, j.Args.Endpoint) })
	case "skip":
		return s.repeat(ctx, func(tx *db.Tx) (int64, error) { return s.skipTx(tx, j.Args.Endpoint) })
	}
	return s.Tidy(ctx)
}

// repeat runs fn in one Write after the other until it changes nothing more.
func (s *Service) repeat(ctx context.Context, fn func(*db.Tx) (int64, error)) error {
	for ctx.Err() == nil && s.closing.Err() == nil {
		var n int64
		err := s.DB.Write(ctx, func(tx *db.Tx) (err error) {
			n, err = fn(tx)
			return err
		})
		if err != nil || n == 0 {
			return err
		}
	}
	return queue.Wait(time.Second, context.Cause(ctx))
}

// Tidy gives up what has waited too long or is too much, and removes what is
// older than it is kept for.
func (s *Service) Tidy(ctx context.Context) (err error) {
	defer errs.Wrap(&err, "webhook.Tidy")
	all, err := db.All(s.DB.Read(ctx), func(r *db.Rows, id *int64) error { return r.Scan(id) }, `SELECT webhook_id FROM webhook_health WHERE open > 0`)
	if err != nil {
		return err
	}
	for _, id := range all {
		for _, fn := range []func(*db.Tx, int64) (int64, error){s.skipTx, s.oldTx, s.excessTx} {
			if err := s.repeat(ctx, func(tx *db.Tx) (int64, error) { return fn(tx, id) }); err != nil {
				return err
			}
		}
	}
	for _, fn := range []func(*db.Tx) (int64, error){pruneTx, dropEventsTx} {
		if err := s.repeat(ctx, fn); err != nil {
			return err
		}
	}
	return nil
}

// skipTx expires a few deliveries that a person chose to skip, and forgets the
// choice with the last of them.
func (s *Service) skipTx(tx *db.Tx, id int64) (int64, error) {
	h, err := healthOf(tx, id)
	if errs.Is(err, errs.NotFound) || err == nil && h.skipThrough == 0 {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	n, err := expireTx(tx, id, h.skipThrough, slice)
	if err == nil && n < slice {
		_, err = tx.Exec(`UPDATE webhook_health SET skip_through = 0 WHERE webhook_id = ?`, id)
	}
	return n, err
}

// oldTx expires a few deliveries that have waited for 30 days.
func (s *Service) oldTx(tx *db.Tx, id int64) (int64, error) {
	return expireTx(tx, id, db.FirstID(tx.Now()-keepLog.Milliseconds()), slice)
}

// excessTx expires a few of the oldest of more than 100,000 deliveries.
func (s *Service) excessTx(tx *db.Tx, id int64) (int64, error) {
	open, err := db.Value[int64](tx, `SELECT open FROM webhook_health WHERE webhook_id = ?`, id)
	if errs.Is(err, errs.NotFound) || err == nil && open <= maxBacklog {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return expireTx(tx, id, 1<<63-1, min(slice, open-maxBacklog))
}

// expireTx expires the oldest deliveries up to an id, at most n, and counts them.
func expireTx(tx *db.Tx, id, through, n int64) (int64, error) {
	done, err := tx.Exec(`UPDATE webhook_delivery SET state = 'EXPIRED', next_at = 0, finished_at = ?
		WHERE id IN (SELECT id FROM webhook_delivery WHERE webhook_id = ? AND state = 'PENDING' AND id <= ? ORDER BY id LIMIT ?)`,
		tx.Now(), id, through, n)
	if err != nil || done == 0 {
		return 0, err
	}
	return done, countTx(tx, id, -done, 0, done)
}

// dropTx removes a few deliveries of an endpoint that is no more.
func dropTx(tx *db.Tx, id int64) (int64, error) {
	if _, err := tx.Exec(`DELETE FROM webhook_attempt WHERE delivery_id IN (SELECT id FROM webhook_delivery WHERE webhook_id = ? ORDER BY state, id LIMIT ?)`, id, slice); err != nil {
		return 0, err
	}
	return tx.Exec(`DELETE FROM webhook_delivery WHERE id IN (SELECT id FROM webhook_delivery WHERE webhook_id = ? ORDER BY state, id LIMIT ?)`, id, slice)
}

// pruneTx removes a few deliveries that are older than the log. The counts of
// failed and expired ones go with them.
func pruneTx(tx *db.Tx) (int64, error) {
	type row struct {
		id, endpoint int64
		state        string
		test         bool
	}
	old, err := db.All(tx, func(r *db.Rows, v *row) error { return r.Scan(&v.id, &v.endpoint, &v.state, &v.test) },
		`SELECT id, webhook_id, state, test FROM webhook_delivery WHERE id < ? ORDER BY id LIMIT ?`, db.FirstID(tx.Now()-keepLog.Milliseconds()), slice)
	if err != nil || len(old) == 0 {
		return 0, err
	}
	last := old[len(old)-1].id
	for _, stmt := range []string{`DELETE FROM webhook_attempt WHERE delivery_id <= ?`, `DELETE FROM webhook_delivery WHERE id <= ?`} {
		if _, err := tx.Exec(stmt, last); err != nil {
			return 0, err
		}
	}
	gone := map[int64]*[3]int64{}
	for _, v := range old {
		c := gone[v.endpoint]
		if c == nil {
			c = &[3]int64{}
			gone[v.endpoint] = c
		}
		switch {
		case v.test:
		case v.state == Pending:
			c[0]--
		case v.state == Failed:
			c[1]--
		case v.state == Expired:
			c[2]--
		}
	}
	for id, c := range gone {
		if err := countTx(tx, id, c[0], c[1], c[2]); err != nil {
			return 0, err
		}
	}
	return int64(len(old)), nil
}

// testEvents is where the ids of events made for tests begin: those of others
// are sequence numbers.
const testEvents = 1 << 52

// dropEventsTx removes a few events whose deliveries have left the log.
func dropEventsTx(tx *db.Tx) (int64, error) {
	before := tx.Now() - keepLog.Milliseconds() - time.Hour.Milliseconds()
	if _, err := tx.Exec(`DELETE FROM webhook_event WHERE id >= ? AND id < ?`, testEvents, db.FirstID(before)); err != nil {
		return 0, err
	}
	return tx.Exec(`DELETE FROM webhook_event WHERE id IN (
		SELECT id FROM (SELECT id, created_at FROM webhook_event WHERE id < ? ORDER BY id LIMIT ?) WHERE created_at < ?)`, testEvents, slice, before)
}
