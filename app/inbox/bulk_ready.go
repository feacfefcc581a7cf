package inbox

import (
	"context"
	"time"

	"badala/app/account"
	"badala/app/channel"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/meta"
	"badala/app/queue"
	"badala/app/template"
)

// What follows spares broadcasts the reading of what this process wrote a
// second ago. Whatever is out of the ordinary goes the way of every message,
// and the attempt on record decides in any case whether one may go out.

// readyMessage is a message of a broadcast as it was when it was made.
type readyMessage struct {
	d delivery
	b *BulkTemplate
	v template.Values
}

// bulkNumber is what was known of a number a moment ago.
type bulkNumber struct {
	ch          channel.Channel
	rate        int
	pausedUntil int64
	at          int64
}

// numberLife is how old that may be.
const numberLife = 50 * time.Millisecond

// take gives a message that is ready, once.
func (b *bulk) take(msg int64) *readyMessage {
	if r, ok := b.ready.LoadAndDelete(msg); ok {
		return r.(*readyMessage)
	}
	return nil
}

// bulkNumber tells how a number is.
func (s *Service) bulkNumber(ctx context.Context, org, id int64) (*bulkNumber, error) {
	now := s.DB.Now()
	if known, ok := s.bulk.numbers.Load(id); ok {
		if n := known.(*bulkNumber); now >= n.at && now-n.at < numberLife.Milliseconds() {
			return n, nil
		}
	}
	q := s.DB.Read(ctx)
	n := &bulkNumber{at: now}
	var err error
	if n.ch, err = s.Channels.ByID(q, org, id); err != nil {
		return nil, err
	}
	if n.pausedUntil, err = s.SendingPausedUntil(q, id); err != nil {
		return nil, err
	}
	if n.rate, err = s.SendRate(q, n.ch); err != nil {
		return nil, err
	}
	s.bulk.numbers.Store(id, n)
	return n, nil
}

// sendReady sends a message that is ready; over is false when it must go the
// way of every message.
func (s *Service) sendReady(ctx context.Context, j *queue.Job[sendArgs], r *readyMessage) (over bool, err error) {
	d := r.d
	n, err := s.bulkNumber(ctx, d.m.OrgID, d.m.ChannelID)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	now := s.DB.Now()
	if j.Interrupted || j.Attempt > 1 || !n.ch.CanSend() || n.pausedUntil > now {
		return false, nil
	}
	d.ch = n.ch
	if wait := s.pace.take(turn{channel: d.m.ChannelID, conv: d.m.ConversationID, rate: float64(n.rate), bulk: true}, now); wait > 0 {
		s.bulk.ready.Store(d.m.ID, r)
		return true, queue.Wait(wait, errPaced)
	}
	fileID, err := s.fileForMeta(ctx, d)
	if err != nil {
		return true, s.conclude(ctx, j, d, answer{err: err})
	}
	components, err := s.templateGraph(ctx, d, r.b.t, r.b.spec, r.v, fileID)
	if err != nil {
		return true, s.conclude(ctx, j, d, answer{err: err})
	}
	return true, s.attempt(ctx, j, d, fileID, components)
}

// acceptReadyTx files that Meta took a message that was ready; done is false
// when something happened to the message meanwhile.
func (s *Service) acceptReadyTx(tx *db.Tx, d delivery, r meta.SendResult) (done bool, err error) {
	m := d.m
	n, err := tx.Exec(`UPDATE message SET status = 'SENT', outcome = ?, sent_at = ?, wa_id = ?, wa_hash = ?
		WHERE id = ? AND org_id = ? AND status = 'PENDING' AND wa_id = '' AND EXISTS (SELECT 1 FROM conversation c WHERE c.id = message.conversation_id)`,
		OutcomeAccepted, tx.Now(), r.MessageID, hashValue(m.ChannelID, r.MessageID), m.ID, m.OrgID)
	if err != nil || n == 0 {
		return false, err
	}
	m.Status, m.Outcome, m.SentAt, m.WaID = StatusSent, OutcomeAccepted, tx.Now(), r.MessageID
	seq, err := s.Events.Record(tx, m.event(account.SystemActor(m.OrgID), "message.sent"))
	if err != nil {
		return false, err
	}
	if _, err := tx.Exec(`UPDATE message SET rev = ? WHERE id = ? AND org_id = ?`, seq, m.ID, m.OrgID); err != nil {
		return false, err
	}
	if _, err := tx.Exec(`UPDATE conversation SET rev = ?1, last_status = CASE last_message_id WHEN ?2 THEN 'SENT' ELSE last_status END WHERE id = ?3 AND org_id = ?4`,
		seq, m.ID, m.ConversationID, m.OrgID); err != nil {
		return false, err
	}
	if err := s.bulkChangedTx(tx, &m); err != nil {
		return false, err
	}
	if err := unpauseTx(tx, m.ChannelID, m.ConversationID); err != nil {
		return false, err
	}
	if r.WaID != "" && d.to.phone != "" && "+"+r.WaID != d.to.phone {
		if _, _, err := s.Contacts.AttachPhoneTx(tx, m.OrgID, m.ContactID, r.WaID); err != nil {
			return false, err
		}
	}
	tx.AfterCommit(func() { s.pace.accepted(&m, tx.Now(), m.hasFile()) })
	return true, s.unparkTx(tx, m.ID, m.OrgID, waHash(m.ChannelID, m.WaID))
}
