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

// copySlice is how many pages are copied between two looks at the context.
const copySlice = 2048

// Progress is told how much of a whole is done, both in bytes.
type Progress func(done, total int64)

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

// Snapshot copies the database at source, in use or not, as it stands at one
// instant. Nobody's writes wait for it. dest is replaced; it is not checked, and
// no more readable than its original.
func Snapshot(ctx context.Context, source, dest string, progress Progress) error {
	if err := enableOFD(); err != nil {
		return err
	}
	if err := removeIfThere(dest); err != nil {
		return err
	}
	if err := os.WriteFile(dest, nil, 0o600); err != nil {
		return err
	}
	if progress == nil {
		progress = func(int64, int64) {}
	}
	from, err := sql.Open("sqlite", dsn(source, "query_only(1)", "cache_size(-2048)"))
	if err != nil {
		return err
	}
	defer from.Close()
	conn, err := from.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	// Under one read transaction the copy may go in slices: a backup that holds
	// none of its own restarts at each commit of others and never ends.
	tx, err := conn.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var tables int
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return err
	}
	return conn.Raw(func(c any) error { return copyPages(ctx, c, dest, progress) })
}

func copyPages(ctx context.Context, conn any, dest string, progress Progress) (err error) {
	b, err := conn.(interface {
		NewBackup(string) (*sqlite.Backup, error)
	}).NewBackup(fileURI(dest, "journal_mode(OFF)", "synchronous(OFF)"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Finish()) }()
	file, err := os.OpenFile(dest, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return err
		}
		if more, err = b.Step(copySlice); err != nil {
			return err
		}
		// Slice by slice, or the disk has so much to write at last that the
		// commits of the server wait behind it.
		if err := file.Sync(); err != nil {
			return err
		}
		total := int64(b.PageCount()) * pageSize
		progress(total-int64(b.Remaining())*pageSize, total)
	}
	return nil
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
