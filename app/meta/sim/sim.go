// Package sim is WhatsApp without the internet: a fake of the Graph API, the
// phones of customers, and the webhooks that Meta would send. It can be told
// to misbehave, and it records every send, so that tests can prove that none
// went out twice.
package sim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Options configure a simulator. The zero value works.
type Options struct {
	Log *slog.Logger // nil: silent
	// Now gives the time of messages, statuses and addresses; nil: time.Now.
	Now func() time.Time
	// CallbackURL is where webhooks go; see SetCallback.
	CallbackURL string
	// BaseURL is where the Graph handler is reached, for the addresses of
	// media. Empty: learnt from the first request.
	BaseURL string
	// StatusDelay is the time between sent, delivered and read.
	StatusDelay time.Duration
	// Senders is how many webhooks travel at once; 0 is 1, which keeps order.
	Senders int
	// RetryFirst is the pause before a refused webhook comes again, doubling
	// each time; 0 is 200 ms.
	RetryFirst time.Duration
	// StrictRecipients refuses phone numbers that are no customer's. Otherwise
	// a send to an unknown number makes that customer.
	StrictRecipients bool
	// ReviewTime is how long a new template is PENDING; 0 is a second.
	ReviewTime time.Duration
}

// Limits keep a simulator that runs for weeks at a bounded size.
const (
	maxPhones     = 20_000
	maxThread     = 500
	maxRecords    = 100_000
	maxQueue      = 100_000
	maxMediaBytes = 256 << 20
)

// Number is a business number together with the account and app around it.
type Number struct {
	PhoneNumberID      string
	WABAID             string
	DisplayPhoneNumber string // formatted or digits
	VerifiedName       string
	AccessToken        string
	AppSecret          string
	AppID              string
	VerifyToken        string
	// Unsubscribed withholds webhooks until the app subscribes to the account.
	Unsubscribed bool
	// Coexistence marks a number that the phone app uses as well.
	Coexistence bool
}

func (n *Number) digits() string { return digits(n.DisplayPhoneNumber) }

// Sim is the simulator. It is an http.Handler for the Graph API, with and
// without a version in front of the path.
type Sim struct {
	log    *slog.Logger
	now    func() time.Time
	opts   Options
	client *http.Client
	ctx    context.Context
	stop   context.CancelFunc
	wg     sync.WaitGroup

	mu        sync.Mutex
	work      *sync.Cond // the queue, the callback or closed changed
	closed    bool
	callback  string
	baseURL   string
	numbers   map[string]*Number
	order     []string // numbers as they were added
	phones    []*Phone
	byPhone   map[string]*Phone
	byUser    map[string]*Phone
	media     mediaStore
	templates map[string][]*Template // by account
	deleted   map[string]bool        // account/name that cannot be used again
	uploads   map[string]string      // open upload sessions: type of the file
	samples   map[string]*sampleFile
	sends     []RecordedSend
	reads     []RecordedRead
	behaviour Behaviour
	queue     []delivery
	inFlight  int // webhooks being posted
	busy      int // sends whose statuses are still to come
	delivered int
	refused   int
	rev       int64
	changed   chan struct{}
	serial    int64
}

// New starts a simulator. Close ends it.
func New(opts Options) *Sim {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Senders <= 0 {
		opts.Senders = 1
	}
	if opts.RetryFirst <= 0 {
		opts.RetryFirst = 200 * time.Millisecond
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Sim{
		log: opts.Log, now: opts.Now, opts: opts, ctx: ctx, stop: stop,
		client:   &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: opts.Senders + 2}},
		callback: opts.CallbackURL, baseURL: strings.TrimRight(opts.BaseURL, "/"),
		numbers: map[string]*Number{}, byPhone: map[string]*Phone{}, byUser: map[string]*Phone{},
		deleted: map[string]bool{}, uploads: map[string]string{}, samples: map[string]*sampleFile{},
		media: mediaStore{files: map[string]*mediaFile{}}, changed: make(chan struct{}),
	}
	s.work = sync.NewCond(&s.mu)
	for range opts.Senders {
		s.wg.Go(s.sendWebhooks)
	}
	return s
}

// Close stops all webhooks and waits until nothing runs any more.
func (s *Sim) Close() {
	s.mu.Lock()
	s.closed = true
	s.work.Broadcast()
	s.touch()
	s.mu.Unlock()
	s.stop()
	s.wg.Wait()
	s.client.CloseIdleConnections()
}

// AddNumber registers a business number, or replaces it, for example to revoke
// or renew its token.
func (s *Sim) AddNumber(n Number) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.numbers[n.PhoneNumberID] == nil {
		s.order = append(s.order, n.PhoneNumberID)
	}
	s.numbers[n.PhoneNumberID] = &n
	s.touch()
}

// SetCallback sets where webhooks go. Webhooks made before wait for it.
func (s *Sim) SetCallback(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.callback = url
	s.work.Broadcast()
}

// touch tells all who watch that something changed. The lock is held.
func (s *Sim) touch() {
	s.rev++
	close(s.changed)
	s.changed = make(chan struct{})
}

// wait blocks until done reports true. done runs with the lock held.
func (s *Sim) wait(ctx context.Context, done func() bool) error {
	for {
		s.mu.Lock()
		if done() {
			s.mu.Unlock()
			return nil
		}
		changed, closed := s.changed, s.closed
		s.mu.Unlock()
		if closed {
			return errClosed
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

var errClosed = errors.New("sim: closed")

// later runs f after d, unless the simulator is closed before. The lock is held.
func (s *Sim) later(d time.Duration, f func()) {
	if s.closed {
		return
	}
	s.wg.Go(func() {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
			f()
		case <-s.ctx.Done():
		}
	})
}

// number finds a registered number. The lock is held.
func (s *Sim) number(id string) (*Number, error) {
	if n := s.numbers[id]; n != nil {
		return n, nil
	}
	return nil, fmt.Errorf("sim: no number %q", id)
}

// digits keeps the decimal digits of a phone number.
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// limit drops the oldest entries of a list that has grown too long.
func limit[T any](list []T, most int) []T {
	if len(list) <= most {
		return list
	}
	return append([]T(nil), list[len(list)-most*9/10:]...)
}
