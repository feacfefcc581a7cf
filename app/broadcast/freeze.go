package broadcast

import (
	"context"
	"time"

	"badala/app/contact"
	"badala/app/db"
	"badala/app/queue"
)

const (
	freezePage = 250              // people written down in one Write
	freezeTime = 20 * time.Second // before others have a turn
)

// freeze writes down whom a broadcast means, page after page. How far it is is
// written with each, so that a repeat goes on where it was left.
func (s *Service) freeze(ctx context.Context, b *Broadcast) error {
	until := s.DB.Now() + freezeTime.Milliseconds()
	for !b.Frozen {
		if s.DB.Now() > until {
			return queue.Wait(0, nil)
		}
		some, next, err := s.next(s.DB.Read(ctx), b.OrgID, &b.Audience, parsePlace(b.cursor), freezePage)
		if err != nil {
			return err
		}
		var now Broadcast
		err = s.DB.Write(ctx, func(tx *db.Tx) error {
			now, err = s.Get(tx, b.OrgID, b.ID)
			if err != nil || now.State != Running || now.Frozen || now.cursor != b.cursor {
				return err
			}
			return s.freezeTx(tx, &now, some, next)
		})
		if err != nil {
			return err
		}
		if now.cursor == b.cursor && now.Frozen == b.Frozen {
			return nil // paused, or another run's turn
		}
		*b = now
	}
	return nil
}

// freezeTx gives people their places. The same person or number never gets a
// second one.
func (s *Service) freezeTx(tx *db.Tx, b *Broadcast, some []member, next place) error {
	set, err := s.Settings(tx, b.OrgID)
	if err != nil {
		return err
	}
	if b.LeftOut == nil {
		b.LeftOut = map[string]int{}
	}
	waiting, skipped := 0, 0
	for _, m := range some {
		if m.skip != "" {
			b.LeftOut[m.skip]++
			continue
		}
		if m.ID == 0 {
			if m.Reach, err = s.Contacts.ReachByPhoneTx(tx, b.OrgID, m.Phone, contact.FromPerson); err != nil {
				return err
			}
		}
		state, why := Waiting, m.refusal(set.ExplicitConsent)
		if why != "" {
			state = Skipped
		}
		n, err := tx.Exec(`INSERT INTO broadcast_recipient (id, org_id, broadcast_id, contact_id, number, state, reason, updated_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`, tx.NewID(), b.OrgID, b.ID, m.ID, m.Key(), state, why, tx.Now())
		switch {
		case err != nil:
			return err
		case n == 0:
			b.LeftOut[SkipDuplicate]++
		case why != "":
			skipped++
		default:
			waiting++
		}
	}
	b.cursor, b.Frozen = next.String(), next.end()
	b.Counts.Waiting += waiting
	b.Counts.Skipped += skipped
	if _, err := tx.Exec(`UPDATE broadcast SET waiting = waiting + ?, skipped = skipped + ? WHERE id = ? AND org_id = ?`, waiting, skipped, b.ID, b.OrgID); err != nil {
		return err
	}
	return b.writeTx(tx)
}
