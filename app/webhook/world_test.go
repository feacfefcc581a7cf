package webhook_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/channel"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/db/dbtest"
	"badala/app/event"
	"badala/app/inbox"
	"badala/app/media"
	"badala/app/meta"
	"badala/app/queue"
	"badala/app/webhook"
)

const patience = 20 * time.Second

// driftClock is the machine's clock, moved forward by hand.
type driftClock struct{ ahead atomic.Int64 }

func (c *driftClock) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// world is an install with two organisations and running workers.
type world struct {
	testing.TB
	path  string
	graph string // of Meta; "": unreachable
	opts  webhook.Options
	clock *driftClock

	db       *db.DB
	events   *event.Log
	queue    *queue.Queue
	accounts *account.Service
	contacts *contact.Service
	media    *media.Service
	channels *channel.Service
	inbox    *inbox.Service
	hooks    *webhook.Service
	stop     func()

	owner, other account.Actor
}

func newWorld(tb testing.TB) *world { return newWorldWith(tb, webhook.Options{}, "") }

func newWorldWith(tb testing.TB, o webhook.Options, graph string) *world {
	tb.Helper()
	if o.Allow == nil {
		o.Allow = []string{"127.0.0.0/8"}
	}
	o.PublicURL = "https://inbox.example.com"
	w := &world{TB: tb, path: dbtest.File(tb), opts: o, graph: graph, clock: &driftClock{}}
	w.open()
	w.owner = w.member("Aisha", "aisha@shop.example", "Shop", account.Owner)
	w.other = w.member("Omar", "omar@other.example", "Other", account.Owner)
	w.start()
	tb.Cleanup(w.close)
	return w
}

// open opens the file with fresh services over it, no worker running.
func (w *world) open() {
	w.Helper()
	log, ctx := slog.New(slog.DiscardHandler), context.Background()
	var err error
	w.db, err = db.Open(w.path, db.Options{Clock: w.clock})
	w.ok(err)
	w.events, w.queue = event.New(), queue.New(w.db, log)
	client := meta.New(w.graph, "v26.0")
	w.accounts = account.New(w.db, w.events, log, account.Options{HashMemory: 64})
	w.contacts = contact.New(w.db, w.events, log)
	w.media, err = media.New(ctx, w.db, w.queue, log, media.Options{PublicURL: w.opts.PublicURL})
	w.ok(err)
	w.channels, err = channel.New(ctx, w.db, w.events, w.queue, client, log, channel.Options{})
	w.ok(err)
	w.media.SetFetcher(w.channels.FetchMedia)
	w.inbox = inbox.New(inbox.Deps{DB: w.db, Events: w.events, Queue: w.queue, Meta: client, Channels: w.channels,
		Contacts: w.contacts, Media: w.media, Accounts: w.accounts, Log: log})
	w.hooks, err = webhook.New(webhook.Deps{DB: w.db, Events: w.events, Queue: w.queue, Accounts: w.accounts, Contacts: w.contacts,
		Inbox: w.inbox, Media: w.media, Log: log, Options: w.opts})
	w.ok(err)
}

func (w *world) start() {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	q, hooks := w.queue, w.hooks
	running.Go(func() {
		if err := q.Run(ctx); err != nil && ctx.Err() == nil {
			w.Error(err)
		}
	})
	w.stop = func() {
		hooks.Close()
		cancel()
		running.Wait()
	}
}

func (w *world) close() {
	if w.stop != nil {
		w.stop()
		w.stop = nil
		w.ok(w.db.Close())
	}
}

// restart stops everything and starts it again on the same file.
func (w *world) restart() {
	w.Helper()
	w.close()
	w.open()
	w.start()
}

func (w *world) ok(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) member(name, email, org string, role account.Role) account.Actor {
	w.Helper()
	c, err := w.accounts.CreateUser(context.Background(), account.CreateInput{Name: name, Email: email, Org: org, Role: role})
	w.ok(err)
	return account.Actor{OrgID: c.Org.ID, UserID: c.User.ID, Role: role, Name: name, Kind: account.KindUser}
}

func (w *world) q() db.Q { return w.db.Read(context.Background()) }

// eventually waits until ok, and fails with what was awaited.
func (w *world) eventually(what string, ok func() bool) {
	w.Helper()
	for end := time.Now().Add(patience); !ok(); {
		if time.Now().After(end) {
			w.Fatalf("not in time: %s", what)
		}
		time.Sleep(3 * time.Millisecond)
	}
}

