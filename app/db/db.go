// Package db owns the one SQLite file: a single writer with group commit, a
// pool of readers, migrations, the instance lock and consistent copies.
// Nothing else in the program imports database/sql.
package db

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	pageSize      = 4096
	readerConns   = 4
	walTruncateAt = 64 << 20
	walWarnAt     = 256 << 20
	walWatch      = 5 * time.Second
)

// Options say how to open the file. The zero value is right for a server.
type Options struct {
	Clock  Clock        // nil: the machine's
	Log    *slog.Logger // nil: discard
	Shared bool         // beside a running server: no lock, no migration
	Exit   func(int)    // called after a failed fsync; nil: os.Exit

	Version string           // of the program, kept in the file for older programs to name
	NoCopy  bool             // upgrade without a copy: the caller has the original
	Step    func(did string) // told of each step of an upgrade; nil: nobody
	// Disk tells the room on the disk of a folder; nil asks the system.
	Disk func(dir string) (Disk, error)
}

// DB is the open file.
type DB struct {
	path    string
	clock   Clock
	log     *slog.Logger
	exit    func(int)
	lock    *os.File
	readers *sql.DB
	writes  *sql.DB
	writer  *writer

	disk  func(dir string) (Disk, error)
	space space
	stats stats

	readStmts stmts
	offset    int64 // of row ids, so that two processes do not choose the same
	version   string
	noCopy    bool
	step      func(string)

	closing sync.RWMutex // held for reading while a request is queued
	closed  bool
	stopped sync.WaitGroup
}

// OFD locks survive another handle on the file being closed in this process;
// POSIX locks do not, and a lost lock has cost others their WAL.
var enableOFD = sync.OnceValue(func() error {
	_, err := sqlite.OFDLocking(true)
	if errors.Is(err, sqlite.ErrOFDLockingUnavailable) {
		return nil
	}
	return err
})

// Open opens or creates the database at path, takes the instance lock and
// brings the schema up to date, after a verified copy when there is data.
func Open(path string, o Options) (_ *DB, err error) {
	if err := enableOFD(); err != nil {
		return nil, fmt.Errorf("db.Open: %w", err)
	}
	d := &DB{path: path, clock: o.Clock, log: o.Log, exit: o.Exit, version: o.Version, noCopy: o.NoCopy, step: o.Step}
	if d.clock == nil {
		d.clock = SystemClock{}
	}
	if d.disk = o.Disk; d.disk == nil {
		d.disk = DiskOf
	}
	d.log = cmp.Or(d.log, slog.New(slog.DiscardHandler))
	if d.exit == nil {
		d.exit = os.Exit
	}
	defer func() {
		if err != nil {
			d.release()
		}
	}()
	if o.Shared {
		d.offset = 1 + rand.Int64N(1<<idCounterBits-2)
		if _, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("there is no database at %s: %w", path, err)
		}
	} else {
		if err := refuseLostFile(path); err != nil {
			return nil, err
		}
		if d.lock, err = takeLock(path + ".lock"); err != nil {
			return nil, err
		}
	}
	if err := d.open(); err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	if err := d.migrate(!o.Shared); err != nil {
		return nil, err
	}
	if err := d.noteVersion(!o.Shared); err != nil {
		return nil, err
	}
	d.stopped.Go(d.writer.run)
	return d, nil
}

// refuseLostFile stops a server from starting empty where data used to be.
func refuseLostFile(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if _, err := os.Stat(path + "-wal"); err == nil {
		return fmt.Errorf("%s is missing but %s-wal is there: the database was moved or deleted without its log; put %s back beside it", path, path, path)
	}
	if mark := Mark(path); exists(mark) {
		return fmt.Errorf("%s is missing, and %s says that it belongs here: put it back, or restore a backup with `badala restore`; to begin with an empty database on purpose, delete %s first", path, mark, mark)
	}
	return nil
}

// Mark is the file beside a database that tells people how to treat it, and
// the next start that it was there.
func Mark(path string) string { return strings.TrimSuffix(path, filepath.Ext(path)) + ".README.txt" }

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func (d *DB) open() error {
	if f, err := os.OpenFile(d.path, os.O_CREATE|os.O_EXCL, 0o600); err == nil {
		f.Close()
	}
	var err error
	if d.writes, err = sql.Open("sqlite", dsn(d.path, "synchronous(FULL)", "cache_size(-16384)", "wal_autocheckpoint(4000)",
		"journal_size_limit(67108864)", "secure_delete(FAST)")); err != nil {
		return err
	}
	d.writes.SetMaxOpenConns(1)
	conn, err := d.writes.Conn(context.Background())
	if err != nil {
		return err
	}
	d.writer = &writer{db: d, conn: conn, requests: make(chan *write, maxBatch), long: make(chan *write, 8)}
	// A cache takes twice its size, in each connection, and none of that is in
	// the heap that Go looks after.
	if d.readers, err = sql.Open("sqlite", dsn(d.path, "query_only(1)", "cache_size(-4096)")); err != nil {
		return err
	}
	d.readers.SetMaxOpenConns(readerConns)
	d.readers.SetMaxIdleConns(readerConns)
	return nil
}

// dsn names the file with the settings every connection has and more.
func dsn(path string, pragmas ...string) string {
	return fileURI(path, append([]string{"busy_timeout(5000)", "page_size(4096)", "journal_mode(WAL)", "foreign_keys(1)", "temp_store(MEMORY)"}, pragmas...)...)
}

// fileURI names a file with the settings of its connections.
func fileURI(path string, pragmas ...string) string {
	v := url.Values{}
	for _, p := range pragmas {
		v.Add("_pragma", p)
	}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: v.Encode()}).String()
}

// Path is where the file is.
func (d *DB) Path() string { return d.path }

// Now is the clock's time in milliseconds UTC.
func (d *DB) Now() int64 { return d.clock.Now().UnixMilli() }

// WALSize is the size of the write-ahead log in bytes.
func (d *DB) WALSize() int64 {
	st, err := os.Stat(d.path + "-wal")
	if err != nil {
		return 0
	}
	return st.Size()
}

// Close waits for queued Writes, folds the log into the file and leaves
// exactly that one file behind.
func (d *DB) Close() error {
	d.closing.Lock()
	if d.closed {
		d.closing.Unlock()
		return nil
	}
	d.closed = true
	close(d.writer.requests)
	close(d.writer.long)
	d.closing.Unlock()
	d.stopped.Wait()
	return d.release()
}

// release closes whatever Open had opened.
func (d *DB) release() error {
	var all []error
	d.readStmts.close()
	if d.readers != nil {
		all = append(all, d.readers.Close())
	}
	if d.writer != nil {
		d.writer.stmts.close()
		if d.lock != nil {
			_, err := d.writer.conn.ExecContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)")
			all = append(all, err)
		}
		all = append(all, d.writer.conn.Close())
	}
	if d.writes != nil {
		all = append(all, d.writes.Close())
	}
	if d.lock != nil {
		all = append(all, dropLock(d.lock))
	}
	return errors.Join(all...)
}

// Healthy proves that the file can be read and written.
func (d *DB) Healthy(ctx context.Context) error {
	return d.Write(ctx, func(tx *Tx) error {
		_, err := tx.Exec("INSERT INTO instance(key, value) VALUES('health', ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value", fmt.Sprint(tx.Now()))
		return err
	})
}

// EngineVersion is the version of SQLite inside the binary.
const EngineVersion = sqlite3.SQLITE_VERSION

// Dir is the folder of the database.
func (d *DB) Dir() string { return filepath.Dir(d.path) }
