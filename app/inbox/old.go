package inbox

import (
	"cmp"
	"context"
	"encoding/json"

	"badala/app/db"
	"badala/app/errs"
)

// Old is what is kept for longer than an organisation wants.
type Old struct {
	Messages, Notes int64
	Files, Bytes    int64
	First           int64 // when the first of them was, 0 without any
}

// older picks messages of an organisation that were before an instant, but for
// those whose fate is open. Notes and the lines about what was done are
// messages of the thread.
const older = ` m.org_id = ? AND m.at < ? AND m.status NOT IN ('PENDING', 'UNCONFIRMED')`

const (
	oldConversations = 1000 // looked at in one step
	oldAtOnce        = 250  // messages or files that one Write takes away
)

// eachConversations gives the ids of all conversations of an organisation in
// lists, each as JSON.
func (s *Service) eachConversations(ctx context.Context, org int64, do func(list string) error) error {
	channels, err := db.All(s.DB.Read(ctx), scanID, `SELECT id FROM channel INDEXED BY channel_org WHERE org_id = ?`, org)
	if err != nil {
		return err
	}
	for _, ch := range channels {
		for last := int64(0); ; {
			ids, err := db.All(s.DB.Read(ctx), scanID, `SELECT id FROM conversation INDEXED BY conversation_channel
				WHERE org_id = ? AND channel_id = ? AND id > ? ORDER BY id LIMIT ?`, org, ch, last, oldConversations)
			if err != nil {
				return err
			}
			if len(ids) == 0 {
				break
			}
			last = ids[len(ids)-1]
			list, err := json.Marshal(ids)
			if err != nil {
				return err
			}
			if err := do(string(list)); err != nil {
				return err
			}
		}
	}
	return nil
}

// CountOld counts the messages of an organisation that DropOld would delete.
func (s *Service) CountOld(ctx context.Context, org, before int64) (all Old, err error) {
	defer errs.Wrap(&err, "inbox.CountOld(org %d)", org)
	err = s.eachConversations(ctx, org, func(list string) error {
		n, err := db.One(s.DB.Read(ctx), func(r *db.Rows, n *Old) error { return r.Scan(&n.Messages, &n.Notes, &n.First) }, `
			SELECT COUNT(*) FILTER (WHERE m.direction IN ('INBOUND', 'OUTBOUND') AND m.type <> 'REACTION'),
				COUNT(*) FILTER (WHERE m.direction = 'NOTE'), coalesce(MIN(m.at), 0)
			FROM json_each(?) c CROSS JOIN message m INDEXED BY message_thread ON m.conversation_id = c.value WHERE`+older, list, org, before)
		all.Messages, all.Notes = all.Messages+n.Messages, all.Notes+n.Notes
		all.First = firstOf(all.First, n.First)
		return err
	})
	return all, err
}

