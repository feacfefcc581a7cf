package inbox

import (
	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

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

// tagMergedTx brings at most limit conversations from a tag to another, and all
// rules: of two of one number for the same tag only the first ever fits.
func (s *Service) tagMergedTx(tx *db.Tx, who account.Actor, from, into int64, limit int) (int, error) {
	ids, err := db.All(tx, func(r *db.Rows, id *int64) error { return r.Scan(id) },
		`SELECT conversation_id FROM conversation_tag WHERE tag_id = ? AND org_id = ? ORDER BY conversation_id LIMIT ?`, from, who.OrgID, limit)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		if err := s.tagMergedOfTx(tx, who, id, from, into); err != nil {
			return 0, err
		}
	}
	if len(ids) == limit {
		return limit, nil
	}
	for _, stmt := range []string{
		`UPDATE assignment_rule SET tag_id = ?2 WHERE tag_id = ?1 AND org_id = ?3`,
		`DELETE FROM assignment_rule AS r WHERE ?1 <> 0 AND r.tag_id = ?2 AND r.org_id = ?3 AND EXISTS (SELECT 1 FROM assignment_rule o
			WHERE o.channel_id = r.channel_id AND o.tag_id = r.tag_id AND o.place < r.place)`,
	} {
		if _, err := tx.Exec(stmt, from, into, who.OrgID); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

// tagMergedOfTx changes the tag of one conversation.
func (s *Service) tagMergedOfTx(tx *db.Tx, who account.Actor, id, from, into int64) error {
	if _, err := tx.Exec(`DELETE FROM conversation_tag WHERE conversation_id = ? AND tag_id = ? AND org_id = ?`, id, from, who.OrgID); err != nil {
		return err
	}
	if _, err := tx.Exec(`INSERT INTO conversation_tag (conversation_id, tag_id, org_id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, id, into, who.OrgID); err != nil {
		return err
	}
	c, err := conversationRow(tx, who.OrgID, id)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.updatedTx(tx, who, &c, "conversation.updated", nil)
}

// TagRules counts the assignment rules that name a tag.
func (s *Service) TagRules(q db.Q, org, tag int64) (int, error) {
	return db.Value[int](q, `SELECT COUNT(*) FROM assignment_rule WHERE tag_id = ? AND org_id = ?`, tag, org)
}
