package db_test

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"badala/app/db"
)

const (
	purses = 3000 // each on a page of its own
	copies = 20
)

// TestACopyIsOneInstant copies a database in which money goes from purse to
// purse all the time, while its log is taken into the file and begun anew as
// often as can be. No copy may hold more or less money, or miss what was
// acknowledged before it began.
func TestACopyIsOneInstant(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d := open(t, filepath.Join(dir, "badala.db"))
	must(t, d.Write(t.Context(), func(tx *db.Tx) error {
		if _, err := tx.Exec("CREATE TABLE purse (id INTEGER PRIMARY KEY, money INTEGER NOT NULL, payments INTEGER NOT NULL, room BLOB NOT NULL) STRICT"); err != nil {
			return err
		}
		_, err := tx.Exec(`WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < ?)
			INSERT INTO purse SELECT id, 100, 0, zeroblob(3500) FROM n`, purses)
		return err
	}))
	var payments atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	var busy sync.WaitGroup
	busy.Go(func() { pay(ctx, t, d, &payments) })
	busy.Go(func() { checkpoint(ctx, t, d.Path()) })
	for range copies {
		least := payments.Load()
		dest := filepath.Join(dir, "copy.db")
		must(t, db.Snapshot(t.Context(), d.Path(), dest, nil))
		judge(t, dest, least)
	}
	stop()
	busy.Wait()
	if n := payments.Load(); n < copies {
		t.Errorf("only %d payments were made meanwhile", n)
	}
}

// pay moves money between many purses at a time.
func pay(ctx context.Context, t *testing.T, d *db.DB, payments *atomic.Int64) {
	r := rand.New(rand.NewPCG(1, 2))
	for ctx.Err() == nil {
		err := d.Write(context.WithoutCancel(ctx), func(tx *db.Tx) error {
			for range 100 {
				from, to := 1+r.IntN(purses), 1+r.IntN(purses)
				if _, err := tx.Exec("UPDATE purse SET money = money - 1, payments = payments + 1 WHERE id = ?", from); err != nil {
					return err
				}
				if _, err := tx.Exec("UPDATE purse SET money = money + 1 WHERE id = ?", to); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
			return
		}
		payments.Add(100)
	}
}

// checkpoint takes the log into the file again and again, in all the ways.
func checkpoint(ctx context.Context, t *testing.T, path string) {
	c, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Error(err)
		return
	}
	defer c.Close()
	for n := 0; ctx.Err() == nil; n++ {
		way := []string{"PASSIVE", "FULL", "RESTART", "TRUNCATE"}[n%4]
		var held, frames, done int
		if err := c.QueryRow("PRAGMA wal_checkpoint("+way+")").Scan(&held, &frames, &done); err != nil {
			t.Error(err)
			return
		}
	}
}

func judge(t *testing.T, path string, least int64) {
	t.Helper()
	if _, err := os.Stat(path + "-wal"); err == nil {
		t.Error("the copy has a log of its own")
	}
	c, err := db.OpenCopy(t.Context(), path)
	must(t, err)
	defer c.Close()
	must(t, c.Check(t.Context(), true))
	money, err := db.Value[int64](c.Read(t.Context()), "SELECT sum(money) FROM purse")
	must(t, err)
	payments, err := db.Value[int64](c.Read(t.Context()), "SELECT sum(payments) FROM purse")
	must(t, err)
	if money != 100*purses {
		t.Errorf("the copy holds %d, there are %d", money, 100*purses)
	}
	if payments < least || payments%100 != 0 {
		t.Errorf("the copy has %d payments, %d were acknowledged before", payments, least)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
