package channel

import (
	"context"

	"badala/app/db"
	"badala/app/errs"
)

// dropAtOnce is how many kept bodies are removed in one step.
const dropAtOnce = 300

// RawBetween counts the kept bodies of an organisation that came from one
// instant on and before another, and tells when the first of them came, 0
// without any.
func RawBetween(q db.Q, org, from, before int64) (n, first int64, err error) {
	all, err := db.One(q, func(r *db.Rows, v *[2]int64) error { return r.Scan(&v[0], &v[1]) },
		`SELECT COUNT(*), coalesce(MIN(received_at), 0) FROM inbound INDEXED BY inbound_age WHERE org_id = ? AND received_at >= ? AND received_at < ?`, org, from, before)
	return all[0], all[1], err
}

// DropRaw removes the kept bodies of an organisation that came before an
// instant, a few in each Write, in which note hears how many. Bodies that are
// of several organisations, or of none, go uncounted with those of whoever
// keeps them the shortest.
func (s *Service) DropRaw(ctx context.Context, org, before int64, note func(tx *db.Tx, n int64) error) (err error) {
	defer errs.Wrap(&err, "channel.DropRaw(org %d)", org)
	if err := s.dropOld(ctx, org, before, note); err != nil {
		return err
	}
	return s.dropOld(ctx, 0, before, func(*db.Tx, int64) error { return nil })
}

func (s *Service) dropOld(ctx context.Context, org, before int64, note func(tx *db.Tx, n int64) error) error {
	for {
		var gone int64
		err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
			gone, err = tx.Exec(`DELETE FROM inbound WHERE id IN (
				SELECT id FROM inbound INDEXED BY inbound_age WHERE org_id = ? AND received_at < ? ORDER BY received_at LIMIT ?)`, org, before, dropAtOnce)
			if err != nil || gone == 0 {
				return err
			}
			return note(tx, gone)
		})
		if err != nil || gone < dropAtOnce {
			return err
		}
	}
}
