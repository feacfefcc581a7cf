package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"badala/app/errs"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	maxBatch = 256 // Writes that share one commit
	inARow   = 32  // commits of Writes that a WriteLong waits for at most
	ioFsync  = sqlite3.SQLITE_IOERR | 4<<8
)

// write is one caller's request to the writer.
type write struct {
	fn   func(*Tx) error
	long bool // alone in its transaction
	done chan error
}

// Tx is a change in progress. Use it only inside the function it was given to.
type Tx struct {
	w     *writer
	now   int64
	after []func()
	end   []func() error
	last  []func(*Tx) error
}

// Now is the one time of the transaction, in milliseconds UTC.
func (tx *Tx) Now() int64 { return tx.now }

// NewID gives the next row id.
func (tx *Tx) NewID() int64 {
	tx.w.lastID = nextID(tx.w.lastID, tx.now, tx.w.db.offset)
	return tx.w.lastID
}

// AfterCommit calls fn once the change is durable, and never if it is undone.
// fn runs on the writer: it must only signal.
func (tx *Tx) AfterCommit(fn func()) { tx.after = append(tx.after, fn) }

// AtEnd runs fn when the function of this Write has returned, as part of the
// same change: for what follows from rows that are not all written yet.
func (tx *Tx) AtEnd(fn func() error) { tx.end = append(tx.end, fn) }

// Last runs fn after all Writes that share the commit. Full-text rows belong
// here: FTS5 flushes what it gathered at every savepoint.
func (tx *Tx) Last(fn func(*Tx) error) { tx.last = append(tx.last, fn) }

