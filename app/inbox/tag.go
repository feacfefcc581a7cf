package inbox

import (
	"context"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

// AddTag puts a tag on a conversation, making the tag when it is new. A tag
// that is there already changes nothing.
func (s *Service) AddTag(ctx context.Context, who account.Actor, conv int64, name string) (err error) {
	defer errs.Wrap(&err, "inbox.AddTag(%d)", conv)
	return s.change(ctx, who, conv, account.Reply, func(tx *db.Tx, c *Conversation) error {
		tag, err := s.Contacts.EnsureTagTx(tx, c.OrgID, name)
		if err != nil {
			return err
		}
		n, err := tx.Exec(`INSERT INTO conversation_tag (conversation_id, tag_id, org_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
			c.ID, tag.ID, c.OrgID)
		if err != nil || n == 0 {
			return err
		}
		return s.updatedTx(tx, who, c, "conversation.updated", nil)
	})
}

// RemoveTag takes a tag off a conversation.
func (s *Service) RemoveTag(ctx context.Context, who account.Actor, conv, tag int64) (err error) {
	defer errs.Wrap(&err, "inbox.RemoveTag(%d)", conv)
	return s.change(ctx, who, conv, account.Reply, func(tx *db.Tx, c *Conversation) error {
		n, err := tx.Exec(`DELETE FROM conversation_tag WHERE conversation_id = ? AND tag_id = ? AND org_id = ?`, c.ID, tag, c.OrgID)
		if err != nil || n == 0 {
			return err
		}
		return s.updatedTx(tx, who, c, "conversation.updated", nil)
	})
}
