package inbox

import (
	"context"
	"encoding/json"

	"badala/app/db"
	"badala/app/errs"
)

// oldFiles picks the files of an organisation that were last used before an
// instant: by messages that carry them, or by one that was taken back. What no
// message has used yet, what a message carries that is still to be sent, and
// what a canned response holds, stays.
const oldFiles = ` FROM media f INDEXED BY media_ready WHERE f.org_id = ?1 AND f.state = 'READY'
	AND NOT EXISTS (SELECT 1 FROM message m WHERE m.media_id = f.id AND m.media_id <> 0 AND (m.at >= ?2 OR m.status IN ('PENDING', 'UNCONFIRMED')))
	AND (f.message_id <> 0 AND f.created_at < ?2 OR EXISTS (SELECT 1 FROM message m WHERE m.media_id = f.id AND m.media_id <> 0))
	AND NOT EXISTS (SELECT 1 FROM canned_response WHERE org_id = ?1 AND instr(media_keys, '"' || f.key || '"') > 0)
	AND NOT EXISTS (SELECT 1 FROM canned_gone WHERE org_id = ?1 AND instr(response, '"' || f.key || '"') > 0)`

// oldFile is a file that may go.
type oldFile struct {
	id, size, created int64
	key               string
}

func scanOldFile(r *db.Rows, f *oldFile) error { return r.Scan(&f.id, &f.size, &f.created, &f.key) }

// filesAfter lists some old files by id, without those that a broadcast needs.
// last is where to go on, 0 at the end.
func (s *Service) filesAfter(q db.Q, org, before, after int64) (free []oldFile, last int64, err error) {
	all, err := db.All(q, scanOldFile, `SELECT f.id, f.size, f.created_at, f.key`+oldFiles+` AND f.id > ?3 ORDER BY f.id LIMIT ?4`, org, before, after, oldAtOnce)
	if err != nil || len(all) == 0 {
		return nil, 0, err
	}
	free, err = s.freeFiles(q, org, all)
	return free, all[len(all)-1].id, err
}

// freeFiles leaves out what a broadcast needs.
func (s *Service) freeFiles(q db.Q, org int64, all []oldFile) ([]oldFile, error) {
	if s.bulk.needs == nil {
		return all, nil
	}
	free := all[:0]
	for _, f := range all {
		needed, err := s.bulk.needs(q, org, f.key)
		if err != nil {
			return nil, err
		}
		if !needed {
			free = append(free, f)
		}
	}
	return free, nil
}

// CountOldFiles counts the files that DropOldFiles would delete.
func (s *Service) CountOldFiles(ctx context.Context, org, before int64) (n Old, err error) {
	defer errs.Wrap(&err, "inbox.CountOldFiles(org %d)", org)
	err = s.eachOldFiles(ctx, org, before, func(free []oldFile) error {
		for _, f := range free {
			n.Files, n.Bytes, n.First = n.Files+1, n.Bytes+f.size, firstOf(n.First, f.created)
		}
		return nil
	})
	return n, err
}

// DropOldFiles deletes the files of an organisation that were last used before
// an instant and that nothing needs. Messages that carried one say so. It takes
// a few in each Write, in which note hears what went.
func (s *Service) DropOldFiles(ctx context.Context, org, before int64, note func(tx *db.Tx, gone Old) error) (err error) {
	defer errs.Wrap(&err, "inbox.DropOldFiles(org %d)", org)
	return s.eachOldFiles(ctx, org, before, func(free []oldFile) error {
		return s.DB.Write(ctx, func(tx *db.Tx) error { return s.dropFilesTx(tx, org, before, free, note) })
	})
}

func (s *Service) eachOldFiles(ctx context.Context, org, before int64, do func(free []oldFile) error) error {
	for last := int64(0); ; {
		free, next, err := s.filesAfter(s.DB.Read(ctx), org, before, last)
		if err != nil || next == 0 {
			return err
		}
		if last = next; len(free) == 0 {
			continue
		}
		if err := do(free); err != nil {
			return err
		}
	}
}

// dropFilesTx deletes files that are still to go.
func (s *Service) dropFilesTx(tx *db.Tx, org, before int64, free []oldFile, note func(tx *db.Tx, gone Old) error) error {
	ids := make([]int64, len(free))
	for i, f := range free {
		ids[i] = f.id
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	all, err := db.All(tx, scanOldFile, `SELECT f.id, f.size, f.created_at, f.key`+oldFiles+` AND f.id IN (SELECT value FROM json_each(?3))`, org, before, string(list))
	if err == nil {
		all, err = s.freeFiles(tx, org, all)
	}
	if err != nil || len(all) == 0 {
		return err
	}
	ids = ids[:0]
	var n Old
	for _, f := range all {
		ids, n.Files, n.Bytes = append(ids, f.id), n.Files+1, n.Bytes+f.size
	}
	gone, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM media_upload WHERE media_id IN (SELECT value FROM json_each(?)) AND org_id = ?`, string(gone), org); err != nil {
		return err
	}
	if err := s.Media.ExpireTx(tx, org, ids); err != nil {
		return err
	}
	return note(tx, n)
}
