package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Backup writes a consistent copy of the whole file to dest while the server
// works on. The copy is verified, synced and only then given its name; an
// existing dest is replaced.
func (d *DB) Backup(ctx context.Context, dest string) (err error) {
	tmp := dest + ".tmp"
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("backup to %s: %w", dest, err), removeIfThere(tmp))
		}
	}()
	if err := Snapshot(ctx, d.path, tmp, nil); err != nil {
		return err
	}
	if err := Verify(ctx, tmp); err != nil {
		return err
	}
	return Place(tmp, dest)
}

// Label writes what a copy says about itself into it. The copy then carries no
// log of its own and opens anywhere, also where nothing can be written.
func Label(ctx context.Context, path, key, value string) error {
	copied, err := sql.Open("sqlite", fileURI(path, "journal_mode(DELETE)", "synchronous(OFF)"))
	if err != nil {
		return err
	}
	defer copied.Close()
	_, err = copied.ExecContext(ctx, "INSERT INTO instance(key, value) VALUES(?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value", key, value)
	return err
}

// Place puts a finished file on disk, then gives it its name.
func Place(tmp, dest string) error {
	if err := Sync(tmp); err != nil {
		return err
	}
	if err := os.Rename(tmp, dest); err != nil {
		return err
	}
	return Sync(filepath.Dir(dest))
}

// Sync puts a file or folder on disk; SQLite does not do it for copies.
func Sync(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// Fold takes the log of a database that nobody uses into its file, so that the
// one file is everything.
func Fold(path string) error {
	if err := enableOFD(); err != nil {
		return err
	}
	d, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		return err
	}
	_, err = d.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
	return errors.Join(err, d.Close())
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
