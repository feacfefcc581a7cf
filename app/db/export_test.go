package db

import (
	"context"
	"fmt"
)

// SetSchemaVersion pretends that another program version wrote the file.
func SetSchemaVersion(d *DB, v int) error {
	return d.Write(context.Background(), func(tx *Tx) error {
		_, err := tx.Exec(fmt.Sprintf("PRAGMA user_version = %d", v))
		return err
	})
}

// CreateAtVersion makes a database as an older program would have left it.
func CreateAtVersion(path string, version int) error {
	if err := enableOFD(); err != nil {
		return err
	}
	d := &DB{path: path, clock: SystemClock{}}
	if err := d.open(); err != nil {
		return err
	}
	all, err := migrations()
	if err != nil {
		return err
	}
	for _, m := range all {
		if m.version <= version {
			if err := d.apply(context.Background(), m); err != nil {
				return err
			}
		}
	}
	return d.release()
}

// Explain gives the steps by which SQLite would run a statement.
func Explain(d *DB, query string, args ...any) (steps []string, err error) {
	rows, err := d.readers.Query("EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			return nil, err
		}
		steps = append(steps, step)
	}
	return steps, rows.Err()
}
