package inbox_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
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
)

const (
	fixtureSecret = "badala-fixture-app-secret"
	numberA       = "601448210093142"
	accountA      = "702331948820117"
	numberB       = "604990127735180"
	accountB      = "709915530264488"
	fixtures      = "../meta/testdata/webhooks"
)

// shortly is a little after the fixtures were sent.
var shortly = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// handClock stands still until it is moved.
type handClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// receiving is an install with one organisation and number A, without workers.
type receiving struct {
	tb       testing.TB
	clock    *handClock
	free     atomic.Int64 // bytes of the disk
	db       *db.DB
	events   *event.Log
	queue    *queue.Queue
	channels *channel.Service
	contacts *contact.Service
	media    *media.Service
	accounts *account.Service
	inbox    *inbox.Service
	owner    account.Actor
	channel  channel.Channel
}

func newReceiving(tb testing.TB) *receiving {
	tb.Helper()
	w := &receiving{tb: tb, clock: &handClock{now: shortly}, events: event.New()}
	log := slog.New(slog.DiscardHandler)
	w.free.Store(50 << 30)
	var err error
	w.db, err = db.Open(dbtest.File(tb), db.Options{Clock: w.clock, Disk: func(string) (db.Disk, error) {
		return db.Disk{Free: w.free.Load(), Total: 100 << 30}, nil
	}})
	noErr(tb, err)
	tb.Cleanup(func() { w.db.Close() })
	w.queue = queue.New(w.db, log)
	client := meta.New("http://127.0.0.1:1", "v26.0")
	w.accounts = account.New(w.db, w.events, log, account.Options{HashMemory: 64})
	w.contacts = contact.New(w.db, w.events, log)
	w.media, err = media.New(context.Background(), w.db, w.queue, log, media.Options{})
	noErr(tb, err)
	w.media.SetFetcher(func(context.Context, int64, string, string) (io.ReadCloser, string, int64, error) {
		return io.NopCloser(strings.NewReader("plain words")), "text/plain", 11, nil
	})
	w.channels, err = channel.New(context.Background(), w.db, w.events, w.queue, client, log, channel.Options{})
	noErr(tb, err)
	w.inbox = inbox.New(inbox.Deps{
		DB: w.db, Events: w.events, Queue: w.queue, Meta: client, Channels: w.channels,
		Contacts: w.contacts, Media: w.media, Accounts: w.accounts, Log: log,
	})
	w.owner = w.org("Walnut Works")
	w.channel = w.connect(w.owner, numberA, accountA, "12125550142", fixtureSecret)
	return w
}

// org makes an organisation with its owner.
func (w *receiving) org(name string) account.Actor {
	w.tb.Helper()
	var a account.Actor
	noErr(w.tb, w.db.Write(context.Background(), func(tx *db.Tx) error {
		a = account.Actor{OrgID: tx.NewID(), UserID: tx.NewID(), Role: account.Owner, Name: name, Kind: account.KindUser}
		if _, err := tx.Exec(`INSERT INTO org(id, name, timezone, created_at) VALUES(?, ?, 'UTC', ?)`, a.OrgID, name, tx.Now()); err != nil {
			return err
		}
		return nil
	}))
	return a
}

func noErr(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func fixture(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join(fixtures, name+".json"))
	noErr(tb, err)
	return b
}

// post hands a body in as Meta does.
func (w *receiving) post(body []byte) {
	w.tb.Helper()
	noErr(w.tb, w.inbox.Accept(context.Background(), body, meta.Sign(fixtureSecret, body)))
}

func (w *receiving) fixtures(names ...string) {
	w.tb.Helper()
	for _, n := range names {
		w.post(fixture(w.tb, n))
	}
}

// q reads the database.
func (w *receiving) q() db.Q { return w.db.Read(context.Background()) }

// list gives all conversations, open and closed.
func (w *receiving) list() []inbox.Conversation {
	w.tb.Helper()
	all, _, err := w.inbox.Conversations(w.q(), w.owner.OrgID, inbox.Filter{})
	noErr(w.tb, err)
	return all
}

// only gives the one conversation there is.
func (w *receiving) only() inbox.Conversation {
	w.tb.Helper()
	all := w.list()
	if len(all) != 1 {
		w.tb.Fatalf("%d conversations, want 1", len(all))
	}
	return all[0]
}

func (w *receiving) thread(conv int64) []inbox.Message {
	w.tb.Helper()
	all, err := w.inbox.Messages(w.q(), w.owner.OrgID, conv, inbox.Page{Take: 200})
	noErr(w.tb, err)
	return all
}

// events gives the types of all events of the organisation, oldest first.
func (w *receiving) eventTypes() []string {
	w.tb.Helper()
	all, err := w.events.Since(w.q(), w.owner.OrgID, 0, 10000)
	noErr(w.tb, err)
	var types []string
	for _, e := range all {
		types = append(types, e.Type)
	}
	return types
}

func (w *receiving) count(eventType string) int {
	n := 0
	for _, t := range w.eventTypes() {
		if t == eventType {
			n++
		}
	}
	return n
}

// sent puts a message of ours into the conversation as if Meta had taken it.
func (w *receiving) sent(conv inbox.Conversation, wamid string) int64 {
	w.tb.Helper()
	return w.outbound(conv, wamid, inbox.StatusSent, w.clock.Now().UnixMilli())
}

func (w *receiving) outbound(conv inbox.Conversation, wamid, status string, sentAt int64) (id int64) {
	w.tb.Helper()
	noErr(w.tb, w.db.Write(context.Background(), func(tx *db.Tx) error {
		var err error
		id, err = w.inbox.InsertOutbound(tx, conv, wamid, status, sentAt)
		return err
	}))
	return id
}

// bodyOf is a body of number A with the given value, other members given as JSON.
func bodyOf(tb testing.TB, field string, value map[string]any) []byte {
	tb.Helper()
	value["messaging_product"] = "whatsapp"
	if value["metadata"] == nil {
		value["metadata"] = map[string]string{"display_phone_number": "12125550142", "phone_number_id": numberA}
	}
	b, err := json.Marshal(map[string]any{"object": "whatsapp_business_account", "entry": []any{
		map[string]any{"id": accountA, "changes": []any{map[string]any{"field": field, "value": value}}}}})
	noErr(tb, err)
	return b
}

// textItem is one text message for a batch.
func textItem(wamid, from, body string, at time.Time) map[string]any {
	return map[string]any{"id": wamid, "from": from, "timestamp": unixText(at), "type": "text", "text": map[string]string{"body": body}}
}

func unixText(t time.Time) string {
	b, _ := json.Marshal(t.Unix())
	return string(b)
}

// connect makes a number of the actor's organisation.
func (w *receiving) connect(a account.Actor, pnid, waba, phone, secret string) channel.Channel {
	w.tb.Helper()
	c, err := w.channels.Create(context.Background(), a, channel.Draft{
		Name: "Shop", PhoneNumber: "+" + phone, PhoneNumberID: pnid, WABAID: waba, AccessToken: "token", AppSecret: secret, VerifyToken: "verify-" + pnid,
	})
	noErr(w.tb, err)
	return c
}

// failures gives what could not be applied.
func (w *receiving) failures() []string {
	w.tb.Helper()
	all, err := w.channels.Failed(w.q(), w.owner.OrgID)
	noErr(w.tb, err)
	var out []string
	for _, f := range all {
		out = append(out, f.Error)
	}
	return out
}
