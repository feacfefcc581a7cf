package inbox

import (
	"badala/app/db"
)

// conversation finds or makes the conversation with a contact, or that of a
// group. One made of old chats starts closed: nobody waits for an answer.
func (r *receipt) conversation(who int64, group string, quiet bool) (Conversation, error) {
	c, ok, err := r.findConversation(who, group)
	if err != nil || ok {
		return c, err
	}
	c = Conversation{
		ID: r.tx.NewID(), OrgID: r.ch.OrgID, ChannelID: r.ch.ID, ContactID: who, GroupID: group,
		Status: Open, CreatedAt: r.tx.Now(),
	}
	if quiet {
		c.Status = Closed
	}
	if _, err := r.tx.Exec(`INSERT INTO conversation (id, org_id, channel_id, contact_id, group_id, status, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		c.ID, c.OrgID, c.ChannelID, c.ContactID, c.GroupID, c.Status, c.CreatedAt); err != nil {
		return c, err
	}
	kind := "conversation.created"
	if quiet {
		kind = "conversation.updated"
	}
	c.Rev, err = r.event(kind, &c, 0, who, "META")
	return c, err
}

// findConversation looks the conversation up; ok is false when there is none.
func (r *receipt) findConversation(who int64, group string) (c Conversation, ok bool, err error) {
	var all []Conversation
	if group == "" {
		all, err = db.All(r.tx, scanConversation, `SELECT `+conversationColumns+` FROM conversation c
			WHERE c.contact_id = ? AND c.channel_id = ? AND c.group_id = '' AND c.org_id = ?`, who, r.ch.ID, r.ch.OrgID)
	} else {
		all, err = db.All(r.tx, scanConversation, `SELECT `+conversationColumns+` FROM conversation c
			WHERE c.channel_id = ? AND c.group_id = ? AND c.group_id <> '' AND c.org_id = ?`, r.ch.ID, group, r.ch.OrgID)
	}
	if err != nil || len(all) == 0 {
		return Conversation{}, false, err
	}
	return all[0], true, nil
}

// customerWrote opens the window, and the conversation if it was closed or put
// aside. The caller writes c.
func (r *receipt) customerWrote(c *Conversation, who, at int64) error {
	c.LastInboundAt = max(c.LastInboundAt, at)
	if c.GroupID == "" {
		c.WindowExpiresAt = max(c.WindowExpiresAt, at+window.Milliseconds())
	}
	c.SnoozedUntil = 0
	if c.Status != Closed {
		return nil
	}
	c.Status = Open
	return r.activity(c, &Message{Type: ActivityReopened, ContactID: who, At: at}, "conversation.reopened", "CUSTOMER")
}

// activity adds a line to a conversation under an event of its own. The caller
// writes c.
func (r *receipt) activity(c *Conversation, m *Message, kind, actor string) error {
	m.ID, m.OrgID, m.ConversationID, m.ChannelID = r.tx.NewID(), c.OrgID, c.ID, c.ChannelID
	m.Direction = Activity
	seq, err := r.event(kind, c, m.ID, m.ContactID, actor)
	if err != nil {
		return err
	}
	m.Rev, c.Rev = seq, seq
	_, err = insertMessageTx(r.tx, m)
	return err
}
