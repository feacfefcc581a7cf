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

// Reopen takes a closed conversation up again. Reopening an open one changes
// nothing.
func (s *Service) Reopen(ctx context.Context, who account.Actor, conv int64) (err error) {
	defer errs.Wrap(&err, "inbox.Reopen(%d)", conv)
	return s.setStatus(ctx, who, conv, Open, "conversation.reopened", ActivityReopened)
}

func (s *Service) setStatus(ctx context.Context, who account.Actor, conv int64, status, kind, activity string) error {
	return s.change(ctx, who, conv, account.Reply, func(tx *db.Tx, c *Conversation) error {
		if c.Status == status {
			return nil
		}
		c.Status = status
		if err := s.updatedTx(tx, who, c, kind, nil); err != nil {
			return err
		}
		return s.activityTx(tx, who, c, activity, Payload{})
	})
}
