package webhook

import (
	"context"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

// Test posts an example of an event at once, marked "test": true, and gives
// what came back. It is in the log, is not tried again and counts for nothing,
// so an endpoint that is not active can be tested as well.
func (s *Service) Test(ctx context.Context, who account.Actor, id int64, event string) (_ Attempt, err error) {
	defer errs.Wrap(&err, "webhook.Test(%d)", id)
	if err := who.Require(account.ManageWebhooks); err != nil {
		return Attempt{}, err
	}
	if !isEvent(event) {
		return Attempt{}, errs.Fieldf("event", "there is no event %q", event)
	}
	t, err := s.targetByID(s.DB.Read(ctx), who.OrgID, id)
	if err != nil {
		return Attempt{}, err
	}
	var delivery, eventID int64
	if err := s.DB.Write(ctx, func(tx *db.Tx) error {
		delivery, eventID = tx.NewID(), tx.NewID()
		return account.AuditTx(tx, who, account.Line{Action: "webhook.test", Target: "hook", TargetID: id, Detail: event})
	}); err != nil {
		return Attempt{}, err
	}
	body, err := bodyOf(envelope{
		Event: event, EventID: db.FormatID("evt", eventID), OrgID: db.FormatID("org", who.OrgID),
		Timestamp: db.FormatTime(s.DB.Now()), Test: true, Data: Example(event),
	})
	if err != nil {
		return Attempt{}, err
	}
	a := s.post(ctx, t, event, db.FormatID("dlv", delivery), addressed(body, delivery))
	if ctx.Err() != nil {
		return Attempt{}, ctx.Err()
	}
	state := Failed
	if a.ok() {
		state = Delivered
	}
	err = s.DB.Write(context.WithoutCancel(ctx), func(tx *db.Tx) error {
		if _, err := tx.Exec(`INSERT INTO webhook_event (id, org_id, event, first_delivery, last_delivery, body, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			eventID, who.OrgID, event, delivery, delivery, body, tx.Now()); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO webhook_delivery (id, org_id, webhook_id, event_id, event, state, next_at, created_at, tries, attempts, test,
				finished_at, last_at, source, ip, status, duration, error, response)
			VALUES (?, ?, ?, ?, ?, ?, 0, ?, 1, 1, 1, ?, ?, 'TEST', ?, ?, ?, ?, ?)`,
			delivery, who.OrgID, id, eventID, event, state, tx.Now(), tx.Now(), a.at, a.ip, a.status, a.duration, a.class, a.response)
		return err
	})
	return Attempt{a.at, Tried, a.ip, a.status, a.duration, a.class, a.response}, err
}
