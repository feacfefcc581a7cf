package inbox

import (
	"encoding/json"

	"badala/app/contact"
	"badala/app/db"
)

// talksOf lists the conversations of a contact for contact, which merges people.
func talksOf(q db.Q, org, who int64) ([]contact.Talk, error) {
	return db.All(q, func(r *db.Rows, t *contact.Talk) error { return r.Scan(&t.ID, &t.Channel, &t.Group) },
		`SELECT id, channel_id, group_id <> '' FROM conversation WHERE contact_id = ? AND org_id = ?`, who, org)
}

// splitTx gives conversations that a merge had moved back, with all that was
// said in them.
func splitTx(tx *db.Tx, org, from, into int64, ids []int64) error {
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
	return talkedTx(tx, org, from, into)
}
