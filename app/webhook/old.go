package webhook

import (
	"context"
	"encoding/json"
	"time"

	"badala/app/db"
	"badala/app/errs"
)

// oldBodies are the events of an organisation whose body is kept although no
// delivery waits for it, from one instant on and before another.
const oldBodies = ` FROM webhook_event e INDEXED BY webhook_event_body WHERE e.org_id = ? AND e.body <> '' AND e.created_at >= ? AND e.created_at < ?
	AND NOT EXISTS (SELECT 1 FROM webhook_delivery d WHERE d.id BETWEEN e.first_delivery AND e.last_delivery AND d.state = 'PENDING')`

// LogDays is for how many days deliveries are known: no body is kept longer.
const LogDays = int(keepLog / (24 * time.Hour))

// BodiesBetween counts the kept bodies that no delivery waits for, of events
// from one instant on and before another, and tells when the first of them
// was, 0 without any.
func BodiesBetween(q db.Q, org, from, before int64) (n, first int64, err error) {
	all, err := db.One(q, func(r *db.Rows, v *[2]int64) error { return r.Scan(&v[0], &v[1]) },
		`SELECT COUNT(*), coalesce(MIN(e.created_at), 0)`+oldBodies, org, from, before)
	return all[0], all[1], err
}

// DropBodies empties the bodies of an organisation's events before an instant
// that no delivery waits for, a few in each Write, in which note hears how many.
func (s *Service) DropBodies(ctx context.Context, org, before int64, note func(tx *db.Tx, n int64) error) (err error) {
	defer errs.Wrap(&err, "webhook.DropBodies(org %d)", org)
	type event struct{ id, at int64 }
	var last event
	for {
		all, err := db.All(s.DB.Read(ctx), func(r *db.Rows, e *event) error { return r.Scan(&e.id, &e.at) },
			`SELECT e.id, e.created_at`+oldBodies+` AND (e.created_at, e.id) > (?, ?) ORDER BY e.created_at, e.id LIMIT ?`, org, last.at, before, last.at, last.id, slice)
		if err != nil || len(all) == 0 {
			return err
		}
		last = all[len(all)-1]
		ids := make([]int64, len(all))
		for i, e := range all {
			ids[i] = e.id
		}
		if err := s.blank(ctx, org, before, ids, note); err != nil {
			return err
		}
	}
}

// blank empties bodies, but for those that a redelivery waits for since.
func (s *Service) blank(ctx context.Context, org, before int64, ids []int64, note func(tx *db.Tx, n int64) error) error {
	list, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(`UPDATE webhook_event AS e SET body = '' WHERE id IN (SELECT value FROM json_each(?)) AND org_id = ? AND body <> '' AND created_at < ?
			AND NOT EXISTS (SELECT 1 FROM webhook_delivery d WHERE d.id BETWEEN e.first_delivery AND e.last_delivery AND d.state = 'PENDING')`, string(list), org, before)
		if err != nil || n == 0 {
			return err
		}
		return note(tx, n)
	})
}
