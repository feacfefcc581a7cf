package inbox

import (
	"bytes"
	"context"
	"encoding/json"
	"regexp"
	"time"

	"badala/app/db"
	"badala/app/queue"
)

// eraseArgs say what is left of a person who was erased. Names are digits of
// numbers and user ids; they go with the job.
type eraseArgs struct {
	Org           int64    `json:"org"`
	Contact       int64    `json:"contact"`
	UpTo          int64    `json:"upTo"` // what came later is about whoever comes back
	Conversations []int64  `json:"conversations"`
	Groups        []int64  `json:"groups"`
	Names         []string `json:"names"`
}

var eraseKind = &queue.Kind[eraseArgs]{Name: "inbox.erase", Attempts: 10_000, Timeout: 30 * time.Minute, Workers: 1}

// eraseAtOnce is how many messages are blanked in one step.
const eraseAtOnce = 500

// minName is the shortest name that is looked for in bodies.
const minName = 7

// runErase takes away what a person said and what was said to them. It goes in
// short steps and does the same again when it is cut: raw bodies first, as long
// as the messages tell what to look for.
func (s *Service) runErase(ctx context.Context, j *queue.Job[eraseArgs]) error {
	a := j.Args
	named, err := s.namedBy(ctx, a)
	if err != nil {
		return err
	}
	if err := s.Channels.EraseRaw(ctx, a.Org, a.UpTo, named); err != nil {
		return err
	}
	for _, conv := range a.Conversations {
		if err := s.eraseMessages(ctx, a, conv, 0); err != nil {
			return err
		}
	}
	for _, conv := range a.Groups {
		if err := s.eraseInGroup(ctx, a, conv); err != nil {
			return err
		}
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := eraseRestTx(tx, a); err != nil {
			return err
		}
		if err := s.forgetTx(tx); err != nil {
			return err
		}
		return j.Finish(tx)
	})
}

var wamids = regexp.MustCompile(`wamid\.[A-Za-z0-9+/=_-]+`)

// namedBy tells whether a raw body is about the person: it has their number or
// id, or the id of a message of theirs.
func (s *Service) namedBy(ctx context.Context, a eraseArgs) (func([]byte) bool, error) {
	known := map[string]bool{}
	for _, conv := range a.Conversations {
		ids, err := db.All(s.DB.Read(ctx), func(r *db.Rows, v *string) error { return r.Scan(v) },
			`SELECT wa_id FROM message WHERE conversation_id = ? AND wa_id <> '' AND org_id = ?`, conv, a.Org)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			known[id] = true
		}
	}
	return func(body []byte) bool {
		for _, name := range a.Names {
			if len(name) >= minName && bytes.Contains(body, []byte(name)) {
				return true
			}
		}
		body = bytes.ReplaceAll(body, []byte(`\/`), []byte("/"))
		for _, id := range wamids.FindAll(body, -1) {
			if known[string(id)] {
				return true
			}
		}
		return false
	}, nil
}

// erasable is what else hangs on a message.
type erasable struct{ id, at, media int64 }

// eraseMessages blanks the messages of a conversation: those by one contact,
// or all (0).
func (s *Service) eraseMessages(ctx context.Context, a eraseArgs, conv, by int64) error {
	var last erasable
	for {
		all, err := db.All(s.DB.Read(ctx), func(r *db.Rows, e *erasable) error { return r.Scan(&e.id, &e.at, &e.media) },
			`SELECT m.id, m.at, m.media_id FROM message m INDEXED BY message_thread
			WHERE m.conversation_id = ? AND (m.at, m.id) > (?, ?) AND m.org_id = ? AND (? = 0 OR m.contact_id = ?)
			ORDER BY m.at, m.id LIMIT ?`, conv, last.at, last.id, a.Org, by, by, eraseAtOnce)
		if err != nil || len(all) == 0 {
			return err
		}
		last = all[len(all)-1]
		if err := s.DB.Write(ctx, func(tx *db.Tx) error { return s.blankTx(tx, a.Org, all) }); err != nil {
			return err
		}
	}
}

