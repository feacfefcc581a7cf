package inbox

import (
	"context"
	"strings"
	"unicode/utf8"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

// What a draft will become.
const (
	DraftReply = "reply"
	DraftNote  = "note"
)

// Draft is what somebody has begun to write in a conversation.
type Draft struct {
	Mode      string
	Body      string
	ReplyTo   int64
	UpdatedAt int64
}

// SaveDraft keeps a draft for its writer, on all their devices. An empty one
// is removed.
func (s *Service) SaveDraft(ctx context.Context, who account.Actor, conv int64, d Draft) (err error) {
	defer errs.Wrap(&err, "inbox.SaveDraft(%d)", conv)
	switch {
	case d.Mode != DraftReply && d.Mode != DraftNote:
		return errs.Field("mode", "must be reply or note")
	case !utf8.ValidString(d.Body) || utf8.RuneCountInString(d.Body) > maxNote:
		return errs.Fieldf("body", "at most %d characters of text", maxNote)
	}
	return s.change(ctx, who, conv, account.Reply, func(tx *db.Tx, c *Conversation) error {
		if strings.TrimSpace(d.Body) == "" {
			_, err := tx.Exec(`DELETE FROM draft WHERE conversation_id = ? AND user_id = ? AND mode = ? AND org_id = ?`,
				c.ID, who.UserID, d.Mode, c.OrgID)
			return err
		}
		_, err := tx.Exec(`INSERT INTO draft (conversation_id, user_id, mode, org_id, body, reply_to, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
			ON CONFLICT DO UPDATE SET body = ?5, reply_to = ?6, updated_at = ?7 WHERE body <> ?5 OR reply_to <> ?6`,
			c.ID, who.UserID, d.Mode, c.OrgID, d.Body, d.ReplyTo, tx.Now())
		return err
	})
}

// Drafts gives what who has begun to write in a conversation, by mode.
func (s *Service) Drafts(q db.Q, who account.Actor, conv int64) (map[string]Draft, error) {
	all, err := db.All(q, func(r *db.Rows, d *Draft) error { return r.Scan(&d.Mode, &d.Body, &d.ReplyTo, &d.UpdatedAt) },
		`SELECT mode, body, reply_to, updated_at FROM draft WHERE conversation_id = ? AND user_id = ? AND org_id = ?`,
		conv, who.UserID, who.OrgID)
	if err != nil {
		return nil, err
	}
	drafts := map[string]Draft{}
	for _, d := range all {
		drafts[d.Mode] = d
	}
	return drafts, nil
}

// dropDraftTx forgets a draft that has become a message.
func dropDraftTx(tx *db.Tx, who account.Actor, conv int64, mode string) error {
	if who.UserID == 0 {
		return nil
	}
	_, err := tx.Exec(`DELETE FROM draft WHERE conversation_id = ? AND user_id = ? AND mode = ? AND org_id = ?`,
		conv, who.UserID, mode, who.OrgID)
	return err
}
