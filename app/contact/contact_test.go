package contact_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"

	"badala/app/account"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/db/dbtest"
	"badala/app/event"
)

const org = 7

type bench struct {
	*testing.T
	db     *db.DB
	events *event.Log
	s      *contact.Service
}

func open(t *testing.T) *bench {
	t.Helper()
	t.Parallel()
	log := slog.New(slog.DiscardHandler)
	d, err := db.Open(dbtest.File(t), db.Options{Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	ev := event.New()
	return &bench{T: t, db: d, events: ev, s: contact.New(d, ev, log)}
}

func (b *bench) write(fn func(tx *db.Tx) error) {
	b.Helper()
	if err := b.db.Write(context.Background(), fn); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) q() db.Q { return b.db.Read(context.Background()) }

func (b *bench) ensure(org int64, id contact.Identity) (c contact.Contact, created bool) {
	b.Helper()
	b.write(func(tx *db.Tx) (err error) {
		c, created, err = b.s.EnsureTx(tx, org, id, contact.FromWhatsApp)
		return err
	})
	return c, created
}

func (b *bench) move(old, now contact.Identity) (c contact.Contact, changed bool) {
	b.Helper()
	b.write(func(tx *db.Tx) (err error) {
		c, changed, err = b.s.MoveTx(tx, org, old, now)
		return err
	})
	return c, changed
}

// news gives the types of events after seq, and the newest seq.
func (b *bench) news(seq int64) ([]string, int64) {
	b.Helper()
	all, err := b.events.Since(b.q(), org, seq, 100)
	if err != nil {
		b.Fatal(err)
	}
	var types []string
	for _, e := range all {
		types, seq = append(types, e.Type), e.Seq
	}
	return types, seq
}

func (b *bench) find(search string) []string {
	b.Helper()
	page, _, err := b.s.List(b.q(), org, contact.Filter{Search: search})
	if err != nil {
		b.Fatal(err)
	}
	var names []string
	for _, c := range page {
		names = append(names, c.Name)
	}
	slices.Sort(names)
	return names
}

var agent = account.Actor{OrgID: org, UserID: 3, Role: account.Agent, Kind: account.KindUser}

func TestEnsureMeetsForms(t *testing.T) {
	b := open(t)
	for _, forms := range [][]string{
		{"5215512345678", "525512345678", "+52 1 55 1234 5678"},
		{"553187654321", "5531987654321", "+55 31 8765-4321"},
		{"5491123456789", "541123456789"},
		{"22997123456", "2290197123456"},
		{"22507123456", "2250707123456"},
	} {
		first, created := b.ensure(org, contact.Identity{Phone: forms[0]})
		if !created {
			t.Errorf("%s: not new", forms[0])
		}
		if first.WaID != forms[0] {
			t.Errorf("WhatsApp's id was changed: %s", first.WaID)
		}
		for _, f := range forms[1:] {
			if c, created := b.ensure(org, contact.Identity{Phone: f}); created || c.ID != first.ID {
				t.Errorf("%s is not %s", f, forms[0])
			}
		}
	}
	if c, _ := b.ensure(org, contact.Identity{Phone: "5491123456789"}); c.Phone != "+5491123456789" || c.WaID != "5491123456789" {
		t.Errorf("an Argentinian alias replaced the number: %s %s", c.Phone, c.WaID)
	}
	if c, created := b.ensure(org, contact.Identity{Phone: "551132654321"}); !created || c.Phone != "+551132654321" {
		t.Errorf("a landline of Brazil became %s", c.Phone)
	}
}

func TestEnsureWritesOnlyNews(t *testing.T) {
	b := open(t)
	full := contact.Identity{Phone: "46701740611", WaUserID: "SE.48210937465511820934", Username: "nora", ProfileName: "Nora Lindqvist"}
	c, created := b.ensure(org, full)
	if !created || c.Name != "Nora Lindqvist" || c.Phone != "+46701740611" || c.UserID != full.WaUserID {
		t.Fatalf("%+v", c)
	}
	types, seq := b.news(0)
	if !slices.Equal(types, []string{"contact.created"}) {
		t.Fatal(types)
	}
	for _, id := range []contact.Identity{full, {Phone: full.Phone}, {WaUserID: full.WaUserID}, {Phone: full.Phone, ProfileName: full.ProfileName}} {
		again, created := b.ensure(org, id)
		if created || again.ID != c.ID || again.Phone != c.Phone || again.UpdatedAt != c.UpdatedAt {
			t.Errorf("%+v gave %+v", id, again)
		}
	}
	if types, _ := b.news(seq); len(types) != 0 {
		t.Error("events for nothing:", types)
	}
	if c, _ := b.ensure(org, contact.Identity{Phone: full.Phone, ProfileName: "Nora L."}); c.Name != "Nora L." || c.ProfileName != "Nora L." {
		t.Error("profile name not followed:", c.Name)
	}
	if types, _ := b.news(seq); !slices.Equal(types, []string{"contact.updated"}) {
		t.Error(types)
	}
}

func TestEnsureJoinsIdentifiers(t *testing.T) {
	b := open(t)
	c, _ := b.ensure(org, contact.Identity{WaUserID: "SA.551", Username: "bilal_khoury", ProfileName: "Bilal"})
	if c.Phone != "" {
		t.Fatal(c.Phone)
	}
	c, created := b.ensure(org, contact.Identity{WaUserID: "SA.551", Phone: "447700900456"})
	if created || c.Phone != "+447700900456" {
		t.Fatalf("%+v", c)
	}
	if c, _ := b.ensure(org, contact.Identity{WaUserID: "SA.551"}); c.Phone != "+447700900456" {
		t.Error("the phone was erased")
	}
	other, created := b.ensure(org, contact.Identity{Phone: "12125550199"})
	if !created {
		t.Fatal("not new")
	}
	both, created := b.ensure(org, contact.Identity{WaUserID: "SA.551", Phone: "12125550199"})
	if created || both.ID != c.ID || both.Phone != "+447700900456" {
		t.Errorf("merged silently: %+v", both)
	}
	linked, err := b.s.Linked(b.q(), org, other.ID)
	if err != nil || len(linked) != 1 || linked[0].ID != c.ID {
		t.Error(linked, err)
	}
}

func TestOrganisationsAreApart(t *testing.T) {
	b := open(t)
	id := contact.Identity{Phone: "46701740611", WaUserID: "SE.1", ProfileName: "Nora"}
	mine, _ := b.ensure(org, id)
	theirs, created := b.ensure(org+1, id)
	if !created || theirs.ID == mine.ID {
		t.Fatal("one contact for two organisations")
	}
	if _, err := b.s.ByID(b.q(), org, theirs.ID); err == nil {
		t.Error("another organisation's contact was read")
	}
	if got := b.find("Nora"); len(got) != 1 {
		t.Error(got)
	}
	stranger := account.Actor{OrgID: org + 1, Role: account.Owner, Kind: account.KindUser}
	if _, err := b.s.Update(context.Background(), stranger, mine.ID, contact.Patch{Name: new("x")}); err == nil {
		t.Error("another organisation's contact was changed")
	}
	if got, err := b.s.ByIDs(b.q(), org, []int64{mine.ID, theirs.ID}); err != nil || len(got) != 1 {
		t.Error(got, err)
	}
}

func TestNumberChange(t *testing.T) {
	b := open(t)
	one := contact.Identity{Phone: "13105550117", WaUserID: "US.309"}
	two := contact.Identity{Phone: "13105550163", WaUserID: "US.668"}
	c, _ := b.ensure(org, one)
	for range 2 { // Meta repeats
		moved, _ := b.move(one, two)
		if moved.ID != c.ID {
			t.Fatal("another contact")
		}
	}
	got, err := b.s.ByID(b.q(), org, c.ID)
	if err != nil || got.Phone != "+13105550163" || got.WaID != two.Phone || got.UserID != two.WaUserID || !slices.Equal(got.OtherPhones, []string{"+13105550117"}) {
		t.Fatalf("%+v %v", got, err)
	}
	if late, created := b.ensure(org, one); created || late.ID != c.ID || late.Phone != "+13105550163" {
		t.Errorf("a late message under the old number gave %+v", late)
	}
	if back, changed := b.move(two, one); !changed || back.Phone != "+13105550117" || back.UserID != one.WaUserID {
		t.Errorf("not moved back: %+v", back)
	}
	three := contact.Identity{Phone: "13105550170", WaUserID: "US.777"}
	b.move(one, three)
	if c, changed := b.move(two, one); changed || c.Phone != "+13105550170" {
		t.Errorf("an old move came again: %+v", c)
	}
}

func TestNumberChangeOfStranger(t *testing.T) {
	b := open(t)
	c, changed := b.move(contact.Identity{Phone: "13105550117", WaUserID: "US.309"}, contact.Identity{Phone: "13105550163", WaUserID: "US.668"})
	if !changed || c.Phone != "+13105550163" {
		t.Fatalf("%+v", c)
	}
	if old, created := b.ensure(org, contact.Identity{Phone: "13105550117"}); created || old.ID != c.ID {
		t.Error("the old number finds nobody")
	}
}

func TestUserIDChange(t *testing.T) {
	b := open(t)
	c, _ := b.ensure(org, contact.Identity{WaUserID: "SA.551", ProfileName: "Bilal"})
	moved, changed := b.move(contact.Identity{WaUserID: "SA.551"}, contact.Identity{WaUserID: "SA.209"})
	if !changed || moved.ID != c.ID || moved.UserID != "SA.209" {
		t.Fatalf("%+v", moved)
	}
	if got, created := b.ensure(org, contact.Identity{WaUserID: "SA.209"}); created || got.ID != c.ID {
		t.Error("the new id made a new contact")
	}
}

func TestMoveMergesOnlyWhenSafe(t *testing.T) {
	b := open(t)
	busy := map[int64]bool{}
	var merged [2]int64
	b.s.OnMerge(func(db.Q, int64, []int64) (map[int64]bool, error) { return busy, nil },
		func(_ *db.Tx, _, from, into int64) error { merged = [2]int64{from, into}; return nil })
	one := contact.Identity{Phone: "13105550117", WaUserID: "US.309"}
	c, _ := b.ensure(org, one)

	other, _ := b.ensure(org, contact.Identity{Phone: "13105550163", WaUserID: "US.999"})
	busy[other.ID] = true
	two := contact.Identity{Phone: "13105550163", WaUserID: "US.668"}
	if _, changed := b.move(one, two); changed {
		t.Error("merged with somebody who has conversations")
	}
	if linked, _ := b.s.Linked(b.q(), org, c.ID); len(linked) != 1 {
		t.Error("not linked")
	}

	three := contact.Identity{Phone: "13105550180", WaUserID: "US.888", ProfileName: "Dana"}
	early, _ := b.ensure(org, three) // the message overtook the announcement
	busy[early.ID] = true
	got, changed := b.move(one, three)
	if !changed || got.ID != c.ID || got.Phone != "+13105550180" || got.Name != "Dana" {
		t.Errorf("%+v", got)
	}
	if merged != [2]int64{early.ID, c.ID} {
		t.Error(merged)
	}
	if again, created := b.ensure(org, three); created || again.ID != c.ID {
		t.Error("the new number finds", again.ID)
	}
	if names := b.find("5550180"); len(names) != 1 {
		t.Error(names)
	}
}

func TestAttachPhone(t *testing.T) {
	b := open(t)
	c, _ := b.ensure(org, contact.Identity{WaUserID: "SA.551"})
	attach := func() (got contact.Contact, changed bool) {
		b.write(func(tx *db.Tx) (err error) {
			got, changed, err = b.s.AttachPhoneTx(tx, org, c.ID, "447700900456")
			return err
		})
		return got, changed
	}
	if got, changed := attach(); !changed || got.Phone != "+447700900456" || got.WaID != "447700900456" {
		t.Errorf("%+v", got)
	}
	if _, changed := attach(); changed {
		t.Error("changed twice")
	}
}

func TestNamesAreCleaned(t *testing.T) {
	b := open(t)
	id := contact.Identity{Phone: "46701740611", ProfileName: " \u202eNora\n Lind\u0000qvist\u2069 👩\u200d👧 "}
	c, _ := b.ensure(org, id)
	if c.Name != "Nora Lindqvist 👩\u200d👧" || c.ProfileName != c.Name {
		t.Errorf("%q %q", c.Name, c.ProfileName)
	}
	_, seq := b.news(0)
	b.ensure(org, id)
	if types, _ := b.news(seq); len(types) != 0 {
		t.Error(types)
	}
}

func TestEnsureWithoutAnything(t *testing.T) {
	b := open(t)
	err := b.db.Write(context.Background(), func(tx *db.Tx) error {
		_, _, err := b.s.EnsureTx(tx, org, contact.Identity{ProfileName: "x"}, contact.FromWhatsApp)
		return err
	})
	if err == nil || errors.Is(err, context.Canceled) {
		t.Error("a contact without any handle")
	}
}
