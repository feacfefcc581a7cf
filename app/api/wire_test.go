package api_test

import (
	"context"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/api"
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
	"badala/app/retention"
	"badala/app/webhook"
)

// number is the shop's number at the simulated Meta.
var number = sim.Number{
	PhoneNumberID: "601448210093142", WABAID: "702331948820117", DisplayPhoneNumber: "+1 212 555 0142", VerifiedName: "Corner",
	AccessToken: "token-of-the-corner", AppSecret: "secret-of-the-corner", AppID: "480012345678901", VerifyToken: "verify-me",
}

// streamCheck is how often streams look after their tokens in these tests.
const streamCheck = 100 * time.Millisecond

// parts is the server below the API, wired as in the product, with the
// simulator as Meta.
type parts struct {
	db       *db.DB
	events   *event.Log
	accounts *account.Service
	channels *channel.Service
	api      *api.API
	sim      *sim.Sim
}

func wire(t testing.TB) parts {
	t.Helper()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	var p parts
	p.sim = sim.New(sim.Options{})
	graph := httptest.NewServer(p.sim)
	p.sim.AddNumber(number)
	d, err := db.Open(dbtest.File(t), db.Options{Log: quiet})
	ok(err)
	p.db = d
	events, jobs, client := event.New(), queue.New(d, quiet), meta.New(graph.URL, "v26.0")
	p.accounts = account.New(d, events, quiet, account.Options{HashMemory: 64})
	files, err := media.New(t.Context(), d, jobs, quiet, media.Options{PublicURL: "https://inbox.example.com", Allow: []string{"127.0.0.0/8"}})
	ok(err)
	people := contact.New(d, events, quiet)
	imports, err := importer.New(importer.Deps{DB: d, Events: events, Queue: jobs, Contacts: people, Log: quiet, TempDir: t.TempDir()})
	ok(err)
	p.channels, err = channel.New(t.Context(), d, events, jobs, client, quiet, channel.Options{PublicURL: "https://inbox.example.com"})
	ok(err)
	files.SetFetcher(p.channels.FetchMedia)
	box := inbox.New(inbox.Deps{DB: d, Events: events, Queue: jobs, Meta: client, Channels: p.channels, Contacts: people, Media: files, Accounts: p.accounts, Log: quiet})
	casts, err := broadcast.New(broadcast.Deps{DB: d, Events: events, Queue: jobs, Accounts: p.accounts, Contacts: people, Imports: imports, Channels: p.channels, Inbox: box, Log: quiet})
	ok(err)
	hooks, err := webhook.New(webhook.Deps{DB: d, Events: events, Queue: jobs, Accounts: p.accounts, Contacts: people, Inbox: box, Media: files, Log: quiet,
		Options: webhook.Options{PublicURL: "https://inbox.example.com", Allow: []string{"127.0.0.0/8"}}})
	ok(err)
	keep, err := retention.New(retention.Deps{DB: d, Queue: jobs, Channels: p.channels, Inbox: box, Webhooks: hooks})
	ok(err)
	p.events = events
	p.api = api.New(api.Deps{DB: d, Events: events, Accounts: p.accounts, Contacts: people, Imports: imports, Channels: p.channels, Media: files, Inbox: box, Webhooks: hooks, Broadcasts: casts, Retention: keep, Log: quiet,
		Options: api.Options{Version: "test", PublicURL: "https://inbox.example.com", StreamCheck: streamCheck}})
	door := httptest.NewServer(p.api)
	p.sim.SetCallback(door.URL + channel.WebhookPath)

	ctx, stop := context.WithCancel(context.Background())
	var working sync.WaitGroup
	working.Go(func() {
		if err := jobs.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() {
		p.sim.Close()
		p.api.Close()
		hooks.Close()
		door.Close()
		stop()
		working.Wait()
		graph.Close()
		d.Close()
	})
	return p
}

// eventually waits until ok, or fails after ten seconds.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); <-tick.C {
		if ok() {
			return
		}
	}
	t.Fatalf("never: %s", what)
}