// Exec runs a statement and tells how many rows it changed.
func (tx *Tx) Exec(query string, args ...any) (int64, error) {
	st, err := tx.w.stmts.get(query, tx.w.prepare)
	if err != nil {
		return 0, err
	}
	res, err := st.Exec(args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Insert runs an INSERT of one row and gives its rowid.
func (tx *Tx) Insert(query string, args ...any) (int64, error) {
	st, err := tx.w.stmts.get(query, tx.w.prepare)
	if err != nil {
		return 0, err
	}
	res, err := st.Exec(args...)
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}

func (tx *Tx) query(query string, args []any) (*sql.Rows, func(), error) {
	st, err := tx.w.stmts.get(query, tx.w.prepare)
	if err != nil {
		return nil, nil, err
	}
	rows, err := st.Query(args...)
	return rows, func() {}, err
}

// Savepoint runs fn and undoes all it did, and only that, if it fails.
func (tx *Tx) Savepoint(fn func() error) (err error) {
	after, end, last := len(tx.after), len(tx.end), len(tx.last)
	if _, err := tx.Exec("SAVEPOINT s"); err != nil {
		return err
	}
	if err := safely(fn); err != nil {
		tx.after, tx.end, tx.last = tx.after[:after], tx.end[:min(end, len(tx.end))], tx.last[:last]
		if _, rerr := tx.Exec("ROLLBACK TO s"); rerr != nil {
			return errors.Join(err, rerr)
		}
		if _, rerr := tx.Exec("RELEASE s"); rerr != nil {
			return errors.Join(err, rerr)
		}
		return err
	}
	_, err = tx.Exec("RELEASE s")
	return err
}

// safely turns a panic of fn into an error: one request's bug is not its neighbours'.
func safely(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return fn()
}

// writer owns the one connection that changes the file.
type writer struct {
	db       *DB
	conn     *sql.Conn
	requests chan *write
	long     chan *write // these wait while there are requests
	stmts    stmts
	lastID   int64
}

func (w *writer) prepare(query string) (*sql.Stmt, error) {
	return w.conn.PrepareContext(context.Background(), query)
}

// Write runs fn in a transaction and returns when its change is durable, or
// with fn's error and no change. Concurrent Writes share a commit, so fn must
// be short: no network, no file, no lock, no second Write. When a neighbour
// spoils the shared commit fn runs once more, so it may change nothing outside tx.
func (d *DB) Write(ctx context.Context, fn func(tx *Tx) error) error {
	return d.send(ctx, d.writer.requests, &write{fn: fn, done: make(chan error, 1)})
}

// WriteLong is Write for a slice of long work, which nobody waits for: it
// commits alone, and after the Writes that wait. What waits meanwhile waits
// for all of it, so it may take a tenth of a second and not more.
func (d *DB) WriteLong(ctx context.Context, fn func(tx *Tx) error) error {
	return d.send(ctx, d.writer.long, &write{fn: fn, long: true, done: make(chan error, 1)})
}

func (d *DB) send(ctx context.Context, to chan<- *write, req *write) error {
	d.closing.RLock()
	if d.closed {
		d.closing.RUnlock()
		return errs.New(errs.Unavailable, "the server is stopping")
	}
	select {
	case to <- req:
		d.closing.RUnlock()
	case <-ctx.Done():
		d.closing.RUnlock()
		return ctx.Err()
	}
	// Once queued it will happen: the caller must learn how it ended.
	return <-req.done
}

// run serves requests until both channels are closed. In quiet moments it
// gives the space of an overgrown log back.
func (w *writer) run() {
	batch := make([]*write, 0, maxBatch)
	watch := time.NewTicker(walWatch)
	defer watch.Stop()
	requests, long := w.requests, w.long
	for n := 0; requests != nil || long != nil; {
		first, isLong, closed := w.next(requests, long, n >= inARow, watch.C)
		switch {
		case closed && isLong:
			long = nil
		case closed:
			requests = nil
		case first == nil:
			if w.db.WALSize() > walTruncateAt {
				w.truncateWAL()
			}
		case isLong:
			n = 0
			w.commitBatch(append(batch[:0], first))
		default:
			n++
			batch = w.gather(append(batch[:0], first))
			w.commitBatch(batch)
		}
	}
}

// next waits for a request, or for the time to look at the log, which is nil.
// A long one is taken when there is no other, or when it is its turn.
func (w *writer) next(requests, long <-chan *write, turn bool, watch <-chan time.Time) (req *write, isLong, closed bool) {
	prefer := requests
	if turn {
		prefer = long
	}
	select {
	case req, ok := <-prefer:
		return req, turn, !ok
	default:
	}
	select {
	case req, ok := <-requests:
		return req, false, !ok
	case req, ok := <-long:
		return req, true, !ok
	case <-watch:
		return nil, false, false
	}
}

// gather adds all requests that wait already; nobody waits for a neighbour.
func (w *writer) gather(batch []*write) []*write {
	for len(batch) < maxBatch {
		select {
		case next, ok := <-w.requests:
			if !ok {
				return batch
			}
			batch = append(batch, next)
		default:
			return batch
		}
	}
	return batch
}

// truncateWAL gives the log's space back unless somebody reads it: a copy in
// progress or a long export is not waited for, since all Writes would wait too.
func (w *writer) truncateWAL() {
	for _, stmt := range []string{"PRAGMA busy_timeout(0)", "PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA busy_timeout(5000)"} {
		if _, err := w.conn.ExecContext(context.Background(), stmt); err != nil {
			w.db.log.Warn("checkpoint failed", "err", err)
		}
	}
	if size := w.db.WALSize(); size > walWarnAt {
		w.db.log.Warn("the write-ahead log is large: something has been reading for long", "mb", size>>20)
	}
}

// commitBatch commits all requests together; if that fails, one by one.
func (w *writer) commitBatch(batch []*write) {
	results := make([]error, len(batch))
	began := time.Now()
	after, err := w.attempt(batch, results)
	w.db.stats.note(len(batch), time.Since(began), err)
	if err == nil {
		for _, fn := range after {
			fn()
		}
		for i, req := range batch {
			req.done <- results[i]
		}
		return
	}
	w.failFast(err)
	if len(batch) == 1 {
		batch[0].done <- storageError(err)
		return
	}
	for i := range batch {
		w.commitBatch(batch[i : i+1])
	}
}

// attempt runs one transaction over the batch. An error means that nothing of
// it was kept; results holds what each request's own function said.
func (w *writer) attempt(batch []*write, results []error) (_ []func(), err error) {
	tx := &Tx{w: w, now: w.db.Now()}
	if _, err := tx.Exec("BEGIN IMMEDIATE"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			// SQLite may have rolled back by itself; then this is a no-op error.
			_, _ = w.conn.ExecContext(context.Background(), "ROLLBACK")
		}
	}()
	for i, req := range batch {
		if results[i] = tx.request(req); isStorage(results[i]) {
			return nil, results[i]
		}
		if req.long && results[i] != nil {
			_, err := w.conn.ExecContext(context.Background(), "ROLLBACK")
			return nil, err
		}
	}
	for _, fn := range tx.last {
		if err := safely(func() error { return fn(tx) }); err != nil {
			return nil, err
		}
	}
	if _, err := tx.Exec("COMMIT"); err != nil {
		return nil, err
	}
	return tx.after, nil
}

// request runs one request so that it can be undone: a long one with the whole
// transaction. A savepoint would keep a copy of every page that it changes.
func (tx *Tx) request(req *write) error {
	if req.long {
		return safely(func() error { return tx.whole(req.fn) })
	}
	return tx.Savepoint(func() error { return tx.whole(req.fn) })
}

// whole runs fn and then what it put off to its end.
func (tx *Tx) whole(fn func(*Tx) error) error {
	tx.end = nil
	if err := fn(tx); err != nil {
		return err
	}
	for len(tx.end) > 0 {
		next := tx.end[0]
		tx.end = tx.end[1:]
		if err := next(); err != nil {
			return err
		}
	}
	return nil
}

// isStorage tells the file's own troubles, which end the transaction, from a
// statement's.
func isStorage(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_READONLY:
		return true
	}
	return false
}

// storageError makes a full or failing disk a clear 503.
func storageError(err error) error {
	if isStorage(err) {
		return &errs.Error{Kind: errs.Unavailable, Code: "storage", Message: "the database cannot be written; the disk may be full", Err: err}
	}
	return err
}

// failFast ends the process after a failed fsync: what the file holds is then
// unknown, and going on could acknowledge what is not on disk.
func (w *writer) failFast(err error) {
	if e, ok := errors.AsType[*sqlite.Error](err); ok && e.Code() == ioFsync {
		w.db.log.Error("fsync failed; stopping", "err", err)
		w.db.exit(1)
	}
}
