package contact_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"badala/app/account"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
)

var program = account.Actor{OrgID: org, KeyID: 9, Role: account.Admin, Kind: account.KindAPI, Name: "CRM", Scopes: account.Scopes{account.ScopeContacts}}

func (b *bench) upsert(p contact.Patch) (contact.Contact, bool) {
	b.Helper()
	c, created, err := b.s.Upsert(context.Background(), program, contact.UpsertInput{Patch: p})
	if err != nil {
		b.Fatal(err)
	}
	return c, created
}

func (b *bench) refused(kind errs.Kind, p contact.Patch, says ...string) {
	b.Helper()
	_, _, err := b.s.Upsert(context.Background(), program, contact.UpsertInput{Patch: p})
	if !errs.Is(err, kind) {
		b.Errorf("%v, want kind %d", err, kind)
		return
	}
	for _, s := range says {
		if !strings.Contains(err.Error(), s) {
			b.Errorf("%q does not say %q", err, s)
		}
	}
}

func TestUpsertFinds(t *testing.T) {
	b := open(t)
	first, created := b.upsert(contact.Patch{Phone: new("+46 70-174 06 11"), Name: new("Nora"), ExternalID: new("c-1"), Tags: &[]string{"VIP"}, Consent: new(true)})
	if !created || first.Source != contact.FromAPI || first.Phone != "+46701740611" || first.WaID != "46701740611" || len(first.Tags) != 1 || !*first.Consent {
		t.Fatalf("%+v", first)
	}
	if types, _ := b.news(0); len(types) != 1 || types[0] != "contact.created" {
		t.Error(types)
	}
	if history, err := b.s.ConsentHistory(b.q(), org, first.ID); err != nil || len(history) != 1 || history[0].Reason != "API" || history[0].ActorID != program.KeyID {
		t.Error(history, err)
	}
	for name, p := range map[string]contact.Patch{
		"external id":                {ExternalID: new("c-1")},
		"phone":                      {Phone: new("+46701740611")},
		"both":                       {ExternalID: new("c-1"), Phone: new("0046701740611")},
		"external id, another phone": {ExternalID: new("c-1"), Phone: new("+46701740622")},
		"the phone before":           {Phone: new("+46701740611")},
	} {
		if c, created := b.upsert(p); created || c.ID != first.ID {
			t.Errorf("%s: %+v", name, c)
		}
	}
	c, _ := b.upsert(contact.Patch{ExternalID: new("c-1"), Phone: new("+46701740611")})
	if c.Phone != "+46701740622" || len(c.OtherPhones) != 1 || c.OtherPhones[0] != "+46701740611" {
		t.Errorf("an old list took a number back: %s %v", c.Phone, c.OtherPhones)
	}
	if c, created := b.upsert(contact.Patch{ExternalID: new("c-2"), Name: new("No phone")}); !created || c.Phone != "" {
		t.Errorf("%+v", c)
	}
	unknown, _ := b.ensure(org, contact.Identity{Phone: "447700900456", ProfileName: "Bilal"})
	if c, created := b.upsert(contact.Patch{ExternalID: new("c-3"), Phone: new("+447700900456")}); created || c.ID != unknown.ID || c.ExternalID != "c-3" {
		t.Errorf("who wrote first did not get the id: %+v", c)
	}
}

func TestUpsertRefuses(t *testing.T) {
	b := open(t)
	a, _ := b.upsert(contact.Patch{Phone: new("+46701740611"), ExternalID: new("c-1")})
	other, _ := b.upsert(contact.Patch{Phone: new("+46701740622"), ExternalID: new("c-2")})
	_, seq := b.news(0)
	b.refused(errs.Conflict, contact.Patch{Phone: new("+46701740622"), ExternalID: new("c-1")}, db.FormatID("contact", a.ID), db.FormatID("contact", other.ID))
	b.refused(errs.Conflict, contact.Patch{Phone: new("+46701740622"), ExternalID: new("c-3")}, db.FormatID("contact", other.ID))
	b.refused(errs.Invalid, contact.Patch{Name: new("Nobody")}, "phone: is needed")
	b.refused(errs.Invalid, contact.Patch{Phone: new("call me"), Email: new("nobody"), Notes: new(strings.Repeat("x", 10_001))}, "phone: not a phone number", "email:", "notes:")
	b.refused(errs.Invalid, contact.Patch{Email: new("nobody")}, "phone: is needed", "email:")
	if types, _ := b.news(seq); len(types) != 0 {
		t.Error(types)
	}
	reader := program
	reader.Scopes = account.Scopes{account.ScopeRead}
	if _, _, err := b.s.Upsert(context.Background(), reader, contact.UpsertInput{Patch: contact.Patch{ExternalID: new("c-9")}}); !errs.Is(err, errs.Forbidden) {
		t.Error(err)
	}
}

// The same again writes nothing and tells nobody; a change is told once, with
// what it was before.
func TestUpsertOfNothing(t *testing.T) {
	b := open(t)
	p := func() contact.Patch {
		return contact.Patch{Phone: new("+46701740611"), Name: new("Nora"), Tags: &[]string{"VIP"}, Custom: map[string]*string{"size": new("M")}, Consent: new(false), Notes: new("likes tea")}
	}
	c, _ := b.upsert(p())
	_, seq := b.news(0)
	again, _ := b.upsert(p())
	if types, _ := b.news(seq); len(types) != 0 || again.UpdatedAt != c.UpdatedAt || b.audits() != 1 {
		t.Errorf("%v, %d lines", types, b.audits())
	}
	change := p()
	change.Name, change.Notes = new("Nora L."), new("likes coffee")
	b.upsert(change)
	if types, _ := b.news(seq); len(types) != 1 || types[0] != "contact.updated" || b.audits() != 2 {
		t.Errorf("%v, %d lines", types, b.audits())
	}
	var before, after map[string]any
	row, err := db.One(b.q(), func(r *db.Rows, v *[2]string) error { return r.Scan(&v[0], &v[1]) },
		`SELECT before, after FROM audit_change WHERE contact_id = ? ORDER BY audit_id DESC LIMIT 1`, c.ID)
	if err != nil || json.Unmarshal([]byte(row[0]), &before) != nil || json.Unmarshal([]byte(row[1]), &after) != nil {
		t.Fatal(row, err)
	}
	if before["name"] != "Nora" || after["name"] != "Nora L." || len(before) != 2 || strings.Contains(row[0]+row[1], "tea") {
		t.Error(row)
	}
}

func (b *bench) audits() int {
	b.Helper()
	n, err := db.Value[int](b.q(), `SELECT COUNT(*) FROM audit WHERE action LIKE 'contact.%'`)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

func TestUpsertAtOnce(t *testing.T) {
	b := open(t)
	var running sync.WaitGroup
	for range 50 {
		running.Go(func() {
			if _, _, err := b.s.Upsert(context.Background(), program, contact.UpsertInput{Patch: contact.Patch{Phone: new("+46701740611"), Name: new("Nora")}}); err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	if all, _, err := b.s.List(b.q(), org, contact.Filter{}); err != nil || len(all) != 1 {
		t.Errorf("%d contacts: %v", len(all), err)
	}
	if types, _ := b.news(0); len(types) != 1 {
		t.Error(types)
	}
}
