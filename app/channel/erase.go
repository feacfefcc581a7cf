package channel

import (
	"context"
	"encoding/json"

	"badala/app/db"
	"badala/app/errs"
)

// rawAtOnce is how many kept bodies are looked at in one step.
const rawAtOnce = 200

// EraseRaw removes the kept bodies of an organisation, up to an id, that name a
// person who is erased. Bodies of several organisations are looked at as well.
// It goes in short steps, oldest first, and may be repeated.
func (s *Service) EraseRaw(ctx context.Context, org, upTo int64, named func(body []byte) bool) (err error) {
	defer errs.Wrap(&err, "channel.EraseRaw")
	type raw struct {
		id   int64
		body []byte
	}
	for last := int64(0); ; {
		all, err := db.All(s.db.Read(ctx), func(r *db.Rows, v *raw) error { return r.Scan(&v.id, &v.body) },
			`SELECT id, body FROM inbound WHERE id > ? AND id <= ? AND org_id IN (?, 0) ORDER BY id LIMIT ?`, last, upTo, org, rawAtOnce)
		if err != nil || len(all) == 0 {
			return err
		}
		last = all[len(all)-1].id
		var gone []int64
		for _, v := range all {
			if named(v.body) {
				gone = append(gone, v.id)
			}
		}
		if err := s.dropRaw(ctx, gone); err != nil {
			return err
		}
	}
}

func (s *Service) dropRaw(ctx context.Context, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`DELETE FROM inbound WHERE id IN (SELECT value FROM json_each(?))`, string(list))
		return err
	})
}
