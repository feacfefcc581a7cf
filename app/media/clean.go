package media

import (
	"context"
	"time"

	"badala/app/db"
	"badala/app/queue"
)

const (
	uploadTime  = 24 * time.Hour     // an upload that is not whole by then never will be
	fetchTime   = 8 * 24 * time.Hour // Meta keeps a received file for seven days
	cleanAtOnce = 100
)

// runClean removes uploads that never finished, gives up files that nobody fetches any more, and clears away what a
// move left behind that was cut off.
func (s *Service) runClean(ctx context.Context, _ *queue.Job[struct{}]) error {
	now := s.db.Now()
	if s.bucket != nil {
		if err := s.clearMovesBefore(ctx, now-moveClears.Milliseconds()); err != nil {
			return err
		}
	}
	for {
		old, err := db.All(s.db.Read(ctx), scan, `
			SELECT `+columns+` FROM media WHERE state = 'PENDING' AND created_at < ?
			AND (meta_id = '' AND url = '' OR created_at < ?) ORDER BY created_at LIMIT ?`,
			now-uploadTime.Milliseconds(), now-fetchTime.Milliseconds(), cleanAtOnce)
		if err != nil {
			return err
		}
		for _, m := range old {
			if err := s.giveUp(ctx, m); err != nil {
				return err
			}
		}
		if len(old) < cleanAtOnce {
			return nil
		}
	}
}

func (s *Service) giveUp(ctx context.Context, m Media) error {
	if err := s.removeBytes(ctx, m); err != nil {
		return err
	}
	_, hook := s.hooks()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if m.Source == (Source{}) {
			_, err := tx.Exec(`DELETE FROM media WHERE id = ? AND org_id = ? AND state = 'PENDING'`, m.ID, m.OrgID)
			return err
		}
		m.State, m.Error = Lost, ReasonGone
		if err := updateTx(tx, m); err != nil || hook == nil {
			return err
		}
		return hook(tx, m)
	})
}
