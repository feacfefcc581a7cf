package db

import (
	"slices"
	"strings"
)

// Many rows by one statement are quicker than by one each; few sizes of
// statements are prepared once.
var rowSizes = [...]int{64, 8, 1}

// RowSet gathers rows for one table.
type RowSet struct {
	tx    *Tx
	into  string
	width int
	args  []any
}

// Rows begins rows of so many columns; into is the INSERT up to its VALUES. With
// INSERT OR FAIL the engine keeps no copy of what a statement changes: right
// where an error undoes all of the Write.
func (tx *Tx) Rows(into string, width int) *RowSet { return &RowSet{tx: tx, into: into, width: width} }

// Add adds a row.
func (r *RowSet) Add(args ...any) { r.args = append(r.args, args...) }

// Insert writes the rows in their order, and gives the rowid of the last one.
// Rows that SQLite numbers have numbers without gaps.
func (r *RowSet) Insert() (last int64, err error) {
	row := "(" + strings.Repeat("?, ", r.width-1) + "?)"
	for _, size := range rowSizes {
		n := size * r.width
		if len(r.args) < n {
			continue
		}
		stmt := r.into + strings.Join(slices.Repeat([]string{row}, size), ", ")
		for ; len(r.args) >= n; r.args = r.args[n:] {
			if last, err = r.tx.Insert(stmt, r.args[:n]...); err != nil {
				return 0, err
			}
		}
	}
	r.args = nil
	return last, nil
}
