package inbox

import (
	"badala/app/account"
	"badala/app/db"
	"badala/app/queue"
)

// mergeTx moves the conversations of a contact that turned out to be another
// one. Where both talk on one channel the two threads become one.
func (s *Service) mergeTx(tx *db.Tx, org, from, into int64) error {
	if err := forgetJoinsTx(tx, org, from); err != nil {
		return err
	}
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
	if s.bulk.mergedTx != nil {
		if err := s.bulk.mergedTx(tx, org, from, into); err != nil {
			return err
		}
	}
	_, err = tx.Exec(`UPDATE OR IGNORE reaction SET contact_id = ? WHERE contact_id = ? AND org_id = ? AND message_id IN (
		SELECT m.id FROM message m JOIN conversation c ON c.id = m.conversation_id WHERE c.contact_id = ? AND c.org_id = ?)`,
		into, from, org, into, org)
	if err != nil {
		return err
	}
	return talkedTx(tx, org, into)
}

func (s *Service) mergeConversationTx(tx *db.Tx, c *Conversation, into int64) error {
	from := c.ContactID
	if c.GroupID == "" {
		same, err := sameChannel(tx, c, into)
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
	reopened := from.Status == Open && into.Status == Closed
	if from.Status == Open {
		into.Status, into.SnoozedUntil = Open, joinSnooze(from, into)
	}
	joinWaiting(from, into)
	if from.LastMessageAt > into.LastMessageAt {
		into.LastMessageID, into.LastMessageAt, into.LastPreview = from.LastMessageID, from.LastMessageAt, from.LastPreview
	}
	for _, move := range []string{
		`UPDATE message SET conversation_id = ? WHERE conversation_id = ? AND org_id = ?`,
		`UPDATE mention SET conversation_id = ? WHERE conversation_id = ? AND org_id = ?`,
		`UPDATE OR IGNORE conversation_tag SET conversation_id = ? WHERE conversation_id = ? AND org_id = ?`,
		`UPDATE OR IGNORE draft SET conversation_id = ? WHERE conversation_id = ? AND org_id = ?`,
		`UPDATE OR IGNORE auto_answer SET conversation_id = ? WHERE conversation_id = ? AND org_id = ?`,
	} {
		if _, err := tx.Exec(move, into.ID, from.ID, from.OrgID); err != nil {
			return err
		}
	}
	for _, drop := range []string{
		`DELETE FROM conversation_tag WHERE conversation_id = ? AND org_id = ?`,
		`DELETE FROM draft WHERE conversation_id = ? AND org_id = ?`,
		`DELETE FROM auto_answer WHERE conversation_id = ? AND org_id = ?`,
		`DELETE FROM assignment_wait WHERE conversation_id = ? AND org_id = ?`,
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
	return s.joinedTx(tx, from, into, reopened)
}

// joinSnooze is until when two conversations are put aside that become one:
// not at all unless both are, or the one that was open.
func joinSnooze(from, into *Conversation) int64 {
	if into.Status == Closed {
		return from.SnoozedUntil
	}
	return min(from.SnoozedUntil, into.SnoozedUntil)
}

// joinedTx writes and records what a thread has taken over from another.
func (s *Service) joinedTx(tx *db.Tx, from, into *Conversation, reopened bool) error {
	if err := s.planAlarmTx(tx, into); err != nil {
		return err
	}
	who := account.SystemActor(into.OrgID)
	kind := "conversation.updated"
	if reopened {
		kind = "conversation.reopened"
	}
	if err := s.updatedTx(tx, who, into, kind, nil); err != nil {
		return err
	}
	if into.SnoozedUntil != 0 && into.SnoozedUntil == from.SnoozedUntil {
		if err := snoozeKind.Add(s.Queue, tx, snoozeArgs{into.OrgID, into.ID, into.SnoozedUntil},
			queue.At(into.SnoozedUntil), queue.Once("%d.%d", into.ID, into.SnoozedUntil)); err != nil {
			return err
		}
	}
	if into.AssigneeID != 0 {
		return nil
	}
	return s.assignTx(tx, who, into, from.AssigneeID, reasonManual)
}
