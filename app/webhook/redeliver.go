package webhook

import (
	"context"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

const (
	maxRedeliver = 10_000
	slice        = 500 // rows that one Write changes
)

// Redeliver sends a delivery again: same id, same bytes, the whole schedule
// from its beginning. At an endpoint that is not active it is held.
func (s *Service) Redeliver(ctx context.Context, who account.Actor, endpoint, delivery int64) (err error) {
	defer errs.Wrap(&err, "webhook.Redeliver(%d)", delivery)
	if err := who.Require(account.ManageWebhooks); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		t, err := s.targetByID(tx, who.OrgID, endpoint)
		if err != nil {
			return err
		}
		type row struct {
			state string
			test  bool
			kept  bool
		}
		d, err := db.One(tx, func(r *db.Rows, d *row) error { return r.Scan(&d.state, &d.test, &d.kept) }, `
			SELECT d.state, d.test, coalesce(e.body <> '', 0) FROM webhook_delivery d LEFT JOIN webhook_event e ON e.id = d.event_id
			WHERE d.id = ? AND d.webhook_id = ? AND d.org_id = ?`, delivery, endpoint, who.OrgID)
		switch {
		case errs.Is(err, errs.NotFound):
			return errs.New(errs.NotFound, "no such delivery")
		case err != nil:
			return err
		case d.test:
			return errs.Coded(errs.Conflict, "test_delivery", "a test is not sent again; make another one")
		case !d.kept:
			return errs.Coded(errs.Conflict, "body_not_kept", "the content of this delivery is no longer kept")
		}
		if err := notSkipping(tx, endpoint); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE webhook_delivery SET state = 'PENDING', next_at = ?, finished_at = 0, tries = 0, manual = 1 WHERE id = ? AND org_id = ?`,
			tx.Now(), delivery, who.OrgID); err != nil {
			return err
		}
		if err := againTx(tx, endpoint, d.state, 1); err != nil {
			return err
		}
		if t.state == Active {
			if err := s.wakeTx(tx, endpoint, true); err != nil {
				return err
			}
		}
		return account.AuditTx(tx, who, account.Line{Action: "webhook.redeliver", Target: "hook", TargetID: endpoint, Detail: db.FormatID("dlv", delivery)})
	})
}

// notSkipping refuses to send again while what a person skipped is still
// being taken out: it would go with the rest.
func notSkipping(tx *db.Tx, endpoint int64) error {
	h, err := healthOf(tx, endpoint)
	if err == nil && h.skipThrough != 0 {
		return errs.Coded(errs.Conflict, "webhook_skipping", "skipped deliveries are still being taken out; try again in a minute")
	}
	return err
}

// againTx counts deliveries that leave a state to wait again.
func againTx(tx *db.Tx, endpoint int64, from string, n int64) error {
	switch from {
	case Delivered, Erased:
		return countTx(tx, endpoint, n, 0, 0)
	case Failed:
		return countTx(tx, endpoint, n, -n, 0)
	case Expired:
		return countTx(tx, endpoint, n, 0, -n)
	}
	return nil
}

// RedeliverFailed sends again what failed among the deliveries made since a
// time, at most 10,000 of them, the oldest first.
func (s *Service) RedeliverFailed(ctx context.Context, who account.Actor, endpoint, since int64) (n int, err error) {
	defer errs.Wrap(&err, "webhook.RedeliverFailed(%d)", endpoint)
	if err := who.Require(account.ManageWebhooks); err != nil {
		return 0, err
	}
	for n < maxRedeliver {
		var some int64
		err := s.DB.Write(ctx, func(tx *db.Tx) error {
			t, err := s.targetByID(tx, who.OrgID, endpoint)
			if err != nil {
				return err
			}
			if err := notSkipping(tx, endpoint); err != nil {
				return err
			}
			some, err = tx.Exec(`UPDATE webhook_delivery SET state = 'PENDING', next_at = ?, finished_at = 0, tries = 0, manual = 1
				WHERE id IN (SELECT d.id FROM webhook_delivery d JOIN webhook_event e ON e.id = d.event_id
					WHERE d.webhook_id = ? AND d.state = 'FAILED' AND d.id >= ? AND d.org_id = ? AND d.test = 0 AND e.body <> '' ORDER BY d.id LIMIT ?)`,
				tx.Now(), endpoint, db.FirstID(since), who.OrgID, min(slice, maxRedeliver-n))
			if err != nil {
				return err
			}
			if err := againTx(tx, endpoint, Failed, some); err != nil {
				return err
			}
			if n == 0 {
				if err := account.AuditTx(tx, who, account.Line{Action: "webhook.redeliver", Target: "hook", TargetID: endpoint, Detail: "failed since " + db.FormatTime(since)}); err != nil {
					return err
				}
			}
			if some == 0 || t.state != Active {
				return nil
			}
			return s.wakeTx(tx, endpoint, true)
		})
		n += int(some)
		if err != nil || some < slice {
			return n, err
		}
	}
	return n, nil
}
