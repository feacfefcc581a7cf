package inbox

import "badala/app/db"

// TagUse counts the conversations that have each tag.
func (s *Service) TagUse(q db.Q, org int64) (map[int64]int, error) {
	type use struct {
		tag int64
		n   int
	}
	found, err := db.All(q, func(r *db.Rows, u *use) error { return r.Scan(&u.tag, &u.n) },
		`SELECT t.id, (SELECT COUNT(*) FROM conversation_tag ct WHERE ct.tag_id = t.id) FROM tag t WHERE t.org_id = ?`, org)
	all := make(map[int64]int, len(found))
	for _, u := range found {
		all[u.tag] = u.n
	}
	return all, err
}

// tagGoneTx takes a deleted tag off all conversations, and its rules with it.
func tagGoneTx(tx *db.Tx, org, tag int64) error {
	if _, err := tx.Exec(`DELETE FROM assignment_rule WHERE tag_id = ? AND org_id = ?`, tag, org); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM conversation_tag WHERE tag_id = ? AND org_id = ?`, tag, org)
	return err
}
