package table_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"badala/app/table"
)

// seeds gives the fixtures of some kinds to a fuzz target.
func seeds(f *testing.F, endings ...string) {
	f.Helper()
	names, err := filepath.Glob("testdata/*")
	if err != nil {
		f.Fatal(err)
	}
	for _, n := range names {
		for _, e := range endings {
			if strings.HasSuffix(n, e) {
				data, err := os.ReadFile(n)
				if err != nil {
					f.Fatal(err)
				}
				f.Add(data)
			}
		}
	}
}

// consume reads whatever it is; all that is asked is that it ends, with rows
// in order and within the limits.
func consume(t *testing.T, name string, data []byte) {
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := table.Open(context.Background(), path, name, table.Options{})
	if err != nil {
		return
	}
	for _, s := range f.Sheets {
		last := -1
		for r, err := range f.Rows(context.Background(), s.Name) {
			if err != nil {
				break
			}
			if r.Number <= last || len(r.Cells) > table.MaxColumns {
				t.Fatalf("row %d after %d with %d cells", r.Number, last, len(r.Cells))
			}
			last = r.Number
		}
	}
}

func FuzzCSV(f *testing.F) {
	seeds(f, ".csv", ".tsv")
	f.Fuzz(func(t *testing.T, data []byte) { consume(t, "a.csv", data) })
}

func FuzzXLSX(f *testing.F) {
	seeds(f, ".xlsx")
	f.Fuzz(func(t *testing.T, data []byte) { consume(t, "a.xlsx", data) })
}

// FuzzSheet goes past the zip file, to which random changes rarely lead.
func FuzzSheet(f *testing.F) {
	f.Add(sheetOf(`<row r="1"><c r="A1" t="s"><v>0</v></c><c t="inlineStr"><is><t>b</t></is></c></row>`), `<sst><si><t>a</t></si></sst>`)
	f.Fuzz(func(t *testing.T, sheet, shared string) { consume(t, "a.xlsx", workbook(t, sheet, shared)) })
}

func FuzzVCF(f *testing.F) {
	seeds(f, ".vcf")
	f.Fuzz(func(t *testing.T, data []byte) { consume(t, "a.vcf", data) })
}
