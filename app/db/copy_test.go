package db_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"badala/app/db"
)

func TestACopyTellsItsProgressAndStopsWhenAsked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d := open(t, filepath.Join(dir, "badala.db"))
	fatten(t, d, 24)
	var last, total int64
	steps := 0
	progress := func(done, all int64) {
		if done < last {
			t.Errorf("%d after %d", done, last)
		}
		last, total, steps = done, all, steps+1
	}
	if err := db.Snapshot(t.Context(), d.Path(), filepath.Join(dir, "copy.db"), progress); err != nil {
		t.Fatal(err)
	}
	if last != total || steps < 3 || total < 24<<20 {
		t.Errorf("%d of %d in %d steps", last, total, steps)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := db.Snapshot(ctx, d.Path(), filepath.Join(dir, "cut.db"), func(int64, int64) { cancel() })
	if err == nil {
		t.Error("a copy that was cut short counts")
	}
}

// fatten writes so many MB that nobody can compress.
func fatten(t testing.TB, d *db.DB, mb int) {
	t.Helper()
	for i := range mb {
		if err := d.Write(context.Background(), func(tx *db.Tx) error {
			_, err := tx.Exec("INSERT INTO instance(key, value) VALUES(?, hex(randomblob(524288)))", fmt.Sprintf("fat %d %d", i, tx.NewID()))
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestDamageIsFound(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d := open(t, filepath.Join(dir, "badala.db"))
	fatten(t, d, 2)
	good := filepath.Join(dir, "good.db")
	if err := d.Backup(t.Context(), good); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]byte{
		"truncated":       whole[:len(whole)/2],
		"a page of zeros": append(append(append([]byte{}, whole[:4096]...), make([]byte, 4096)...), whole[8192:]...),
		"no database":     []byte(strings.Repeat("letters ", 2000)),
		"empty":           nil,
	} {
		file := filepath.Join(dir, "bad.db")
		if err := os.WriteFile(file, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := db.Verify(t.Context(), file); err == nil {
			t.Errorf("%s: counts as whole", name)
		}
	}
	if err := db.Verify(t.Context(), good); err != nil {
		t.Error(err)
	}
}

// F23: a reader that goes on for long makes the log grow and nobody wait; the
// space comes back when it is done.
func TestALongReaderDelaysNoWrite(t *testing.T) {
	t.Parallel()
	d := open(t, filepath.Join(t.TempDir(), "badala.db"))
	if err := put(d, "first"); err != nil {
		t.Fatal(err)
	}
	reader, err := sql.Open("sqlite", "file:"+d.Path()+"?_pragma=query_only(1)")
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	tx, err := reader.BeginTx(t.Context(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := tx.QueryRow("SELECT count(*) FROM instance").Scan(&n); err != nil {
		t.Fatal(err)
	}
	fatten(t, d, 80)
	if d.WALSize() < 64<<20 {
		t.Fatalf("the log has %d MB: this proves nothing", d.WALSize()>>20)
	}
	worst := time.Duration(0)
	for until := time.Now().Add(6 * time.Second); time.Now().Before(until); { // past one look at the log
		at := time.Now()
		if err := put(d, fmt.Sprint(at.UnixNano())); err != nil {
			t.Fatal(err)
		}
		worst = max(worst, time.Since(at))
	}
	if worst > 2*time.Second { // waiting for the reader would take five
		t.Errorf("a write took %s", worst)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(30 * time.Second)
	for d.WALSize() > 64<<20 {
		if time.Now().After(deadline) {
			t.Fatalf("the log still has %d MB", d.WALSize()>>20)
		}
		if err := put(d, fmt.Sprint(time.Now().UnixNano())); err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond) // few writes, as on a quiet day: the log is cut by itself
	}
}
