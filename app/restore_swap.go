package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"badala/app/backup"
	"badala/app/db"
)

// swap puts the backup that was made ready in place of the database, which is
// kept. Whatever cuts it short leaves the old database whole, the new one
// whole, or a start that is refused with the remedy; never one with the log of
// the other.
func (r *restoring) swap(left backup.Restored) error {
	dir := filepath.Dir(r.path)
	if err := db.Sync(r.stage); err != nil {
		return err
	}
	if err := writeMark(r.path); err != nil {
		return err
	}
	// First of all: a start that comes in between must know who was erased.
	if err := backup.AppendErasures(r.stage, r.path); err != nil {
		return err
	}
	kept, err := r.keepOld(filepath.Join(dir, "before-restore-"+r.now.UTC().Format("20060102-150405")))
	if err != nil {
		return err
	}
	if err := os.Rename(r.stage, r.path); err != nil {
		return err
	}
	if err := db.Sync(dir); err != nil {
		return err
	}
	fmt.Fprintf(r.out, "%s was restored.\n", r.path)
	if kept != "" {
		fmt.Fprintf(r.out, "What was there before is in %s; delete it when you are sure.\n", kept)
	}
	if left.Erased > 0 {
		fmt.Fprintf(r.out, "%d contacts were erased again, as they had been before.\n", left.Erased)
	}
	_, err = fmt.Fprintf(r.out, "Start `badala serve`. Sending is paused (%d numbers, %d messages wait) until somebody resumes it under Settings → Backups.\n", left.Numbers, left.Waiting)
	return err
}

// keepOld moves the database that is there, with its log if it has one, into a
// folder; "" where there is none.
func (r *restoring) keepOld(folder string) (string, error) {
	if _, err := os.Stat(r.path); errors.Is(err, fs.ErrNotExist) {
		return "", dropLogs(r.path)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	to := filepath.Join(folder, filepath.Base(r.path))
	if _, err := os.Stat(r.path + "-wal"); errors.Is(err, fs.ErrNotExist) {
		// Its file is everything: it stays in place until the new one takes it.
		if err := os.Link(r.path, to); err == nil {
			return folder, errors.Join(db.Sync(folder), dropLogs(r.path))
		}
	}
	// Its log could not be folded in: they belong together. The file goes first,
	// since a log alone is refused and a file without its log is not noticed.
	for _, ending := range []string{"", "-wal", "-shm"} {
		if err := os.Rename(r.path+ending, to+ending); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return folder, err
		}
	}
	return folder, errors.Join(db.Sync(folder), db.Sync(filepath.Dir(r.path)))
}

// dropLogs removes logs that belong to no database: the next one would take
// them for its own.
func dropLogs(path string) error {
	for _, ending := range []string{"-wal", "-shm"} {
		if err := forget(path + ending); err != nil {
			return err
		}
	}
	return nil
}
