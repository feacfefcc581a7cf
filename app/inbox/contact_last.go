package inbox

import (
	"encoding/json"

	"badala/app/contact"
	"badala/app/db"
)

// FillLastMessage tells contacts when something was last said with them.
func (s *Service) FillLastMessage(q db.Q, org int64, all []contact.Contact) error {
	if len(all) == 0 {
		return nil
	}
	ids := make([]int64, len(all))
	for i, c := range all {
		ids[i] = c.ID
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	type last struct{ contact, at int64 }
	found, err := db.All(q, func(r *db.Rows, l *last) error { return r.Scan(&l.contact, &l.at) },
		`SELECT contact_id, MAX(last_message_at) FROM conversation INDEXED BY conversation_contact
		WHERE contact_id IN (SELECT value FROM json_each(?)) AND group_id = '' AND org_id = ? GROUP BY contact_id`, string(list), org)
	at := make(map[int64]int64, len(found))
	for _, l := range found {
		at[l.contact] = l.at
	}
	for i := range all {
		all[i].LastMessageAt = at[all[i].ID]
	}
	return err
}
