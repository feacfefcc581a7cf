package contact_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/queue"
)

var aisha = account.Actor{OrgID: org, UserID: 3, Role: account.Owner, Name: "Aisha", Kind: account.KindUser}

// many makes contacts.
func (b *bench) many(n int) (ids []int64) {
	b.Helper()
	for i := range n {
		name, phone := fmt.Sprintf("Customer %d", i), fmt.Sprintf("+9655000%04d", i)
		c, err := b.s.Create(b.Context(), aisha, contact.UpsertInput{Patch: contact.Patch{Name: &name, Phone: &phone}})
		if err != nil {
			b.Fatal(err)
		}
		ids = append(ids, c.ID)
	}
	return ids
}

// working runs a queue until stop; each call is a process of its own.
func (b *bench) working() (q *queue.Queue, stop func()) {
	q = queue.New(b.db, slog.New(slog.DiscardHandler))
	b.s.HandleBulk(q)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- q.Run(ctx) }()
	return q, func() {
		cancel()
		if err := <-done; err != nil {
			b.Error(err)
		}
	}
}

func (b *bench) idle(q *queue.Queue) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), 20*time.Second)
	defer cancel()
	if err := q.Idle(ctx); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) change(ch contact.BulkChange, pick contact.BulkPick) contact.Bulk {
	b.Helper()
	got, err := b.s.ChangeMany(b.Context(), aisha, ch, pick)
	if err != nil {
		b.Fatal(err)
	}
	return got
}

func (b *bench) bulk(id int64) contact.Bulk {
	b.Helper()
	got, err := b.s.BulkByID(b.q(), org, id)
	if err != nil {
		b.Fatal(err)
	}
	return got
}

func (b *bench) tagged(name string) int {
	b.Helper()
	n, err := b.s.Count(b.q(), org, contact.Filter{Tag: name})
	if err != nil {
		b.Fatal(err)
	}
	return n
}

func TestManyAreTaggedOnce(t *testing.T) {
	b := open(t)
	ids := b.many(450)
	q, stop := b.working()
	defer stop()
	if _, err := b.s.AddTag(t.Context(), aisha, ids[7], "VIP"); err != nil {
		t.Fatal(err)
	}
	_, head := b.news(0)
	for n := 1; n > 0; { // to the newest event
		types, next := b.news(head)
		n, head = len(types), next
	}
	started := b.change(contact.BulkChange{Kind: contact.BulkTag, Tag: "vip"}, contact.BulkPick{})
	b.idle(q)
	got := b.bulk(started.ID)
	if got.State != contact.BulkDone || got.Total != 450 || got.Done != 450 || got.Changed != 449 || got.Change.Tag != "VIP" || b.tagged("VIP") != 450 {
		t.Fatalf("%+v, %d have the tag", got, b.tagged("VIP"))
	}
	events, err := b.events.Since(b.q(), org, head, 1000)
	if err != nil || len(events) != 449 {
		t.Errorf("%d events, %v", len(events), err)
	}
	undo, err := b.s.UndoMany(t.Context(), aisha, started.ID)
	if err != nil {
		t.Fatal(err)
	}
	b.idle(q)
	if n := b.tagged("VIP"); n != 1 {
		t.Errorf("%d still have the tag", n)
	}
	for _, id := range []int64{started.ID, undo.ID} {
		if _, err := b.s.UndoMany(t.Context(), aisha, id); !errs.Is(err, errs.Conflict) {
			t.Errorf("taken back again: %v", err)
		}
	}
}

func TestAChangeGoesOnWhereItWasLeft(t *testing.T) {
	b := open(t)
	b.many(30)
	b.s.HandleBulk(queue.New(b.db, slog.New(slog.DiscardHandler))) // which does not run
	started := b.change(contact.BulkChange{Kind: contact.BulkTag, Tag: "new"}, contact.BulkPick{})
	// As if the process had died after ten of them.
	b.write(func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE contact_bulk SET done = 10, changed = 10, after = (SELECT id FROM contact WHERE org_id = ? ORDER BY id DESC LIMIT 1 OFFSET 9) WHERE id = ?`, org, started.ID)
		return err
	})
	q, end := b.working()
	defer end()
	b.idle(q)
	if got := b.bulk(started.ID); got.State != contact.BulkDone || got.Done != 30 || b.tagged("new") != 20 {
		t.Errorf("%+v, %d have the tag", got, b.tagged("new"))
	}
}

func TestManyDoNotLiftARefusal(t *testing.T) {
	b := open(t)
	ids := b.many(3)
	q, stop := b.working()
	defer stop()
	if _, err := b.s.Update(t.Context(), aisha, ids[0], contact.Patch{Consent: new(false), Reason: "by letter"}); err != nil {
		t.Fatal(err)
	}
	b.change(contact.BulkChange{Kind: contact.BulkConsent, Consent: new(true), Reason: "signed"}, contact.BulkPick{IDs: ids})
	b.change(contact.BulkChange{Kind: contact.BulkConsent, Reason: "forget it"}, contact.BulkPick{IDs: ids[:2]})
	b.idle(q)
	for i, want := range []string{"false", "nil", "true"} {
		c, err := b.s.ByID(b.q(), org, ids[i])
		if err != nil {
			t.Fatal(err)
		}
		got := "nil"
		if c.Consent != nil {
			got = fmt.Sprint(*c.Consent)
		}
		if got != want {
			t.Errorf("contact %d: %s, want %s", i, got, want)
		}
	}
}

func TestWhatManyMayNot(t *testing.T) {
	b := open(t)
	ids := b.many(1)
	q, stop := b.working()
	defer stop()
	viewer, agent := aisha, aisha
	viewer.Role, agent.Role = account.Viewer, account.Agent
	for name, c := range map[string]struct {
		who  account.Actor
		ch   contact.BulkChange
		pick contact.BulkPick
		kind errs.Kind
	}{
		"a viewer":      {viewer, contact.BulkChange{Kind: contact.BulkTag, Tag: "x"}, contact.BulkPick{}, errs.Forbidden},
		"an agent":      {agent, contact.BulkChange{Kind: contact.BulkErase}, contact.BulkPick{}, errs.Forbidden},
		"no tag":        {aisha, contact.BulkChange{Kind: contact.BulkTag}, contact.BulkPick{}, errs.Invalid},
		"unknown tag":   {aisha, contact.BulkChange{Kind: contact.BulkUntag, Tag: "x"}, contact.BulkPick{}, errs.Conflict},
		"no reason":     {aisha, contact.BulkChange{Kind: contact.BulkConsent}, contact.BulkPick{}, errs.Invalid},
		"nobody":        {aisha, contact.BulkChange{Kind: contact.BulkTag, Tag: "x"}, contact.BulkPick{IDs: []int64{}}, errs.Invalid},
		"something odd": {aisha, contact.BulkChange{Kind: "sell"}, contact.BulkPick{}, errs.Invalid},
		"a stranger's":  {account.Actor{OrgID: org + 1, Role: account.Owner, Kind: account.KindUser}, contact.BulkChange{Kind: contact.BulkErase}, contact.BulkPick{IDs: ids}, errs.Invalid},
	} {
		if _, err := b.s.ChangeMany(t.Context(), c.who, c.ch, c.pick); !errs.Is(err, c.kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
	b.idle(q)
	if _, err := b.s.ByID(b.q(), org, ids[0]); err != nil {
		t.Error(err)
	}
}
