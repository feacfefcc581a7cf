package inbox

import (
	"badala/app/db"
)

// mergeTx moves the conversations of a contact that turned out to be another
// one. Where both talk on one channel the two threads become one.
func (s *Service) mergeTx(tx *db.Tx, org, from, into int64) error {
	all, err := db.All(tx, scanConversation, `SELECT `+conversationColumns+` FROM conversation c
		WHERE c.contact_id = ? AND c.org_id = ?`, from, org)
	if err != nil {
		return err
	}
	for i := range all {
		if err := s.mergeConversationTx(tx, &all[i], into); err != nil {
			return err
		}
	}
	_, err = tx.Exec(`UPDATE OR IGNORE reaction SET contact_id = ? WHERE contact_id = ? AND org_id = ? AND message_id IN (
		SELECT m.id FROM message m JOIN conversation c ON c.id = m.conversation_id WHERE c.contact_id = ? AND c.org_id = ?)`,
		into, from, org, into, org)
	return err
}

func (s *Service) mergeConversationTx(tx *db.Tx, c *Conversation, into int64) error {
	from := c.ContactID
	if c.GroupID == "" {
		same, err := db.All(tx, scanConversation, `SELECT `+conversationColumns+` FROM conversation c
			WHERE c.contact_id = ? AND c.channel_id = ? AND c.group_id = '' AND c.org_id = ?`, into, c.ChannelID, c.OrgID)
		if err != nil {
			return err
		}
		if len(same) > 0 {
			return s.joinTx(tx, c, &same[0])
		}
	}
	if _, err := tx.Exec(`UPDATE conversation SET contact_id = ? WHERE id = ? AND org_id = ?`, into, c.ID, c.OrgID); err != nil {
		return err
	}
	_, err := tx.Exec(`UPDATE message SET contact_id = ? WHERE conversation_id = ? AND contact_id = ? AND org_id = ?`, into, c.ID, from, c.OrgID)
	return err
}

// joinTx puts all of from into into and removes from.
func (s *Service) joinTx(tx *db.Tx, from, into *Conversation) error {
	into.UnreadCount += from.UnreadCount
	into.LastInboundAt = max(into.LastInboundAt, from.LastInboundAt)
	into.WindowExpiresAt = max(into.WindowExpiresAt, from.WindowExpiresAt)
	if from.Status == Open {
		into.Status = Open
	}
	if into.AssigneeID == 0 {
		into.AssigneeID = from.AssigneeID
	}
	if from.LastMessageAt > into.LastMessageAt {
		into.LastMessageID, into.LastMessageAt, into.LastPreview = from.LastMessageID, from.LastMessageAt, from.LastPreview
	}
	for _, move := range []string{
		`UPDATE message SET conversation_id = ? WHERE conversation_id = ? AND org_id = ?`,
		`UPDATE mention SET conversation_id = ? WHERE conversation_id = ? AND org_id = ?`,
		`UPDATE OR IGNORE conversation_tag SET conversation_id = ? WHERE conversation_id = ? AND org_id = ?`,
		`UPDATE OR IGNORE draft SET conversation_id = ? WHERE conversation_id = ? AND org_id = ?`,
	} {
		if _, err := tx.Exec(move, into.ID, from.ID, from.OrgID); err != nil {
			return err
		}
	}
	for _, drop := range []string{
		`DELETE FROM conversation_tag WHERE conversation_id = ? AND org_id = ?`,
		`DELETE FROM draft WHERE conversation_id = ? AND org_id = ?`,
		`DELETE FROM conversation WHERE id = ? AND org_id = ?`,
	} {
		if _, err := tx.Exec(drop, from.ID, from.OrgID); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(`UPDATE message SET contact_id = ? WHERE conversation_id = ? AND contact_id = ? AND org_id = ?`,
		into.ContactID, into.ID, from.ContactID, into.OrgID); err != nil {
		return err
	}
	return touchConversationTx(tx, into, nil)
}
