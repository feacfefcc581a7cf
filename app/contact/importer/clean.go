package importer

import (
	"context"

	"badala/app/db"
)

// clean removes what is kept for a time only: files that were never imported,
// before-values and issues.
func (s *Service) clean(ctx context.Context) error {
	old, err := db.All(s.DB.Read(ctx), func(r *db.Rows, id *int64) error { return r.Scan(id) },
		`SELECT id FROM import WHERE created_at < ? AND state NOT IN ('CHECKING', 'RUNNING', 'UNDOING') ORDER BY created_at DESC LIMIT 200`,
		s.DB.Now()-keepTime.Milliseconds())
	if err != nil {
		return err
	}
	for _, id := range old {
		if err := s.dropFile(ctx, id); err != nil {
			return err
		}
		for _, stmt := range []string{
			`DELETE FROM import_issue WHERE id IN (SELECT id FROM import_issue WHERE import_id = ? LIMIT 500)`,
			`DELETE FROM import_before WHERE import_id = ?1 AND contact_id IN (SELECT contact_id FROM import_before WHERE import_id = ?1 LIMIT 500)`,
			`DELETE FROM import_step WHERE rowid IN (SELECT rowid FROM import_step WHERE import_id = ? LIMIT 20)`,
		} {
			if err := s.removeSlowly(ctx, stmt, id); err != nil {
				return err
			}
		}
	}
	return nil
}
