package backup

import (
	"cmp"
	"time"

	"badala/app/db"
	"badala/app/errs"
)

// How old the newest backup and the newest proof may become.
const (
	lateBackup = 48 * time.Hour
	lateProof  = 10 * day
)

// Status is what the pages say about backups.
type Status struct {
	Last       Backup // the newest verified one; zero without one
	Proof      Drill  // the newest drill that went well; zero without one
	Failed     Backup // newer than Last, and failed; zero without one
	Late       bool   // none within 48 hours
	Unproven   bool   // none within 10 days
	SameDevice bool   // every verified backup lies on the database's own disk
	Off        bool   // nobody makes them
}

// Worry says whether somebody should look.
func (s Status) Worry() bool { return s.Late || s.Unproven || s.Failed.ID != 0 }

// Status tells how the backups are. A new install has two days for its first.
func (s *Service) Status(q db.Q) (st Status, err error) {
	now := s.DB.Now()
	if st.Last, err = newest(q, `state = 'verified'`); err != nil {
		return st, err
	}
	if st.Failed, err = newest(q, `state <> 'gone'`); err != nil {
		return st, err
	}
	if st.Failed.State != Failed {
		st.Failed = Backup{}
	}
	if st.Proof, err = s.LastProof(q); err != nil {
		return st, err
	}
	set, err := s.Settings(q)
	if err != nil {
		return st, err
	}
	first, err := firstOrg(q)
	if err != nil {
		return st, err
	}
	born := cmp.Or(first.CreatedAt, now)
	st.Off = !set.Daily
	st.Late = now-max(st.Last.At, born) > lateBackup.Milliseconds()
	st.Unproven = now-max(st.Proof.Finished, born) > lateProof.Milliseconds()
	if st.Last.ID != 0 && st.Last.Target == Folder {
		away, err := db.Exists(q, `SELECT 1 FROM backup WHERE state = 'verified' AND target = 'S3'`)
		if err != nil {
			return st, err
		}
		st.SameDevice = !away && db.SameDevice(st.Last.Place, s.DB.Dir())
	}
	return st, nil
}

// newest is the newest backup of those that a fixed condition names.
func newest(q db.Q, where string) (Backup, error) {
	b, err := db.One(q, scan, `SELECT `+columns+` FROM backup WHERE `+where+` ORDER BY at DESC, id DESC LIMIT 1`)
	if errs.Is(err, errs.NotFound) {
		return Backup{}, nil
	}
	return b, err
}
