package media

import "badala/app/db"

// After gives the next files of an organisation, oldest first, in any state but
// erased.
func After(q db.Q, org, after int64) ([]Media, error) {
	return db.All(q, scan, `SELECT `+columns+` FROM media WHERE +org_id = ? AND id > ? AND error <> 'erased' ORDER BY id LIMIT ?`, org, after, moveAtOnce)
}

// CountOf counts what After gives.
func CountOf(q db.Q, org int64) (int64, error) {
	return db.Value[int64](q, `SELECT count(*) FROM media WHERE org_id = ? AND error <> 'erased'`, org)
}

// NeedsBucket says whether an organisation has files in a bucket that is not
// configured.
func (s *Service) NeedsBucket(q db.Q, org int64) (bool, error) {
	if s.bucket != nil {
		return false, nil
	}
	return db.Exists(q, `SELECT 1 FROM media WHERE org_id = ? AND store = 's3' AND state = 'READY' LIMIT 1`, org)
}
