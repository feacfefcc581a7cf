package inbox

import (
	"encoding/json"
	"slices"

	"badala/app/db"
)

// MediaOf lists the newest messages with a file in what was said with a
// contact, newest first; at most take.
func (s *Service) MediaOf(q db.Q, org, who int64, take int) ([]Message, error) {
	ids, err := conversationsOf(q, org, []int64{who})
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	found, err := db.All(q, func(r *db.Rows, id *int64) error { return r.Scan(id) },
		`SELECT m.id FROM message m JOIN conversation c ON c.id = m.conversation_id
		WHERE m.conversation_id IN (SELECT value FROM json_each(?)) AND c.group_id = '' AND m.org_id = ? AND m.media_id <> 0
		ORDER BY m.at DESC, m.id DESC LIMIT ?`, string(list), org, take)
	if err != nil {
		return nil, err
	}
	all, err := s.MessagesByID(q, org, found)
	at := func(m Message) int { return slices.Index(found, m.ID) }
	slices.SortFunc(all, func(a, b Message) int { return at(a) - at(b) })
	return all, err
}
