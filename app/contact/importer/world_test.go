package importer_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/contact"
	"badala/app/contact/importer"
	"badala/app/db"
	"badala/app/db/dbtest"
	"badala/app/event"
)

var today = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// clock is set by hand and moves a little with every look.
type clock struct{ ns atomic.Int64 }

func (c *clock) Now() time.Time      { return time.Unix(0, c.ns.Add(int64(time.Microsecond))).UTC() }
func (c *clock) set(t time.Time)     { c.ns.Store(t.UnixNano()) }
func (c *clock) add(d time.Duration) { c.ns.Add(int64(d)) }

// world is a shop with an importer and no other work.
type world struct {
	testing.TB
	clock    *clock
	free     atomic.Int64 // bytes of the disk
	db       *db.DB
	path     string
	events   *event.Log
	contacts *contact.Service
	s        *importer.Service
	who      account.Actor
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{TB: t, clock: &clock{}, path: dbtest.File(t)}
	w.clock.set(today)
	log := slog.New(slog.DiscardHandler)
	w.free.Store(50 << 30)
	d, err := db.Open(w.path, db.Options{Clock: w.clock, Log: log, Disk: func(string) (db.Disk, error) {
		return db.Disk{Free: w.free.Load(), Total: 100 << 30}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	w.db, w.events = d, event.New()
	w.contacts = contact.New(d, w.events, log)
	made, err := account.New(d, w.events, log, account.Options{HashMemory: 8}).CreateUser(w.ctx(), account.CreateInput{
		Email: "owner@shop.example", Name: "Owner", Org: "Shop", Role: account.Owner, Password: "correct horse battery",
	})
	if err != nil {
		t.Fatal(err)
	}
	w.who = account.Actor{OrgID: made.Org.ID, UserID: made.User.ID, Role: account.Owner, Kind: account.KindUser, Name: "Owner"}
	w.s, err = importer.New(importer.Deps{DB: d, Events: w.events, Contacts: w.contacts, Log: log, TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) ctx() context.Context { return context.Background() }
func (w *world) q() db.Q              { return w.db.Read(w.ctx()) }

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// seed puts the contacts of seed.json into the store.
func (w *world) seed() {
	w.Helper()
	raw, err := os.ReadFile("testdata/seed.json")
	w.must(err)
	var all []struct {
		CreatedAt                            time.Time
		ExternalID, Name, Phone, Email, WaID string
		MarketingConsent                     string
		OptedOut                             bool
		Tags                                 []string
		Company                              struct{ Name string }
	}
	w.must(json.Unmarshal(raw, &all))
	for _, c := range all {
		w.clock.set(c.CreatedAt)
		id := c.WaID
		if id == "" {
			id = strings.TrimPrefix(c.Phone, "+")
		}
		var made contact.Contact
		w.must(w.db.Write(w.ctx(), func(tx *db.Tx) (err error) {
			made, _, err = w.contacts.EnsureTx(tx, w.who.OrgID, contact.Identity{Phone: id, ProfileName: c.Name}, contact.FromWhatsApp)
			return err
		}))
		p := contact.Patch{ExternalID: &c.ExternalID, Email: &c.Email, CompanyName: &c.Company.Name, Tags: &c.Tags}
		if c.MarketingConsent != "unknown" && !c.OptedOut {
			p.Consent = new(c.MarketingConsent == "true")
		}
		if _, err := w.contacts.Update(w.ctx(), w.who, made.ID, p); err != nil {
			w.Fatal(err)
		}
		if c.OptedOut {
			w.must(w.db.Write(w.ctx(), func(tx *db.Tx) error { return w.contacts.PreferenceTx(tx, w.who.OrgID, made.ID, true, tx.Now()) }))
		}
	}
	w.clock.set(today)
}

var settings = importer.Patch{DefaultCountry: new("KW"), Timezone: new("Asia/Kuwait"), DateOrder: new("DMY"), ConsentAttested: new(true)}

// upload uploads a file with the settings of the fixtures.
func (w *world) upload(name string, r io.Reader) importer.Import {
	w.Helper()
	i, err := w.s.Upload(w.ctx(), w.who, name, r)
	w.must(err)
	i, err = w.s.Configure(w.ctx(), w.who, i.ID, settings)
	w.must(err)
	return i
}

// check runs the dry run.
func (w *world) check(id int64) importer.Import {
	w.Helper()
	w.must(w.s.Check(w.ctx(), w.who, id))
	w.must(w.s.Run(w.ctx(), id, nil))
	i, err := w.s.Get(w.q(), w.who.OrgID, id)
	w.must(err)
	return i
}

func (w *world) run(id int64) importer.Import {
	w.Helper()
	w.must(w.s.Start(w.ctx(), w.who, id))
	w.must(w.s.Run(w.ctx(), id, nil))
	i, err := w.s.Get(w.q(), w.who.OrgID, id)
	w.must(err)
	return i
}

// bring imports a file of testdata and gives the import as it ended.
func (w *world) bring(name string) importer.Import {
	w.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	w.must(err)
	defer f.Close()
	return w.run(w.upload(name, f).ID)
}

func (w *world) bringText(name, text string) importer.Import {
	w.Helper()
	return w.run(w.upload(name, strings.NewReader(text)).ID)
}

// byPhone finds a contact by its number.
func (w *world) byPhone(phone string) contact.Contact {
	w.Helper()
	id, err := db.Value[int64](w.q(), `SELECT contact_id FROM contact_handle WHERE org_id = ? AND value = ?`, w.who.OrgID, contact.MatchKey(phone))
	if err != nil {
		w.Errorf("%s: %v", phone, err)
		return contact.Contact{}
	}
	c, err := w.contacts.ByID(w.q(), w.who.OrgID, id)
	w.must(err)
	return c
}

func (w *world) count(query string, args ...any) int {
	w.Helper()
	n, err := db.Value[int](w.q(), query, args...)
	w.must(err)
	return n
}

// issues gives the issues of an import as "row code".
func (w *world) issues(id int64, severity string) []string {
	w.Helper()
	all, err := w.s.Issues(w.q(), w.who.OrgID, id, severity, 1000)
	w.must(err)
	var out []string
	for _, i := range all {
		out = append(out, itoa(i.Row)+" "+i.Code)
	}
	return out
}