// skip moves the clock and has every endpoint looked at.
func (w *world) skip(d time.Duration) {
	w.Helper()
	w.clock.ahead.Add(int64(d))
	w.ok(w.db.Write(context.Background(), func(tx *db.Tx) error { return w.queue.Wake(tx, "webhook.deliver", "") }))
}

// hook makes an endpoint of the first organisation.
func (w *world) hook(url string, events ...string) (webhook.Endpoint, string) {
	w.Helper()
	if len(events) == 0 {
		events = []string{"broadcast.finished"}
	}
	e, secret, err := w.hooks.Create(context.Background(), w.owner, webhook.Input{URL: url, Events: events})
	w.ok(err)
	return e, secret
}

func (w *world) endpoint(id int64) webhook.Endpoint {
	w.Helper()
	e, err := w.hooks.Endpoint(w.q(), w.owner.OrgID, id)
	w.ok(err)
	return e
}

// happen records n events of a kind that needs nothing else, in one Write each hundred.
func (w *world) happen(n int) {
	w.Helper()
	for n > 0 {
		some := min(n, 100)
		n -= some
		w.ok(w.db.Write(context.Background(), func(tx *db.Tx) error {
			for range some {
				if _, err := w.events.Record(tx, event.Event{OrgID: w.owner.OrgID, Type: "broadcast.finished", ActorKind: "SYSTEM", Data: json.RawMessage(`{"name":"Eid offer"}`)}); err != nil {
					return err
				}
			}
			return nil
		}))
	}
}

// list gives the newest deliveries of an endpoint.
func (w *world) list(endpoint int64, state string) []webhook.Delivery {
	w.Helper()
	all, _, err := w.hooks.Deliveries(w.q(), w.owner.OrgID, endpoint, webhook.Filter{State: state, Take: 200})
	w.ok(err)
	return all
}

// one gives the only delivery of an endpoint.
func (w *world) one(endpoint int64) webhook.Delivery {
	w.Helper()
	all := w.list(endpoint, "")
	if len(all) != 1 {
		w.Fatalf("%d deliveries", len(all))
	}
	return all[0]
}

// actions are those of the audit log of the first organisation, newest first.
func (w *world) actions() (all []string) {
	w.Helper()
	entries, _, err := w.accounts.Audit(context.Background(), w.owner, account.AuditFilter{Take: 200})
	w.ok(err)
	for _, e := range entries {
		all = append(all, e.ActorKind+" "+e.Action)
	}
	return all
}

// call is one request that a receiver got.
type call struct {
	header http.Header
	body   []byte
	at     time.Time
}

func (c call) envelope(tb testing.TB) (e struct {
	Event, Type, DeliveryID, EventID, OrgID, Timestamp string
	Test                                               bool
	Data                                               map[string]any
}) {
	tb.Helper()
	if err := json.Unmarshal(c.body, &e); err != nil {
		tb.Fatalf("%v in %s", err, c.body)
	}
	return e
}

// receiver is an endpoint somewhere else.
type receiver struct {
	*httptest.Server
	answer atomic.Pointer[http.HandlerFunc]
	mu     sync.Mutex
	got    []call
}

func newReceiver(tb testing.TB) *receiver {
	tb.Helper()
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		r.mu.Lock()
		r.got = append(r.got, call{req.Header.Clone(), body, time.Now()})
		r.mu.Unlock()
		if f := r.answer.Load(); f != nil {
			(*f)(w, req)
		}
	}))
	tb.Cleanup(func() {
		r.CloseClientConnections()
		r.Close()
	})
	return r
}

// says sets the status that the receiver answers with.
func (r *receiver) says(status int) {
	r.does(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
}

func (r *receiver) does(f http.HandlerFunc) { r.answer.Store(&f) }

func (r *receiver) calls() []call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

func (r *receiver) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.got)
}

// quiet waits until an endpoint has nothing more to do now, and its job is gone or sleeps.
func (w *world) quiet() {
	w.Helper()
	w.eventually("all quiet", func() bool {
		busy, err := db.Exists(w.q(), `SELECT 1 FROM job WHERE kind = 'webhook.deliver' AND (state = 'running' OR state = 'ready' AND run_at <= ?)`, w.db.Now())
		w.ok(err)
		return !busy
	})
}
