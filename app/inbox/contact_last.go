package inbox

import (
	"badala/app/contact"
	"badala/app/db"
)

// talkedTx tells contacts, whose conversations are others now, when something
// was last said with them.
func talkedTx(tx *db.Tx, org int64, ids ...int64) error {
	for _, id := range ids {
		at, err := db.Value[int64](tx, `SELECT coalesce(MAX(last_message_at), 0) FROM conversation INDEXED BY conversation_contact
			WHERE contact_id = ? AND group_id = '' AND +org_id = ?`, id, org)
		if err == nil {
			err = contact.SetTalkedTx(tx, org, id, at)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
