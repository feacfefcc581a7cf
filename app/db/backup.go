package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"modernc.org/sqlite"
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
	if err := removeIfThere(tmp); err != nil {
		return err
	}
	// Made by us first, so that a copy is no more readable than its original.
	if err := os.WriteFile(tmp, nil, 0o600); err != nil {
		return err
	}
	if err := d.copyTo(ctx, tmp); err != nil {
		return err
	}
	if err := Verify(ctx, tmp); err != nil {
		return err
	}
	if err := syncFile(tmp); err != nil {
		return err
	}
	if err := os.Rename(tmp, dest); err != nil {
		return err
	}
	return syncFile(filepath.Dir(dest))
}

// copyTo copies in one step: in slices the copy would restart at each commit
// and never end.
func (d *DB) copyTo(ctx context.Context, path string) error {
	source, err := sql.Open("sqlite", dsn(d.path))
	if err != nil {
		return err
	}
	defer source.Close()
	conn, err := source.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(c any) error {
		b, err := c.(interface {
			NewBackup(string) (*sqlite.Backup, error)
		}).NewBackup(path)
		if err != nil {
			return err
		}
		_, err = b.Step(-1)
		return errors.Join(err, b.Finish())
	})
}

// Verify opens a copy and checks that it is whole and ours.
func Verify(ctx context.Context, path string) error {
	copied, err := sql.Open("sqlite", "file:"+path+"?mode=ro&immutable=1")
	if err != nil {
		return err
	}
	defer copied.Close()
	var id int
	if err := copied.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return fmt.Errorf("%s is not a database: %w", path, err)
	}
	if id != applicationID {
		return fmt.Errorf("%s is not a badala database", path)
	}
	var verdict string
	if err := copied.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("%s is damaged: %s", path, verdict)
	}
	return nil
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// syncFile puts a file or folder on disk; SQLite does not do it for copies.
func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}
