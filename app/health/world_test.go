package health_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/backup"
	"badala/app/channel"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/db/dbtest"
	"badala/app/event"
	"badala/app/health"
	"badala/app/inbox"
	"badala/app/media"
	"badala/app/meta"
	"badala/app/meta/sim"
	"badala/app/queue"
	"badala/app/webhook"
)

// clock is turned by the test; the server's Date follows it, askew.
type clock struct{ ms, skew atomic.Int64 }

func (c *clock) Now() time.Time { return time.UnixMilli(c.ms.Load()) }

func (c *clock) add(d time.Duration) { c.ms.Add(d.Milliseconds()) }

// world is an install with one number, looked at by hand.
type world struct {
	t        *testing.T
	db       *db.DB
	clock    *clock
	disk     atomic.Int64 // free bytes
	events   *event.Log
	jobs     *queue.Queue
	channels *channel.Service
	webhooks *webhook.Service
	health   *health.Service
	sim      *sim.Sim
	who      account.Actor
	number   channel.Channel
}

var shop = sim.Number{
	PhoneNumberID: "100200300400500", WABAID: "200300400500600", DisplayPhoneNumber: "+966 50 000 0001", VerifiedName: "Shop",
	AccessToken: "EAAGtoken", AppSecret: "0123456789abcdef0123456789abcdef", AppID: "300400500600700", VerifyToken: "verify-me-please",
}

func newWorld(t *testing.T, o health.Options) *world {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	w := &world{t: t, clock: &clock{}, sim: sim.New(sim.Options{}), events: event.New()}
	w.clock.ms.Store(time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC).UnixMilli())
	w.disk.Store(100 << 30)
	graph := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Date", w.clock.Now().Add(time.Duration(w.clock.skew.Load())*time.Millisecond).UTC().Format(http.TimeFormat))
		w.sim.ServeHTTP(rw, r)
	}))
	t.Cleanup(func() { w.sim.Close(); graph.Close() })
	w.sim.AddNumber(shop)
	d, err := db.Open(dbtest.File(t), db.Options{Clock: w.clock, Disk: func(string) (db.Disk, error) {
		return db.Disk{Free: w.disk.Load(), Total: 200 << 30}, nil
	}})
	must(t, err)
	w.db = d
	t.Cleanup(func() { d.Close() })
	w.jobs = queue.New(d, log)
	client := meta.New(graph.URL, "")
	accounts := account.New(d, w.events, log, account.Options{HashMemory: 64})
	files, err := media.New(t.Context(), d, w.jobs, log, media.Options{})
	must(t, err)
	contacts := contact.New(d, w.events, log)
	w.channels, err = channel.New(t.Context(), d, w.events, w.jobs, client, log, channel.Options{})
	must(t, err)
	box := inbox.New(inbox.Deps{DB: d, Events: w.events, Queue: w.jobs, Meta: client, Channels: w.channels, Contacts: contacts, Media: files, Accounts: accounts, Log: log})
	w.webhooks, err = webhook.New(webhook.Deps{DB: d, Events: w.events, Queue: w.jobs, Accounts: accounts, Contacts: contacts, Inbox: box, Media: files, Log: log,
		Options: webhook.Options{Allow: []string{"127.0.0.1"}}})
	must(t, err)
	backups, err := backup.New(backup.Deps{DB: d, Queue: w.jobs, Accounts: accounts, Contacts: contacts, Channels: w.channels, Inbox: box, Log: log})
	must(t, err)
	w.health, err = health.New(health.Deps{DB: d, Queue: w.jobs, Meta: client, Channels: w.channels, Webhooks: w.webhooks, Backups: backups, Media: files, Log: log, Options: o})
	must(t, err)
	made, err := accounts.CreateUser(t.Context(), account.CreateInput{Email: "omar@example.com", Name: "Omar", Org: "Palm", Password: "green parrots fly north",
		Role: account.Owner, Lang: "en", Timezone: "Asia/Riyadh"})
	must(t, err)
	w.who = account.Actor{OrgID: made.Org.ID, UserID: made.User.ID, Role: account.Owner, Name: "Omar", Kind: account.KindUser}
	w.number, err = w.channels.Create(t.Context(), w.who, channel.Draft{Name: "Shop", PhoneNumber: shop.DisplayPhoneNumber, PhoneNumberID: shop.PhoneNumberID,
		WABAID: shop.WABAID, AppID: shop.AppID, AccessToken: shop.AccessToken, AppSecret: shop.AppSecret, VerifyToken: shop.VerifyToken})
	must(t, err)
	must(t, d.Write(t.Context(), func(tx *db.Tx) error { // nobody works here
		_, err := tx.Exec(`DELETE FROM job`)
		return err
	}))
	return w
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// good are options under which a new install has nothing to complain of.
var good = health.Options{PublicURL: "https://badala.example", HasKey: true}

// look is one look of the server's own.
func (w *world) look() {
	w.t.Helper()
	must(w.t, w.health.Look(w.t.Context()))
}

// heard notes that WhatsApp told something just now.
func (w *world) heard() {
	w.set(`first_webhook_at = 1, state = 'ACTIVE', last_webhook_at = ?`, w.db.Now())
}

// set changes columns of the number, as others would.
func (w *world) set(what string, args ...any) {
	w.t.Helper()
	must(w.t, w.db.Write(w.t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE channel SET `+what+` WHERE id = `+itoa(w.number.ID), args...)
		return err
	}))
}

// keys are the findings now, as level and key.
func (w *world) keys() string {
	w.t.Helper()
	q := w.db.Read(w.t.Context())
	host, err := w.health.Host(q)
	must(w.t, err)
	org, err := w.health.Org(q, w.who.OrgID)
	must(w.t, err)
	var out []string
	for _, f := range append(host.Findings, org.Findings...) {
		for _, lang := range []string{"en", "ar"} {
			for _, text := range []string{f.Sentence(lang, time.UTC), f.Remedy(lang, time.UTC)} {
				if text == "" || strings.HasPrefix(text, "health.") || strings.Contains(text, "{") {
					w.t.Errorf("%s in %s: %q", f.Key, lang, text)
				}
			}
		}
		out = append(out, string(f.Level)+" "+f.Key)
	}
	return strings.Join(out, ", ")
}

func (w *world) want(keys string) {
	w.t.Helper()
	if got := w.keys(); got != keys {
		w.t.Errorf("found %q, want %q", got, keys)
	}
}

// told are the news of the number that were recorded by health.
func (w *world) told() string {
	w.t.Helper()
	all, err := db.All(w.db.Read(w.t.Context()), func(r *db.Rows, s *string) error { return r.Scan(s) },
		`SELECT data ->> 'what' || ' ' || (data ->> 'detail') FROM event WHERE type = 'channel.health' AND data ->> 'detail' IN ('WARN', 'BAD', 'OK') ORDER BY seq`)
	must(w.t, err)
	return strings.Join(all, ", ")
}
