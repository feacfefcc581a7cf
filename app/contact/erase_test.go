package contact_test

import (
	"context"
	"errors"
	"testing"

	"badala/app/account"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
)

var boss = account.Actor{OrgID: org, UserID: 4, Role: account.Supervisor, Kind: account.KindUser}

func TestEraseOfContact(t *testing.T) {
	b := open(t)
	ctx := context.Background()
	var asked []int64
	b.s.OnErase(func(tx *db.Tx, o, id int64) error {
		_, err := b.s.ByID(tx, o, id)
		if err != nil && len(asked) == 0 {
			return err
		}
		asked = append(asked, id)
		return nil
	})
	c, _ := b.upsert(contact.Patch{Phone: new("+46701740611"), Name: new("Nora"), ExternalID: new("c-1"), Tags: &[]string{"VIP"}, Consent: new(true)})
	other, _ := b.upsert(contact.Patch{Phone: new("+46701740622"), Name: new("Nora's sister"), Tags: &[]string{"VIP"}})
	if err := b.s.Erase(ctx, agent, c.ID); !errs.Is(err, errs.Forbidden) {
		t.Error(err)
	}
	stranger := boss
	stranger.OrgID = org + 1
	if err := b.s.Erase(ctx, stranger, c.ID); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
	_, seq := b.news(0)
	if err := b.s.Erase(ctx, boss, c.ID); err != nil {
		t.Fatal(err)
	}
	if len(asked) != 1 || asked[0] != c.ID {
		t.Error(asked)
	}
	all, err := b.events.Since(b.q(), org, seq, 10)
	if err != nil || len(all) != 1 || all[0].Type != "contact.deleted" || string(all[0].Data) != `{"externalId":"c-1","origin":"MANUAL"}` {
		t.Error(all, err)
	}
	for _, table := range []string{"contact_tag", "contact_consent", "contact_handle", "audit_change"} {
		if n, err := db.Value[int](b.q(), `SELECT COUNT(*) FROM `+table+` WHERE contact_id = ?`, c.ID); err != nil || n != 0 {
			t.Errorf("%s: %d %v", table, n, err)
		}
	}
	if n, err := db.Value[int](b.q(), `SELECT COUNT(*) FROM erasure JOIN erasure_handle USING (contact_id) WHERE contact_id = ? AND length(digest) = 32`, c.ID); err != nil || n != 1 {
		t.Error(n, err)
	}
	if names := b.find("Nora"); len(names) != 1 {
		t.Error(names)
	}
	if found, err := b.s.ByID(b.q(), org, other.ID); err != nil || len(found.Tags) != 1 {
		t.Error(found, err)
	}
	if err := b.s.Erase(ctx, boss, c.ID); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
	if again, created := b.upsert(contact.Patch{Phone: new("+46701740611"), ExternalID: new("c-1")}); !created || again.ID == c.ID {
		t.Error("the number was not free again")
	}
}

// What was noted about a contact that became part of another one goes with it.
func TestEraseOfMerged(t *testing.T) {
	b := open(t)
	b.s.OnMerge(func(db.Q, int64, []int64) (map[int64]bool, error) { return nil, nil }, func(*db.Tx, int64, int64, int64) error { return nil })
	old, _ := b.upsert(contact.Patch{Phone: new("+46701740611"), Name: new("Nora")})
	absorbed, _ := b.upsert(contact.Patch{Phone: new("+46701740622"), Name: new("Nora L.")})
	c, changed := b.move(contact.Identity{Phone: "46701740611"}, contact.Identity{Phone: "46701740622"})
	if !changed || c.ID != old.ID {
		t.Fatalf("%+v", c)
	}
	if err := b.s.Erase(context.Background(), boss, c.ID); err != nil {
		t.Fatal(err)
	}
	if n, err := db.Value[int](b.q(), `SELECT COUNT(*) FROM audit_change WHERE contact_id IN (?, ?)`, old.ID, absorbed.ID); err != nil || n != 0 {
		t.Error(n, err)
	}
}

func TestEraseIsWholeOrNothing(t *testing.T) {
	b := open(t)
	b.s.OnErase(func(*db.Tx, int64, int64) error { return errors.New("no") })
	c, _ := b.upsert(contact.Patch{Phone: new("+46701740611"), Name: new("Nora")})
	_, seq := b.news(0)
	if err := b.s.Erase(context.Background(), boss, c.ID); err == nil {
		t.Error("no error")
	}
	if types, _ := b.news(seq); len(types) != 0 || len(b.find("Nora")) != 1 {
		t.Error("half erased", types)
	}
}

func TestManageTags(t *testing.T) {
	b := open(t)
	ctx := context.Background()
	var gone []int64
	b.s.OnTagDelete(func(_ *db.Tx, _, tag int64) error {
		gone = append(gone, tag)
		return nil
	})
	vip, err := b.s.CreateTag(ctx, boss, contact.TagInput{Name: " VIP ", Colour: "red"})
	if err != nil || vip.Name != "VIP" || vip.Colour != "red" {
		t.Fatal(vip, err)
	}
	if _, err := b.s.CreateTag(ctx, boss, contact.TagInput{Name: "vip", Colour: ""}); !errs.Is(err, errs.Conflict) {
		t.Error(err)
	}
	if _, err := b.s.CreateTag(ctx, boss, contact.TagInput{Name: "", Colour: "pink"}); errs.As(err) == nil || len(errs.As(err).Details) != 2 {
		t.Error(err)
	}
	lead, err := b.s.CreateTag(ctx, boss, contact.TagInput{Name: "Lead", Colour: ""})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.s.UpdateTag(ctx, boss, lead.ID, contact.TagInput{Name: "Vip", Colour: ""}); !errs.Is(err, errs.Conflict) {
		t.Error(err)
	}
	_, seq := b.news(0)
	for range 2 { // the second one changes nothing
		if lead, err = b.s.UpdateTag(ctx, boss, lead.ID, contact.TagInput{Name: "LEAD", Colour: ""}); err != nil || lead.Name != "LEAD" {
			t.Error(lead, err)
		}
	}
	c, _ := b.upsert(contact.Patch{Phone: new("+46701740611"), Tags: &[]string{"vip"}})
	if use, err := b.s.TagsInUse(b.q(), org); err != nil || len(use) != 2 || use[1].Contacts != 1 {
		t.Error(use, err)
	}
	if err := b.s.DeleteTag(ctx, agent, vip.ID); !errs.Is(err, errs.Forbidden) {
		t.Error(err)
	}
	if err := b.s.DeleteTag(ctx, boss, vip.ID); err != nil {
		t.Fatal(err)
	}
	if err := b.s.DeleteTag(ctx, boss, vip.ID); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
	if c, err := b.s.ByID(b.q(), org, c.ID); err != nil || len(c.Tags) != 0 || len(gone) != 1 {
		t.Error(c.Tags, gone, err)
	}
	if types, _ := b.news(seq); len(types) != 3 || types[0] != "tag.updated" || types[2] != "tag.updated" {
		t.Error(types)
	}
	if n, err := db.Value[int](b.q(), `SELECT COUNT(*) FROM audit WHERE action LIKE 'tag.%'`); err != nil || n != 4 {
		t.Error(n, err)
	}
}
