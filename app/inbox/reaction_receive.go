package inbox

import (
	"badala/app/db"
	"badala/app/errs"
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

// reactNewsTx sets the reaction of one author, "" taking it back. The newest by
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
