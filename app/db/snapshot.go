package db

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"modernc.org/sqlite"
)

const (
	copySlice = 8 << 20 // bytes copied between two looks at the context
	logHeader = 32      // bytes that begin a log and change when it begins anew
	logTries  = 8
)

// Progress is told how much of a whole is done, both in bytes.
type Progress func(done, total int64)

// Snapshot copies the database at source, in use or not, as it stands at one
// instant. Nobody's writes wait for it. dest is replaced; it is not checked, and
// no more readable than its original.
//
// A reader that stays for as long as the copy takes makes it one: SQLite brings
// nothing into the file that is newer than what the reader sees, and begins the
// log anew only when all of it is in the file. So the file, copied first, is
// right but for pages that its log, copied last, has; opening the copy puts
// them in. SQLite: "Write-Ahead Logging", checkpointing.
func Snapshot(ctx context.Context, source, dest string, progress Progress) (err error) {
	if err := enableOFD(); err != nil {
		return err
	}
	if err := removeDatabase(dest); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, removeDatabase(dest))
		}
	}()
	if progress == nil {
		progress = func(int64, int64) {}
	}
	if err := copyPinned(ctx, source, dest, progress); err != nil {
		return err
	}
	return Fold(dest)
}

// removeDatabase removes a database and what SQLite keeps beside it.
func removeDatabase(path string) error {
	return errors.Join(removeIfThere(path), removeIfThere(path+"-wal"), removeIfThere(path+"-shm"))
}

// copyPinned copies the file and its log while a reader holds them.
func copyPinned(ctx context.Context, source, dest string, progress Progress) error {
	from, err := sql.Open("sqlite", dsn(source))
	if err != nil {
		return err
	}
	defer from.Close()
	// What gathered in the log meanwhile goes into the file here, or the next
	// commit of the server would do it while everybody waits.
	defer func() { _, _ = from.Exec("PRAGMA wal_checkpoint(PASSIVE)") }()
	tx, err := from.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var tables int
	if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return err
	}
	tell := func() { progress(SizeOf(dest), max(SizeOf(dest), SizeOf(source))) }
	if err := copyFile(ctx, source, dest, tell); err != nil {
		return err
	}
	for range logTries {
		same, err := copyLog(ctx, source+"-wal", dest+"-wal", tell)
		if err != nil || same {
			return err
		}
	}
	return fmt.Errorf("the log of %s does not stand still", source)
}

// copyLog copies a log and tells whether it is still the same one: a log that
// was wholly in the file may begin anew meanwhile, once.
func copyLog(ctx context.Context, source, dest string, tell func()) (same bool, err error) {
	if err := copyFile(ctx, source, dest, tell); err != nil {
		return false, err
	}
	before, err := headOf(dest)
	if err != nil {
		return false, err
	}
	after, err := headOf(source)
	return bytes.Equal(before, after), err
}

func headOf(log string) ([]byte, error) {
	f, err := os.Open(log)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head := make([]byte, logHeader)
	n, err := io.ReadFull(f, head)
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return head[:n], err
}

// copyFile copies a file as long as it is when its end is reached.
func copyFile(ctx context.Context, source, dest string, tell func()) (err error) {
	from, err := os.Open(source)
	if err != nil {
		return err
	}
	defer letGo(from)
	to, err := os.OpenFile(dest, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := io.CopyN(to, from, copySlice)
		if err != nil && err != io.EOF {
			return err
		}
		// Slice by slice, or the disk has so much to write at last that the
		// commits of the server wait behind it.
		if err := to.Sync(); err != nil {
			return err
		}
		tell()
		if n < copySlice {
			return nil
		}
	}
}

// letGo closes a file that SQLite may have open too. Without locks of their own
// for each handle (fcntl(2), "open file description locks") a close would drop
// SQLite's; then the handle stays until the process ends.
func letGo(f *os.File) {
	if sqlite.OFDLockingEnabled() {
		f.Close()
		return
	}
	kept.Lock()
	defer kept.Unlock()
	kept.files = append(kept.files, f)
}

var kept struct {
	sync.Mutex
	files []*os.File
}
