package queue_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/queue"
)

// crash makes running jobs look as after a kill: the rows stay running under a boot that is gone.
func crash(t *testing.T, path string, k *queue.Kind[args]) {
	t.Helper()
	d, err := db.Open(path, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	q := queue.New(d, nil)
	started := make(chan struct{}, 10)
	k.Handle(q, func(ctx context.Context, _ *queue.Job[args]) error {
		started <- struct{}{}
		<-ctx.Done()
		return queue.Drop(errors.New("must not be recorded"))
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go q.Run(ctx) //nolint:errcheck // this process "dies" before Run returns
	<-started
}

func TestCrashRecovery(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "t.db")
	k := &queue.Kind[args]{Name: "k", Attempts: 1, Timeout: time.Hour}
	d, err := db.Open(path, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	add(t, d, queue.New(d, nil), k, 1, queue.Lane("a", 1))
	add(t, d, queue.New(d, nil), k, 2, queue.Lane("a", 1))
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		crash(t, path, k)
	}
	d = open(t, path)
	q := queue.New(d, nil)
	type seen struct {
		n, attempt  int
		interrupted bool
	}
	got := make(chan seen, 2)
	k.Handle(q, func(_ context.Context, j *queue.Job[args]) error {
		got <- seen{j.Args.N, j.Attempt, j.Interrupted}
		return nil
	})
	run(t, q)
	settled(t, d)
	if a, b := <-got, <-got; a != (seen{1, 3, true}) || b != (seen{2, 1, false}) {
		t.Errorf("%v %v", a, b)
	}
}

func TestCrashLoop(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "t.db")
	k := &queue.Kind[args]{Name: "k", Timeout: time.Hour}
	d, err := db.Open(path, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	add(t, d, queue.New(d, nil), k, 1, queue.Lane("a", 1))
	add(t, d, queue.New(d, nil), k, 2, queue.Lane("a", 1))
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		crash(t, path, k)
	}
	d = open(t, path)
	q := queue.New(d, nil)
	var p tape
	k.Handle(q, func(_ context.Context, j *queue.Job[args]) error { p.add(j.Args.N); return nil })
	run(t, q)
	settled(t, d)
	if got := p.all(); len(got) != 1 || got[0] != 2 {
		t.Errorf("ran %v, want only the second", got)
	}
	dead, err := q.Dead(d.Read(t.Context()), 10)
	if err != nil || len(dead) != 1 || dead[0].Error != "crash loop" {
		t.Errorf("%+v %v", dead, err)
	}
}

func TestUnknownKindIsHeld(t *testing.T) {
	t.Parallel()
	d, q := fresh(t)
	k := &queue.Kind[args]{Name: "of another version"}
	add(t, d, q, k, 1)
	stop := run(t, q)
	idle(t, q)
	dead := func() []queue.Dead {
		all, err := q.Dead(d.Read(t.Context()), 10)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	await(t, func() bool { all := dead(); return len(all) == 1 && all[0].State == "held" })
	stop()

	q = queue.New(d, nil)
	done := make(chan struct{})
	k.Handle(q, func(context.Context, *queue.Job[args]) error { close(done); return nil })
	run(t, q)
	<-done
	settled(t, d)
}

func TestStaleFinishFails(t *testing.T) {
	t.Parallel()
	d, q := fresh(t)
	k := &queue.Kind[args]{Name: "k"}
	got := make(chan error, 1)
	k.Handle(q, func(ctx context.Context, j *queue.Job[args]) error {
		write(t, d, func(tx *db.Tx) error { _, err := tx.Exec(`DELETE FROM job WHERE id = ?`, j.ID); return err })
		err := d.Write(ctx, func(tx *db.Tx) error { return j.Finish(tx) })
		got <- err
		return err
	})
	run(t, q)
	add(t, d, q, k, 1)
	if err := <-got; !errs.Is(err, errs.Conflict) {
		t.Errorf("finish of a lost job: %v", err)
	}
	idle(t, q)
}
