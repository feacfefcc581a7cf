package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"badala/app/errs"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// readTimeout bounds one read: an open read pins the write-ahead log.
const readTimeout = 5 * time.Second

// Rows is one row under a scan function.
type Rows = sql.Rows

// Q runs queries: the read pool or a transaction.
type Q interface {
	query(query string, args []any) (rows *sql.Rows, done func(), err error)
}

// stmts keeps prepared statements by their text. Every statement of the
// product is a constant or one of few shapes, so it stays small; a hostile
// number of shapes is run unprepared beyond the limit.
type stmts struct {
	mu    sync.RWMutex
	byKey map[string]*sql.Stmt
}

const maxStmts = 1000

func (s *stmts) get(query string, prepare func(string) (*sql.Stmt, error)) (*sql.Stmt, error) {
	s.mu.RLock()
	st := s.byKey[query]
	s.mu.RUnlock()
	if st != nil {
		return st, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if st := s.byKey[query]; st != nil {
		return st, nil
	}
	if len(s.byKey) >= maxStmts {
		return nil, fmt.Errorf("db: more than %d different statements", maxStmts)
	}
	st, err := prepare(query)
	if err != nil {
		return nil, fmt.Errorf("%w in %s", err, query)
	}
	if s.byKey == nil {
		s.byKey = map[string]*sql.Stmt{}
	}
	s.byKey[query] = st
	return st, nil
}

func (s *stmts) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, st := range s.byKey {
		st.Close()
	}
	s.byKey = nil
}

// reader is the read pool under one caller's context.
type reader struct {
	db  *DB
	ctx context.Context
}

// Read gives the read pool. Each query sees the latest commit and is cut after
// five seconds.
func (d *DB) Read(ctx context.Context) Q { return reader{d, ctx} }

func (r reader) query(query string, args []any) (*sql.Rows, func(), error) {
	st, err := r.db.readStmts.get(query, r.db.readers.Prepare)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(r.ctx, readTimeout)
	rows, err := st.QueryContext(ctx, args...)
	if err != nil {
		cancel()
		return nil, nil, err
	}
	return rows, cancel, nil
}

// All reads every row of a query. It is the only row loop there is.
func All[T any](q Q, scan func(*Rows, *T) error, query string, args ...any) (_ []T, err error) {
	rows, done, err := q.query(query, args)
	if err != nil {
		return nil, err
	}
	defer done()
	defer rows.Close()
	var out []T
	for rows.Next() {
		var v T
		if err := scan(rows, &v); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// One reads the first row; no row is NotFound.
func One[T any](q Q, scan func(*Rows, *T) error, query string, args ...any) (T, error) {
	all, err := All(q, scan, query, args...)
	if err != nil || len(all) == 0 {
		var zero T
		if err == nil {
			err = errs.New(errs.NotFound, "not found")
		}
		return zero, err
	}
	return all[0], nil
}

// Value reads the first column of the first row; no row is NotFound.
func Value[T any](q Q, query string, args ...any) (T, error) {
	return One(q, func(r *Rows, v *T) error { return r.Scan(v) }, query, args...)
}

// Exists says whether the query has a row.
func Exists(q Q, query string, args ...any) (bool, error) {
	rows, done, err := q.query(query, args)
	if err != nil {
		return false, err
	}
	defer done()
	defer rows.Close()
	return rows.Next(), rows.Err()
}

// IsUnique says whether err came from a UNIQUE or PRIMARY KEY constraint.
func IsUnique(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && (e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}
