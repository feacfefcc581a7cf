package inbox

import (
	"encoding/json"
	"slices"

	"badala/app/account"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/queue"
)

// joined is a conversation that became part of another one.
type joined struct {
	from, into               int64
	fromContact, intoContact int64
	state                    joinState
}

func scanJoined(r *db.Rows, j *joined) error {
	var raw string
	if err := r.Scan(&j.from, &j.into, &j.fromContact, &j.intoContact, &raw); err != nil {
		return err
	}
	return json.Unmarshal([]byte(raw), &j.state)
}

// unjoinTx makes a conversation again under its old id, with what had been
// said in it. What was said since stays where it is.
func (s *Service) unjoinTx(tx *db.Tx, who account.Actor, j *joined) error {
	if _, err := tx.Exec(`DELETE FROM conversation_join WHERE from_id = ? AND org_id = ?`, j.from, who.OrgID); err != nil {
		return err
	}
	into, err := conversationRow(tx, who.OrgID, j.into)
	if errs.Is(err, errs.NotFound) || err == nil && into.ContactID != j.intoContact {
		return nil
	}
	if err != nil {
		return err
	}
	if j.from == j.into {
		return s.leaveAgainTx(tx, who, &into, j)
	}
	from, err := s.againTx(tx, who, &into, j)
	if err != nil {
		return err
	}
	if err := moveBackTx(tx, &from, &into, j); err != nil {
		return err
	}
	if err := unjoinUnreadTx(tx, &from, &into, j); err != nil {
		return err
	}
	if err := recallHeardTx(tx, &into, j); err != nil {
		return err
	}
	if err := s.unjoinWaitingTx(tx, &from, &into, j); err != nil {
		return err
	}
	if err := closeAgainTx(tx, &into, j); err != nil {
		return err
	}
	for _, c := range []*Conversation{&from, &into} {
		if err := recallLastTx(tx, c); err != nil {
			return err
		}
	}
	if err := s.updatedTx(tx, who, &from, "conversation.created", nil); err != nil {
		return err
	}
	return s.unjoinedTx(tx, who, &from, &into, j)
}

// unjoinedTx tells of the conversation that another had become part of, and
// has that one come back from its snooze.
func (s *Service) unjoinedTx(tx *db.Tx, who account.Actor, from, into *Conversation, j *joined) error {
	if err := s.updatedTx(tx, who, into, "conversation.updated", nil); err != nil {
		return err
	}
	if from.SnoozedUntil != 0 {
		if err := snoozeKind.Add(s.Queue, tx, snoozeArgs{from.OrgID, from.ID, from.SnoozedUntil},
			queue.At(from.SnoozedUntil), queue.Once("%d.%d", from.ID, from.SnoozedUntil)); err != nil {
			return err
		}
	}
	if j.state.Into.Assignee != 0 || into.AssigneeID != j.state.From.Assignee {
		return nil
	}
	return s.assignTx(tx, who, into, 0, reasonManual)
}

// againTx writes the row of a conversation that had gone.
func (s *Service) againTx(tx *db.Tx, who account.Actor, into *Conversation, j *joined) (c Conversation, err error) {
	was := j.state.From
	c = Conversation{
		ID: j.from, OrgID: into.OrgID, ChannelID: into.ChannelID, ContactID: j.fromContact, CreatedAt: j.state.CreatedAt,
		Status: was.Status, AssigneeID: was.Assignee, LastInboundAt: was.LastInboundAt, WindowExpiresAt: was.WindowExpires,
	}
	if was.SnoozedUntil > tx.Now() {
		c.SnoozedUntil = was.SnoozedUntil
	}
	if c.AssigneeID != 0 {
		works, err := account.ActiveMember(tx, c.OrgID, c.AssigneeID)
		if err != nil {
			return c, err
		}
		if !works {
			c.AssigneeID = 0
		}
	}
	_, err = tx.Exec(`INSERT INTO conversation (id, org_id, channel_id, contact_id, status, created_at) VALUES (?, ?, ?, ?, ?, ?)`,
		c.ID, c.OrgID, c.ChannelID, c.ContactID, c.Status, c.CreatedAt)
	return c, err
}

