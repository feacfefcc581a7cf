package inbox

import (
	"badala/app/db"
	"badala/app/errs"
	"badala/app/event"
)

// reaction puts an emoji of the customer, or of the phone app, on a message.
// One whose target is not here yet is parked.
func (r *receipt) reaction(in *incoming) error {
	if in.in.Reaction == nil || in.in.Reaction.MessageID == "" {
		return errs.New(errs.Invalid, "reaction without a target")
	}
	who, err := r.person(in)
	if err != nil {
		return err
	}
	n := news{Kind: parkedReaction, Emoji: in.in.Reaction.Emoji, At: r.metaTime(in.in.Timestamp), Contact: who.ID, Ours: in.outbound, Group: in.in.GroupID}
	return r.applyOrPark(in.in.Reaction.MessageID, n)
}

// reactTx sets the reaction of one author, "" taking it back. The newest by
// Meta's clock wins, so a removal stays as a row without an emoji.
func (s *Service) reactNewsTx(tx *db.Tx, m *Message, n news) error {
	author := n.Contact
	if n.Ours {
		author = 0
	}
	changed, err := tx.Exec(`INSERT INTO reaction (message_id, contact_id, org_id, emoji, at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (message_id, contact_id) DO UPDATE SET emoji = excluded.emoji, at = excluded.at
		WHERE excluded.at >= reaction.at AND (excluded.emoji <> reaction.emoji OR excluded.at > reaction.at)`,
		m.ID, author, m.OrgID, n.Emoji, n.At)
	if err != nil || changed == 0 {
		return err
	}
	return s.changedTx(tx, m, "message.updated")
}

// changedTx records that a stored message looks different, and notes it on the
// message and its conversation.
func (s *Service) changedTx(tx *db.Tx, m *Message, kind string) error {
	seq, err := s.Events.Record(tx, event.Event{
		OrgID: m.OrgID, Type: kind, ActorKind: "META",
		ConversationID: m.ConversationID, MessageID: m.ID, ContactID: m.ContactID, ChannelID: m.ChannelID,
	})
	if err != nil {
		return err
	}
	m.Rev = seq
	if _, err := tx.Exec(`UPDATE message SET rev = ? WHERE id = ? AND org_id = ?`, seq, m.ID, m.OrgID); err != nil {
		return err
	}
	p := m.preview()
	_, err = tx.Exec(`UPDATE conversation SET rev = ?1,
			last_type = CASE last_message_id WHEN ?2 THEN ?3 ELSE last_type END,
			last_text = CASE last_message_id WHEN ?2 THEN ?4 ELSE last_text END,
			last_status = CASE last_message_id WHEN ?2 THEN ?5 ELSE last_status END
		WHERE id = ?6 AND org_id = ?7`, seq, m.ID, p.Type, p.Text, p.Status, m.ConversationID, m.OrgID)
	return err
}
