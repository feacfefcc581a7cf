package broadcast

import (
	"context"
	"time"

	"badala/app/channel"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/inbox"
)

const (
	// DefaultRate is how many messages a second go out unless somebody says
	// otherwise.
	DefaultRate = 10
	// ahead is how much is on its way at a time: so soon a pause acts.
	ahead     = 1200 * time.Millisecond
	feedBatch = 50 // messages made in one Write
	// spare is how many messages may be under way besides those of three
	// seconds: with few a second, slow answers must not stop the next.
	spare = 100
)

// recipientRow is a recipient that has not been written to.
type recipientRow struct{ id, contact, message int64 }

// feed puts messages on their way, each at its time, and tells when to look
// again.
func (s *Service) feed(ctx context.Context, b *Broadcast, ch channel.Channel) (time.Duration, error) {
	if b.Counts.Waiting == 0 {
		if b.Counts.Queued == 0 {
			return 0, nil
		}
		return lastLook, nil
	}
	limit, err := s.Inbox.SendRate(s.DB.Read(ctx), ch)
	if err != nil {
		return 0, err
	}
	every, rate := b.interval(limit)
	w := newWording(b.Given)
	room := int(3*rate) + spare - b.Counts.Queued
	for room > 0 {
		done, left, err := s.feedOnce(ctx, b, w, every, min(room, feedBatch))
		if err != nil || done < 0 || left == 0 {
			return feedEvery, err
		}
		if done == 0 {
			break
		}
		room -= done
	}
	return feedEvery, nil
}

// interval is the time between two messages, in milliseconds, and how many of
// them make a second.
func (b *Broadcast) interval(limit int) (every, rate float64) {
	n := b.Rate
	if n <= 0 {
		n = DefaultRate
	}
	every = max(1000/float64(max(min(n, limit), 1)), float64(b.GapMS))
	return every, 1000 / every
}

// feedOnce makes the messages that are due soon, n at most. It gives how many
// recipients it dealt with, less than 0 when the broadcast may not go on, and
// how many still wait.
func (s *Service) feedOnce(ctx context.Context, b *Broadcast, w *wording, every float64, n int) (done, left int, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		done, left = -1, 0
		now, err := s.Get(tx, b.OrgID, b.ID)
		if err != nil || now.State != Running {
			return err
		}
		// Later than that it can only be since the clock was set back.
		soon := float64(tx.Now()+ahead.Milliseconds()) + every
		next := max(min(float64(now.nextAt), soon), float64(tx.Now()))
		n := min(n, int((float64(tx.Now()+ahead.Milliseconds())-next)/every)+1)
		if next > float64(tx.Now()+ahead.Milliseconds()) {
			n = 0
		}
		rows, err := db.All(tx, func(r *db.Rows, v *recipientRow) error { return r.Scan(&v.id, &v.contact, &v.message) },
			`SELECT id, contact_id, message_id FROM broadcast_recipient WHERE broadcast_id = ? AND state = 'WAITING' ORDER BY id LIMIT ?`, b.ID, n)
		if err != nil {
			return err
		}
		f := feeder{s: s, tx: tx, b: &now, w: w}
		if err := f.load(rows); err != nil {
			return err
		}
		for _, r := range rows {
			queued, err := f.one(r, together(next, every))
			if err != nil {
				return err
			}
			if queued {
				next += every
			}
		}
		done, left = len(rows), now.Counts.Waiting-len(rows)
		if _, err := tx.Exec(`UPDATE broadcast SET waiting = waiting - ?1, queued = queued + ?2, skipped = skipped + ?3, next_at = ?4 WHERE id = ?5`,
			len(rows)-f.again, f.queued, f.skipped, int64(next), b.ID); err != nil {
			return err
		}
		return nil
	})
	return done, left, err
}

// claimStep is how close messages follow each other before they go in groups:
// a group is claimed at once.
const claimStep = 20

// together is the time of a message that is due at next.
func together(next, every float64) int64 {
	if every >= claimStep {
		return int64(next)
	}
	return (int64(next)/claimStep + 1) * claimStep
}

// feeder makes the messages of one Write.
type feeder struct {
	s      *Service
	tx     *db.Tx
	b      *Broadcast
	w      *wording
	set    Settings
	t      *inbox.BulkTemplate
	people map[int64]contact.Contact

	queued, skipped, again int
}

func (f *feeder) load(rows []recipientRow) (err error) {
	if len(rows) == 0 {
		return nil
	}
	if f.set, err = f.s.Settings(f.tx, f.b.OrgID); err != nil {
		return err
	}
	if f.t, err = f.s.Inbox.BulkTemplate(f.tx, f.b.OrgID, f.b.ChannelID, f.b.Template, f.b.Language); err != nil {
		return err
	}
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.contact
	}
	f.people, err = f.s.Contacts.ByIDs(f.tx, f.b.OrgID, ids)
	return err
}

// one puts the message to one recipient on its way, or leaves them out.
func (f *feeder) one(r recipientRow, at int64) (queued bool, err error) {
	c, known := f.people[r.contact]
	if !known {
		return false, f.skip(r, SkipGone)
	}
	m := member{Reach: contact.Reach{ID: c.ID, Phone: c.Phone, WaID: c.WaID, UserID: c.UserID, Consent: c.Consent}}
	if why := m.refusal(f.set.ExplicitConsent); why != "" {
		return false, f.skip(r, why)
	}
	if r.message != 0 {
		err = f.s.Inbox.RequeueTx(f.tx, f.b.OrgID, r.message, at)
		if err == nil {
			f.again++ // the message itself has told its recipient
			return true, nil
		}
		if errs.As(err) == nil {
			return false, err
		}
		return false, f.skip(r, SkipGone)
	}
	values, missing := f.w.to(&c)
	if len(missing) > 0 {
		return false, f.skip(r, SkipNoValue)
	}
	msg, err := f.s.Inbox.QueueTemplateTx(f.tx, f.t, c, values, f.b.ID, at)
	if errs.As(err) != nil {
		return false, f.skip(r, SkipNoValue)
	}
	if err != nil {
		return false, err
	}
	_, err = f.tx.Exec(`UPDATE broadcast_recipient SET state = 'QUEUED', message_id = ?, updated_at = ? WHERE id = ?`, msg, f.tx.Now(), r.id)
	f.queued++
	return true, err
}

func (f *feeder) skip(r recipientRow, why string) error {
	f.skipped++
	_, err := f.tx.Exec(`UPDATE broadcast_recipient SET state = 'SKIPPED', reason = ?, updated_at = ? WHERE id = ?`, why, f.tx.Now(), r.id)
	return err
}