// moveBackTx gives messages, mentions, reactions and tags back.
func moveBackTx(tx *db.Tx, from, into *Conversation, j *joined) error {
	st := &j.state
	fresh := slices.DeleteFunc(slices.Clone(st.FromTags), func(t int64) bool { return slices.Contains(st.IntoTags, t) })
	for _, do := range []struct {
		list      []int64
		stmt      string
		here, now int64
	}{
		{st.Messages, `UPDATE message SET conversation_id = ?2 WHERE conversation_id = ?1 AND org_id = ?3 AND id IN (SELECT value FROM json_each(?4))`, into.ID, from.ID},
		{st.Messages, `UPDATE message SET contact_id = ?2 WHERE contact_id = ?1 AND org_id = ?3 AND id IN (SELECT value FROM json_each(?4))`, into.ContactID, from.ContactID},
		{st.Messages, `UPDATE OR IGNORE reaction SET contact_id = ?2 WHERE contact_id = ?1 AND org_id = ?3 AND message_id IN (SELECT value FROM json_each(?4))`, into.ContactID, from.ContactID},
		{st.Messages, `UPDATE mention SET conversation_id = ?2 WHERE conversation_id = ?1 AND org_id = ?3 AND message_id IN (SELECT value FROM json_each(?4))`, into.ID, from.ID},
		{fresh, `DELETE FROM conversation_tag WHERE conversation_id = ?1 AND org_id = ?3 AND ?2 <> 0 AND tag_id IN (SELECT ` + contact.TagNow("value") + ` FROM json_each(?4))`, into.ID, from.ID},
		{st.FromTags, `INSERT INTO conversation_tag(conversation_id, tag_id, org_id) SELECT ?2, t.id, ?3 FROM tag t
			WHERE ?1 <> 0 AND t.org_id = ?3 AND t.id IN (SELECT ` + contact.TagNow("value") + ` FROM json_each(?4)) ON CONFLICT DO NOTHING`, into.ID, from.ID},
	} {
		if err := execList(tx, do.stmt, do.here, do.now, from.OrgID, do.list); err != nil {
			return err
		}
	}
	return nil
}

// execList runs a statement on a list of ids.
func execList(tx *db.Tx, stmt string, here, now, org int64, ids []int64) error {
	list, err := json.Marshal(ids)
	if err != nil || len(ids) == 0 {
		return err
	}
	_, err = tx.Exec(stmt, here, now, org, string(list))
	return err
}

// unjoinUnreadTx shares out what nobody has read: once the team had read what
// both had, only what came since is left.
func unjoinUnreadTx(tx *db.Tx, from, into *Conversation, j *joined) error {
	since, err := db.Value[int](tx, `SELECT COUNT(*) FROM message WHERE conversation_id = ? AND id > ? AND direction = 'INBOUND' AND org_id = ?`,
		into.ID, j.state.Since, into.OrgID)
	if err == nil && into.UnreadCount >= j.state.From.Unread+j.state.Into.Unread+since {
		from.UnreadCount = j.state.From.Unread
		into.UnreadCount -= from.UnreadCount
	}
	if err != nil {
		return err
	}
	// As if these had not been there when others became part of it later.
	_, err = tx.Exec(`UPDATE conversation_join SET state = json_set(state, '$.Into.Unread', max(0, json_extract(state, '$.Into.Unread') - ?))
		WHERE into_contact = ? AND into_id = ? AND org_id = ? AND json_extract(state, '$.Since') > ?`,
		j.state.From.Unread, into.ContactID, into.ID, into.OrgID, j.state.Since)
	return err
}

// unjoinWaitingTx finds out since when each waits. An answer after the merge
// was one to both.
func (s *Service) unjoinWaitingTx(tx *db.Tx, from, into *Conversation, j *joined) error {
	together, stage, was := into.WaitingSince, into.AlarmStage, j.state.From
	if !into.Waits() {
		return nil
	}
	if !from.IsClosed() && was.WaitingSince != 0 && together <= was.WaitingSince {
		from.WaitingSince, from.AlarmStage = was.WaitingSince, was.AlarmStage
		if together == was.WaitingSince {
			from.AlarmStage = stage
		}
	}
	if err := s.recallWaitingTx(tx, into, 0); err != nil {
		return err
	}
	switch into.WaitingSince {
	case together:
	case j.state.Into.WaitingSince:
		into.AlarmStage = j.state.Into.AlarmStage
	default:
		into.AlarmStage = 0
	}
	if err := s.planAlarmTx(tx, into); err != nil {
		return err
	}
	return s.planAlarmTx(tx, from)
}