// firstOf is the earlier of two instants, 0 being none.
func firstOf(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// CountRecent counts the messages that an organisation has had since an instant.
func CountRecent(q db.Q, org, since int64) (int64, error) {
	return db.Value[int64](q, `SELECT COUNT(*) FROM message WHERE id >= ? AND org_id = ? AND at >= ? AND direction IN ('INBOUND', 'OUTBOUND') AND type <> 'REACTION'`,
		db.FirstID(since), org, since)
}

// DropOld deletes the messages of an organisation that were before an instant,
// with their files, reactions and words in the search index, but for those
// whose fate is open. Conversations and contacts stay. It takes a few in each
// Write, in which note hears what went.
func (s *Service) DropOld(ctx context.Context, org, before int64, note func(tx *db.Tx, gone Old) error) (err error) {
	defer errs.Wrap(&err, "inbox.DropOld(org %d)", org)
	gone := false
	err = s.eachConversations(ctx, org, func(list string) error {
		for {
			ids, err := db.All(s.DB.Read(ctx), scanID, `SELECT m.id FROM json_each(?) c CROSS JOIN message m INDEXED BY message_thread ON m.conversation_id = c.value
				WHERE`+older+` LIMIT ?`, list, org, before, oldAtOnce)
			if err != nil || len(ids) == 0 {
				return err
			}
			if err := s.DB.Write(ctx, func(tx *db.Tx) error { return s.dropTx(tx, org, before, ids, note) }); err != nil {
				return err
			}
			gone = true
		}
	})
	if !gone {
		return err
	}
	return cmp.Or(err, s.DB.Write(context.WithoutCancel(ctx), s.forgetTx))
}

// leaving is what hangs on a message that goes.
type leaving struct {
	id, conversation, media int64
	direction, kind         string
}

// dropTx deletes messages that are still to go.
func (s *Service) dropTx(tx *db.Tx, org, before int64, ids []int64, note func(tx *db.Tx, gone Old) error) error {
	list, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	all, err := db.All(tx, func(r *db.Rows, m *leaving) error {
		return r.Scan(&m.id, &m.conversation, &m.media, &m.direction, &m.kind)
	}, `SELECT m.id, m.conversation_id, m.media_id, m.direction, m.type FROM message m WHERE m.id IN (SELECT value FROM json_each(?)) AND`+older, string(list), org, before)
	if err != nil || len(all) == 0 {
		return err
	}
	var n Old
	var files []int64
	ids = ids[:0]
	convs := map[int64]bool{}
	for _, m := range all {
		ids, convs[m.conversation] = append(ids, m.id), true
		if m.media != 0 {
			files = append(files, m.media)
		}
		switch {
		case m.direction == Note:
			n.Notes++
		case m.direction != Activity && m.kind != TypeReaction:
			n.Messages++
		}
	}
	if err := dropRowsTx(tx, org, ids, convs); err != nil {
		return err
	}
	if err := s.eraseFilesTx(tx, org, files); err != nil {
		return err
	}
	return note(tx, n)
}

// dropRowsTx deletes messages with all that names them. Their conversations
// keep their place in the lists, where the last message is one that was deleted.
func dropRowsTx(tx *db.Tx, org int64, ids []int64, convs map[int64]bool) error {
	of := make([]int64, 0, len(convs))
	for c := range convs {
		of = append(of, c)
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	within, err := json.Marshal(of)
	if err != nil {
		return err
	}
	for _, stmt := range []string{
		`DELETE FROM reaction WHERE message_id IN (SELECT value FROM json_each(?1)) AND org_id = ?2 AND ?3 <> ''`,
		`DELETE FROM mention WHERE message_id IN (SELECT value FROM json_each(?1)) AND org_id = ?2 AND ?3 <> ''`,
		`UPDATE draft SET reply_to = 0 WHERE conversation_id IN (SELECT value FROM json_each(?3)) AND org_id = ?2 AND reply_to IN (SELECT value FROM json_each(?1))`,
		`DELETE FROM message WHERE id IN (SELECT value FROM json_each(?1)) AND org_id = ?2 AND ?3 <> ''`,
		`UPDATE conversation SET last_message_id = 0, last_type = 'TEXT', last_text = '', last_status = ''
			WHERE id IN (SELECT value FROM json_each(?3)) AND +org_id = ?2 AND last_message_id IN (SELECT value FROM json_each(?1))`,
	} {
		if _, err := tx.Exec(stmt, string(list), org, string(within)); err != nil {
			return err
		}
	}
	// Nobody can read what is no more.
	if _, err := tx.Exec(`UPDATE conversation AS c SET unread_count = min(unread_count, (SELECT COUNT(*) FROM (
			SELECT 1 FROM message m INDEXED BY message_thread WHERE m.conversation_id = c.id AND m.direction = 'INBOUND' LIMIT 1000)))
		WHERE id IN (SELECT value FROM json_each(?)) AND +org_id = ? AND unread_count BETWEEN 1 AND 1000`, string(within), org); err != nil {
		return err
	}
	tx.Last(func(tx *db.Tx) error {
		_, err := tx.Exec(`DELETE FROM message_fts WHERE rowid IN (SELECT value FROM json_each(?))`, string(list))
		return err
	})
	return nil
}
