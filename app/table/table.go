// Package table reads and writes files of rows: CSV, TSV, Excel workbooks and
// vCards. It recognises encoding, separator and sheets, refuses files that
// would hurt, and knows nothing of what the rows are about.
package table

import (
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"strings"
)

// Kinds of files.
const (
	CSV  = "csv"
	TSV  = "tsv"
	XLSX = "xlsx"
	VCF  = "vcf"
)

// Row is one record of a file. Cells are good until the next one is read.
type Row struct {
	Number  int // as a spreadsheet program counts, from 1; a card's place in a file of cards
	Cells   []string
	Problem string // BadQuotes: the row cannot be read, its text is the only cell
	// Formulas are the columns with a formula whose result the file does not hold.
	Formulas []int
}

// BadQuotes is the Problem of a row with text behind a closing quote, or with
// a quote that is never closed.
const BadQuotes = "bad_quotes"

// Options correct what was recognised; the zero value recognises everything.
type Options struct {
	Encoding  string // a name of Encodings, or another code page of Windows, DOS or ISO 8859
	Separator string // one of Separators
}

// Sheet is one table of a workbook.
type Sheet struct {
	Name   string
	Hidden bool

	part string
}

// File is an opened file of rows.
type File struct {
	Kind      string
	Encoding  string  // of text files
	Separator string  // of CSV and TSV
	Sheets    []Sheet // of workbooks; others have one without a name

	path string
	text text
	book *book
}

// The limits of a file.
const (
	MaxBytes    = 20 << 20 // of CSV, TSV and VCF
	MaxPacked   = 10 << 20 // of XLSX
	MaxRows     = 200_000  // with at least one value
	MaxColumns  = 512
	maxUnpacked = 100 << 20
	maxAllText  = 100 << 20
	maxRun      = 128 << 10 // bytes of one cell in a workbook
	maxParts    = 2000
	maxRatio    = 100 // of parts above 1 MiB
)

// Open recognises the file at path and checks what can be checked without
// reading all rows. name is how its owner calls it: an ending that
// contradicts the content is refused. All its errors have a code.
func Open(ctx context.Context, path, name string, o Options) (*File, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if st.Size() == 0 {
		return nil, refuse(FileEmpty)
	}
	f := &File{path: path}
	if f.Kind, err = kindOf(path, name); err != nil {
		return nil, err
	}
	if f.Kind == XLSX {
		if st.Size() > MaxPacked {
			return nil, refuse(FileExpands)
		}
		f.book, err = openBook(ctx, path)
		if err == nil {
			f.Sheets = f.book.sheets
		}
		return f, err
	}
	if st.Size() > MaxBytes {
		return nil, refuse(FileTooMuchText)
	}
	f.Sheets = []Sheet{{}}
	if f.text, err = readText(ctx, path, o.Encoding); err != nil {
		return nil, err
	}
	f.Encoding = f.text.encoding
	if f.Kind != VCF {
		err = f.findSeparator(o.Separator)
	}
	return f, err
}

// Rows reads the rows of a sheet in order, without those that have no value.
// It ends at the first error; then nothing of the file should be trusted.
func (f *File) Rows(ctx context.Context, sheet string) iter.Seq2[Row, error] {
	read := f.csvRows
	switch f.Kind {
	case XLSX:
		read = f.bookRows
	case VCF:
		read = f.cardRows
	}
	return func(yield func(Row, error) bool) {
		count, size := 0, 0
		err := read(ctx, sheet, func(r Row) error {
			blank := true
			for _, c := range r.Cells {
				size += len(c)
				blank = blank && strings.TrimSpace(c) == ""
			}
			if blank && len(r.Formulas) == 0 {
				return nil
			}
			count++
			switch {
			case count > MaxRows+20:
				return refuse(FileTooManyRows)
			case len(r.Cells) > MaxColumns:
				return refuse(FileTooManyColumns)
			case size > maxAllText:
				return refuse(FileTooMuchText)
			case count%256 == 0 && ctx.Err() != nil:
				return ctx.Err()
			case !yield(r, nil):
				return errStop
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(Row{}, err)
		}
	}
}

// errStop ends a reader whose caller wants no more.
var errStop = errors.New("table: stop")

// Head reads the first rows of a sheet, with cells of their own.
func (f *File) Head(ctx context.Context, sheet string, n int) ([]Row, error) {
	var rows []Row
	for r, err := range f.Rows(ctx, sheet) {
		if err != nil {
			return nil, err
		}
		r.Cells = append([]string(nil), r.Cells...)
		if rows = append(rows, r); len(rows) == n {
			break
		}
	}
	return rows, nil
}

// HasSheet says whether the workbook has a sheet of the name.
func (f *File) HasSheet(name string) bool {
	for _, s := range f.Sheets {
		if s.Name == name {
			return true
		}
	}
	return false
}

// begin reads the first bytes of a file.
func begin(path string, n int) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	buf := make([]byte, n)
	got, err := io.ReadFull(f, buf)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		err = nil
	}
	return buf[:got], err
}
