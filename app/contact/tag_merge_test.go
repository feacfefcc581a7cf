package contact_test

import (
	"context"
	"fmt"
	"testing"

	"badala/app/account"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
)

// tag makes a tag.
func (b *bench) tag(name string) contact.Tag {
	b.Helper()
	t, err := b.s.CreateTag(b.Context(), aisha, contact.TagInput{Name: name})
	if err != nil {
		b.Fatal(err)
	}
	return t
}

// uses tells the tags with their contacts counted.
func (b *bench) uses() string {
	b.Helper()
	all, err := b.s.TagsInUse(b.q(), org)
	if err != nil {
		b.Fatal(err)
	}
	text := ""
	for _, t := range all {
		text += fmt.Sprintf("%s %d, ", t.Name, t.Contacts)
	}
	return text
}

func TestATagIsDescribed(t *testing.T) {
	b := open(t)
	vip, err := b.s.CreateTag(t.Context(), aisha, contact.TagInput{Name: "VIP", Description: new("  Buys\nevery week ")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.s.UpdateTag(t.Context(), aisha, vip.ID, contact.TagInput{Colour: "teal"}); err != nil {
		t.Fatal(err)
	}
	if all, err := b.s.TagsInUse(b.q(), org); err != nil || all[0].Description != "Buys every week" || all[0].Colour != "teal" {
		t.Error(all, err)
	}
	long := make([]rune, 501)
	for i := range long {
		long[i] = 'ا'
	}
	if _, err := b.s.UpdateTag(t.Context(), aisha, vip.ID, contact.TagInput{Description: new(string(long))}); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}

// TestTwoTagsBecomeOne merges at once what few have.
func TestTwoTagsBecomeOne(t *testing.T) {
	b := open(t)
	ids := b.many(3)
	vip, gold := b.tag("VIP"), b.tag("Gold")
	for i, id := range ids {
		if _, err := b.s.AddTag(t.Context(), aisha, id, "vip"); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			if _, err := b.s.AddTag(t.Context(), aisha, id, "gold"); err != nil {
				t.Fatal(err)
			}
		}
	}
	_, seq := b.news(0)
	for into, want := range map[int64]errs.Kind{vip.ID: errs.Invalid, 5: errs.Invalid} {
		if _, err := b.s.MergeTag(t.Context(), aisha, vip.ID, into); !errs.Is(err, want) {
			t.Error(into, err)
		}
	}
	if _, err := b.s.MergeTag(t.Context(), account.Actor{OrgID: org, UserID: 4, Role: account.Agent}, vip.ID, gold.ID); !errs.Is(err, errs.Forbidden) {
		t.Error(err)
	}
	if done, err := b.s.MergeTag(t.Context(), aisha, vip.ID, gold.ID); err != nil || !done {
		t.Fatal(done, err)
	}
	if got := b.uses(); got != "Gold 3, " {
		t.Error(got)
	}
	types, _ := b.news(seq)
	count := map[string]int{}
	for _, one := range types {
		count[one]++
	}
	if count["contact.updated"] != 3 {
		t.Error(count)
	}
	if again := b.tag("VIP"); again.ID == vip.ID { // the name is free again
		t.Error(again)
	}
}

// TestManyGoOverInTheBackground merges what more contacts have than one Write
// takes, while the old name is still used and a process ends in between.
func TestManyGoOverInTheBackground(t *testing.T) {
	b := open(t)
	_, stop := b.working()
	stop()
	ids := b.many(450)
	vip, gold, lead := b.tag("VIP"), b.tag("Gold"), b.tag("Lead")
	b.write(func(tx *db.Tx) error {
		for _, id := range ids {
			if _, err := tx.Exec(`INSERT INTO contact_tag(contact_id, tag_id, org_id) VALUES(?, ?, ?)`, id, vip.ID, org); err != nil {
				return err
			}
		}
		return nil
	})
	var rest int
	b.s.OnTagMerge(func(_ *db.Tx, _ account.Actor, from, into int64, limit int) (int, error) {
		if from != vip.ID || into != gold.ID {
			t.Error(from, into)
		}
		rest++
		return map[bool]int{true: limit, false: 0}[rest == 1], nil
	})
	done, err := b.s.MergeTag(t.Context(), aisha, vip.ID, gold.ID)
	if err != nil || done {
		t.Fatal(done, err)
	}
	if got := b.uses(); got != "Gold 200, Lead 0, VIP 250, " {
		t.Error(got)
	}
	for name, err := range map[string]error{
		"rename": second(b.s.UpdateTag(t.Context(), aisha, vip.ID, contact.TagInput{Name: "Old"})),
		"delete": b.s.DeleteTag(t.Context(), aisha, gold.ID),
		"back":   second(b.s.MergeTag(t.Context(), aisha, gold.ID, lead.ID)),
		"onto":   second(b.s.MergeTag(t.Context(), aisha, lead.ID, vip.ID)),
	} {
		if !errs.Is(err, errs.Conflict) {
			t.Error(name, err)
		}
	}
	late, err := b.s.Create(t.Context(), aisha, contact.UpsertInput{Patch: contact.Patch{Name: new("Late"), Phone: new("+96550009999")}})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := b.s.AddTag(t.Context(), aisha, late.ID, "vip"); err != nil || got.ID != gold.ID {
		t.Error(got, err)
	}
	q, stop := b.working()
	defer stop()
	b.idle(q)
	if got := b.uses(); got != "Gold 451, Lead 0, " {
		t.Error(got)
	}
}

func second[A any](_ A, err error) error { return err }

// TestWhatWasKeptKnowsTheNewTag takes two contacts apart again after their tag
// became another.
func TestWhatWasKeptKnowsTheNewTag(t *testing.T) {
	b := open(t)
	b.s.OnMerge(func(db.Q, int64, []int64) (map[int64]bool, error) { return nil, nil }, func(*db.Tx, int64, int64, int64) error { return nil })
	b.s.OnSplit(func(*db.Tx, int64, int64, int64) ([]int64, error) { return nil, nil }, func(*db.Tx, account.Actor, int64, int64, []int64) error { return nil })
	ids := b.many(2)
	vip, gold := b.tag("VIP"), b.tag("Gold")
	if _, err := b.s.AddTag(t.Context(), aisha, ids[1], "VIP"); err != nil {
		t.Fatal(err)
	}
	if err := b.s.Merge(t.Context(), aisha, ids[0], ids[1]); err != nil {
		t.Fatal(err)
	}
	if _, err := b.s.MergeTag(t.Context(), aisha, vip.ID, gold.ID); err != nil {
		t.Fatal(err)
	}
	merges, err := b.s.MergesOf(b.q(), org, ids[0])
	if err != nil || len(merges) != 1 {
		t.Fatal(merges, err)
	}
	if _, _, err := b.s.UndoMerge(context.Background(), aisha, merges[0].ID); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{0, 1} {
		c, err := b.s.ByID(b.q(), org, ids[i])
		if err != nil || len(c.Tags) != want || want == 1 && c.Tags[0].ID != gold.ID {
			t.Error(i, c.Tags, err)
		}
	}
}
