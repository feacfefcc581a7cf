// Package importer brings contacts in from files of other systems, and out
// again. A file is uploaded, recognised, checked, applied in small
// transactions by a durable job, and can be taken back.
package importer

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"badala/app/account"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/event"
	"badala/app/queue"
)

// States of an import.
const (
	Uploaded  = "UPLOADED"
	Checking  = "CHECKING"
	Checked   = "CHECKED"
	Running   = "RUNNING"
	Done      = "DONE"
	Cancelled = "CANCELLED"
	Failed    = "FAILED"
	Undoing   = "UNDOING"
	Undone    = "UNDONE"
)

const (
	keepTime    = 30 * 24 * time.Hour // of before-values, issues and files that were never imported
	lostTime    = time.Minute         // an import that no process worked on for so long was cut off
	jobTimeout  = 2 * time.Hour
	runningNow  = 2 // imports at a time
	maxIssues   = 10_000
	pieceOfFile = 256 << 10
)

// Deps are what the importer works with.
type Deps struct {
	DB       *db.DB
	Events   *event.Log
	Queue    *queue.Queue // nil in a command: then Run does the work at once
	Contacts *contact.Service
	Log      *slog.Logger
	TempDir  string // "": the system's
}

// Service imports and exports contacts.
type Service struct {
	Deps
	job *queue.Kind[jobArgs]
}

type jobArgs struct {
	Import int64 `json:"import"`
}

// New makes the service and registers its jobs.
func New(d Deps) (*Service, error) {
	s := &Service{Deps: d, job: &queue.Kind[jobArgs]{Name: "contact.import", Attempts: 5, Timeout: jobTimeout, Workers: runningNow}}
	d.Contacts.OnErase(eraseTx)
	if d.Queue == nil {
		return s, nil
	}
	s.job.Handle(d.Queue, s.work)
	clean := &queue.Kind[struct{}]{Name: "contact.import_clean", Timeout: 10 * time.Minute, Workers: 1}
	clean.Handle(d.Queue, func(ctx context.Context, _ *queue.Job[struct{}]) error { return s.clean(ctx) })
	err := d.Queue.Every("contact.import_clean", "41 * * * *", nil, func(tx *db.Tx, _ int64) error {
		return clean.Add(d.Queue, tx, struct{}{}, queue.Once("all"))
	})
	return s, err
}

// Import is one file and what became of it.
type Import struct {
	ID, OrgID  int64
	Name       string
	SHA256     string
	Size       int64
	State      string
	Actor      account.Actor // who uploaded it, with what the history needs
	Settings   Settings
	Recognised Recognised
	Counts     Counts
	Preview    Preview
	Total      int // rows
	Done       int // rows that were worked on in the present state
	Issues     int // that can be read; at most 10,000
	Code       string
	Message    string // why it failed
	CreatedAt  int64
	StartedAt  int64
	FinishedAt int64

	staged  string
	cancel  bool
	aliveAt int64
}

// Counts are the rows of a file by what became of them, and more.
type Counts struct {
	Rows           int            `json:"rows"`
	Created        int            `json:"created"`
	Updated        int            `json:"updated"`
	Unchanged      int            `json:"unchanged"`
	Duplicates     int            `json:"duplicates"`
	Errors         int            `json:"errors"`
	Codes          map[string]int `json:"codes,omitempty"` // of issues
	ConsentGiven   int            `json:"consentGiven"`
	ConsentTaken   int            `json:"consentTaken"`
	ConsentRefused int            `json:"consentRefused"` // not raised
	ConsentUnknown int            `json:"consentUnknown"` // needs proof
}

// Preview is what a check found out.
type Preview struct {
	Counts            Counts   `json:"counts"`
	Samples           []Sample `json:"samples,omitempty"`
	DateOrder         string   `json:"dateOrder,omitempty"` // of the column of dates
	DateOrderAssumed  bool     `json:"dateOrderAssumed,omitempty"`
	NumberMode        string   `json:"numberMode,omitempty"` // of numbers without +
	NumberModeAssumed bool     `json:"numberModeAssumed,omitempty"`
	NewFields         []string `json:"newFields,omitempty"` // custom fields that would be made
}

// Sample is a contact before and after.
type Sample struct {
	Row     int               `json:"row"`
	Before  map[string]string `json:"before,omitempty"` // nil: a new contact
	After   map[string]string `json:"after"`
	Changed []string          `json:"changed,omitempty"`
}

// Working says whether something is being done with the import now.
func (i Import) Working() bool {
	return i.State == Checking || i.State == Running || i.State == Undoing
}

// actor is who the import acts for.
func (i Import) actor() account.Actor {
	a := i.Actor
	a.Role = account.Owner // what it may do was decided when it was started
	a.Scopes = nil
	return a
}

// work runs the job of an import, whatever it is now to do.
func (s *Service) work(ctx context.Context, j *queue.Job[jobArgs]) error {
	err := s.goOn(ctx, j.Args.Import, nil, j.Advance)
	if e := errs.As(err); e != nil && e.Code == db.CodeDiskLow {
		return queue.Wait(time.Minute, err)
	}
	if err != nil && (ctx.Err() != nil || !j.Last) && !errs.Is(err, errs.Unprocessable) {
		return err
	}
	if err != nil {
		s.Log.Error("an import failed", "import", j.Args.Import, "err", err)
	}
	again := false
	werr := s.DB.Write(context.WithoutCancel(ctx), func(tx *db.Tx) error {
		if err != nil {
			if err := failTx(tx, j.Args.Import, err); err != nil {
				return err
			}
		}
		i, err := byID(tx, j.Args.Import)
		if again = err == nil && i.Working(); again { // put to work again meanwhile
			return nil
		}
		return j.Finish(tx)
	})
	if werr == nil && again {
		return queue.Wait(0, errors.New("put to work again"))
	}
	return werr
}
