package broadcast

import (
	"log/slog"

	"badala/app/account"
	"badala/app/channel"
	"badala/app/contact"
	"badala/app/contact/importer"
	"badala/app/db"
	"badala/app/event"
	"badala/app/inbox"
	"badala/app/queue"
)

// Deps is what broadcasts stand on. All of it is needed.
type Deps struct {
	DB       *db.DB
	Events   *event.Log
	Queue    *queue.Queue
	Accounts *account.Service
	Contacts *contact.Service
	Imports  *importer.Service
	Channels *channel.Service
	Inbox    *inbox.Service
	Log      *slog.Logger
}

// Service makes, sends and shows broadcasts. Safe for concurrent use.
type Service struct {
	Deps
}

// New makes the service and registers its jobs and hooks. Call it once, before
// the queue runs.
func New(d Deps) (*Service, error) {
	s := &Service{Deps: d}
	runKind.Handle(s.Queue, s.run)
	startKind.Handle(s.Queue, s.runPlanned)
	s.hook()
	return s, s.Queue.Every("broadcast.wake", "@every 1m", nil, s.wakeAllTx)
}
