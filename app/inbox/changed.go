package inbox

import (
	"badala/app/db"
	"badala/app/event"
)

// changedTx records that a stored message looks different, and notes it on the
// message and its conversation.
func (s *Service) changedTx(tx *db.Tx, m *Message, kind string) error {
	if err := s.recordChangeTx(tx, m, kind); err != nil {
		return err
	}
	_, err := tx.Exec(`UPDATE message SET rev = ? WHERE id = ? AND org_id = ?`, m.Rev, m.ID, m.OrgID)
	return err
}

// recordChangeTx is changedTx for who writes the row of m, with its Rev, next.
func (s *Service) recordChangeTx(tx *db.Tx, m *Message, kind string) error {
	seq, err := s.Events.Record(tx, event.Event{
		OrgID: m.OrgID, Type: kind, ActorKind: "META",
		ConversationID: m.ConversationID, MessageID: m.ID, ContactID: m.ContactID, ChannelID: m.ChannelID,
	})
	if err != nil {
		return err
	}
	m.Rev = seq
	p := m.preview()
	_, err = tx.Exec(`UPDATE conversation SET rev = ?1,
			last_type = CASE last_message_id WHEN ?2 THEN ?3 ELSE last_type END,
			last_text = CASE last_message_id WHEN ?2 THEN ?4 ELSE last_text END,
			last_status = CASE last_message_id WHEN ?2 THEN ?5 ELSE last_status END
		WHERE id = ?6 AND org_id = ?7`, seq, m.ID, p.Type, p.Text, p.Status, m.ConversationID, m.OrgID)
	return err
}
