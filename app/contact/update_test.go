package contact_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"

	"badala/app/account"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
)

func TestUpdate(t *testing.T) {
	b := open(t)
	ctx := context.Background()
	c, _ := b.ensure(org, contact.Identity{Phone: "46701740611", ProfileName: "Nora"})
	_, seq := b.news(0)
	patch := contact.Patch{
		Name: new(" Nora  Lindqvist "), Email: new("Nora@Example.com"), CompanyName: new("Walnut Works"),
		Custom: map[string]*string{"size": new("M")}, Consent: new(true), Reason: "asked on the phone", Tags: &[]string{"VIP", "vip", "Lagos"},
	}
	got, err := b.s.Update(ctx, agent, c.ID, patch)
	if err != nil {
		t.Fatal(err)
	}
	if got.Name != "Nora Lindqvist" || got.Email != "nora@example.com" || got.Company.Name != "Walnut Works" ||
		got.Custom["size"] != "M" || got.Consent == nil || !*got.Consent || len(got.Tags) != 2 {
		t.Errorf("%+v", got)
	}
	all, err := b.events.Since(b.q(), org, seq, 10)
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	var data struct {
		Origin  string
		Changed []string
	}
	if err := json.Unmarshal(all[0].Data, &data); err != nil || data.Origin != contact.FromPerson ||
		!slices.Equal(data.Changed, []string{"name", "email", "company", "customFields", "marketingConsent", "tags"}) {
		t.Error(string(all[0].Data), err)
	}
	seq = all[0].Seq
	if _, err := b.s.Update(ctx, agent, c.ID, patch); err != nil {
		t.Fatal(err)
	}
	if types, _ := b.news(seq); len(types) != 0 {
		t.Error("events for nothing:", types)
	}
	if c, _ := b.ensure(org, contact.Identity{Phone: "46701740611", ProfileName: "N."}); c.Name != "Nora Lindqvist" || c.ProfileName != "N." {
		t.Errorf("a profile name overwrote a chosen one: %+v", c)
	}
	if c, err := b.s.Update(ctx, agent, c.ID, contact.Patch{Name: new(""), Tags: &[]string{}}); err != nil || c.Name != "N." || len(c.Tags) != 0 {
		t.Errorf("%+v %v", c, err)
	}
	history, err := b.s.ConsentHistory(b.q(), org, c.ID)
	if err != nil || len(history) != 1 || history[0].Reason != "asked on the phone" || history[0].ActorID != agent.UserID {
		t.Error(history, err)
	}
}

func TestUpdateRefuses(t *testing.T) {
	b := open(t)
	ctx := context.Background()
	c, _ := b.ensure(org, contact.Identity{Phone: "46701740611", ProfileName: "Nora"})
	other, _ := b.ensure(org, contact.Identity{Phone: "447700900456", ProfileName: "Bilal"})
	_, err := b.s.Update(ctx, agent, c.ID, contact.Patch{Email: new("nobody"), Phone: new("call me"), Name: new("kept back")})
	if e := errs.As(err); e == nil || e.Kind != errs.Invalid || len(e.Details) != 2 {
		t.Error(err)
	}
	if c, _ := b.s.ByID(b.q(), org, c.ID); c.Name != "Nora" {
		t.Error("half a patch was applied")
	}
	if _, err := b.s.Update(ctx, agent, c.ID, contact.Patch{Phone: new("+44 7700 900456")}); !errs.Is(err, errs.Conflict) {
		t.Error(err)
	}
	if _, err := b.s.Update(ctx, agent, other.ID, contact.Patch{ExternalID: new("73")}); err != nil {
		t.Error(err)
	}
	if _, err := b.s.Update(ctx, agent, c.ID, contact.Patch{ExternalID: new("73")}); !errs.Is(err, errs.Conflict) {
		t.Error(err)
	}
	viewer := agent
	viewer.Role = account.Viewer
	if _, err := b.s.Update(ctx, viewer, c.ID, contact.Patch{}); !errs.Is(err, errs.Forbidden) {
		t.Error(err)
	}
}

func TestUpdatePhoneKeepsOldOne(t *testing.T) {
	b := open(t)
	c, _ := b.ensure(org, contact.Identity{Phone: "46701740611"})
	got, err := b.s.Update(context.Background(), agent, c.ID, contact.Patch{Phone: new("+44 7700 900456")})
	if err != nil || got.Phone != "+447700900456" || !slices.Equal(got.OtherPhones, []string{"+46701740611"}) {
		t.Fatalf("%+v %v", got, err)
	}
	for _, phone := range []string{"46701740611", "447700900456"} {
		if found, created := b.ensure(org, contact.Identity{Phone: phone}); created || found.ID != c.ID {
			t.Error(phone, "finds somebody else")
		}
	}
}

func TestPreference(t *testing.T) {
	b := open(t)
	c, _ := b.ensure(org, contact.Identity{Phone: "46701740611"})
	prefer := func(stop bool, at int64) *bool {
		b.write(func(tx *db.Tx) error { return b.s.PreferenceTx(tx, org, c.ID, stop, at) })
		got, err := b.s.ByID(b.q(), org, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		return got.Consent
	}
	if v := prefer(true, 2000); v == nil || *v {
		t.Error("stop not heard")
	}
	if v := prefer(false, 1000); v == nil || *v {
		t.Error("an older resume won")
	}
	if v := prefer(false, 3000); v != nil {
		t.Error("resume made a consent that was never given")
	}
	if _, err := b.s.Update(context.Background(), agent, c.ID, contact.Patch{Consent: new(false)}); err != nil {
		t.Fatal(err)
	}
	if v := prefer(false, 4000); v == nil || *v {
		t.Error("resume lifted a refusal that was not made in WhatsApp")
	}
}

func TestTags(t *testing.T) {
	b := open(t)
	ctx := context.Background()
	c, _ := b.ensure(org, contact.Identity{Phone: "46701740611"})
	tag, err := b.s.AddTag(ctx, agent, c.ID, "فاتورة")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := b.s.AddTag(ctx, agent, c.ID, "فاتوره"); err != nil || again.ID != tag.ID {
		t.Error(again, err)
	}
	if page, _, err := b.s.List(b.q(), org, contact.Filter{Tag: "فاتوره"}); err != nil || len(page) != 1 || len(page[0].Tags) != 1 {
		t.Error(page, err)
	}
	if _, err := b.s.UpdateTag(ctx, agent, tag.ID, contact.TagInput{Name: "Invoice", Colour: "red"}); !errs.Is(err, errs.Forbidden) {
		t.Error(err)
	}
	boss := agent
	boss.Role = account.Supervisor
	if _, err := b.s.UpdateTag(ctx, boss, tag.ID, contact.TagInput{Name: "Invoice", Colour: "red"}); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := b.s.RemoveTag(ctx, agent, c.ID, tag.ID); err != nil {
			t.Error(err)
		}
	}
	if tags, err := b.s.Tags(b.q(), org); err != nil || len(tags) != 1 || tags[0].Colour != "red" {
		t.Error(tags, err)
	}
	if tags, err := b.s.Tags(b.q(), org+1); err != nil || len(tags) != 0 {
		t.Error(tags, err)
	}
}
