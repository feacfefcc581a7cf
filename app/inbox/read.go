package inbox

import (
	"context"
	"log/slog"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/event"
	"badala/app/queue"
)

// readArgs names the conversation whose customer is shown that all was read.
type readArgs struct {
	Org          int64 `json:"org"`
	Conversation int64 `json:"conversation"`
}

// readKind is a read receipt. One that fails is not worth a second try.
var readKind = &queue.Kind[readArgs]{Name: "inbox.read", Attempts: 1, Timeout: 40 * time.Second, Workers: 4}

// MarkRead takes a conversation as read by the team and shows it to the
// customer. A viewer's reading counts for nobody.
func (s *Service) MarkRead(ctx context.Context, who account.Actor, conv int64) (err error) {
	defer errs.Wrap(&err, "inbox.MarkRead(%d)", conv)
	if err := who.Require(account.ReadInbox); err != nil {
		return err
	}
	c, err := conversationRow(s.DB.Read(ctx), who.OrgID, conv)
	if err != nil || c.UnreadCount == 0 || !who.Can(account.Reply) {
		return err
	}
	return s.change(ctx, who, conv, account.Reply, func(tx *db.Tx, c *Conversation) error {
		if c.UnreadCount == 0 {
			return nil
		}
		if err := s.readTx(tx, c); err != nil {
			return err
		}
		return s.updatedTx(tx, who, c, "conversation.updated", nil)
	})
}

// readTx sets the conversation read and adds the receipt. Writing c is left to
// the caller.
func (s *Service) readTx(tx *db.Tx, c *Conversation) error {
	if c.UnreadCount == 0 {
		return nil
	}
	c.UnreadCount = 0
	return readKind.Add(s.Queue, tx, readArgs{Org: c.OrgID, Conversation: c.ID}, queue.Once("%d", c.ID))
}

// MarkUnread makes a conversation stand out again, for everybody.
func (s *Service) MarkUnread(ctx context.Context, who account.Actor, conv int64) (err error) {
	defer errs.Wrap(&err, "inbox.MarkUnread(%d)", conv)
	return s.change(ctx, who, conv, account.Reply, func(tx *db.Tx, c *Conversation) error {
		if c.UnreadCount > 0 {
			return nil
		}
		c.UnreadCount = 1
		return s.updatedTx(tx, who, c, "conversation.updated", nil)
	})
}

// runRead sends the receipt for the newest message of the customer. Failures
// are harmless: the customer sees grey ticks.
func (s *Service) runRead(ctx context.Context, j *queue.Job[readArgs]) error {
	q := s.DB.Read(ctx)
	wamid, err := db.Value[string](q, `SELECT wa_id FROM message
		WHERE conversation_id = ? AND org_id = ? AND direction = 'INBOUND' AND wa_id <> '' ORDER BY at DESC, id DESC LIMIT 1`,
		j.Args.Conversation, j.Args.Org)
	if err != nil {
		return absentIsFine(err)
	}
	c, err := conversationRow(q, j.Args.Org, j.Args.Conversation)
	if err != nil {
		return absentIsFine(err)
	}
	ch, err := s.Channels.ByID(q, c.OrgID, c.ChannelID)
	if err != nil || !ch.CanSend() {
		return absentIsFine(err)
	}
	if err := s.Meta.MarkRead(ctx, ch.Creds(), ch.PhoneNumberID, wamid, false); err != nil {
		s.Log.DebugContext(ctx, "read receipt not sent", slog.Int64("conv", c.ID), slog.Any("err", err))
	}
	return nil
}

func absentIsFine(err error) error {
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	return err
}

// change runs fn on a conversation in one Write, for who has the permission.
func (s *Service) change(ctx context.Context, who account.Actor, conv int64, p account.Permission, fn func(*db.Tx, *Conversation) error) error {
	if err := who.Require(p); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		c, err := conversationRow(tx, who.OrgID, conv)
		if err != nil {
			return err
		}
		return fn(tx, &c)
	})
}

// updatedTx records what happened to a conversation and writes its new state.
func (s *Service) updatedTx(tx *db.Tx, who account.Actor, c *Conversation, kind string, data any) error {
	e := event.Event{
		OrgID: c.OrgID, Type: kind, ActorKind: who.Kind, ActorID: who.ID(),
		ConversationID: c.ID, ContactID: c.ContactID, ChannelID: c.ChannelID,
	}
	if data != nil {
		e.Data = rawJSON(data)
	}
	seq, err := s.Events.Record(tx, e)
	if err != nil {
		return err
	}
	c.Rev = seq
	return touchConversationTx(tx, c, nil)
}

// activityTx adds a line to the thread that tells what a teammate did. It
// shares the revision of the conversation, so it comes after updatedTx.
func (s *Service) activityTx(tx *db.Tx, who account.Actor, c *Conversation, kind string, p Payload) error {
	m := Message{
		OrgID: c.OrgID, ConversationID: c.ID, ContactID: c.ContactID, ChannelID: c.ChannelID,
		Direction: Activity, Type: kind, Payload: p.encode(), Rev: c.Rev,
	}
	m.SentByKind, m.SentByID = sentBy(who)
	_, err := insertMessageTx(tx, &m)
	return err
}
