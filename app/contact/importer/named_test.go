package importer_test

import (
	"encoding/binary"
	"os"
	"slices"
	"strings"
	"testing"

	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
)

// named lists whom an import named, by the filter of lists.
func (w *world) named(f contact.Filter) (names []string) {
	w.Helper()
	for {
		page, next, err := w.contacts.List(w.q(), w.who.OrgID, f)
		w.must(err)
		for _, c := range page {
			names = append(names, c.Name)
		}
		if next == "" {
			return names
		}
		f.Cursor = next
	}
}

// TestNamed lists the contacts of one import, those that it found unchanged
// too, and of no other.
func TestNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bringText("old.csv", "name,phone\nOther,+96565030000\nBoth,+96565030001\n")
	i := w.bringText("new.csv", "name,phone,tags\nAda,+96565030002,vip\nBoth,+96565030001,\nZoe,+96565030003,vip\nBad,,\n")
	f := contact.Filter{ImportID: i.ID, Take: 2}
	for _, tt := range []struct {
		sort, tag string
		want      []string
	}{
		{"", "", []string{"Zoe", "Ada", "Both"}}, {contact.SortName, "", []string{"Ada", "Both", "Zoe"}}, {"", "vip", []string{"Zoe", "Ada"}},
	} {
		f.Sort, f.Tag = tt.sort, tt.tag
		if got := w.named(f); !slices.Equal(got, tt.want) {
			t.Errorf("%q %q: %q", tt.sort, tt.tag, got)
		}
		if n, err := w.contacts.Count(w.q(), w.who.OrgID, f); err != nil || n != len(tt.want) {
			t.Errorf("%q %q: counted %d %v", tt.sort, tt.tag, n, err)
		}
	}
	if got, _, err := w.contacts.List(w.q(), w.who.OrgID+1, contact.Filter{ImportID: i.ID}); err != nil || len(got) != 0 {
		t.Errorf("another organisation sees %d: %v", len(got), err)
	}
	w.must(w.contacts.Erase(w.ctx(), w.who, w.byPhone("+96565030002").ID))
	if got := w.named(contact.Filter{ImportID: i.ID}); !slices.Equal(got, []string{"Zoe", "Both"}) {
		t.Errorf("after an erasure: %q", got)
	}
	if err := w.s.Undo(w.ctx(), w.who, i.ID, false); !errs.Is(err, errs.Conflict) {
		t.Error(err)
	}
	w.must(w.s.Undo(w.ctx(), w.who, i.ID, true))
	w.must(w.s.Run(w.ctx(), i.ID, nil))
	if n := w.count(`SELECT COUNT(*) FROM contact_import WHERE import_id = ?`, i.ID); n != 0 {
		t.Errorf("%d are left after it was undone", n)
	}
}

// TestNamedBefore lets the migration find out whom imports named that were
// done before it.
func TestNamedBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bringText("a.csv", "name,phone\nAda,+96565030002\nZoe,+96565030003\n")
	want := w.count(`SELECT SUM(contact_id) FROM contact_import`)
	raw, err := os.ReadFile("../../db/migrations/0024_contact.sql")
	w.must(err)
	_, fill, ok := strings.Cut(string(raw), "-- Imports of before")
	if !ok {
		t.Fatal("the migration is not as it was")
	}
	fill, _, _ = strings.Cut(fill, ";")
	_, fill, _ = strings.Cut(fill, "\n")
	w.must(w.db.Write(w.ctx(), func(tx *db.Tx) error {
		// A contact that is gone is not listed.
		gone := append(binary.BigEndian.AppendUint64(nil, 1<<40), make([]byte, 17)...)
		_, err := tx.Exec(`UPDATE import_step SET data = CAST(data || ? AS BLOB)`, gone)
		if err == nil {
			_, err = tx.Exec(`DELETE FROM contact_import`)
		}
		if err == nil {
			_, err = tx.Exec(fill)
		}
		return err
	}))
	if n := w.count(`SELECT SUM(contact_id) FROM contact_import`); n != want || w.count(`SELECT COUNT(*) FROM contact_import`) != 2 {
		t.Errorf("%d, want %d", n, want)
	}
}
