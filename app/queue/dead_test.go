package queue_test

import (
	"context"
	"errors"
	"testing"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/queue"
)

// TestGivenUpWorkIsLookedThrough pages, counts, tries again and discards.
func TestGivenUpWorkIsLookedThrough(t *testing.T) {
	t.Parallel()
	d, q := fresh(t)
	k := &queue.Kind[args]{Name: "k", Attempts: 1}
	well := false
	var p tape
	k.Handle(q, func(_ context.Context, j *queue.Job[args]) error {
		if p.add(j.Args.N); !well {
			return errors.New("no")
		}
		return nil
	})
	unknown := &queue.Kind[args]{Name: "gone.kind"}
	add(t, d, q, unknown, 9)
	run(t, q)
	for n := range 5 {
		add(t, d, q, k, n, queue.Lane("l", 1))
	}
	r := d.Read(t.Context())
	through := func() {
		t.Helper()
		await(t, func() bool {
			left, err := db.Exists(r, `SELECT 1 FROM job WHERE state NOT IN ('dead', 'held')`)
			return err == nil && !left
		})
	}
	through()
	if dead, held, err := q.CountGivenUp(r); err != nil || dead != 5 || held != 1 {
		t.Fatalf("%d dead, %d held, %v", dead, held, err)
	}
	var ids []int64
	for before := int64(0); ; before = ids[len(ids)-1] {
		page, err := q.GivenUp(r, before, 4)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range page {
			ids = append(ids, one.ID)
		}
		if len(page) < 4 {
			break
		}
	}
	if len(ids) != 6 {
		t.Fatalf("%d jobs on the pages", len(ids))
	}
	var told []string
	note := func(_ *db.Tx, j queue.Dead) error { told = append(told, j.Kind); return nil }
	if err := q.RetryWith(t.Context(), ids[5], note); !errs.Is(err, errs.Conflict) {
		t.Errorf("an unknown kind is tried again: %v", err)
	}
	well = true
	if err := q.RetryWith(t.Context(), ids[0], note); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids[4:] {
		if err := q.Discard(t.Context(), id, note); err != nil {
			t.Fatal(err)
		}
	}
	through()
	for name, err := range map[string]error{"again": q.RetryWith(t.Context(), ids[4], note), "discard": q.Discard(t.Context(), ids[0], note)} {
		if !errs.Is(err, errs.NotFound) {
			t.Errorf("%s of what is gone: %v", name, err)
		}
	}
	if dead, held, err := q.CountGivenUp(r); err != nil || dead != 3 || held != 0 || len(told) != 3 {
		t.Errorf("%d dead, %d held, told %v, %v", dead, held, told, err)
	}
	if err := q.Discard(t.Context(), ids[1], func(*db.Tx, queue.Dead) error { return errors.New("not written down") }); err == nil {
		t.Error("discarded without its line")
	}
	if dead, _, err := q.CountGivenUp(r); err != nil || dead != 3 {
		t.Errorf("%d dead, %v", dead, err)
	}
}