// eraseInGroup blanks what the person wrote in a group, and takes what others
// quoted of it.
func (s *Service) eraseInGroup(ctx context.Context, a eraseArgs, conv int64) error {
	took, err := db.Exists(s.DB.Read(ctx), `SELECT 1 FROM message WHERE conversation_id = ? AND contact_id = ? AND org_id = ?`, conv, a.Contact, a.Org)
	if err != nil || !took {
		return err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		for _, stmt := range []string{
			`UPDATE message SET reply_wamid = '' WHERE conversation_id = ?1 AND reply_wamid <> '' AND reply_wamid IN (
				SELECT wa_id FROM message WHERE conversation_id = ?1 AND contact_id = ?2) AND org_id = ?3`,
			`UPDATE conversation SET last_text = '' WHERE id = ?1 AND org_id = ?3 AND last_message_id IN (
				SELECT id FROM message WHERE conversation_id = ?1 AND contact_id = ?2)`,
			`DELETE FROM reaction WHERE contact_id = ?2 AND org_id = ?3 AND message_id IN (SELECT id FROM message WHERE conversation_id = ?1)`,
		} {
			if _, err := tx.Exec(stmt, conv, a.Contact, a.Org); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.eraseMessages(ctx, a, conv, a.Contact)
}

// blankTx leaves of messages what reports count: where and when, which way, of
// what type, how it ended.
func (s *Service) blankTx(tx *db.Tx, org int64, all []erasable) error {
	ids := make([]int64, len(all))
	var files []int64
	for i, e := range all {
		ids[i] = e.id
		if e.media != 0 {
			files = append(files, e.media)
		}
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	for _, stmt := range []string{
		`UPDATE message SET body = '', caption = '', payload = '', media_id = 0, reply_to = 0, reply_wamid = '', error_title = '', error_detail = '',
			wa_id = '', wa_hash = NULL, client_id = '', contact_id = 0, edited_at = 0, deleted = 1, outcome = ''
			WHERE id IN (SELECT value FROM json_each(?)) AND org_id = ?`,
		`DELETE FROM reaction WHERE message_id IN (SELECT value FROM json_each(?)) AND org_id = ?`,
	} {
		if _, err := tx.Exec(stmt, string(list), org); err != nil {
			return err
		}
	}
	tx.Last(func(tx *db.Tx) error {
		_, err := tx.Exec(`DELETE FROM message_fts WHERE rowid IN (SELECT value FROM json_each(?))`, string(list))
		return err
	})
	return s.eraseFilesTx(tx, org, files)
}

// eraseFilesTx removes the files that nothing uses any more.
func (s *Service) eraseFilesTx(tx *db.Tx, org int64, files []int64) error {
	if len(files) == 0 {
		return nil
	}
	list, err := json.Marshal(files)
	if err != nil {
		return err
	}
	type file struct {
		id  int64
		key string
	}
	free, err := db.All(tx, func(r *db.Rows, f *file) error { return r.Scan(&f.id, &f.key) }, `
		SELECT f.id, f.key FROM media f WHERE f.id IN (SELECT value FROM json_each(?1)) AND f.org_id = ?2
		AND NOT EXISTS (SELECT 1 FROM message WHERE media_id = f.id AND media_id <> 0)
		AND NOT EXISTS (SELECT 1 FROM canned_response WHERE org_id = ?2 AND instr(media_keys, '"' || f.key || '"') > 0)`, string(list), org)
	if err != nil {
		return err
	}
	var unused []int64
	for _, f := range free {
		needed := false
		if s.bulk.needs != nil {
			if needed, err = s.bulk.needs(tx, org, f.key); err != nil {
				return err
			}
		}
		if !needed {
			unused = append(unused, f.id)
		}
	}
	if len(unused) == 0 {
		return nil
	}
	gone, err := json.Marshal(unused)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM media_upload WHERE media_id IN (SELECT value FROM json_each(?)) AND org_id = ?`, string(gone), org); err != nil {
		return err
	}
	return s.Media.EraseTx(tx, org, unused)
}

// eraseRestTx removes what is found by the contact or the conversation.
func eraseRestTx(tx *db.Tx, a eraseArgs) error {
	list, err := json.Marshal(a.Conversations)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM mention WHERE conversation_id IN (SELECT value FROM json_each(?)) AND org_id = ?`, string(list), a.Org); err != nil {
		return err
	}
	_, err = tx.Exec(`DELETE FROM parked WHERE contact_id = ? AND org_id = ?`, a.Contact, a.Org)
	return err
}

// forgetArgs name nothing: the job is for all who were erased.
type forgetArgs struct{}

// forgetKind rewrites the search indexes. A deleted row stays in them as words
// until the pieces that hold it are merged.
var forgetKind = &queue.Kind[forgetArgs]{Name: "inbox.forget", Attempts: 100, Timeout: 2 * time.Hour, Workers: 1}

const (
	forgetEvery = int64(time.Hour / time.Millisecond)
	mergePages  = 200 // of an index, rewritten in one step
)

func (s *Service) runForget(ctx context.Context, _ *queue.Job[forgetArgs]) error {
	for _, index := range []string{"message_fts", "contact_fts"} {
		// A negative number puts all pieces into one merge; the following ones go on with it.
		for pages := -mergePages; ; pages = mergePages {
			if err := ctx.Err(); err != nil {
				return err
			}
			more, err := s.mergeIndex(ctx, index, pages)
			if err != nil {
				return err
			}
			if !more {
				break
			}
		}
	}
	return nil
}

// mergeIndex merges some pages of an index and tells whether there was anything to merge.
func (s *Service) mergeIndex(ctx context.Context, index string, pages int) (more bool, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		before, err := db.Value[int64](tx, `SELECT total_changes()`)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO `+index+`(`+index+`, rank) VALUES ('merge', ?)`, pages); err != nil {
			return err
		}
		after, err := db.Value[int64](tx, `SELECT total_changes()`)
		more = after-before >= 2
		return err
	})
	return more, err
}
