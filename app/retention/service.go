// Package retention deletes what an organisation no longer wants to keep: each
// night, in small steps, and tells beforehand what would go.
package retention

import (
	"context"
	"time"

	"badala/app/account"
	"badala/app/channel"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/inbox"
	"badala/app/queue"
	"badala/app/webhook"
)

// Deps is what retention stands on. All of it is needed.
type Deps struct {
	DB       *db.DB
	Queue    *queue.Queue
	Channels *channel.Service
	Inbox    *inbox.Service
	Webhooks *webhook.Service
}

// Service keeps the settings and works by them. Safe for concurrent use.
type Service struct{ Deps }

// runArgs name an organisation and the night.
type runArgs struct {
	Org     int64 `json:"org"`
	Planned int64 `json:"planned"`
}

var runKind = &queue.Kind[runArgs]{Name: "retention.run", Attempts: 10, Timeout: 3 * time.Hour, Workers: 1}

// The run begins at this time, UTC: at night from the Gulf to western Europe,
// and away from the hour of the backup.
const (
	nightly = "41 0 * * *"
	nightAt = 41 * time.Minute
)

// New makes the service and registers its schedule. Call it once, before the
// queue runs.
func New(d Deps) (_ *Service, err error) {
	defer errs.Wrap(&err, "retention.New")
	s := &Service{d}
	runKind.Handle(s.Queue, s.run)
	return s, s.Queue.Every("retention.run", nightly, time.UTC, s.planTx)
}

// planTx adds a run for each organisation; they go one after the other.
func (s *Service) planTx(tx *db.Tx, planned int64) error {
	orgs, err := account.EveryOrg(tx)
	if err != nil {
		return err
	}
	for _, org := range orgs {
		if err := runKind.Add(s.Queue, tx, runArgs{org.ID, planned}, queue.Once("%d", org.ID)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) run(ctx context.Context, j *queue.Job[runArgs]) error {
	if err := s.Run(ctx, j.Args.Org, j.Args.Planned); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(`UPDATE retention_run SET finished = ? WHERE org_id = ?`, tx.Now(), j.Args.Org); err != nil {
			return err
		}
		return j.Finish(tx)
	})
}

// NextAt is when the next run begins.
func (s *Service) NextAt() int64 {
	now := s.DB.Now()
	next := now - now%day + nightAt.Milliseconds()
	if next <= now {
		next += day
	}
	return next
}
