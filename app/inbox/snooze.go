package inbox

import (
	"context"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/queue"
)

// maxSnooze is how far away a conversation may be put aside.
const maxSnooze = 366 * 24 * time.Hour

// snoozeArgs says which conversation comes back, and when. One that was put
// aside anew meanwhile has another time.
type snoozeArgs struct {
	Org          int64 `json:"org"`
	Conversation int64 `json:"conversation"`
	Until        int64 `json:"until"`
}

// snoozeKind is the end of a snooze.
var snoozeKind = &queue.Kind[snoozeArgs]{Name: "inbox.snooze", Timeout: 10 * time.Second, Workers: 1}

func (s *Service) initSnooze() { snoozeKind.Handle(s.Queue, s.runSnooze) }

// snoozed is what the log says when a conversation is put aside or comes back.
type snoozed struct {
	SnoozedUntil int64 `json:"snoozedUntil"` // 0: it is back
}

// Snooze puts an open conversation aside until a time, in milliseconds; 0 takes
// it back. It comes back by itself at that time, and when the customer writes
// or somebody closes it.
func (s *Service) Snooze(ctx context.Context, who account.Actor, conv, until int64) (err error) {
	defer errs.Wrap(&err, "inbox.Snooze(%d)", conv)
	return s.change(ctx, who, conv, account.Reply, func(tx *db.Tx, c *Conversation) error {
		switch {
		case until == 0:
		case until <= tx.Now():
			return errs.Field("until", "must be in the future")
		case until > tx.Now()+maxSnooze.Milliseconds():
			return errs.Field("until", "at most a year away")
		case c.IsClosed():
			return errs.Coded(errs.Conflict, "closed", "a closed conversation cannot be put aside")
		}
		return s.snoozeTx(tx, who, c, until)
	})
}

// snoozeTx puts c aside or takes it back. The same time again changes nothing.
func (s *Service) snoozeTx(tx *db.Tx, who account.Actor, c *Conversation, until int64) error {
	before := c.SnoozedUntil
	if before == until {
		return nil
	}
	c.SnoozedUntil = until
	if err := s.updatedTx(tx, who, c, "conversation.updated", snoozed{until}); err != nil {
		return err
	}
	if err := auditTx(tx, who, "conversation.snoozed", c, auditSnooze{shownTime(before)}, auditSnooze{shownTime(until)}); err != nil || until == 0 {
		return err
	}
	if err := s.giveWaitingTx(tx, c.OrgID); err != nil {
		return err
	}
	return snoozeKind.Add(s.Queue, tx, snoozeArgs{c.OrgID, c.ID, until}, queue.At(until), queue.Once("%d.%d", c.ID, until))
}

// runSnooze brings a conversation back whose time has come. It is unread then,
// so that it stands out in its old place of the list.
func (s *Service) runSnooze(ctx context.Context, j *queue.Job[snoozeArgs]) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		c, err := conversationRow(tx, j.Args.Org, j.Args.Conversation)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		if err == nil && c.SnoozedUntil == j.Args.Until {
			c.UnreadCount = max(c.UnreadCount, 1)
			if err := s.snoozeTx(tx, account.SystemActor(c.OrgID), &c, 0); err != nil {
				return err
			}
		}
		return j.Finish(tx)
	})
}
