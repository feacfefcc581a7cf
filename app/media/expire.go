package media

import (
	"encoding/json"

	"badala/app/db"
	"badala/app/errs"
)

// ExpireTx takes the bytes of files that are here, since they were kept for
// long enough. What is left says so. Nobody can open them once tx is committed.
func (s *Service) ExpireTx(tx *db.Tx, org int64, ids []int64) (err error) {
	defer errs.Wrap(&err, "media.ExpireTx(org %d)", org)
	if len(ids) == 0 {
		return nil
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`UPDATE media SET state = 'LOST', error = ?, file_name = '', meta_id = '', url = '', sha256 = NULL, thumb_width = 0, thumb_height = 0
		WHERE id IN (SELECT value FROM json_each(?)) AND org_id = ? AND state = 'READY'`, ReasonRetention, string(list), org); err != nil {
		return err
	}
	return eraseKind.Add(s.queue, tx, eraseArgs{org, ids})
}

func (m Media) expired() bool { return m.State == Lost && m.Error == ReasonRetention }

// CountSince counts the files of an organisation that are here and came after
// an instant, and their bytes.
func CountSince(q db.Q, org, since int64) (n, bytes int64, err error) {
	all, err := db.One(q, func(r *db.Rows, v *[2]int64) error { return r.Scan(&v[0], &v[1]) },
		`SELECT count(*), coalesce(sum(size), 0) FROM media INDEXED BY media_ready WHERE org_id = ? AND state = 'READY' AND id >= ?`, org, db.FirstID(since))
	return all[0], all[1], err
}
