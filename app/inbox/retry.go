package inbox

import (
	"context"
	"fmt"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

// Retry sends a FAILED message again, in its old place of the thread. It is
// refused where another try cannot help, and outside the 24-hour window.
func (s *Service) Retry(ctx context.Context, who account.Actor, msg int64) (_ Message, err error) {
	defer errs.Wrap(&err, "inbox.Retry(%d)", msg)
	err = s.decide(ctx, who, msg, func(tx *db.Tx, c *Conversation, m *Message) error {
		switch {
		case m.Status == StatusPending:
			return nil // somebody was faster
		case m.Status != StatusFailed:
			return errs.Coded(errs.Conflict, "not_failed", "this message did not fail")
		case !m.Retriable():
			return errs.Coded(errs.Conflict, "not_retriable", "sending this again would fail again")
		}
		if err := s.allowTx(tx, who, *c, *m, 0); err != nil {
			return err
		}
		m.Status, m.Error, m.Outcome, m.AttemptStartedAt = StatusPending, MessageError{}, "", 0
		m.SentAt = 0 // should it have failed after it was sent: it will be sent anew
		m.Attempt++  // late news of the failed attempt must not end this one
		if err := setWaIDTx(tx, m, ""); err != nil {
			return err
		}
		if err := s.saveSendAsTx(tx, who, m, "message.updated"); err != nil {
			return err
		}
		if err := auditMessageTx(tx, who, "message.retry", m); err != nil {
			return err
		}
		return s.addSendTx(tx, m)
	})
	if err != nil {
		return Message{}, err
	}
	return s.Message(s.DB.Read(ctx), who.OrgID, msg)
}

// SendAgain sends what an UNCONFIRMED message says as a new message, at the
// risk that the customer has it twice. Asked twice, it gives the same one.
func (s *Service) SendAgain(ctx context.Context, who account.Actor, msg int64) (_ Message, err error) {
	defer errs.Wrap(&err, "inbox.SendAgain(%d)", msg)
	var id int64
	err = s.decide(ctx, who, msg, func(tx *db.Tx, c *Conversation, m *Message) error {
		name := fmt.Sprintf("again:%d", msg)
		first, err := db.Value[int64](tx, `SELECT id FROM message WHERE org_id = ? AND client_id = ? AND client_id <> ''`, who.OrgID, name)
		if err == nil || !errs.Is(err, errs.NotFound) {
			id = first
			return err
		}
		if !m.CanSendAgain() {
			return errs.Coded(errs.Conflict, "not_unconfirmed", "it is known what became of this message")
		}
		if err := s.allowTx(tx, who, *c, *m, 0); err != nil {
			return err
		}
		m.Outcome = OutcomeResent
		if err := s.saveSendAsTx(tx, who, m, "message.updated"); err != nil {
			return err
		}
		again := Message{
			OrgID: m.OrgID, ConversationID: m.ConversationID, ContactID: m.ContactID, ChannelID: m.ChannelID,
			Direction: Outbound, Type: m.Type, Body: m.Body, Caption: m.Caption, MediaID: m.MediaID,
			Payload: m.Payload, ReplyTo: m.ReplyTo, ReplyWamid: m.ReplyWamid, ClientID: name,
		}
		again.SentByKind, again.SentByID = sentBy(who)
		if *c, err = conversationRow(tx, c.OrgID, c.ID); err != nil {
			return err
		}
		if err := s.queueTx(tx, who, c, &again); err != nil {
			return err
		}
		id = again.ID
		return auditMessageTx(tx, who, "message.send_again", &again)
	})
	if err != nil {
		return Message{}, err
	}
	return s.Message(s.DB.Read(ctx), who.OrgID, id)
}

// MarkSent settles an UNCONFIRMED message by somebody's word. Statuses that
// come later still count.
func (s *Service) MarkSent(ctx context.Context, who account.Actor, msg int64) (_ Message, err error) {
	defer errs.Wrap(&err, "inbox.MarkSent(%d)", msg)
	err = s.decide(ctx, who, msg, func(tx *db.Tx, _ *Conversation, m *Message) error {
		if m.Outcome == OutcomeMarked || m.Status != StatusUnconfirmed && m.Status != StatusFailed && m.Status != StatusPending {
			return nil
		}
		if m.Status != StatusUnconfirmed {
			return errs.Coded(errs.Conflict, "not_unconfirmed", "it is known what became of this message")
		}
		m.Status, m.Outcome, m.SentAt = StatusSent, OutcomeMarked, m.AttemptStartedAt
		if err := s.saveSendAsTx(tx, who, m, "message.sent"); err != nil {
			return err
		}
		return auditMessageTx(tx, who, "message.mark_sent", m)
	})
	if err != nil {
		return Message{}, err
	}
	return s.Message(s.DB.Read(ctx), who.OrgID, msg)
}

// decide changes a message of ours in one Write, for who may reply.
func (s *Service) decide(ctx context.Context, who account.Actor, msg int64, fn func(*db.Tx, *Conversation, *Message) error) error {
	if err := who.Require(account.Reply); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		m, err := messageRow(tx, who.OrgID, msg)
		if err != nil {
			return err
		}
		if m.Direction != Outbound {
			return errs.Coded(errs.Conflict, "not_failed", "this is no message of ours")
		}
		c, err := conversationRow(tx, who.OrgID, m.ConversationID)
		if err != nil {
			return err
		}
		return fn(tx, &c, &m)
	})
}
