package importer_test

import (
	"strconv"
	"testing"

	"badala/app/contact/importer"
)

func itoa(n int) string { return strconv.Itoa(n) }

// fixtures are the files with the counts that their README promises.
var fixtures = []struct {
	file                                                  string
	seed                                                  bool
	before                                                string
	rows, created, updated, unchanged, duplicates, errors int
}{
	{"gallabox.csv", true, "", 11, 5, 3, 1, 0, 2},
	{"gallabox.xlsx", true, "gallabox.csv", 7, 2, 3, 2, 0, 0},
	{"wati.csv", false, "", 7, 6, 0, 0, 0, 1},
	{"wati.xlsx", false, "wati.csv", 5, 1, 3, 0, 1, 0},
	{"chatwoot.csv", false, "", 6, 4, 0, 0, 0, 2},
	{"respondio.csv", false, "", 5, 3, 0, 0, 0, 2},
	{"google.csv", false, "", 5, 4, 0, 0, 0, 1},
	{"hubspot.csv", false, "", 4, 3, 0, 0, 0, 1},
	{"aisensy.csv", false, "", 3, 2, 0, 0, 1, 0},
	{"excel-damaged.csv", false, "", 16, 12, 0, 0, 0, 4},
	{"arabic-windows1256.csv", false, "", 4, 4, 0, 0, 0, 0},
	{"utf16le.tsv", false, "", 3, 3, 0, 0, 0, 0},
	{"semicolon.csv", false, "", 3, 3, 0, 0, 0, 0},
	{"duplicates.csv", false, "", 9, 3, 0, 0, 4, 2},
	{"ragged.csv", false, "", 7, 5, 0, 0, 0, 2},
	{"wa-quirks.csv", true, "", 10, 2, 3, 0, 5, 0},
	{"contacts.vcf", false, "", 4, 3, 0, 0, 0, 1},
}

func counted(c importer.Counts) [6]int {
	return [6]int{c.Rows, c.Created, c.Updated, c.Unchanged, c.Duplicates, c.Errors}
}

func TestFixtures(t *testing.T) {
	t.Parallel()
	for _, f := range fixtures {
		t.Run(f.file, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			if f.seed {
				w.seed()
			}
			if f.before != "" {
				w.bring(f.before)
			}
			want := [6]int{f.rows, f.created, f.updated, f.unchanged, f.duplicates, f.errors}
			i := w.bring(f.file)
			if got := counted(i.Counts); got != want {
				t.Errorf("%v, want %v; %v", got, want, w.issues(i.ID, ""))
			}
			events := w.count(`SELECT COUNT(*) FROM event`)
			again := w.bring(f.file)
			want = [6]int{f.rows, 0, 0, f.created + f.updated + f.unchanged, f.duplicates, f.errors}
			if got := counted(again.Counts); got != want {
				t.Errorf("the second time %v, want %v; %v", got, want, w.issues(again.ID, ""))
			}
			if n := w.count(`SELECT COUNT(*) FROM event`) - events; n != 0 {
				t.Errorf("%d events for nothing", n)
			}
		})
	}
}
