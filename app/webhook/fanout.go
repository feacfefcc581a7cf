package webhook

import (
	"fmt"

	"badala/app/db"
	"badala/app/event"
	"badala/app/queue"
)

// deliverArgs name an endpoint whose deliveries are due.
type deliverArgs struct{ Endpoint int64 }

// onRecord adds the deliveries of an event to its transaction. Most events are
// recorded before their rows are written, so the body is made at its end.
func (s *Service) onRecord(tx *db.Tx, e event.Event) error {
	if !isEvent(e.Type) {
		return nil
	}
	known, err := s.targets(tx)
	if err != nil {
		return err
	}
	to := known.byEvent[e.OrgID][e.Type]
	if len(to) == 0 {
		return nil
	}
	tx.AtEnd(func() error { return s.fanOutTx(tx, e, to) })
	return nil
}

func (s *Service) fanOutTx(tx *db.Tx, e event.Event, to []*target) error {
	body, err := bodyOf(envelope{
		Event: e.Type, EventID: db.FormatID("evt", e.Seq), OrgID: db.FormatID("org", e.OrgID),
		Timestamp: db.FormatTime(e.At), Data: s.renderSafely(tx, e),
	})
	if err != nil {
		return err
	}
	var first, last int64
	for _, t := range to {
		last = tx.NewID()
		if first == 0 {
			first = last
		}
		if _, err := tx.Exec(`INSERT INTO webhook_delivery (id, org_id, webhook_id, event_id, event, state, next_at, created_at) VALUES (?, ?, ?, ?, ?, 'PENDING', ?, ?)`,
			last, e.OrgID, t.id, e.Seq, e.Type, tx.Now(), tx.Now()); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE webhook_health SET open = open + 1 WHERE webhook_id = ?`, t.id); err != nil {
			return err
		}
		if t.state != Active {
			continue
		}
		if err := s.wakeTx(tx, t.id, false); err != nil {
			return err
		}
	}
	_, err = tx.Exec(`INSERT INTO webhook_event (id, org_id, event, contact_id, first_delivery, last_delivery, body, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		e.Seq, e.OrgID, e.Type, e.ContactID, first, last, body, tx.Now())
	return err
}

// lane is where the one job of an endpoint runs.
func lane(id int64) string { return fmt.Sprintf("hook:%d", id) }

// wakeTx makes sure that the job of an endpoint looks at what is due now: it
// is at work, or is added or woken. While the endpoint is known to be down, it
// sleeps on, unless force.
func (s *Service) wakeTx(tx *db.Tx, id int64, force bool) error {
	running, until := s.live(id).state()
	if running && !force {
		return nil
	}
	if force {
		until = 0
	}
	err := s.deliver.Add(s.Queue, tx, deliverArgs{id}, queue.Once("%d", id), queue.Lane(lane(id), 1), queue.At(max(until, tx.Now())))
	if err != nil || until > tx.Now() {
		return err
	}
	return s.Queue.Wake(tx, s.deliver.Name, lane(id))
}

// wakeAllTx is the safety net: an endpoint that has something due and no job
// gets one.
func (s *Service) wakeAllTx(tx *db.Tx, _ int64) error {
	due, err := db.All(tx, func(r *db.Rows, id *int64) error { return r.Scan(id) }, `
		SELECT w.id FROM webhook w JOIN webhook_health h ON h.webhook_id = w.id
		WHERE w.state = 'ACTIVE' AND h.open > 0 AND h.breaker_until <= ?1
		  AND EXISTS (SELECT 1 FROM webhook_delivery d WHERE d.webhook_id = w.id AND d.state = 'PENDING' AND d.next_at <= ?1)`, tx.Now())
	if err != nil {
		return err
	}
	for _, id := range due {
		if err := s.wakeTx(tx, id, false); err != nil {
			return err
		}
	}
	return nil
}
