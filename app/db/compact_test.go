package db_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"badala/app/db"
)

func TestCompactGivesSpaceBack(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "it's.db")
	open := func() *db.DB {
		d, err := db.Open(path, db.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := open()
	write := func(statement string, args ...any) {
		t.Helper()
		if err := d.Write(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(statement, args...); return err }); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 40 {
		write("INSERT INTO instance(key, value) VALUES('a' || ?, ?)", i, strings.Repeat("x", 100_000))
	}
	write("DELETE FROM instance WHERE key LIKE 'a%' AND key <> 'a7'")
	if n, err := d.Unused(t.Context()); err != nil || n < 3_000_000 {
		t.Errorf("%d bytes are unused, %v", n, err)
	}
	if err := db.Compact(t.Context(), path); err == nil || !strings.Contains(err.Error(), "stop it first") {
		t.Errorf("while it is used: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	before := db.SizeOf(path)
	if err := db.Compact(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if after := db.SizeOf(path); after > before/4 {
		t.Errorf("%d bytes of %d", after, before)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("%v %v", left, err)
	}
	if err := db.Verify(t.Context(), path); err != nil {
		t.Error(err)
	}
	d = open()
	defer d.Close()
	if v, err := db.Value[string](d.Read(t.Context()), "SELECT value FROM instance WHERE key = 'a7'"); err != nil || len(v) != 100_000 {
		t.Error(len(v), err)
	}
}
