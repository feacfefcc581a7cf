package inbox

import (
	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

// reactionLife is how old a message may be that Meta still puts a reaction on.
const reactionLife = 30 * 24 * 3600 * 1000

// reactTx shows our reaction on its target at once. Should Meta refuse it,
// unreactTx takes it back.
func (s *Service) reactTx(tx *db.Tx, who account.Actor, m *Message) error {
	t := m.Extra().Target
	target, err := messageRow(tx, m.OrgID, t.MessageID)
	switch {
	case errs.Is(err, errs.NotFound) || err == nil && (target.ConversationID != m.ConversationID || !target.ofWhatsApp()):
		return errs.Field("messageId", "there is no such message in this conversation")
	case err != nil:
		return err
	case target.Type == TypeReaction || target.Deleted:
		return errs.Field("messageId", "this message takes no reactions")
	case target.WaID == "":
		return errs.Coded(errs.Conflict, "not_sent_yet", "this message has not reached WhatsApp")
	case target.At < tx.Now()-reactionLife:
		return errs.Field("messageId", "WhatsApp takes reactions to messages of the last 30 days only")
	}
	if t.Emoji == "" {
		there, err := db.Exists(tx, `SELECT 1 FROM reaction WHERE message_id = ? AND contact_id = 0 AND org_id = ? AND emoji <> ''`, target.ID, m.OrgID)
		if err != nil {
			return err
		}
		if !there {
			return errs.Coded(errs.Conflict, "no_reaction", "there is no reaction of ours to take back")
		}
	}
	return s.setReactionTx(tx, who, &target, t.Emoji)
}

// setReactionTx writes our reaction on a message; "" takes it back.
func (s *Service) setReactionTx(tx *db.Tx, who account.Actor, target *Message, emoji string) error {
	n, err := tx.Exec(`INSERT INTO reaction (message_id, contact_id, org_id, emoji, at) VALUES (?1, 0, ?2, ?3, ?4)
		ON CONFLICT DO UPDATE SET emoji = ?3, at = ?4 WHERE emoji <> ?3`, target.ID, target.OrgID, emoji, tx.Now())
	if err != nil || n == 0 {
		return err
	}
	seq, err := s.Events.Record(tx, target.event(who, "message.updated"))
	if err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE message SET rev = ? WHERE id = ? AND org_id = ?`, seq, target.ID, target.OrgID)
	return err
}

// unreactTx takes back what a reaction that failed has shown, unless another
// has replaced it.
func (s *Service) unreactTx(tx *db.Tx, org, msg int64) error {
	m, err := messageRow(tx, org, msg)
	if err != nil || m.Type != TypeReaction {
		return absentIsFine(err)
	}
	t := m.Extra().Target
	if t == nil {
		return nil
	}
	target, err := messageRow(tx, org, t.MessageID)
	if err != nil {
		return absentIsFine(err)
	}
	stands, err := db.Exists(tx, `SELECT 1 FROM reaction WHERE message_id = ? AND contact_id = 0 AND org_id = ? AND emoji = ? AND emoji <> ''`,
		target.ID, org, t.Emoji)
	if err != nil || !stands {
		return err
	}
	return s.setReactionTx(tx, account.SystemActor(org), &target, "")
}
