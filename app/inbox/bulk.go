package inbox

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"badala/app/account"
	"badala/app/channel"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/queue"
)

// bulkKind is a message of a broadcast on its way to Meta. It has workers of
// its own, so that nobody's answer waits behind a broadcast, and so many that
// calls of 50 ms, with the commits around them, add up to a thousand a second.
// The client keeps 128 connections: some are left for people.
var bulkKind = &queue.Kind[sendArgs]{
	Name: "inbox.send_bulk", Attempts: sendKind.Attempts, Timeout: sendKind.Timeout, Workers: 112, Backoff: sendKind.Backoff,
}

// bulkHeld is how soon a message looks whether its broadcast goes on, should
// nobody have told it.
const bulkHeld = time.Minute

var errBulkHeld = errors.New("the broadcast is paused")

// BulkVerdict is what a broadcast says of an attempt to send one of its
// messages.
type BulkVerdict struct {
	Hold   bool          // not now
	Refuse *MessageError // not at all
}

// bulk is what broadcasts want to know, and to be asked.
type bulk struct {
	mayTx      func(*db.Tx, *Message) (BulkVerdict, error)
	changedTx  func(*db.Tx, *Message) error
	answeredTx func(*db.Tx, *Message) error
	mergedTx   func(tx *db.Tx, org, from, into int64) error
	needs      func(q db.Q, org int64, key string) (bool, error)

	rates   sync.Map // channel id → messages a second that somebody set; 0: none
	ready   sync.Map // message id → *readyMessage
	numbers sync.Map // channel id → *bulkNumber
}

// OnBroadcastAttempt asks may in the transaction that puts an attempt to send a
// message of a broadcast on record. Register it before the queue runs.
func (s *Service) OnBroadcastAttempt(may func(*db.Tx, *Message) (BulkVerdict, error)) {
	s.bulk.mayTx = may
}

// OnBroadcastMessage calls changed in every transaction that changes the status
// of a message that a broadcast sent. Register it before the queue runs.
func (s *Service) OnBroadcastMessage(changed func(*db.Tx, *Message) error) {
	s.bulk.changedTx = changed
}

// OnCustomerMessage calls heard in the transaction that files a message which a
// customer wrote just now. Register it before the queue runs.
func (s *Service) OnCustomerMessage(heard func(*db.Tx, *Message) error) { s.bulk.answeredTx = heard }

// OnContactsMerge calls merged when all that a contact had becomes another
// one's. Register it before the queue runs.
func (s *Service) OnContactsMerge(merged func(tx *db.Tx, org, from, into int64) error) {
	s.bulk.mergedTx = merged
}

// OnFileErase asks needs whether a file that no message holds any more must
// stay all the same. Register it before the queue runs.
func (s *Service) OnFileErase(needs func(q db.Q, org int64, key string) (bool, error)) {
	s.bulk.needs = needs
}

// bulkAttemptTx asks the broadcast of m whether it may go out now.
func (s *Service) bulkAttemptTx(tx *db.Tx, m *Message) error {
	if m.SentByKind != SentByBroadcast || s.bulk.mayTx == nil {
		return nil
	}
	v, err := s.bulk.mayTx(tx, m)
	switch {
	case err != nil:
		return err
	case v.Refuse != nil:
		return &refusal{*v.Refuse}
	case v.Hold:
		return errBulkHeld
	}
	return nil
}

// bulkChangedTx tells the broadcast of m what became of it.
func (s *Service) bulkChangedTx(tx *db.Tx, m *Message) error {
	if m.SentByKind != SentByBroadcast || s.bulk.changedTx == nil {
		return nil
	}
	return s.bulk.changedTx(tx, m)
}

// bulkConversationTx finds the conversation in which a broadcast writes to a
// contact, or prepares it: then it has an id and is not there yet. It is closed:
// nobody waits for an answer.
func bulkConversationTx(tx *db.Tx, org, channelID, contactID int64) (c Conversation, fresh bool, err error) {
	c, err = db.One(tx, scanConversation, `SELECT `+conversationColumns+` FROM conversation c
		WHERE c.contact_id = ? AND c.channel_id = ? AND c.group_id = '' AND c.org_id = ?`, contactID, channelID, org)
	if !errs.Is(err, errs.NotFound) {
		return c, false, err
	}
	return Conversation{ID: tx.NewID(), OrgID: org, ChannelID: channelID, ContactID: contactID, Status: Closed, CreatedAt: tx.Now()}, true, nil
}

