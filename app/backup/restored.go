package backup

import (
	"context"
	"encoding/json"

	"badala/app/account"
	"badala/app/channel"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/inbox"
	"badala/app/media"
)

// restoredKey is the row of instance that tells of a restore until somebody
// has let the numbers send again.
const restoredKey = "backup.restored"

// Restored is what a restore leaves to be decided.
type Restored struct {
	At      int64  `json:"at"`
	Source  string `json:"source"`
	TakenAt int64  `json:"takenAt"` // 0: nobody knows
	Erased  int    `json:"erased"`  // people who were erased again

	Numbers int   `json:"numbers"` // that stand still
	Waiting int   `json:"waiting"` // messages that would go out
	Oldest  int64 `json:"-"`
}

// AfterRestore makes a database that was put back fit to be started: nobody is
// in it who was erased since, nothing is sent by itself, and the audit log
// knows of it.
func (s *Service) AfterRestore(ctx context.Context, source string, takenAt int64, erasures ...Erasures) (r Restored, err error) {
	defer errs.Wrap(&err, "backup.AfterRestore")
	r = Restored{Source: source, TakenAt: takenAt}
	if r.Erased, err = s.KeepErasures(ctx, erasures...); err != nil {
		return r, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		r.At = tx.Now()
		if err := forgetManifestTx(tx); err != nil {
			return err
		}
		if err := media.ForgetMovesTx(tx); err != nil {
			return err
		}
		if r.Numbers, err = s.Channels.PauseRestoredTx(tx); err != nil {
			return err
		}
		if r.Waiting, r.Oldest, err = inbox.Waiting(tx); err != nil {
			return err
		}
		text, err := json.Marshal(r)
		if err != nil {
			return err
		}
		if err := putTx(tx, restoredKey, string(text)); err != nil {
			return err
		}
		return account.AuditEverywhereTx(tx, account.SystemActor(0), account.Line{Action: "backup.restore", After: r})
	})
	return r, err
}

// forgetManifestTx removes what a backup says about itself: this is none any more.
func forgetManifestTx(tx *db.Tx) error {
	_, err := tx.Exec(`DELETE FROM instance WHERE key = ?`, manifestKey)
	return err
}

// Restored tells of a restore after which nothing is sent yet; nil for none.
func (s *Service) Restored(q db.Q) (*Restored, error) {
	text, err := db.Value[string](q, `SELECT value FROM instance WHERE key = ?`, restoredKey)
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r := &Restored{}
	if err := json.Unmarshal([]byte(text), r); err != nil {
		return nil, err
	}
	if r.Numbers, err = channel.Restored(q); err != nil {
		return nil, err
	}
	r.Waiting, r.Oldest, err = inbox.Waiting(q)
	return r, err
}

// Resume lets all numbers send again. What waits goes out, unless drop says
// that it must not: then it counts as failed.
func (s *Service) Resume(ctx context.Context, who account.Actor, drop bool) (err error) {
	defer errs.Wrap(&err, "backup.Resume")
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := require(tx, who); err != nil {
			return err
		}
		if drop {
			if err := inbox.DropWaitingTx(tx); err != nil {
				return err
			}
		}
		if err := s.Channels.ResumeRestoredTx(tx, who); err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM instance WHERE key = ?`, restoredKey); err != nil {
			return err
		}
		return account.AuditEverywhereTx(tx, who, account.Line{Action: "backup.resume", Detail: map[bool]string{true: "dropped", false: "sent"}[drop]})
	})
}

// Began is called when the server starts on its database: what a plain copy
// that was put in its place still says about itself is no longer so, and who
// was erased stays erased.
func (s *Service) Began(ctx context.Context) error {
	again, err := s.KeepErasures(ctx)
	if err != nil {
		return err
	}
	if again > 0 {
		s.Log.WarnContext(ctx, "an older copy of the database was put in place: people who had been erased were erased again", "contacts", again)
	}
	stale, err := db.Exists(s.DB.Read(ctx), `SELECT 1 FROM instance WHERE key = ?`, manifestKey)
	if err != nil || !stale {
		return err
	}
	// A backup that was put in place by hand is a restore as well.
	m, _, err := inside(s.DB.Read(ctx))
	if err != nil {
		return err
	}
	_, err = s.AfterRestore(ctx, "a copy put in place by hand", m.At)
	return err
}
