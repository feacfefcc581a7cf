package broadcast_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/broadcast"
	"badala/app/channel"
	"badala/app/contact"
	"badala/app/contact/importer"
	"badala/app/db"
	"badala/app/db/dbtest"
	"badala/app/event"
	"badala/app/inbox"
	"badala/app/media"
	"badala/app/meta"
	"badala/app/meta/sim"
	"badala/app/queue"
	"badala/app/template"
)

const (
	patience = 30 * time.Second
	number   = "880010000000001"
	waba     = "770010000000001"
	reminder = "visit_reminder" // named: first_name, day
)

// clock is the machine's, moved forward by hand.
type clock struct{ ahead atomic.Int64 }

func (c *clock) Now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

// world is an install that talks to a simulator.
type world struct {
	*broadcast.Service
	t     testing.TB
	clock *clock
	sim   *sim.Sim
	graph *httptest.Server
	inbox *inbox.Service
	db    *db.DB
	queue *queue.Queue
	ev    *event.Log
	chans *channel.Service
	folks *contact.Service
	files *media.Service
	full  atomic.Bool // there is no room on the disk
	boss  account.Actor
	ch    channel.Channel
}

func noErr(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newWorld makes an install. Messages go to the simulator, or to what
// is given.
func newWorld(t testing.TB, sends ...http.HandlerFunc) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{}}
	w.sim = sim.New(sim.Options{Now: w.clock.Now, RetryFirst: 20 * time.Millisecond})
	w.graph = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if len(sends) > 0 && strings.HasSuffix(r.URL.Path, "/messages") {
			sends[0](rw, r)
			return
		}
		w.sim.ServeHTTP(rw, r)
	}))
	w.sim.AddNumber(sim.Number{PhoneNumberID: number, WABAID: waba, DisplayPhoneNumber: "+96522000001", AccessToken: "EAAtoken", AppSecret: "secret", AppID: "9901", VerifyToken: "v1"})
	w.open()
	hook := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = w.inbox.Accept(r.Context(), body, r.Header.Get("X-Hub-Signature-256"))
		}
		if err != nil {
			http.Error(rw, "later", http.StatusServiceUnavailable)
		}
	}))
	w.sim.SetCallback(hook.URL)
	t.Cleanup(func() {
		w.sim.Close()
		hook.Close()
		w.graph.Close()
	})
	return w
}

// open puts the services together and sets the organisation up.
func (w *world) open() {
	t, log, ctx := w.t, slog.New(slog.DiscardHandler), context.Background()
	var err error
	w.db, err = db.Open(dbtest.File(t), db.Options{Clock: w.clock, Disk: func(string) (db.Disk, error) {
		if w.full.Load() {
			return db.Disk{Free: 10 << 20, Total: 100 << 30}, nil
		}
		return db.Disk{Free: 50 << 30, Total: 100 << 30}, nil
	}})
	noErr(t, err)
	w.ev = event.New()
	w.queue = queue.New(w.db, log)
	client := meta.New(w.graph.URL, "v26.0")
	client.CallTimeout = 3 * time.Second
	accounts := account.New(w.db, w.ev, log, account.Options{HashMemory: 64})
	w.files, err = media.New(ctx, w.db, w.queue, log, media.Options{})
	noErr(t, err)
	w.chans, err = channel.New(ctx, w.db, w.ev, w.queue, client, log, channel.Options{})
	noErr(t, err)
	w.folks = contact.New(w.db, w.ev, log)
	w.folks.HandleBulk(w.queue)
	imports, err := importer.New(importer.Deps{DB: w.db, Events: w.ev, Queue: w.queue, Contacts: w.folks, Log: log})
	noErr(t, err)
	w.inbox = inbox.New(inbox.Deps{DB: w.db, Events: w.ev, Queue: w.queue, Meta: client, Channels: w.chans, Contacts: w.folks, Media: w.files, Accounts: accounts, Log: log})
	w.Service, err = broadcast.New(broadcast.Deps{DB: w.db, Events: w.ev, Queue: w.queue, Accounts: accounts, Contacts: w.folks, Imports: imports,
		Channels: w.chans, Inbox: w.inbox, Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))})
	noErr(t, err)
	made, err := accounts.CreateUser(ctx, account.CreateInput{Name: "Aisha", Email: "a@shop.example", Org: "Shop", Role: account.Owner, Timezone: "Asia/Kuwait"})
	noErr(t, err)
	w.boss = account.Actor{OrgID: made.Org.ID, UserID: made.User.ID, Role: account.Owner, Kind: account.KindUser}
	w.ch, err = w.chans.Create(ctx, w.boss, channel.Draft{Name: "Shop", PhoneNumber: "+96522000001", PhoneNumberID: number, WABAID: waba,
		AccessToken: "EAAtoken", AppSecret: "secret", VerifyToken: "v1"})
	noErr(t, err)
	var running sync.WaitGroup
	ctx, cancel := context.WithCancel(ctx)
	running.Go(func() {
		if err := w.queue.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		cancel()
		running.Wait()
		noErr(t, w.db.Close())
	})
	_, err = w.chans.SyncTemplates(ctx, w.boss, w.ch.ID)
	noErr(t, err)
}

