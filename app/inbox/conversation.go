package inbox

import (
	"badala/app/contact"
	"badala/app/db"
)

// States of a conversation.
const (
	Open   = "OPEN"
	Closed = "CLOSED"
)

// Conversation is one for ever for a contact and a channel, or for a group and
// a channel: closing and reopening is its state.
type Conversation struct {
	ID, OrgID, ChannelID, ContactID int64

	Status          string
	AssigneeID      int64 // 0 = nobody
	SnoozedUntil    int64 // put aside until then; 0 = not
	UnreadCount     int
	WaitingSince    int64 // the customer's first message that nobody has answered; 0 = none
	AlarmAt         int64 // when somebody is next told of it; 0 = never
	AlarmStage      int   // how often somebody was, in the latest wait
	LastMessageID   int64
	LastMessageAt   int64
	LastPreview     Preview
	LastInboundAt   int64
	WindowExpiresAt int64 // 0 = the customer never wrote
	Rev             int64
	CreatedAt       int64
	GroupID         string // "" = with one contact

	// Contact and Tags are filled by Conversation and Conversations, and empty
	// inside a transaction.
	Contact contact.Contact
	Tags    []contact.Tag
}

// Preview is what a list shows of the last message.
type Preview struct{ Type, Text, Direction, Status string }

// IsClosed reports whether the conversation is closed.
func (c Conversation) IsClosed() bool { return c.Status == Closed }

// WindowOpen reports whether free-form replies are allowed at now, in
// milliseconds. A group has no such window.
func (c Conversation) WindowOpen(now int64) bool {
	return c.GroupID != "" || now < c.WindowExpiresAt
}

const conversationColumns = `c.id, c.org_id, c.channel_id, c.contact_id, c.group_id, c.status, c.assignee_id,
	c.unread_count, c.last_message_id, c.last_message_at, c.last_type, c.last_text, c.last_direction, c.last_status,
	c.last_inbound_at, c.window_expires_at, c.rev, c.created_at, c.snoozed_until,
	c.waiting_since, c.alarm_at, c.alarm_stage`

func scanConversation(r *db.Rows, c *Conversation) error {
	return r.Scan(&c.ID, &c.OrgID, &c.ChannelID, &c.ContactID, &c.GroupID, &c.Status, &c.AssigneeID,
		&c.UnreadCount, &c.LastMessageID, &c.LastMessageAt, &c.LastPreview.Type, &c.LastPreview.Text,
		&c.LastPreview.Direction, &c.LastPreview.Status,
		&c.LastInboundAt, &c.WindowExpiresAt, &c.Rev, &c.CreatedAt, &c.SnoozedUntil,
		&c.WaitingSince, &c.AlarmAt, &c.AlarmStage)
}

// conversationRow reads a conversation without its contact and tags.
func conversationRow(q db.Q, org, id int64) (Conversation, error) {
	return db.One(q, scanConversation, `SELECT `+conversationColumns+` FROM conversation c WHERE c.id = ? AND c.org_id = ?`, id, org)
}

// touchConversationTx writes the state of c, as changed by the caller since
// reading it in this transaction. m, when given, becomes the preview unless it
// is older than the present one, or a note or an activity.
func touchConversationTx(tx *db.Tx, c *Conversation, m *Message) error {
	if m != nil && c.follow(m) && c.GroupID == "" {
		if err := contact.TalkedTx(tx, c.OrgID, c.ContactID, c.LastMessageAt); err != nil {
			return err
		}
	}
	_, err := tx.Exec(`UPDATE conversation SET status = ?, assignee_id = ?, unread_count = ?, last_message_id = ?, last_message_at = ?,
		last_type = ?, last_text = ?, last_direction = ?, last_status = ?, last_inbound_at = ?, window_expires_at = ?, rev = ?, snoozed_until = ?,
		waiting_since = ?, alarm_at = ?, alarm_stage = ?
		WHERE id = ? AND org_id = ?`,
		c.Status, c.AssigneeID, c.UnreadCount, c.LastMessageID, c.LastMessageAt,
		c.LastPreview.Type, c.LastPreview.Text, c.LastPreview.Direction, c.LastPreview.Status,
		c.LastInboundAt, c.WindowExpiresAt, c.Rev, c.SnoozedUntil,
		c.WaitingSince, c.AlarmAt, c.AlarmStage, c.ID, c.OrgID)
	return err
}

// follow makes m the last message of the conversation when it is, and says
// whether. A call counts as one; notes, other activity and reactions do not.
func (c *Conversation) follow(m *Message) bool {
	if m.Direction != Inbound && m.Direction != Outbound && m.Type != ActivityCall || m.Type == TypeReaction {
		return false
	}
	if c.LastMessageID != 0 && (m.At < c.LastMessageAt || m.At == c.LastMessageAt && m.ID < c.LastMessageID) {
		return false
	}
	c.LastMessageID, c.LastMessageAt, c.LastPreview = m.ID, m.At, m.preview()
	return true
}
