package inbox

import (
	"encoding/json"

	"badala/app/account"
	"badala/app/db"
)

// notesShown is how many notes the contact panel shows.
const notesShown = 50

// Notes gives the latest internal notes of a conversation, newest first.
func (s *Service) Notes(q db.Q, org, conv int64) ([]Message, error) {
	return db.All(q, scanMessage, `SELECT `+messageColumns+` FROM message m INDEXED BY message_note
		WHERE m.conversation_id = ? AND m.direction = 'NOTE' AND m.org_id = ? ORDER BY m.at DESC, m.id DESC LIMIT ?`,
		conv, org, notesShown)
}

// ReplyDrafts gives what who has begun to reply in some conversations, by conversation.
func (s *Service) ReplyDrafts(q db.Q, who account.Actor, convs []int64) (map[int64]string, error) {
	list, err := json.Marshal(convs)
	if err != nil {
		return nil, err
	}
	type draft struct {
		conv int64
		body string
	}
	all, err := db.All(q, func(r *db.Rows, d *draft) error { return r.Scan(&d.conv, &d.body) },
		`SELECT conversation_id, body FROM draft WHERE conversation_id IN (SELECT value FROM json_each(?))
		AND user_id = ? AND mode = 'reply' AND org_id = ?`, string(list), who.UserID, who.OrgID)
	drafts := make(map[int64]string, len(all))
	for _, d := range all {
		drafts[d.conv] = d.body
	}
	return drafts, err
}
