package backup

import (
	"context"
	"fmt"

	"badala/app/db"
)

// keepAlways is how many verified backups a place keeps whatever is set.
const keepAlways = 3

// prune removes the backups of a place that nobody needs any more: nothing
// while the newest one is not verified.
func (s *Service) prune(ctx context.Context, p place, set Settings) error {
	all, err := db.All(s.DB.Read(ctx), scan, `SELECT `+columns+` FROM backup WHERE place = ? AND state <> 'gone' ORDER BY at DESC, id DESC`, p.name())
	if err != nil || len(all) == 0 || all[0].State != Verified {
		return err
	}
	var verified []Backup
	for _, b := range all {
		if b.State == Verified {
			verified = append(verified, b)
		}
	}
	keep := kept(verified, set)
	for _, b := range verified {
		if keep[b.ID] {
			continue
		}
		if err := p.remove(ctx, b.Name); err != nil {
			return err
		}
		b.State, b.Finished = Gone, s.DB.Now()
		if err := s.save(ctx, b); err != nil {
			return err
		}
		s.Log.InfoContext(ctx, "old backup removed", "place", p.name(), "name", b.Name)
	}
	return s.forgetOld(ctx)
}

// kept are the backups to keep of a list, newest first: the last of each of so
// many days, weeks and months that have one, and the newest of all.
func kept(all []Backup, set Settings) map[int64]bool {
	keep := map[int64]bool{}
	for i, b := range all {
		if i < keepAlways {
			keep[b.ID] = true
		}
	}
	for _, span := range []struct {
		n  int
		of func(ms int64) string
	}{
		{set.Days, func(ms int64) string { return db.Time(ms).Format("2006-01-02") }},
		{set.Weeks, func(ms int64) string { y, w := db.Time(ms).ISOWeek(); return fmt.Sprint(y, "/", w) }},
		{set.Months, func(ms int64) string { return db.Time(ms).Format("2006-01") }},
	} {
		seen := map[string]bool{}
		for _, b := range all {
			if name := span.of(b.At); !seen[name] && len(seen) < span.n {
				seen[name], keep[b.ID] = true, true
			}
		}
	}
	return keep
}

// forgetOld removes rows of backups that have long been gone or failed.
func (s *Service) forgetOld(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`DELETE FROM backup WHERE state IN ('gone', 'failed') AND finished < ?`, tx.Now()-90*day.Milliseconds())
		return err
	})
}
