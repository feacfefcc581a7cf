package inbox

import (
	"encoding/hex"
	"encoding/json"
	"slices"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/media"
)

// Page picks a piece of a thread: the latest messages, or those before or
// after a cursor. Take is 1 to 200; 0 means 50.
type Page struct {
	Before, After string
	Take          int
}

const threadBefore = `SELECT ` + messageColumns + ` FROM message m INDEXED BY message_thread
	WHERE m.conversation_id = ? AND m.org_id = ? AND (m.at, m.id) < (?, ?) AND m.type <> 'REACTION'
	ORDER BY m.at DESC, m.id DESC LIMIT ?`

const threadAfter = `SELECT ` + messageColumns + ` FROM message m INDEXED BY message_thread
	WHERE m.conversation_id = ? AND m.org_id = ? AND (m.at, m.id) > (?, ?) AND m.type <> 'REACTION'
	ORDER BY m.at, m.id LIMIT ?`

// farFuture is after every message.
const farFuture = 1<<62 - 1

// Messages gives a piece of a thread, oldest first, with media, quotes and
// reactions. The cursor of a message is Message.Cursor.
func (s *Service) Messages(q db.Q, org, conv int64, p Page) (_ []Message, err error) {
	defer errs.Wrap(&err, "inbox.Messages(%d)", conv)
	if p.Take <= 0 {
		p.Take = defaultTake
	}
	p.Take = min(p.Take, maxTake)
	query, at, id := threadBefore, int64(farFuture), int64(farFuture)
	switch {
	case p.After != "":
		query = threadAfter
		at, id, err = parseCursor(p.After)
	case p.Before != "":
		at, id, err = parseCursor(p.Before)
	}
	if err != nil {
		return nil, err
	}
	all, err := db.All(q, scanMessage, query, conv, org, at, id, p.Take)
	if err != nil {
		return nil, err
	}
	if p.After == "" {
		slices.Reverse(all)
	}
	return all, s.complete(q, org, all)
}

// Message reads one, with media, quote and reactions.
func (s *Service) Message(q db.Q, org, id int64) (Message, error) {
	m, err := messageRow(q, org, id)
	if err != nil {
		if errs.Is(err, errs.NotFound) {
			err = errs.New(errs.NotFound, "no such message")
		}
		return m, err
	}
	one := []Message{m}
	err = s.complete(q, org, one)
	return one[0], err
}

// MessagesByID reads those that exist, in thread order.
func (s *Service) MessagesByID(q db.Q, org int64, ids []int64) ([]Message, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	all, err := db.All(q, scanMessage, `SELECT `+messageColumns+` FROM message m
		WHERE m.id IN (SELECT value FROM json_each(?)) AND m.org_id = ? AND m.type <> 'REACTION' ORDER BY m.at, m.id`, string(list), org)
	if err != nil {
		return nil, err
	}
	return all, s.complete(q, org, all)
}

// Cursor is the place of m in its thread, for Page.
func (m Message) Cursor() string { return formatCursor(m.At, m.ID) }

// complete reads what belongs to messages, in few queries for all of them.
func (s *Service) complete(q db.Q, org int64, all []Message) error {
	if len(all) == 0 {
		return nil
	}
	if err := fillReactions(q, org, all); err != nil {
		return err
	}
	if err := fillQuotes(q, org, all); err != nil {
		return err
	}
	return fillMedia(q, org, all)
}

func fillReactions(q db.Q, org int64, all []Message) error {
	at := make(map[int64]*Message, len(all))
	ids := make([]int64, len(all))
	for i := range all {
		at[all[i].ID], ids[i] = &all[i], all[i].ID
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	found, err := db.All(q, func(r *db.Rows, v *Reaction) error { return r.Scan(&v.MessageID, &v.ContactID, &v.Emoji, &v.At) },
		`SELECT message_id, contact_id, emoji, at FROM reaction
		WHERE message_id IN (SELECT value FROM json_each(?)) AND org_id = ? AND emoji <> '' ORDER BY message_id, contact_id`,
		string(list), org)
	for _, v := range found {
		m := at[v.MessageID]
		m.Reactions = append(m.Reactions, v)
	}
	return err
}

// fillQuotes reads the messages that others answer. One that came after its
// answer is found by its wamid.
func fillQuotes(q db.Q, org int64, all []Message) error {
	var ids []int64
	var hashes []string
	for i := range all {
		switch m := &all[i]; {
		case m.ReplyTo != 0:
			ids = append(ids, m.ReplyTo)
		case m.ReplyWamid != "":
			hashes = append(hashes, hex.EncodeToString(waHash(m.ChannelID, m.ReplyWamid)))
		}
	}
	if len(ids)+len(hashes) == 0 {
		return nil
	}
	idList, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	hashList, err := json.Marshal(hashes)
	if err != nil {
		return err
	}
	quoted, err := db.All(q, scanMessage, `SELECT `+messageColumns+` FROM message m
		WHERE m.id IN (SELECT value FROM json_each(?)) AND m.org_id = ?
		UNION ALL SELECT `+messageColumns+` FROM message m
		WHERE m.wa_hash IN (SELECT unhex(value) FROM json_each(?)) AND m.org_id = ?`,
		string(idList), org, string(hashList), org)
	if err != nil {
		return err
	}
	byID, byWaID := map[int64]*Message{}, map[string]*Message{}
	for i := range quoted {
		byID[quoted[i].ID] = &quoted[i]
		byWaID[quoted[i].WaID] = &quoted[i]
	}
	for i := range all {
		m := &all[i]
		to := byID[m.ReplyTo]
		if to == nil && m.ReplyWamid != "" {
			to = byWaID[m.ReplyWamid]
		}
		if to != nil && to.ConversationID == m.ConversationID {
			m.ReplyTo = to.ID
			m.Reply = &Quote{ID: to.ID, Direction: to.Direction, ContactID: to.ContactID, SentByID: to.SentByID, Preview: to.preview()}
		}
	}
	return nil
}

func fillMedia(q db.Q, org int64, all []Message) error {
	var ids []int64
	for i := range all {
		if all[i].MediaID != 0 {
			ids = append(ids, all[i].MediaID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	files, err := db.All(q, scanMedia, `SELECT id, org_id, key, state, content_type, size, file_name, width, height, duration,
			thumb_width, thumb_height, error, created_at, ready_at
		FROM media WHERE id IN (SELECT value FROM json_each(?)) AND org_id = ?`, string(list), org)
	byID := make(map[int64]*media.Media, len(files))
	for i := range files {
		byID[files[i].ID] = &files[i]
	}
	for i := range all {
		all[i].Media = byID[all[i].MediaID]
	}
	return err
}

// scanMedia reads what a thread shows of a file; where its bytes are is for
// media to know.
func scanMedia(r *db.Rows, f *media.Media) error {
	return r.Scan(&f.ID, &f.OrgID, &f.Key, &f.State, &f.ContentType, &f.Size, &f.FileName, &f.Width, &f.Height, &f.Duration,
		&f.ThumbWidth, &f.ThumbHeight, &f.Error, &f.CreatedAt, &f.ReadyAt)
}