func (w *world) q() db.Q { return w.db.Read(context.Background()) }

// phoneOf is the number of the n-th person.
func phoneOf(n int) string { return fmt.Sprintf("+9655%07d", n) }

// people makes contacts with a number and a name each and gives their ids.
func (w *world) people(n int, tags ...string) []int64 {
	w.t.Helper()
	ids := make([]int64, n)
	for i := range ids {
		in := contact.UpsertInput{Patch: contact.Patch{Name: new(fmt.Sprintf("Person%d Last", i)), Phone: new(phoneOf(i))}}
		if len(tags) > 0 {
			in.Tags = &tags
		}
		c, _, err := w.folks.Upsert(w.t.Context(), w.boss, in)
		noErr(w.t, err)
		ids[i] = c.ID
	}
	return ids
}

func (w *world) consent(id int64, want *bool) {
	w.t.Helper()
	noErr(w.t, w.db.Write(w.t.Context(), func(tx *db.Tx) error {
		return w.folks.SetConsentTx(tx, w.boss.OrgID, id, want, contact.Cause{Reason: "told us", Kind: account.KindUser})
	}))
}

// input is a broadcast of the reminder to whom an audience means.
func (w *world) input(a broadcast.Audience) broadcast.Input {
	return broadcast.Input{Name: "Reminder", ChannelID: w.ch.ID, Template: reminder, Language: "en_US", Audience: a, Rate: 60,
		Given: template.Values{CardValues: template.CardValues{Variables: template.Variable{Named: map[string]string{
			"first_name": broadcast.FieldText(broadcast.FieldFirstName, "friend"), "day": "Monday"}}}}}
}

func (w *world) create(in broadcast.Input) broadcast.Broadcast {
	w.t.Helper()
	b, err := w.Create(w.t.Context(), w.boss, in)
	noErr(w.t, err)
	return b
}

func (w *world) begin(in broadcast.Input) broadcast.Broadcast {
	w.t.Helper()
	b, err := w.Start(w.t.Context(), w.boss, w.create(in).ID)
	noErr(w.t, err)
	return b
}

func (w *world) get(id int64) broadcast.Broadcast {
	w.t.Helper()
	b, err := w.Get(w.q(), w.boss.OrgID, id)
	noErr(w.t, err)
	return b
}

// eventually waits until ok, and fails with what was awaited.
func (w *world) eventually(what string, ok func() bool) {
	w.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for late := time.Now().Add(patience); !ok(); <-tick.C {
		if time.Now().After(late) {
			w.t.Fatalf("not in time: %s", what)
		}
	}
}

// becomes waits until a broadcast is in a state.
func (w *world) becomes(id int64, state string) broadcast.Broadcast {
	w.t.Helper()
	w.eventually(fmt.Sprintf("broadcast is %s, now %+v", state, w.get(id)), func() bool { return w.get(id).State == state })
	return w.get(id)
}

// written has a customer write, and gives the conversation.
func (w *world) written() (conv int64) {
	w.t.Helper()
	w.sim.Customer(sim.Customer{Phone: "96560000001", Name: "Huda"}).SendText(number, "hello")
	w.eventually("she has written", func() bool {
		all, _, err := w.inbox.Conversations(w.q(), w.boss.OrgID, inbox.Filter{View: inbox.ViewAll, Take: 10})
		noErr(w.t, err)
		if len(all) > 0 {
			conv = all[0].ID
		}
		return len(all) > 0
	})
	return conv
}

// counted checks that the counts of a broadcast are those of its recipients, at
// one instant: statuses still come in.
func (w *world) counted(id int64) broadcast.Counts {
	w.t.Helper()
	type row struct {
		state string
		n     int
	}
	var c broadcast.Counts
	var rows []row
	noErr(w.t, w.db.Write(w.t.Context(), func(tx *db.Tx) error {
		b, err := w.Get(tx, w.boss.OrgID, id)
		if err != nil {
			return err
		}
		c = b.Counts
		rows, err = db.All(tx, func(r *db.Rows, v *row) error { return r.Scan(&v.state, &v.n) },
			`SELECT state, count(*) FROM broadcast_recipient WHERE broadcast_id = ? GROUP BY state`, id)
		return err
	}))
	have := map[string]int{}
	for _, r := range rows {
		have[r.state] = r.n
	}
	want := map[string]int{"WAITING": c.Waiting, "QUEUED": c.Queued, "SENT": c.Sent, "DELIVERED": c.Delivered, "READ": c.Read, "FAILED": c.Failed, "UNKNOWN": c.Unknown, "SKIPPED": c.Skipped}
	for state, n := range want {
		if have[state] != n {
			w.t.Errorf("%s: counted %d, there are %d", state, n, have[state])
		}
	}
	return c
}

// posts counts the calls of the simulator by number.
func (w *world) posts() map[string]int {
	all := map[string]int{}
	for _, s := range w.sim.Sends() {
		all[s.To]++
	}
	return all
}
