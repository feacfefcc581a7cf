package inbox

import (
	"encoding/json"

	"badala/app/contact"
	"badala/app/db"
)

// joinState is what is needed to make a conversation again that becomes part
// of another. Of what is said it has the ids alone.
type joinState struct {
	From, Into         joinSide
	CreatedAt          int64
	FromTags, IntoTags []int64
	Messages           []int64 // of from; in a group those that its contact wrote
	Reactions          []int64 // the messages of a group to which from's contact reacted
	Since              int64   // what has a higher id was said after
}

// joinSide is one of two conversations before they become one.
type joinSide struct {
	Status        string
	Assignee      int64
	SnoozedUntil  int64
	Unread        int
	LastInboundAt int64
	WindowExpires int64
	WaitingSince  int64
	AlarmStage    int
}

func sideOf(c *Conversation) joinSide {
	return joinSide{c.Status, c.AssigneeID, c.SnoozedUntil, c.UnreadCount, c.LastInboundAt, c.WindowExpiresAt, c.WaitingSince, c.AlarmStage}
}

// keepJoinsTx keeps what splitTx needs of the conversations of a contact that
// a person is about to make part of another. It lists those that go over
// whole, and forgets what is too old.
func keepJoinsTx(tx *db.Tx, org, from, into int64) (whole []int64, err error) {
	if _, err := tx.Exec(`DELETE FROM conversation_join WHERE at < ?`, tx.Now()-contact.MergeKept.Milliseconds()); err != nil {
		return nil, err
	}
	if err := forgetJoinsTx(tx, org, from); err != nil {
		return nil, err
	}
	all, err := db.All(tx, scanConversation, `SELECT `+conversationColumns+` FROM conversation c
		WHERE c.contact_id = ? AND c.org_id = ?`, from, org)
	if err != nil {
		return nil, err
	}
	for i := range all {
		c := &all[i]
		if c.GroupID != "" {
			if err := keepJoinTx(tx, c, c, into); err != nil {
				return nil, err
			}
			continue
		}
		same, err := sameChannel(tx, c, into)
		if err != nil {
			return nil, err
		}
		if len(same) == 0 {
			whole = append(whole, c.ID)
		} else if err := keepJoinTx(tx, c, &same[0], into); err != nil {
			return nil, err
		}
	}
	return whole, nil
}

// sameChannel finds the conversation of another contact on the channel of c.
func sameChannel(q db.Q, c *Conversation, other int64) ([]Conversation, error) {
	return db.All(q, scanConversation, `SELECT `+conversationColumns+` FROM conversation c
		WHERE c.contact_id = ? AND c.channel_id = ? AND c.group_id = '' AND c.org_id = ?`, other, c.ChannelID, c.OrgID)
}

func keepJoinTx(tx *db.Tx, from, into *Conversation, contact int64) error {
	st := joinState{From: sideOf(from), Into: sideOf(into), CreatedAt: from.CreatedAt, Since: tx.NewID()}
	var err error
	if from.GroupID != "" {
		if st.Messages, err = db.All(tx, scanID, `SELECT id FROM message WHERE conversation_id = ? AND contact_id = ? AND org_id = ?`,
			from.ID, from.ContactID, from.OrgID); err != nil {
			return err
		}
		st.Reactions, err = db.All(tx, scanID, `SELECT r.message_id FROM message m JOIN reaction r ON r.message_id = m.id
			WHERE m.conversation_id = ? AND r.contact_id = ? AND r.org_id = ?`, from.ID, from.ContactID, from.OrgID)
	} else {
		st.Messages, err = db.All(tx, scanID, `SELECT id FROM message WHERE conversation_id = ? AND org_id = ?`, from.ID, from.OrgID)
	}
	if err != nil {
		return err
	}
	const tags = `SELECT tag_id FROM conversation_tag WHERE conversation_id = ? AND org_id = ?`
	if st.FromTags, err = db.All(tx, scanID, tags, from.ID, from.OrgID); err != nil {
		return err
	}
	if st.IntoTags, err = db.All(tx, scanID, tags, into.ID, into.OrgID); err != nil {
		return err
	}
	raw, err := json.Marshal(st)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO conversation_join(from_id, org_id, into_id, from_contact, into_contact, at, state) VALUES(?, ?, ?, ?, ?, ?, ?)`,
		from.ID, from.OrgID, into.ID, from.ContactID, contact, tx.Now(), string(raw))
	return err
}

// forgetJoinsTx forgets what had become part of a contact that goes itself.
func forgetJoinsTx(tx *db.Tx, org, into int64) error {
	_, err := tx.Exec(`DELETE FROM conversation_join WHERE into_contact = ? AND org_id = ?`, into, org)
	return err
}