// recallHeardTx finds out when the customer of c last wrote, if the newest came
// with the other conversation; more may still be part of c.
func recallHeardTx(tx *db.Tx, c *Conversation, j *joined) error {
	if c.LastInboundAt != j.state.From.LastInboundAt {
		return nil
	}
	own, err := db.Value[int64](tx, `SELECT coalesce(MAX(at), 0) FROM message WHERE conversation_id = ? AND org_id = ? AND (direction = 'INBOUND' OR type = ?)`,
		c.ID, c.OrgID, ActivityCall)
	if err != nil {
		return err
	}
	more, err := db.Value[int64](tx, `SELECT coalesce(MAX(json_extract(state, '$.From.LastInboundAt')), 0) FROM conversation_join
		WHERE into_contact = ? AND into_id = ? AND from_id <> into_id AND org_id = ?`, c.ContactID, c.ID, c.OrgID)
	c.LastInboundAt, c.WindowExpiresAt = max(min(j.state.Into.LastInboundAt, own), more), 0
	if c.LastInboundAt != 0 {
		c.WindowExpiresAt = c.LastInboundAt + window.Milliseconds()
	}
	return err
}

// closeAgainTx closes c if it was until the other conversation opened it, and
// nothing was said since.
func closeAgainTx(tx *db.Tx, c *Conversation, j *joined) error {
	if j.state.Into.Status != Closed || j.state.From.Status != Open {
		return nil
	}
	said, err := db.Exists(tx, `SELECT 1 FROM message WHERE conversation_id = ? AND id > ? AND direction <> 'ACTIVITY' AND org_id = ?`, c.ID, j.state.Since, c.OrgID)
	if err == nil && !said {
		c.Status, c.SnoozedUntil = Closed, 0
		c.answered()
	}
	return err
}

// recallLastTx finds the last message of c anew.
func recallLastTx(tx *db.Tx, c *Conversation) error {
	c.LastMessageID, c.LastMessageAt, c.LastPreview = 0, 0, Preview{}
	all, err := db.All(tx, scanMessage, `SELECT `+messageColumns+` FROM message m INDEXED BY message_thread
		WHERE m.conversation_id = ? AND m.org_id = ? AND m.type <> 'REACTION' AND (m.direction IN ('INBOUND', 'OUTBOUND') OR m.type = ?)
		ORDER BY m.at DESC, m.id DESC LIMIT 1`, c.ID, c.OrgID, ActivityCall)
	if err == nil && len(all) > 0 {
		c.follow(&all[0])
	}
	return err
}

// leaveAgainTx gives a group back to the contact whose it was, with what they
// had written in it.
func (s *Service) leaveAgainTx(tx *db.Tx, who account.Actor, c *Conversation, j *joined) error {
	for _, do := range []struct {
		list []int64
		stmt string
	}{
		{j.state.Messages, `UPDATE message SET contact_id = ?2 WHERE contact_id = ?1 AND org_id = ?3 AND id IN (SELECT value FROM json_each(?4))`},
		{j.state.Reactions, `UPDATE OR IGNORE reaction SET contact_id = ?2 WHERE contact_id = ?1 AND org_id = ?3 AND message_id IN (SELECT value FROM json_each(?4))`},
		{[]int64{c.ID}, `UPDATE conversation SET contact_id = ?2 WHERE contact_id = ?1 AND org_id = ?3 AND id IN (SELECT value FROM json_each(?4))`},
	} {
		if err := execList(tx, do.stmt, j.intoContact, j.fromContact, c.OrgID, do.list); err != nil {
			return err
		}
	}
	c.ContactID = j.fromContact
	return s.updatedTx(tx, who, c, "conversation.updated", nil)
}
