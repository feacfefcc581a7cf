package table_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unicode/utf16"

	"badala/app/errs"
	"badala/app/table"

	"github.com/xuri/excelize/v2"
)

// read opens a file of the given name and content and reads all rows of its
// first sheet that is not hidden.
func read(t testing.TB, name string, data []byte) (*table.File, []table.Row, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := table.Open(context.Background(), path, name, table.Options{})
	if err != nil {
		return nil, nil, err
	}
	var rows []table.Row
	for r, err := range f.Rows(context.Background(), f.Sheets[0].Name) {
		if err != nil {
			return f, rows, err
		}
		r.Cells = append([]string(nil), r.Cells...)
		rows = append(rows, r)
	}
	return f, rows, nil
}

func codeOf(err error) string {
	if e := errs.As(err); e != nil && e.Kind == errs.Unprocessable {
		return e.Code
	}
	return fmt.Sprint(err)
}

// sheet is a part of a workbook.
type part struct{ name, text string }

const (
	workbookXML = `<workbook xmlns:r="r"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>`
	relsXML     = `<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="x/sharedStrings" Target="sharedStrings.xml"/></Relationships>`
)

// workbook zips a workbook with the XML of one sheet, shared strings and more parts.
func workbook(t testing.TB, sheet, shared string, more ...part) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range append([]part{{"xl/workbook.xml", workbookXML}, {"xl/_rels/workbook.xml.rels", relsXML}, {"xl/worksheets/sheet1.xml", sheet}, {"xl/sharedStrings.xml", shared}}, more...) {
		w, err := z.Create(p.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(p.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func sheetOf(rows string) string {
	return `<?xml version="1.0"?><worksheet><sheetData>` + rows + `</sheetData></worksheet>`
}

func TestHostileFiles(t *testing.T) {
	t.Parallel()
	good := workbook(t, sheetOf(`<row r="1"><c r="A1" t="inlineStr"><is><t>name</t></is></c></row>`), `<sst/>`)
	long := strings.Repeat("x", 30_000)
	var encrypted bytes.Buffer
	encrypted.WriteString("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	encrypted.Write(make([]byte, 500))
	if err := binary.Write(&encrypted, binary.LittleEndian, utf16.Encode([]rune("EncryptedPackage"))); err != nil {
		t.Fatal(err)
	}
	parts := make([]part, 2100)
	for i := range parts {
		parts[i] = part{fmt.Sprintf("xl/p%d.xml", i), "x"}
	}
	flipped := bytes.Clone(good)
	flipped[bytes.Index(flipped, []byte("sheet1.xml"))+30] ^= 0xff
	for name, c := range map[string]struct {
		file string
		data []byte
		code string
	}{
		"empty":            {"a.csv", nil, table.FileEmpty},
		"blank":            {"a.csv", []byte(" \r\n\t\n"), table.FileEmpty},
		"binary":           {"a.csv", []byte("a,b\x00c\n\x01\x02\x00\x03,\x00"), table.FileNotText},
		"controls":         {"a.csv", bytes.Repeat([]byte("\x01\x02\x03\x04ab\n"), 50), table.FileNotText},
		"pdf":              {"a.csv", []byte("%PDF-1.7\n"), table.FileNotReadable},
		"web page":         {"a.csv", []byte("<html><table>"), table.FileNotReadable},
		"old excel":        {"a.xls", []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 some"), table.FileNotReadable},
		"password":         {"a.xlsx", encrypted.Bytes(), table.FileNotReadable},
		"text named xlsx":  {"a.xlsx", []byte("name,phone\n"), table.FileNotReadable},
		"xlsx named csv":   {"a.csv", good, table.FileNotReadable},
		"csv named vcf":    {"a.vcf", []byte("name,phone\n"), table.FileNotReadable},
		"mixed encodings":  {"a.csv", []byte("name\nسارة يوسف\nfran\xe7ois\n"), table.FileNotText},
		"cut zip":          {"a.xlsx", good[:len(good)-30], table.FileDamaged},
		"flipped byte":     {"a.xlsx", flipped, table.FileDamaged},
		"no workbook":      {"a.xlsx", zipped(t, part{"a.txt", "x"}), table.FileNotReadable},
		"open document":    {"a.ods", zipped(t, part{"content.xml", "x"}), table.FileNotReadable},
		"numbers":          {"a.numbers", zipped(t, part{"Index/Document.iwa", "x"}), table.FileNotReadable},
		"bomb":             {"a.xlsx", workbook(t, sheetOf(strings.Repeat(`<row r="1"/>`, 1<<20)), `<sst/>`), table.FileExpands},
		"parts":            {"a.xlsx", workbook(t, sheetOf(""), `<sst/>`, parts...), table.FileTooManyParts},
		"cut XML":          {"a.xlsx", workbook(t, `<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row>`, `<sst/>`), table.FileDamaged},
		"wrong nesting":    {"a.xlsx", workbook(t, `<worksheet><sheetData><row r="1"></sheetData></row></worksheet>`, `<sst/>`), table.FileDamaged},
		"entity":           {"a.xlsx", workbook(t, `<!DOCTYPE x [<!ENTITY a "b">]>`+sheetOf(""), `<sst/>`), table.FileDamaged},
		"wrong string":     {"a.xlsx", workbook(t, sheetOf(`<row r="1"><c r="A1" t="s"><v>7</v></c></row>`), `<sst/>`), table.FileDamaged},
		"far cell":         {"a.xlsx", workbook(t, sheetOf(`<row r="1"><c r="XFD1"><v>1</v></c></row>`), `<sst/>`), table.FileTooManyColumns},
		"long cell":        {"a.xlsx", workbook(t, sheetOf(`<row r="1"><c t="inlineStr"><is><t>`+strings.Repeat("abcdefg ", 1<<15)+`</t></is></c></row>`), `<sst/>`), table.FileTooMuchText},
		"one string often": {"a.xlsx", workbook(t, sheetOf(rowsOf(20_000, `<c t="s"><v>0</v></c>`)), `<sst><si><t>`+long+`</t></si></sst>`), table.FileTooMuchText},
		"500 columns more": {"a.csv", []byte(strings.Repeat("a,", 600) + "\n"), table.FileTooManyColumns},
		"too many rows":    {"a.csv", bytes.Repeat([]byte("a\n"), 250_000), table.FileTooManyRows},
		"too many bytes":   {"a.csv", bytes.Repeat([]byte("abcdefgh\n"), 3<<20), table.FileTooMuchText},
		"open card":        {"a.vcf", []byte("BEGIN:VCARD\nFN:A\n"), table.FileDamaged},
		"card in card":     {"a.vcf", []byte("BEGIN:VCARD\nBEGIN:VCARD\nEND:VCARD\nEND:VCARD\n"), table.FileDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := read(t, c.file, c.data)
			if got := codeOf(err); got != c.code {
				t.Errorf("%s, want %s", got, c.code)
			}
		})
	}
}

func zipped(t testing.TB, parts ...part) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, p := range parts {
		w, err := z.Create(p.name)
		if err == nil {
			_, err = w.Write([]byte(p.text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// rowsOf repeats a row with a comment that does not pack well.
func rowsOf(n int, cells string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `<row spans="%x">%s</row>`, i*2654435761%1_000_003, cells)
	}
	return b.String()
}

// A lying directory of a zip file is found out, whatever it says.
func TestLyingSizes(t *testing.T) {
	t.Parallel()
	good := workbook(t, sheetOf(rowsOf(2000, `<c><v>1</v></c>`)), `<sst/>`)
	for at := 0; ; {
		i := bytes.Index(good[at:], []byte("PK\x01\x02"))
		if i < 0 {
			break
		}
		bad := bytes.Clone(good)
		binary.LittleEndian.PutUint32(bad[at+i+24:], 17)
		if _, _, err := read(t, "a.xlsx", bad); codeOf(err) != table.FileDamaged {
			t.Errorf("at %d: %v", at+i, err)
		}
		at += i + 4
	}
}

// Our reader and another one see the same.
func TestWorkbooksAsOthersReadThem(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"gallabox.xlsx", "wati.xlsx"} {
		path := filepath.Join("testdata", name)
		f, err := table.Open(t.Context(), path, name, table.Options{})
		if err != nil {
			t.Fatal(err)
		}
		other, err := excelize.OpenFile(path, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		for _, s := range f.Sheets {
			want, err := other.GetRows(s.Name)
			if err != nil {
				t.Fatal(err)
			}
			for r, err := range f.Rows(t.Context(), s.Name) {
				if err != nil {
					t.Fatal(err)
				}
				for i, c := range r.Cells {
					w := ""
					if i < len(want[r.Number-1]) {
						w = want[r.Number-1][i]
					}
					if c != w && c != "TRUE" && c != "FALSE" && !strings.Contains(c, "T") {
						t.Errorf("%s %s %d %d: %q, others read %q", name, s.Name, r.Number, i, c, w)
					}
				}
			}
		}
	}
}

func TestCellsOfWorkbooks(t *testing.T) {
	t.Parallel()
	data := workbook(t, sheetOf(`<row r="3"><c r="B3" t="s"><v>0</v></c><c r="D3"><v>9.6565001001E10</v></c><c r="E3" t="b"><v>1</v></c><c r="F3" t="e"><v>#N/A</v></c>`+
		`<c r="G3" t="str"><f>A1</f><v>x_x000D_y</v></c><c r="H3"><f>1+1</f></c><c r="I3"><v>1.2345678901234568E+17</v></c></row><row><c><v>7</v></c></row>`),
		`<sst><si><r><t>Müller</t></r><r><t xml:space="preserve"> &amp; Söhne</t></r><rPh><t>no</t></rPh></si></sst>`)
	_, rows, err := read(t, "a.xlsx", data)
	if err != nil || len(rows) != 2 || rows[0].Number != 3 || rows[1].Number != 4 {
		t.Fatalf("%+v %v", rows, err)
	}
	if got := strings.Join(rows[0].Cells, "|"); got != "|Müller & Söhne||96565001001|TRUE|#N/A|x\ny||1.2345678901234568E+17" {
		t.Error(got)
	}
	if len(rows[0].Formulas) != 1 || rows[0].Formulas[0] != 7 {
		t.Error(rows[0].Formulas)
	}
}

func TestXLSXWriter(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	w, err := table.NewXLSX(&b, "Contacts")
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"name", "phone"}, {"=1+1", "+96565001234"}, {"سارة", "00071"}}
	for _, row := range want {
		if err := w.Write(row...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	_, rows, err := read(t, "a.xlsx", b.Bytes())
	if err != nil || len(rows) != 3 {
		t.Fatal(rows, err)
	}
	for i, r := range rows {
		if strings.Join(r.Cells, "|") != strings.Join(want[i], "|") {
			t.Errorf("%q", r.Cells)
		}
	}
}

func TestQuotesAndSeparators(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a,b\n\"x\ny\",2\n":          "1[a b] 2[x\ny 2]",
		"a,b\n\"never,closed\nc,d\n": `1[a b] 2!["never,closed] 3[c d]`,
		"a;b\r1;2\r":                 "1[a b] 2[1 2]",
		"a\tb\n1,5\t2\n":             "1[a b] 2[1,5 2]",
		"a|b\n1|2\n\n3|4":            "1[a b] 2[1 2] 4[3 4]",
		"sep=|\na|b,c\n":             "2[a b,c]",
		"a, \"b, c\" ,d\n":           "1[a b, c d]",
		"\"a\"\"b\",\"\"\n":          `1[a"b ]`,
	} {
		_, rows, err := read(t, "a.csv", []byte(text))
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		var got []string
		for _, r := range rows {
			p := ""
			if r.Problem != "" {
				p = "!"
			}
			got = append(got, fmt.Sprintf("%d%s%v", r.Number, p, r.Cells))
		}
		if g := strings.Join(got, " "); g != want {
			t.Errorf("%q: %s, want %s", text, g, want)
		}
	}
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	for want, text := range map[string]string{
		"utf-8":        "Name\nJosé\n",
		"windows-1252": "Name\nJos\xe9 Garc\xeda\nM\xfcller\n",
		"windows-1256": "Name\n\xe3\xcd\xe3\xcf\n",
		"windows-1251": "Name\n\xc8\xe2\xe0\xed \xcf\xe5\xf2\xf0\xee\xe2\n",
		"utf-16le":     "N\x00a\x00m\x00e\x00,\x00x\x00\n\x00A\x00b\x00d\x00u\x00l\x00,\x00y\x00\n\x00",
		"utf-16be":     "\x00N\x00a\x00m\x00e\x00,\x00x\x00\n\x00A\x00b\x00d\x00u\x00l\x00,\x00y\x00\n",
	} {
		f, _, err := read(t, "a.csv", []byte(text))
		if err != nil || f.Encoding != want {
			t.Errorf("%s: %+v %v", want, f, err)
		}
	}
}

// A workbook of 100,000 rows is read in little memory.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("files of two million rows and packed bombs take long: not with -short")
	}
	var b bytes.Buffer
	w, err := table.NewXLSX(&b, "S")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 20_000 {
		if err := w.Write(fmt.Sprint("Person ", i), fmt.Sprint("+9656", i), "some text", "more text"); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	b = bytes.Buffer{}
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f, err := table.Open(t.Context(), path, "f.xlsx", table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, err := range f.Rows(t.Context(), "S") {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); n != 20_000 || grown > 16<<20 {
		t.Errorf("%d rows, %d MiB more", n, grown>>20)
	}
}
