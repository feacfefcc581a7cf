package db_test

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"

	"badala/app/db"
)

// Long work gives way to Writes that wait, and is undone alone.
func TestALongWriteGivesWayAndCommitsAlone(t *testing.T) {
	t.Parallel()
	d := open(t, filepath.Join(t.TempDir(), "t.db"))
	refused := errors.New("refused")
	var order []string // only the writer appends
	add := func(key string, err error) func(tx *db.Tx) error {
		return func(tx *db.Tx) error {
			order = append(order, key)
			if _, ierr := tx.Exec("INSERT INTO instance(key, value) VALUES(?, '')", key); ierr != nil {
				return ierr
			}
			return err
		}
	}
	ctx := context.Background()
	busy, goOn := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		if err := d.Write(ctx, func(*db.Tx) error { close(busy); <-goOn; return nil }); err != nil {
			t.Error(err)
		}
	})
	<-busy
	all.Go(func() {
		if err := d.WriteLong(ctx, add("long", refused)); !errors.Is(err, refused) {
			t.Error(err)
		}
	})
	all.Go(func() {
		if err := d.Write(ctx, add("short", nil)); err != nil {
			t.Error(err)
		}
	})
	for d.Stats().Queued == 0 { // until the short one waits
		runtime.Gosched()
	}
	close(goOn)
	all.Wait()
	if err := d.WriteLong(ctx, add("last", nil)); err != nil {
		t.Error(err)
	}
	if n := count(t, d); n != 2 || !slices.Equal(order, []string{"short", "long", "last"}) {
		t.Errorf("%d rows, %q", n, order)
	}
}

// Rows of many sizes of statements keep their order and their numbers.
func TestManyRows(t *testing.T) {
	t.Parallel()
	d := open(t, filepath.Join(t.TempDir(), "t.db"))
	const n = 64 + 8 + 8 + 3
	err := d.WriteLong(context.Background(), func(tx *db.Tx) error {
		rows := tx.Rows(`INSERT OR FAIL INTO event(org_id, type, at, actor_kind, actor_id, conversation_id, message_id, contact_id, channel_id, data) VALUES `, 10)
		for i := range n {
			rows.Add(1, "test", 1, "SYSTEM", 0, 0, 0, i, 0, "")
		}
		last, err := rows.Insert()
		if err != nil {
			return err
		}
		wrong, err := db.Value[int](tx, `SELECT count(*) FROM event WHERE type = 'test' AND seq - contact_id <> ?`, last-n+1)
		if err != nil || wrong != 0 {
			t.Errorf("%d rows have another number: %v", wrong, err)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
