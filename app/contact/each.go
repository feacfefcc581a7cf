package contact

import (
	"context"
	"math"

	"badala/app/account"
	"badala/app/db"
)

// Each calls do for every contact of a pick, newest first, with all that is
// known of it. It reads a few at a time.
func (s *Service) Each(ctx context.Context, org int64, pick BulkPick, do func(*State) error) error {
	b := Bulk{OrgID: org, pick: pick.clean(), after: math.MaxInt64}
	for {
		q := s.db.Read(ctx)
		ids, err := s.nextPicked(q, &b)
		if err != nil || len(ids) == 0 {
			return err
		}
		states, err := s.StatesOf(q, org, ids)
		if err != nil {
			return err
		}
		for _, id := range ids {
			b.after = id
			if st := states[id]; st != nil {
				if err := do(st); err != nil {
					return err
				}
			}
		}
	}
}

// AuditExport writes down that contacts are about to leave as a file of a format.
func (s *Service) AuditExport(ctx context.Context, who account.Actor, pick BulkPick, format string) error {
	pick = pick.clean()
	n, err := s.picked(s.db.Read(ctx), who.OrgID, pick)
	if err != nil {
		return err
	}
	told := map[string]any{"contacts": n}
	if pick.IDs == nil {
		told["filter"] = pick.Filter.told()
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		return account.AuditTx(tx, who, account.Line{Action: "contact.export", Target: "org", TargetID: who.OrgID, Detail: format, After: told})
	})
}

// AuditExportOf writes down that all that is known of a person is about to
// leave as a file.
func (s *Service) AuditExportOf(ctx context.Context, who account.Actor, id int64) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		return account.AuditTx(tx, who, account.Line{Action: "contact.export", Target: "contact", TargetID: id, ContactID: id})
	})
}