// insertBulkTx writes a conversation that begins with m.
func insertBulkTx(tx *db.Tx, c *Conversation, m *Message) error {
	c.follow(m)
	_, err := tx.Exec(`INSERT INTO conversation (id, org_id, channel_id, contact_id, status, created_at,
			last_message_id, last_message_at, last_type, last_text, last_direction, last_status) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		c.ID, c.OrgID, c.ChannelID, c.ContactID, c.Status, c.CreatedAt,
		c.LastMessageID, c.LastMessageAt, c.LastPreview.Type, c.LastPreview.Text, c.LastPreview.Direction, c.LastPreview.Status)
	return err
}

// addBulkTx adds the job that sends m, not before a time.
func (s *Service) addBulkTx(tx *db.Tx, m *Message, at int64) error {
	return bulkKind.Add(s.Queue, tx, sendArgs{Org: m.OrgID, Message: m.ID}, queue.Once("%d", m.ID), queue.At(at))
}

// RequeueTx sends a FAILED message of a broadcast again, in its old place of
// the thread and not before a time.
func (s *Service) RequeueTx(tx *db.Tx, org, msg, at int64) error {
	m, err := messageRow(tx, org, msg)
	if err != nil {
		return err
	}
	if m.Status != StatusFailed || m.SentByKind != SentByBroadcast {
		return errs.Coded(errs.Conflict, "not_failed", "this message did not fail")
	}
	m.Status, m.Error, m.Outcome, m.AttemptStartedAt, m.SentAt = StatusPending, MessageError{}, "", 0, 0
	m.Attempt++ // late news of the failed attempt must not end this one
	if err := setWaIDTx(tx, &m, ""); err != nil {
		return err
	}
	if err := s.saveSendAsTx(tx, account.SystemActor(org), &m, "message.updated"); err != nil {
		return err
	}
	return s.addBulkTx(tx, &m, at)
}

// bulkAhead is how far ahead messages of broadcasts have a time of their own;
// those that wait longer were put aside.
const bulkAhead = 2 * time.Second

// WakeBroadcastsTx lets the messages of broadcasts that were put aside look
// again whether they may go.
func (s *Service) WakeBroadcastsTx(tx *db.Tx) error {
	return s.Queue.WakeLate(tx, bulkKind.Name, tx.Now()+bulkAhead.Milliseconds())
}

// SendingPausedUntil is until when Meta's limits make a number wait; a time
// that is over is no wait.
func (s *Service) SendingPausedUntil(q db.Q, channelID int64) (int64, error) {
	p, err := pauseOf(q, channelID, 0)
	return p.until, err
}

// SendRate is how many messages a second a number may send.
func (s *Service) SendRate(q db.Q, ch channel.Channel) (int, error) {
	set, err := s.rateSet(q, ch.OrgID, ch.ID)
	if set > 0 || err != nil {
		return set, err
	}
	return rateOf(ch), nil
}

// maxSendRate is the most that Meta takes of any number.
const maxSendRate = 1000

// SetSendRate decides how many messages a second a number may send; 0 leaves it
// to the level that Meta tells.
func (s *Service) SetSendRate(ctx context.Context, who account.Actor, channelID int64, perSecond int) (err error) {
	defer errs.Wrap(&err, "inbox.SetSendRate(%d)", channelID)
	if err := who.Require(account.ManageChannels); err != nil {
		return err
	}
	if perSecond < 0 || perSecond > maxSendRate {
		return errs.Field("sendRate", fmt.Sprintf("from 0 to %d", maxSendRate))
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.Channels.ByID(tx, who.OrgID, channelID); err != nil {
			return err
		}
		was, err := s.rateSet(tx, who.OrgID, channelID)
		if err != nil || was == perSecond {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO send_rate (channel_id, org_id, per_second, updated_at) VALUES (?1, ?2, ?3, ?4)
			ON CONFLICT (channel_id) DO UPDATE SET per_second = ?3, updated_at = ?4`, channelID, who.OrgID, perSecond, tx.Now()); err != nil {
			return err
		}
		tx.AfterCommit(func() { s.bulk.rates.Store(channelID, perSecond) })
		return account.AuditTx(tx, who, account.Line{Action: "channel.send_rate", Target: "chan", TargetID: channelID,
			Before: map[string]int{"perSecond": was}, After: map[string]int{"perSecond": perSecond}})
	})
}

// rateSet is what somebody set as the rate of a number, 0 for nothing.
func (s *Service) rateSet(q db.Q, org, channelID int64) (int, error) {
	if known, ok := s.bulk.rates.Load(channelID); ok {
		return known.(int), nil
	}
	set, err := db.Value[int](q, `SELECT per_second FROM send_rate WHERE channel_id = ? AND org_id = ?`, channelID, org)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return 0, err
	}
	s.bulk.rates.LoadOrStore(channelID, set)
	return set, nil
}
