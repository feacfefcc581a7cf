// Package secret knows in which columns sealed secrets lie, and seals all of
// them anew when the server's key changes.
package secret

import (
	"cmp"
	"fmt"
	"strings"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/seal"
)

// Column is where one kind of secret lies. Its owner tells of it, with the same
// purpose and place as it seals with.
type Column struct {
	Purpose     string // as for seal.New
	Table, Name string
	Place       string // the column's name in the place; "": Name
	Key, Org    string // columns of the place's id and organisation; "": 0
	Where       string // SQL: which rows; "": all. Without a Key it names one
	What        string // what the secret is to people: "access token of the number"
	Title       string // SQL: how people call the row; "": no name
}

// Locked is a secret that the present key does not open.
type Locked struct {
	Column
	ID, Org int64
	Title   string
	KeyID   string // of the key that sealed it
}

func (l Locked) String() string {
	s := l.What
	if l.Title != "" {
		s += " “" + l.Title + "”"
	}
	return fmt.Sprintf("the %s (%s.%s), sealed with the key %s", s, l.Table, l.Column.Name, l.KeyID)
}

// Found counts the secrets of an install, as two keys see them.
type Found struct {
	Sealed, Plain int // that the present key opens, or nobody has sealed
	Done          int // that are as the new key wants them
	Locked        []Locked
}

// Change is how many secrets are to be sealed anew.
func (f Found) Change() int { return f.Sealed + f.Plain }

// Error tells of the secrets that cannot be opened, nil for none.
func (f Found) Error() error {
	if len(f.Locked) == 0 {
		return nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d secrets do not open with the present key:", len(f.Locked))
	if len(f.Locked) == 1 {
		b.Reset()
		b.WriteString("one secret does not open with the present key:")
	}
	for _, l := range f.Locked {
		b.WriteString("\n  " + l.String())
	}
	b.WriteString("\nnothing was changed: give the key that sealed them as --secret-key, or enter them again under Settings first")
	return errs.New(errs.Conflict, b.String())
}

// row is one stored secret.
type row struct {
	id, org       int64
	stored, title string
}

// opened is a secret that is to be sealed anew.
type opened struct {
	row
	plain string
}

func (c Column) place(r row) seal.Place {
	return seal.Place{Table: c.Table, Column: cmp.Or(c.Place, c.Name), ID: r.id, Org: r.org}
}

// rows reads the secrets of a column.
func (c Column) rows(q db.Q) ([]row, error) {
	return db.All(q, func(r *db.Rows, v *row) error { return r.Scan(&v.id, &v.org, &v.stored, &v.title) },
		`SELECT `+cmp.Or(c.Key, "0")+`, `+cmp.Or(c.Org, "0")+`, `+c.Name+`, `+cmp.Or(c.Title, "''")+` FROM `+c.Table+`
		WHERE `+c.Name+` <> '' AND `+cmp.Or(c.Where, "true")+` ORDER BY 1`)
}

// putTx writes a secret in its place.
func (c Column) putTx(tx *db.Tx, r row, stored string) error {
	update, args := `UPDATE `+c.Table+` SET `+c.Name+` = ? WHERE `+cmp.Or(c.Where, "true"), []any{stored}
	if c.Key != "" {
		update, args = update+` AND `+c.Key+` = ?`, append(args, r.id)
	}
	n, err := tx.Exec(update, args...)
	if err == nil && n != 1 {
		err = fmt.Errorf("%s.%s: %d rows were changed instead of one", c.Table, c.Name, n)
	}
	return err
}

// look sorts the secrets of a column by what the keys make of them, and gives
// those that are to be sealed anew.
func (c Column) look(q db.Q, from, to seal.Sealer, f *Found) ([]opened, error) {
	rows, err := c.rows(q)
	if err != nil {
		return nil, err
	}
	var all []opened
	for _, r := range rows {
		id := seal.KeyID(r.stored)
		if id == to.KeyID() && (id == "" || to.Open(r.stored, c.place(r)) != "") {
			f.Done++
			continue
		}
		plain := from.Open(r.stored, c.place(r))
		switch {
		case plain == "":
			f.Locked = append(f.Locked, Locked{Column: c, ID: r.id, Org: r.org, Title: r.title, KeyID: id})
			continue
		case id == "":
			f.Plain++
		default:
			f.Sealed++
		}
		all = append(all, opened{r, plain})
	}
	return all, nil
}

// Look finds what a change of the key would do, and changes nothing. An empty
// key is none.
func Look(q db.Q, columns []Column, from, to string) (f Found, err error) {
	err = each(columns, from, to, func(c Column, old, fresh seal.Sealer) error {
		_, err := c.look(q, old, fresh, &f)
		return err
	})
	return f, err
}

// RotateTx opens every secret with one key and seals it with another; an empty
// key is none. If one does not open it is an error, and nothing is to be
// committed.
func RotateTx(tx *db.Tx, columns []Column, from, to string) (f Found, err error) {
	err = each(columns, from, to, func(c Column, old, fresh seal.Sealer) error {
		all, err := c.look(tx, old, fresh, &f)
		if err != nil {
			return err
		}
		for _, o := range all {
			stored, err := fresh.Seal(o.plain, c.place(o.row))
			if err != nil {
				return err
			}
			if err := c.putTx(tx, o.row, stored); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = f.Error()
	}
	return f, err
}

// each calls fn for every column with the sealers of its purpose.
func each(columns []Column, from, to string, fn func(c Column, old, fresh seal.Sealer) error) error {
	for _, c := range columns {
		old, err := seal.New(from, c.Purpose)
		if err != nil {
			return err
		}
		fresh, err := seal.New(to, c.Purpose)
		if err != nil {
			return err
		}
		if err := fn(c, old, fresh); err != nil {
			return err
		}
	}
	return nil
}
