package db_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"badala/app/db"
	"badala/app/errs"
)

func open(t testing.TB, path string) *db.DB {
	t.Helper()
	d, err := db.Open(path, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func put(d *db.DB, key string) error {
	return d.Write(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec("INSERT INTO instance(key, value) VALUES(?, '')", key)
		return err
	})
}

func count(t testing.TB, d *db.DB) int {
	t.Helper()
	n, err := db.Value[int](d.Read(context.Background()), "SELECT count(*) FROM instance")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestConcurrentWritesAreAllKept(t *testing.T) {
	t.Parallel()
	d := open(t, filepath.Join(t.TempDir(), "t.db"))
	var wg sync.WaitGroup
	for i := range 300 {
		wg.Go(func() {
			if err := put(d, fmt.Sprint(i)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := count(t, d); n != 300 {
		t.Errorf("%d rows, want 300", n)
	}
}

func TestAFailedWriteLeavesItsNeighboursAlone(t *testing.T) {
	t.Parallel()
	d := open(t, filepath.Join(t.TempDir(), "t.db"))
	told := make(chan string, 100)
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Go(func() {
			err := d.Write(context.Background(), func(tx *db.Tx) error {
				tx.AfterCommit(func() { told <- fmt.Sprint(i) })
				if _, err := tx.Exec("INSERT INTO instance(key, value) VALUES(?, '')", fmt.Sprint(i)); err != nil {
					return err
				}
				switch i % 3 {
				case 1:
					return errors.New("refused")
				case 2:
					panic("a bug")
				}
				return nil
			})
			if (err != nil) != (i%3 != 0) {
				t.Errorf("write %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if n := count(t, d); n != 20 || len(told) != 20 {
		t.Errorf("%d rows and %d announcements, want 20 of each", n, len(told))
	}
}

func TestALastStepThatFailsUndoesOnlyItsOwnWrite(t *testing.T) {
	t.Parallel()
	d := open(t, filepath.Join(t.TempDir(), "t.db"))
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			err := d.Write(context.Background(), func(tx *db.Tx) error {
				tx.Last(func(tx *db.Tx) error {
					if i == 7 {
						return errors.New("no index row")
					}
					return nil
				})
				_, err := tx.Exec("INSERT INTO instance(key, value) VALUES(?, '')", fmt.Sprint(i))
				return err
			})
			if (err != nil) != (i == 7) {
				t.Errorf("write %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if n := count(t, d); n != 19 {
		t.Errorf("%d rows, want 19", n)
	}
}

func TestASavepointUndoesOnlyItsPart(t *testing.T) {
	t.Parallel()
	d := open(t, filepath.Join(t.TempDir(), "t.db"))
	err := d.Write(context.Background(), func(tx *db.Tx) error {
		if _, err := tx.Exec("INSERT INTO instance(key, value) VALUES('kept', '')"); err != nil {
			return err
		}
		inner := tx.Savepoint(func() error {
			if _, err := tx.Exec("INSERT INTO instance(key, value) VALUES('undone', '')"); err != nil {
				return err
			}
			_, err := tx.Exec("INSERT INTO instance(key, value) VALUES('kept', '')")
			return err
		})
		if !db.IsUnique(inner) {
			t.Errorf("inner: %v, want a unique violation", inner)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := count(t, d); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
}

func TestIDsGrowAndReadBack(t *testing.T) {
	t.Parallel()
	d := open(t, filepath.Join(t.TempDir(), "t.db"))
	var last int64
	err := d.Write(context.Background(), func(tx *db.Tx) error {
		for range 1000 {
			id := tx.NewID()
			if id <= last {
				return fmt.Errorf("%d after %d", id, last)
			}
			last = id
			back, err := db.ParseID("msg", db.FormatID("msg", id))
			if err != nil || back != id {
				return fmt.Errorf("%d came back as %d: %w", id, back, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"", "msg_", "conv_0000000000001", "msg_000000000000U", "msg_8000000000000", "1"} {
		if _, err := db.ParseID("msg", bad); !errs.Is(err, errs.NotFound) {
			t.Errorf("%q: %v, want not found", bad, err)
		}
	}
}

func TestACleanStopLeavesOneFileAndASecondServerIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "badala.db")
	d, err := db.Open(path, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Open(path, db.Options{}); err == nil || !strings.Contains(err.Error(), "another badala") {
		t.Errorf("second server: %v", err)
	}
	if err := put(d, "a"); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 || files[0].Name() != "badala.db" {
		t.Errorf("left behind: %v %v", files, err)
	}
	if err := put(d, "b"); !errs.Is(err, errs.Unavailable) {
		t.Errorf("a write after the end: %v", err)
	}
}

func TestACommandMayWorkBesideTheServer(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "badala.db")
	d := open(t, path)
	other, err := db.Open(path, db.Options{Shared: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := put(other, "beside"); err != nil {
		t.Error(err)
	}
	if err := other.Close(); err != nil {
		t.Error(err)
	}
	if n := count(t, d); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
	if err := put(d, "after"); err != nil {
		t.Error(err)
	}
}

func TestABackupWhileServingIsWholeAndHoldsWhatWasAcknowledged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d := open(t, filepath.Join(dir, "badala.db"))
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			if err := put(d, fmt.Sprint("load", i)); err != nil {
				t.Error(err)
			}
		}
	})
	if err := put(d, "acknowledged"); err != nil {
		t.Fatal(err)
	}
	dest := filepath.Join(dir, "copy.db")
	if err := d.Backup(context.Background(), dest); err != nil {
		t.Fatal(err)
	}
	cancel()
	wg.Wait()
	if info, err := os.Stat(dest); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy may be read by others: %v %v", info, err)
	}
	copied := open(t, dest)
	if ok, err := db.Exists(copied.Read(context.Background()), "SELECT 1 FROM instance WHERE key = 'acknowledged'"); !ok || err != nil {
		t.Errorf("the copy lacks an acknowledged row: %v", err)
	}
}

func TestForeignAndNewerFilesAreRefusedUntouched(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := filepath.Join(dir, "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("not a database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Open(text, db.Options{}); err == nil {
		t.Error("a text file was opened")
	}
	path := filepath.Join(dir, "newer.db")
	d, err := db.Open(path, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.SetSchemaVersion(d, 9999); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = db.Open(path, db.Options{})
	if schema, ok := errors.AsType[*db.SchemaError](err); !ok || schema.Have != 9999 {
		t.Errorf("newer: %v", err)
	}
}

func TestAnUpgradeLeavesAVerifiedCopy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "old.db")
	if err := db.CreateAtVersion(path, 1); err != nil {
		t.Fatal(err)
	}
	open(t, path)
	copies, err := filepath.Glob(filepath.Join(dir, "backups", "pre-0001-to-*.db"))
	if err != nil || len(copies) != 1 {
		t.Fatalf("copies: %v %v", copies, err)
	}
	if err := db.Verify(context.Background(), copies[0]); err != nil {
		t.Error(err)
	}
}

func TestTheEngineIsNewEnough(t *testing.T) {
	t.Parallel()
	d := open(t, filepath.Join(t.TempDir(), "t.db"))
	v, err := db.Value[string](d.Read(context.Background()), "SELECT sqlite_version()")
	if err != nil || v != db.EngineVersion {
		t.Fatalf("runs %s, says %s: %v", v, db.EngineVersion, err)
	}
	var major, minor, patch int
	if _, err := fmt.Sscanf(v, "%d.%d.%d", &major, &minor, &patch); err != nil {
		t.Fatal(err)
	}
	// Releases before 3.51.3, and 3.52.0, can corrupt a log that is reset.
	if n := major*10000 + minor*100 + patch; n < 35103 || n == 35200 {
		t.Errorf("SQLite %s", v)
	}
}

func BenchmarkWrite(b *testing.B) {
	d := open(b, filepath.Join(b.TempDir(), "t.db"))
	start := time.Now().UnixNano()
	var n sync.Mutex
	b.SetParallelism(64)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			n.Lock()
			start++
			key := fmt.Sprint(start)
			n.Unlock()
			if err := put(d, key); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func TestWhatIsPutOffToTheEndSeesTheWholeWriteAndSharesItsFate(t *testing.T) {
	t.Parallel()
	d := open(t, filepath.Join(t.TempDir(), "t.db"))
	seen := 0
	write := func(fail error) error {
		return d.Write(t.Context(), func(tx *db.Tx) error {
			undone := tx.Savepoint(func() error {
				tx.AtEnd(func() error { return errors.New("belongs to what was undone") })
				return errors.New("undo this part")
			})
			if undone == nil {
				return errors.New("the part was not undone")
			}
			tx.AtEnd(func() (err error) {
				if seen, err = db.Value[int](tx, "SELECT count(*) FROM instance"); err != nil {
					return err
				}
				return fail
			})
			_, err := tx.Exec("INSERT INTO instance(key, value) VALUES('late', '')")
			return err
		})
	}
	before := count(t, d)
	if err := write(errors.New("no")); err == nil || count(t, d) != before {
		t.Errorf("the failed end left %d rows of %d, error %v", count(t, d), before, err)
	}
	if err := write(nil); err != nil || seen != before+1 || count(t, d) != before+1 {
		t.Errorf("seen %d, kept %d, error %v", seen, count(t, d), err)
	}
}
