package backup

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/queue"
)

// Drill is a backup that was fetched, restored apart and checked through.
type Drill struct {
	Source            string
	TakenAt           int64
	Started, Finished int64
	OK                bool
	Error             string
}

func scanDrill(r *db.Rows, d *Drill) error {
	return r.Scan(&d.Source, &d.TakenAt, &d.Started, &d.Finished, &d.OK, &d.Error)
}

// LastDrill is the newest drill, zero without one; LastProof the newest that
// went well.
func (s *Service) LastDrill(q db.Q) (Drill, error) { return lastDrill(q, 0) }

// LastProof is the newest drill that went well, zero without one.
func (s *Service) LastProof(q db.Q) (Drill, error) { return lastDrill(q, 1) }

func lastDrill(q db.Q, ok int) (Drill, error) {
	d, err := db.One(q, scanDrill, `SELECT source, taken_at, started, finished, ok, error FROM backup_drill WHERE ok >= ? ORDER BY started DESC LIMIT 1`, ok)
	if errs.Is(err, errs.NotFound) {
		return Drill{}, nil
	}
	return d, err
}

// NoteDrillTx records a drill.
func NoteDrillTx(tx *db.Tx, d Drill) error {
	_, err := tx.Exec(`INSERT INTO backup_drill(id, source, taken_at, started, finished, ok, error) VALUES(?, ?, ?, ?, ?, ?, ?)`,
		tx.NewID(), d.Source, d.TakenAt, d.Started, d.Finished, d.OK, d.Error)
	return err
}

// StartDrill proves the newest backup now.
func (s *Service) StartDrill(ctx context.Context, who account.Actor) (err error) {
	defer errs.Wrap(&err, "backup.StartDrill")
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := require(tx, who); err != nil {
			return err
		}
		if err := account.AuditTx(tx, who, account.Line{Action: "backup.drill"}); err != nil {
			return err
		}
		return s.addDrillTx(tx)
	})
}

func (s *Service) addDrillTx(tx *db.Tx) error {
	return s.drill.Add(s.Queue, tx, struct{}{}, queue.Once(""))
}

// runDrill fetches the newest backup from where it lies, restores it into a
// folder of its own and checks it through.
func (s *Service) runDrill(ctx context.Context, j *queue.Job[struct{}]) error {
	defer s.work.Store(nil)
	b, err := db.One(s.DB.Read(ctx), scan, `SELECT `+columns+` FROM backup WHERE state = 'verified' ORDER BY at DESC, target = 'S3' DESC LIMIT 1`)
	if errs.Is(err, errs.NotFound) {
		return nil // nothing to prove; the page says so
	}
	if err != nil {
		return err
	}
	d := Drill{Source: b.Path(), TakenAt: b.At, Started: s.DB.Now()}
	err = s.prove(ctx, b)
	if err != nil && ctx.Err() != nil {
		return err // it says nothing about the backup
	}
	d.Finished, d.OK = s.DB.Now(), err == nil
	if err != nil {
		d.Error = err.Error()
		s.Log.ErrorContext(ctx, "a backup could not be restored in a drill", "source", d.Source, "err", err)
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := NoteDrillTx(tx, d); err != nil {
			return err
		}
		return j.Finish(tx)
	})
}

func (s *Service) prove(ctx context.Context, b Backup) (err error) {
	dir, err := s.workFolder("drill")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := db.Room(dir, b.Size); err != nil {
		return err
	}
	passphrase, err := s.passphrase(s.DB.Read(ctx))
	if err != nil {
		return err
	}
	source := Source{Name: b.Path(), S3: s.Deps.S3, Passphrase: passphrase, Report: s.report(b.Name)}
	f, err := source.Fetch(ctx, filepath.Join(dir, "badala.db"))
	if err != nil {
		return err
	}
	p, err := Prove(ctx, f, s.Deps.S3, source.Report)
	if err == nil && p.Missing > 0 {
		err = errs.Newf(errs.Conflict, "%d files of it are not in the bucket", p.Missing)
	}
	return err
}
