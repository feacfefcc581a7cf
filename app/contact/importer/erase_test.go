package importer_test

import (
	"strings"
	"testing"
)

// What imports keep of a person goes when the person is erased.
func TestErase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bringText("a.csv", twoRows)
	i := w.bringText("b.csv", strings.Replace(twoRows, "Amal,", "Amal Hadi,", 1))
	id := w.byPhone("+96565020001").ID
	if w.count(`SELECT COUNT(*) FROM import_memory WHERE contact_id = ?`, id) == 0 || w.count(`SELECT COUNT(*) FROM import_before WHERE contact_id = ?`, id) == 0 {
		t.Fatal("nothing is kept, so there is nothing to erase")
	}
	w.must(w.contacts.Erase(w.ctx(), w.who, id))
	for _, table := range []string{"import_memory", "import_before", "import_issue"} {
		if n := w.count(`SELECT COUNT(*) FROM `+table+` WHERE contact_id = ?`, id); n != 0 {
			t.Errorf("%d rows stay in %s", n, table)
		}
	}
	for table, column := range map[string]string{"import_before": "state", "import_memory": "said"} {
		if n := w.count(`SELECT COUNT(*) FROM ` + table + ` WHERE ` + column + ` LIKE '%Amal%'`); n != 0 {
			t.Errorf("the name stays in %s", table)
		}
	}
	// An erased person does not come back by undoing, and stands in nobody's way
	// when what is newer may stay.
	w.must(w.s.Undo(w.ctx(), w.who, i.ID, true))
	w.must(w.s.Run(w.ctx(), i.ID, nil))
	if n := w.count(`SELECT COUNT(*) FROM contact`); n != 1 {
		t.Errorf("%d contacts", n)
	}
}
