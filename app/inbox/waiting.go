package inbox

import (
	"badala/app/db"
	"badala/app/errs"
)

// answersQuery finds when a conversation was last answered or closed. A message
// that failed answers nothing.
const answersQuery = `SELECT a.at FROM message a INDEXED BY message_thread
	WHERE a.conversation_id = ?1 AND a.org_id = ?2 AND (a.direction = 'OUTBOUND' AND a.type <> 'REACTION' AND a.status <> 'FAILED'
		AND a.sent_by_kind IN ('USER', 'API', 'PHONE', 'BROADCAST') OR a.direction = 'ACTIVITY' AND a.type = 'CLOSED')
	ORDER BY a.at DESC, a.id DESC LIMIT 1`

// unansweredQuery finds when the customer wrote the first message after that,
// leaving out what one contact wrote.
const unansweredQuery = `SELECT m.at FROM message m INDEXED BY message_thread
	WHERE m.conversation_id = ?1 AND m.org_id = ?2 AND m.direction = 'INBOUND' AND m.contact_id <> ?3
	  AND m.at > coalesce((` + answersQuery + `), -1)
	ORDER BY m.at, m.id LIMIT 1`

// answers says whether m is an answer to the customer: what a person, a
// program, a broadcast or the phone app sends is, what the server sends by
// itself is none, and neither is a reaction.
func (m *Message) answers() bool {
	if m.Direction != Outbound || m.Type == TypeReaction {
		return false
	}
	switch m.SentByKind {
	case SentByUser, SentByAPI, SentByPhone, SentByBroadcast:
		return true
	}
	return false
}

// Waits says whether the customer has written and nobody has answered yet.
func (c Conversation) Waits() bool { return c.WaitingSince != 0 }

// Late says whether somebody was told that the customer waits too long.
func (c Conversation) Late() bool { return c.Waits() && c.AlarmStage > 0 }

// waitsTx notes that the customer wrote at an instant, and when somebody is to
// be told if nobody answers. The caller writes c.
func (s *Service) waitsTx(tx *db.Tx, c *Conversation, at int64) error {
	switch {
	case !c.Waits():
		c.AlarmStage = 0
	case c.WaitingSince <= at:
		return nil // a message that comes late alone moves the beginning
	}
	c.WaitingSince = at
	return s.planAlarmTx(tx, c)
}

// answered ends the waiting. What was told of it stays known, for an answer
// that fails. The caller writes c.
func (c *Conversation) answered() { c.WaitingSince, c.AlarmAt = 0, 0 }

// answeredByPhoneTx does so for a message that the phone app sent, which may be
// older than the customer's last one. The caller writes c, and has stored m.
func (s *Service) answeredByPhoneTx(tx *db.Tx, c *Conversation, m *Message) error {
	switch {
	case !c.Waits() || !m.answers() || m.At < c.WaitingSince:
		return nil
	case m.At >= c.LastInboundAt:
		c.answered()
		return nil
	}
	return s.recallWaitingTx(tx, c, 0)
}

// recallWaitingTx finds out anew since when c waits, from what was said in it:
// after an answer failed, or what one contact wrote in a group goes. The caller
// writes c.
func (s *Service) recallWaitingTx(tx *db.Tx, c *Conversation, without int64) error {
	c.answered()
	if c.IsClosed() || c.LastInboundAt == 0 {
		return nil
	}
	since, err := db.Value[int64](tx, unansweredQuery, c.ID, c.OrgID, orNobody(without))
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	c.WaitingSince = since
	return s.planAlarmTx(tx, c)
}

// orNobody is a contact to leave out; without one, none has this id.
func orNobody(contact int64) int64 {
	if contact == 0 {
		return -1
	}
	return contact
}

// joinWaiting is since when two conversations wait that become one: as long as
// whichever has waited longer. The caller plans the alarm.
func joinWaiting(from, into *Conversation) {
	if from.Waits() && (!into.Waits() || from.WaitingSince < into.WaitingSince) {
		into.WaitingSince, into.AlarmStage = from.WaitingSince, from.AlarmStage
	}
}

// keepWaitingTx writes what c knows of its waiting, and nothing else.
func keepWaitingTx(tx *db.Tx, c *Conversation) error {
	_, err := tx.Exec(`UPDATE conversation SET waiting_since = ?, alarm_at = ?, alarm_stage = ? WHERE id = ? AND org_id = ?`,
		c.WaitingSince, c.AlarmAt, c.AlarmStage, c.ID, c.OrgID)
	return err
}

// answerFailedTx finds out anew whether a customer waits whose answer failed, or
// came through after all.
func (s *Service) answerFailedTx(tx *db.Tx, m *Message) error {
	c, err := conversationRow(tx, m.OrgID, m.ConversationID)
	if err != nil {
		return absentIsFine(err)
	}
	if err := s.recallWaitingTx(tx, &c, 0); err != nil {
		return err
	}
	return keepWaitingTx(tx, &c)
}
