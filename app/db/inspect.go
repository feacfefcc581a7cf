package db

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync/atomic"
)

const magic = "SQLite format 3\x00"

// Copy is a file that nobody changes, opened to be looked at.
type Copy struct {
	name string // in what is said about it
	db   *sql.DB
}

// OpenCopy opens a finished copy, never a database in use. What is not a
// database of ours is refused.
func OpenCopy(ctx context.Context, path string) (*Copy, error) { return OpenCopyAs(ctx, path, path) }

// OpenCopyAs is OpenCopy of a file that people know by another name.
func OpenCopyAs(ctx context.Context, path, name string) (_ *Copy, err error) {
	if err := hasMagic(path, name); err != nil {
		return nil, err
	}
	opened, err := sql.Open("sqlite", fileURI(path, "query_only(1)", "cache_size(-8192)")+"&mode=ro&immutable=1")
	if err != nil {
		return nil, err
	}
	c := &Copy{name, opened}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
		}
	}()
	opened.SetMaxOpenConns(2)
	id, err := c.number(ctx, "PRAGMA application_id")
	if err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", name, err)
	}
	if id != applicationID {
		return nil, fmt.Errorf("%s is a database of another program, not of badala", name)
	}
	return c, nil
}

// OpenLive opens a database that may be in use, to be looked at and not
// changed. What it is asked holds up the shrinking of the log meanwhile.
func OpenLive(ctx context.Context, path string) (*Copy, error) {
	if _, _, err := SchemaOf(ctx, path); err != nil {
		return nil, err
	}
	opened, err := sql.Open("sqlite", fileURI(path, "busy_timeout(5000)", "query_only(1)", "cache_size(-8192)"))
	if err != nil {
		return nil, err
	}
	opened.SetMaxOpenConns(2)
	return &Copy{path, opened}, nil
}

func hasMagic(path, name string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	head := make([]byte, len(magic))
	if _, err := io.ReadFull(f, head); err != nil || !bytes.Equal(head, []byte(magic)) {
		return fmt.Errorf("%s is not a database", name)
	}
	return nil
}

// Close lets the copy go.
func (c *Copy) Close() error { return c.db.Close() }

// Read runs queries on the copy.
func (c *Copy) Read(ctx context.Context) Q { return copyReader{c, ctx} }

type copyReader struct {
	c   *Copy
	ctx context.Context
}

func (r copyReader) query(query string, args []any) (*sql.Rows, func(), error) {
	rows, err := r.c.db.QueryContext(r.ctx, query, args...)
	return rows, func() {}, err
}

// Schema is the version of the copy's structure.
func (c *Copy) Schema(ctx context.Context) (int, error) { return c.number(ctx, "PRAGMA user_version") }

func (c *Copy) number(ctx context.Context, query string) (n int, err error) {
	err = c.db.QueryRowContext(ctx, query).Scan(&n)
	return n, err
}

// Check finds damage. The quick check walks the pages of every table and index
// and looks at each row; the full one also compares tables with their indexes,
// reads the search indexes, and looks for what each reference names.
func (c *Copy) Check(ctx context.Context, full bool) error {
	if !full {
		return c.QuickChecks(ctx, 1)[0]()
	}
	if err := c.verdict(ctx, "PRAGMA integrity_check(1)"); err != nil {
		return err
	}
	if err := foreignKeysHold(ctx, c.db); err != nil {
		return fmt.Errorf("%s is damaged: %w", c.name, err)
	}
	return nil
}

// QuickChecks is the quick check in parts, to be run at the same time: each
// takes table after table until none is left.
func (c *Copy) QuickChecks(ctx context.Context, parts int) []func() error {
	// A search index is as good as the tables it is made of: reading it
	// through would take three times as long as all the rest.
	checks, err := All(c.Read(ctx), func(r *Rows, s *string) error { return r.Scan(s) },
		`SELECT 'PRAGMA quick_check("' || name || '")' FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'shadow')`)
	if err != nil {
		err = fmt.Errorf("%s is damaged: %w", c.name, err)
	}
	var taken atomic.Int64
	part := func() error {
		for err == nil {
			n := int(taken.Add(1)) - 1
			if n >= len(checks) {
				return nil
			}
			if err := c.verdict(ctx, checks[n]); err != nil {
				return err
			}
		}
		return err
	}
	return slices.Repeat([]func() error{part}, parts)
}

func (c *Copy) verdict(ctx context.Context, check string) error {
	verdict, err := Value[string](c.Read(ctx), check)
	if err == nil && verdict != "ok" {
		err = errors.New(verdict)
	}
	if err != nil {
		return fmt.Errorf("%s is damaged: %w", c.name, err)
	}
	return nil
}

// Counts is the number of rows of every table, but for those that belong to
// search indexes.
func (c *Copy) Counts(ctx context.Context) (map[string]int64, error) {
	names, err := All(c.Read(ctx), func(r *Rows, s *string) error { return r.Scan(s) },
		"SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite_%'")
	if err != nil {
		return nil, err
	}
	counts := make(map[string]int64, len(names))
	for _, name := range names {
		if counts[name], err = Value[int64](c.Read(ctx), `SELECT count(*) FROM "`+name+`"`); err != nil {
			return nil, err
		}
	}
	return counts, nil
}

// Verify opens a copy and checks quickly that it is whole and ours.
func Verify(ctx context.Context, path string) error {
	c, err := OpenCopy(ctx, path)
	if err != nil {
		return err
	}
	defer c.Close()
	return c.Check(ctx, false)
}

// SchemaOf is the version of the structure of a database that may be in use,
// and the program that it was last used with, if it says so.
func SchemaOf(ctx context.Context, path string) (schema int, program string, err error) {
	if err := enableOFD(); err != nil {
		return 0, "", err
	}
	if _, err := os.Stat(path); err != nil {
		return 0, "", fmt.Errorf("there is no database at %s: %w", path, err)
	}
	d, err := sql.Open("sqlite", fileURI(path, "busy_timeout(5000)", "query_only(1)"))
	if err != nil {
		return 0, "", err
	}
	defer d.Close()
	if err := d.QueryRowContext(ctx, "PRAGMA user_version").Scan(&schema); err != nil {
		return 0, "", fmt.Errorf("%s is not a database: %w", path, err)
	}
	if schema == 0 {
		return 0, "", fmt.Errorf("%s is not a database of badala", path)
	}
	err = d.QueryRowContext(ctx, "SELECT value FROM instance WHERE key = 'app.version'").Scan(&program)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return schema, program, err
}
