package channel_test

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/channel"
	"badala/app/db"
	"badala/app/db/dbtest"
	"badala/app/event"
	"badala/app/meta"
	"badala/app/meta/sim"
	"badala/app/queue"
)

const (
	secretA  = "badala-fixture-app-secret"
	secretB  = "another-app-secret"
	numberA  = "601448210093142"
	accountA = "702331948820117"
	numberB  = "604990127735180"
	accountB = "709915530264488"
)

type bench struct {
	*testing.T
	path   string
	clock  *clock
	db     *db.DB
	events *event.Log
	sim    *sim.Sim
	queue  *queue.Queue
	meta   *meta.Client
	s      *channel.Service
	owner  account.Actor // of organisation 7
}

type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func open(t *testing.T, o channel.Options) *bench {
	t.Helper()
	t.Parallel()
	b := &bench{
		T: t, path: dbtest.File(t), clock: &clock{time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)},
		events: event.New(), sim: sim.New(sim.Options{}), owner: boss(7),
	}
	t.Cleanup(b.sim.Close)
	b.sim.AddNumber(sim.Number{PhoneNumberID: numberA, WABAID: accountA, DisplayPhoneNumber: "+1 212-555-0142", VerifiedName: "Walnut Works",
		AccessToken: "token-a", AppSecret: secretA, AppID: "900100200300", Unsubscribed: true})
	b.sim.AddNumber(sim.Number{PhoneNumberID: numberB, WABAID: accountB, DisplayPhoneNumber: "+44 7700 900150", VerifiedName: "Harbour",
		AccessToken: "token-b", AppSecret: secretB, AppID: "900100200301"})
	b.reopen(o)
	return b
}

// reopen starts the server again on the same file.
func (b *bench) reopen(o channel.Options) {
	b.Helper()
	if b.db != nil {
		b.db.Close()
	}
	log := slog.New(slog.DiscardHandler)
	var err error
	if b.db, err = db.Open(b.path, db.Options{Clock: b.clock}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { b.db.Close() })
	graph := httptest.NewServer(b.sim)
	b.Cleanup(graph.Close)
	b.queue, b.meta = queue.New(b.db, log), meta.New(graph.URL, "")
	if b.s, err = channel.New(context.Background(), b.db, b.events, b.queue, b.meta, log, o); err != nil {
		b.Fatal(err)
	}
}

func boss(org int64) account.Actor {
	return account.Actor{OrgID: org, UserID: org * 10, Role: account.Owner, Kind: account.KindUser}
}

var (
	draftA = channel.Draft{PhoneNumber: "+12125550142", PhoneNumberID: numberA, WABAID: accountA, AccessToken: "token-a", AppSecret: secretA, VerifyToken: "verify-a"}
	draftB = channel.Draft{PhoneNumber: "+447700900150", PhoneNumberID: numberB, WABAID: accountB, AccessToken: "token-b", AppSecret: secretB, VerifyToken: "verify-b"}
)

func (b *bench) create(who account.Actor, d channel.Draft) channel.Channel {
	b.Helper()
	c, err := b.s.Create(context.Background(), who, d)
	if err != nil {
		b.Fatal(err)
	}
	return c
}

func (b *bench) q() db.Q { return b.db.Read(context.Background()) }

func (b *bench) get(c channel.Channel) channel.Channel {
	b.Helper()
	c, err := b.s.ByID(b.q(), c.OrgID, c.ID)
	if err != nil {
		b.Fatal(err)
	}
	return c
}

func (b *bench) write(fn func(tx *db.Tx) error) {
	b.Helper()
	if err := b.db.Write(context.Background(), fn); err != nil {
		b.Fatal(err)
	}
}

func fixture(t testing.TB, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("..", "meta", "testdata", "webhooks", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// happened gives what the events of the channel's organisation tell, as "type what".
func (b *bench) happened(kind string) []string {
	b.Helper()
	all, err := b.events.Since(b.q(), b.owner.OrgID, 0, 1000)
	if err != nil {
		b.Fatal(err)
	}
	var out []string
	for _, e := range all {
		if e.Type == kind {
			out = append(out, string(e.Data))
		}
	}
	return out
}

func contains(all []string, part string) bool {
	return strings.Contains(strings.Join(all, "\n"), part)
}
