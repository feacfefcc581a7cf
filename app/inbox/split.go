package inbox

import (
	"encoding/json"

	"badala/app/account"
	"badala/app/db"
)

// splitTx gives the conversations that a merge had moved back, with all that
// was said in them, and makes those again that had become part of others.
func (s *Service) splitTx(tx *db.Tx, who account.Actor, from, into int64, ids []int64) error {
	org := who.OrgID
	if err := splitWholeTx(tx, org, from, into, ids); err != nil {
		return err
	}
	all, err := db.All(tx, scanJoined, `SELECT from_id, into_id, from_contact, into_contact, state FROM conversation_join
		WHERE from_contact = ? AND into_contact = ? AND org_id = ? ORDER BY from_id`, into, from, org)
	if err != nil {
		return err
	}
	for i := range all {
		if err := s.unjoinTx(tx, who, &all[i]); err != nil {
			return err
		}
	}
	return talkedTx(tx, org, from, into)
}

// splitWholeTx gives back the conversations that had moved as they were.
func splitWholeTx(tx *db.Tx, org, from, into int64, ids []int64) error {
	list, err := json.Marshal(ids)
	if err != nil || len(ids) == 0 {
		return err
	}
	for _, stmt := range []string{
		`UPDATE conversation SET contact_id = ?2 WHERE contact_id = ?1 AND org_id = ?3 AND id IN (SELECT value FROM json_each(?4))`,
		`UPDATE message SET contact_id = ?2 WHERE contact_id = ?1 AND org_id = ?3 AND conversation_id IN (SELECT value FROM json_each(?4))`,
		`UPDATE OR IGNORE reaction SET contact_id = ?2 WHERE contact_id = ?1 AND org_id = ?3 AND message_id IN (
			SELECT id FROM message WHERE conversation_id IN (SELECT value FROM json_each(?4)))`,
	} {
		if _, err := tx.Exec(stmt, from, into, org, string(list)); err != nil {
			return err
		}
	}
	return nil
}
