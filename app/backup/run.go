package backup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/queue"
)

// runArgs say which backup is to be made. At names it, so that another attempt
// of the same job goes on with it.
type runArgs struct {
	Origin string `json:"origin"`
	At     int64  `json:"at"`
}

// Start makes a backup now, or as soon as the one that is being made is done.
func (s *Service) Start(ctx context.Context, who account.Actor) (err error) {
	defer errs.Wrap(&err, "backup.Start")
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := require(tx, who); err != nil {
			return err
		}
		return s.addTx(tx, OriginHand, who)
	})
}

func (s *Service) addTx(tx *db.Tx, origin string, who account.Actor) error {
	if origin == OriginPlan {
		if err := putTx(tx, sinceKey, fmt.Sprint(tx.Now())); err != nil {
			return err
		}
	} else if err := account.AuditTx(tx, who, account.Line{Action: "backup.start"}); err != nil {
		return err
	}
	return s.run.Add(s.Queue, tx, runArgs{origin, tx.Now()}, queue.Once(""))
}

// making is a backup in the making.
type making struct {
	s          *Service
	origin     string
	name       string
	passphrase string
	set        Settings
	file       string   // where it lies on this machine
	manifest   Manifest // zero until it is taken
}

// runBackup makes a backup in every place of the settings. What one place
// refuses does not undo another; the next attempt goes on where this one ended.
func (s *Service) runBackup(ctx context.Context, j *queue.Job[runArgs]) error {
	defer s.work.Store(nil)
	q := s.DB.Read(ctx)
	set, err := s.Settings(q)
	if err != nil {
		return err
	}
	m := &making{s: s, origin: j.Args.Origin, set: set}
	if m.passphrase, err = s.passphrase(q); err != nil {
		return errors.Join(err, s.failed(ctx, j.Args, set, err))
	}
	m.name = s.newName(j.Args.At, m.passphrase != "")
	if err := s.noteErasures(ctx); err != nil {
		return err
	}
	folder, s3, err := s.places(set)
	if err != nil {
		err = errors.Join(err, s.failed(ctx, j.Args, set, err))
	}
	if folder != nil {
		err = errors.Join(err, m.in(ctx, *folder, func() error { return m.toFolder(ctx, *folder) }))
	}
	if s3 != nil {
		err = errors.Join(err, m.in(ctx, *s3, func() error { return m.toBucket(ctx, *s3) }))
	}
	if err != nil && ctx.Err() == nil {
		s.Log.ErrorContext(ctx, "a backup failed", "name", m.name, "attempt", j.Attempt, "err", err)
	}
	return err
}

// failed notes a backup that could not even begin.
func (s *Service) failed(ctx context.Context, a runArgs, set Settings, why error) error {
	b := Backup{Origin: a.Origin, Target: Folder, Place: s.folder(set), Name: s.newName(a.At, set.Encrypted), State: Failed, At: a.At, Finished: s.DB.Now(), Error: why.Error()}
	if !set.Folder {
		b.Target, b.Place = S3, "s3://"+set.Bucket+"/"+set.Prefix
	}
	return s.save(ctx, b)
}

// in makes the backup in one place, and records how it went.
func (m *making) in(ctx context.Context, p place, do func() error) error {
	s := m.s
	lookErr := s.look(ctx, p)
	row, ok, err := known(s.DB.Read(ctx), p.name(), m.name)
	if err != nil || ok && row.State == Verified {
		m.manifest = row.Manifest
		return err
	}
	row = Backup{Origin: m.origin, Target: p.target(), Place: p.name(), Name: m.name, State: Working, At: s.DB.Now()}
	if err := s.save(ctx, row); err != nil {
		return err
	}
	err = lookErr
	if err == nil {
		err = do()
	}
	row.Finished = s.DB.Now()
	if err != nil {
		row.State, row.Error = Failed, err.Error()
		return errors.Join(err, s.save(context.WithoutCancel(ctx), row))
	}
	row = filled(row, m.manifest)
	row.State = Verified
	if err := s.save(ctx, row); err != nil {
		return err
	}
	s.Log.InfoContext(ctx, "backup complete and verified", "place", p.name(), "name", m.name, "mb", row.Size>>20, "ms", row.Finished-row.At)
	return s.prune(ctx, p, m.set)
}

// take makes the file, unless another place has it already.
func (m *making) take(ctx context.Context, file string) error {
	s := m.s
	before, err := lastEvent(s.DB.Read(ctx))
	if err != nil {
		return err
	}
	m.manifest, err = Take(ctx, s.DB.Path(), file, Order{App: s.Options.App, At: s.DB.Now(), Passphrase: m.passphrase, Report: s.report(m.name)})
	if err != nil {
		return err
	}
	if m.manifest.LastEvent < before {
		return fmt.Errorf("the copy ends at event %d, and %d was there before", m.manifest.LastEvent, before)
	}
	m.file = file
	return nil
}

func (m *making) toFolder(ctx context.Context, dir folderPlace) error {
	if err := os.MkdirAll(string(dir), 0o700); err != nil {
		return err
	}
	if err := m.s.sweep(string(dir)); err != nil {
		return err
	}
	if err := m.take(ctx, filepath.Join(string(dir), m.name)); err != nil {
		return err
	}
	if string(dir) == m.s.ownFolder() {
		return nil // the list lies one folder above
	}
	return m.s.erasuresTo(filepath.Join(string(dir), "erasures"))
}

// sweep removes what a process that died left unfinished.
func (s *Service) sweep(dir string) error {
	for _, ending := range []string{".tmp", ".tmp-wal", ".tmp-shm", ".tmp-journal", ".tmp" + ageEnding} {
		left, err := filepath.Glob(filepath.Join(dir, "*"+ending))
		if err != nil {
			return err
		}
		for _, file := range left {
			if name := filepath.Base(file); s.ours(name[:len(name)-len(ending)]) {
				err = errors.Join(err, remove(file))
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *making) toBucket(ctx context.Context, p bucketPlace) error {
	if m.file == "" && m.set.Folder && m.manifest.SHA256 != "" { // an earlier attempt made it
		m.file = filepath.Join(m.s.folder(m.set), m.name)
	}
	if m.file == "" {
		dir, err := m.s.workFolder("upload")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		if err := m.take(ctx, filepath.Join(dir, m.name)); err != nil {
			return err
		}
	}
	if err := p.b.put(ctx, m.file, p.prefix+m.name, m.manifest, m.s.report(m.name)); err != nil {
		return err
	}
	list, err := os.ReadFile(ErasuresFile(m.s.DB.Path()))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return p.b.putText(ctx, erasuresBeside(p.prefix), list)
}

// erasuresTo brings the list of erased people to a folder of backups.
func (s *Service) erasuresTo(file string) error {
	list, err := ReadErasures(s.DB.Path())
	if err != nil {
		return err
	}
	return list.append(file)
}
