package webhook

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"badala/app/account"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/event"
	"badala/app/inbox"
	"badala/app/media"
	"badala/app/queue"
	"badala/app/seal"
)

// Deps is what webhooks stand on. All of it is needed.
type Deps struct {
	DB       *db.DB
	Events   *event.Log
	Queue    *queue.Queue
	Accounts *account.Service
	Contacts *contact.Service
	Inbox    *inbox.Service
	Media    *media.Service
	Log      *slog.Logger
	Options
}

// Options configure the service. The zero value works for tests.
type Options struct {
	PublicURL string   // of the pages, without a slash at the end
	SecretKey string   // as of channels; "": secrets stay plain
	Allow     []string // private targets that endpoints may be, as the operator lists them
	OwnPorts  []uint16 // where this server listens: never a target unless listed exactly
}

// Service keeps endpoints and delivers to them. Safe for concurrent use.
type Service struct {
	Deps
	seal    seal.Sealer
	guard   *media.Guard
	client  *http.Client
	timeout time.Duration // of one attempt
	runTime time.Duration // of one job

	deliver *queue.Kind[deliverArgs]
	tidy    *queue.Kind[tidyArgs]

	known      atomic.Pointer[targets]
	generation atomic.Int64 // grows with every change of an endpoint
	lives      sync.Map     // endpoint id → *live

	closing context.Context // ends when no attempt may begin or go on
	close   context.CancelFunc
}

// New makes the service, registers its jobs with the queue and listens to the
// event log and to erased contacts. Call it once, before the first event.
func New(d Deps) (_ *Service, err error) {
	defer errs.Wrap(&err, "webhook.New")
	s := &Service{Deps: d, timeout: attemptTime, runTime: runTime}
	s.closing, s.close = context.WithCancel(context.Background())
	if s.seal, err = seal.New(d.SecretKey, sealPurpose); err != nil {
		return nil, err
	}
	if s.guard, err = media.NewGuard(d.Allow); err != nil {
		return nil, err
	}
	s.guard.DenyPorts(d.OwnPorts...)
	s.client = s.newClient()
	if err := s.sealAll(); err != nil {
		return nil, err
	}
	s.deliver = &queue.Kind[deliverArgs]{Name: "webhook.deliver", Attempts: 1 << 30, Timeout: 2 * time.Minute, Workers: maxRuns}
	s.deliver.Handle(d.Queue, s.runDeliver)
	s.tidy = &queue.Kind[tidyArgs]{Name: "webhook.tidy", Attempts: 5, Timeout: 10 * time.Minute, Workers: 1}
	s.tidy.Handle(d.Queue, s.runTidy)
	d.Events.OnRecord(s.onRecord)
	d.Contacts.OnErase(s.eraseTx)
	if err := d.Queue.Every("webhook.wake", "@every 1m", nil, s.wakeAllTx); err != nil {
		return nil, err
	}
	return s, d.Queue.Every("webhook.tidy", "*/10 * * * *", nil, func(tx *db.Tx, _ int64) error {
		return s.tidy.Add(d.Queue, tx, tidyArgs{}, queue.Once("all"))
	})
}

// Close cuts attempts in progress and begins no other: what was not delivered
// is so after the next start. Call it before the queue stops.
func (s *Service) Close() { s.close() }
