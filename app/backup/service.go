package backup

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"badala/app/account"
	"badala/app/channel"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/inbox"
	"badala/app/media"
	"badala/app/queue"
	"badala/app/seal"
)

// Deps is what backups stand on. S3 may be nil.
type Deps struct {
	DB       *db.DB
	Queue    *queue.Queue
	Accounts *account.Service
	Contacts *contact.Service
	Channels *channel.Service
	Inbox    *inbox.Service
	S3       *media.S3Options
	Log      *slog.Logger
	Options  Options
}

// Options change how backups are made.
type Options struct {
	App       string // version of the program
	SecretKey string // seals the passphrase
	Off       bool   // nothing by itself: a demonstration
}

// Service makes backups by plan and by hand. Safe for concurrent use.
type Service struct {
	Deps
	seal  seal.Sealer
	run   *queue.Kind[runArgs]
	drill *queue.Kind[struct{}]
	note  *queue.Kind[struct{}]
	work  atomic.Pointer[Work]
}

// Work is what is being done now.
type Work struct {
	Name, Phase string
	Done, Total int64
}

const (
	longest   = 12 * time.Hour // no backup takes longer
	planEvery = "*/5 * * * *"
)

// New makes the service and registers its jobs. Call it before the queue runs.
func New(d Deps) (_ *Service, err error) {
	s := &Service{Deps: d}
	if s.seal, err = seal.New(d.Options.SecretKey, sealPurpose); err != nil {
		return nil, err
	}
	backoff := func(attempt int) time.Duration { return min(10*time.Minute<<min(attempt-1, 4), time.Hour) }
	s.run = &queue.Kind[runArgs]{Name: "backup.run", Attempts: 4, Timeout: longest, Workers: 1, Backoff: backoff}
	s.run.Handle(d.Queue, s.runBackup)
	s.drill = &queue.Kind[struct{}]{Name: "backup.drill", Attempts: 3, Timeout: longest, Workers: 1, Backoff: backoff}
	s.drill.Handle(d.Queue, s.runDrill)
	s.note = &queue.Kind[struct{}]{Name: "backup.erasures", Attempts: 10_000, Timeout: time.Minute, Workers: 1}
	s.note.Handle(d.Queue, func(ctx context.Context, _ *queue.Job[struct{}]) error { return s.noteErasures(ctx) })
	d.Contacts.OnErase(func(tx *db.Tx, _, _ int64) error { return s.note.Add(d.Queue, tx, struct{}{}) })
	return s, d.Queue.Every("backup.plan", planEvery, nil, s.planTx)
}

// phaseWaiting is that of work that was asked for and has not begun.
const phaseWaiting = "waiting"

// Now is what is being done or about to begin, nil for nothing.
func (s *Service) Now(q db.Q) (*Work, error) {
	if w := s.work.Load(); w != nil {
		return w, nil
	}
	due, err := s.Queue.Due(q, s.DB.Now(), s.run.Name, s.drill.Name)
	if err != nil || !due {
		return nil, err
	}
	return &Work{Phase: phaseWaiting}, nil
}

// report shows the progress of a backup; what is done meanwhile is one thing.
func (s *Service) report(name string) Report {
	return func(phase string, done, total int64) {
		s.work.Store(&Work{Name: name, Phase: phase, Done: done, Total: total})
	}
}

// require lets only those who look after the install.
func require(q db.Q, who account.Actor) error {
	u, err := account.UserByID(q, who.UserID)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return err
	}
	if err != nil || !u.InstanceAdmin || who.KeyID != 0 {
		return errs.Coded(errs.Forbidden, "instance", "only those who look after the whole install may do this")
	}
	return nil
}

// base begins the names of this database's backups.
func (s *Service) base() string { return baseOf(s.DB.Path()) + "-" }

// newName is the name of a backup that is taken now.
func (s *Service) newName(at int64, encrypted bool) string {
	name := s.base() + db.Time(at).UTC().Format("20060102-150405") + ".db"
	if encrypted {
		name += ageEnding
	}
	return name
}

// ours says whether a file name is one of newName's.
func (s *Service) ours(name string) bool {
	rest, ok := strings.CutPrefix(name, s.base())
	rest = strings.TrimSuffix(rest, ageEnding)
	_, err := time.Parse("20060102-150405.db", rest)
	return ok && err == nil
}

// ownFolder is the folder beside the database.
func (s *Service) ownFolder() string { return filepath.Join(s.DB.Dir(), "backups") }

// workFolder makes the folder for what is not finished, empty.
func (s *Service) workFolder(name string) (string, error) {
	dir := filepath.Join(s.ownFolder(), ".tmp-"+s.base()+name)
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("no folder for backups: %w", err)
	}
	return dir, nil
}
