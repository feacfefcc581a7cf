package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Unused is how much of the file holds nothing. What is written next takes it.
func (d *DB) Unused(ctx context.Context) (int64, error) {
	pages, err := Value[int64](d.Read(ctx), "SELECT freelist_count FROM pragma_freelist_count")
	return pages * pageSize, err
}

// Compact writes a database that nobody uses anew, without what is unused in
// it. Whatever cuts it short leaves it as it was.
func Compact(ctx context.Context, path string) (err error) {
	if err := enableOFD(); err != nil {
		return err
	}
	release, err := Lock(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	// What SQLite writes besides goes to the same disk: by itself it would take
	// memory, or a /tmp that may be small. A crash leaves a file without a name.
	d, err := sql.Open("sqlite", fileURI(path, "busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "cache_size(-16384)", "temp_store(FILE)"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	d.SetMaxOpenConns(1)
	var pages, unused int64
	if err := d.QueryRowContext(ctx, "SELECT page_count, freelist_count FROM pragma_page_count, pragma_freelist_count").Scan(&pages, &unused); err != nil {
		return err
	}
	// Once beside the file, once in its log.
	if err := Room(filepath.Dir(path), 2*(pages-unused)*pageSize); err != nil {
		return err
	}
	for _, s := range []string{tempDir(filepath.Dir(path)), "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)", tempDir("")} {
		if _, err := d.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%s cannot be made smaller: %w", path, err)
		}
	}
	return nil
}

func tempDir(dir string) string {
	if dir != "" {
		if abs, err := filepath.Abs(dir); err == nil {
			dir = abs
		}
	}
	return "PRAGMA temp_store_directory = '" + strings.ReplaceAll(dir, "'", "''") + "'"
}

// Locked says whether a server runs on a database, or was cut off.
func Locked(path string) bool {
	_, err := os.Stat(path + ".lock")
	return err == nil
}
