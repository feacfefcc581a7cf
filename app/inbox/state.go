package inbox

import (
	"context"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

// Close ends a conversation until the customer writes again. Closing a closed
// one changes nothing.
func (s *Service) Close(ctx context.Context, who account.Actor, conv int64) (err error) {
	defer errs.Wrap(&err, "inbox.Close(%d)", conv)
	return s.setStatus(ctx, who, conv, Closed, "conversation.closed", ActivityClosed)
}

// Reopen takes a closed conversation up again, or one that was put aside.
// Reopening another changes nothing.
func (s *Service) Reopen(ctx context.Context, who account.Actor, conv int64) (err error) {
	defer errs.Wrap(&err, "inbox.Reopen(%d)", conv)
	return s.setStatus(ctx, who, conv, Open, "conversation.reopened", ActivityReopened)
}

// setStatus closes or reopens, and takes a conversation that was put aside up
// again.
func (s *Service) setStatus(ctx context.Context, who account.Actor, conv int64, status, kind, activity string) error {
	return s.change(ctx, who, conv, account.Reply, func(tx *db.Tx, c *Conversation) error {
		if c.Status == status {
			return s.snoozeTx(tx, who, c, 0)
		}
		before := c.Status
		c.Status, c.SnoozedUntil = status, 0
		c.answered()
		if err := s.updatedTx(tx, who, c, kind, nil); err != nil {
			return err
		}
		if err := s.activityTx(tx, who, c, activity, Payload{}); err != nil {
			return err
		}
		if err := auditTx(tx, who, kind, c, auditStatus{before}, auditStatus{status}); err != nil || status != Closed {
			return err
		}
		if err := stopWaitingTx(tx, c.OrgID, c.ID); err != nil {
			return err
		}
		return s.giveWaitingTx(tx, c.OrgID)
	})
}
