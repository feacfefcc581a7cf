// Package health finds out what is not right, with an install and with an
// organisation, and says for each thing in one sentence what it is and in one
// more how to mend it.
package health

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"badala/app/backup"
	"badala/app/cert"
	"badala/app/channel"
	"badala/app/db"
	"badala/app/media"
	"badala/app/meta"
	"badala/app/queue"
	"badala/app/webhook"
)

// Level is how bad a finding is.
type Level string

// The levels. What is all right makes no finding.
const (
	Warn Level = "WARN" // worth a look soon
	Bad  Level = "BAD"  // something does not work, or will not soon
)

// Finding is one thing that is not right.
type Finding struct {
	Key     string // names the sentence, below "health." in the catalogue
	Level   Level
	Org     int64 // 0: the install itself
	Subject int64 // the number or webhook it is about; 0 for none
	Args    []Arg
}

// Report is what a look found.
type Report struct {
	Findings []Finding // the worst first
	Good     []string  // the checks that found nothing, below "health.area."
}

// Deps is what the checks look at.
type Deps struct {
	DB       *db.DB
	Queue    *queue.Queue
	Meta     *meta.Client
	Channels *channel.Service
	Webhooks *webhook.Service
	Backups  *backup.Service
	Media    *media.Service
	Log      *slog.Logger
	Options
}

// Options are what the operator has set.
type Options struct {
	PublicURL   string // as set; "" when it is not
	HasKey      bool   // secrets are encrypted
	Demo        bool   // nothing here is meant to last
	Aside       bool   // another process serves: what it has not done is not for want of time
	Certificate func() cert.Status
}

// Service looks after the install. Safe for concurrent use.
type Service struct {
	Deps
	started int64
	look    *queue.Kind[struct{}]

	mu     sync.Mutex
	probed probe
}

// every is how often everything is looked at without anybody asking.
const every = "*/5 * * * *"

// New makes the service and registers its work. Call it before the queue runs.
func New(d Deps) (*Service, error) {
	if d.Certificate == nil {
		d.Certificate = func() cert.Status { return cert.Status{} }
	}
	s := &Service{Deps: d, started: d.DB.Now()}
	if d.Aside {
		s.started = 0
	}
	s.look = &queue.Kind[struct{}]{Name: "health.look", Attempts: 1, Timeout: 10 * time.Minute, Workers: 1}
	s.look.Handle(d.Queue, func(ctx context.Context, _ *queue.Job[struct{}]) error { return s.Look(ctx) })
	return s, d.Queue.Every("health.look", every, nil, func(tx *db.Tx, _ int64) error {
		return s.look.Add(d.Queue, tx, struct{}{}, queue.Once(""))
	})
}

// area is one check: a name for when all is well, and what it finds.
type area[T any] struct {
	name string
	find func(*Service, db.Q, T) ([]Finding, error)
}

// Host looks at the install. It asks nobody outside: what the last probe found
// is taken for granted.
func (s *Service) Host(q db.Q) (Report, error) {
	return run(s, q, hostAreas, s.lastProbe(), 0)
}

// Org looks at an organisation.
func (s *Service) Org(q db.Q, org int64) (Report, error) {
	all, err := s.Channels.List(q, org)
	if err != nil {
		return Report{}, err
	}
	watched, err := watchedOf(q, org)
	if err != nil {
		return Report{}, err
	}
	return run(s, q, orgAreas, subject{org, all, watched}, org)
}

// run makes a report of checks.
func run[T any](s *Service, q db.Q, areas []area[T], about T, org int64) (r Report, err error) {
	var warn, bad []Finding
	for _, a := range areas {
		found, err := a.find(s, q, about)
		if err != nil {
			return r, err
		}
		if len(found) == 0 {
			r.Good = append(r.Good, a.name)
		}
		for _, f := range found {
			f.Org = org
			if f.Level == Bad {
				bad = append(bad, f)
			} else {
				warn = append(warn, f)
			}
		}
	}
	r.Findings = append(bad, warn...)
	return r, nil
}

// one is a finding alone.
func one(level Level, key string, args ...Arg) []Finding {
	return []Finding{{Key: key, Level: level, Args: args}}
}

const (
	minute = int64(time.Minute / time.Millisecond)
	hour   = 60 * minute
	day    = 24 * hour
)
