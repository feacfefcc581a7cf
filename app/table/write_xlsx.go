package table

import (
	"io"

	"github.com/xuri/excelize/v2"
)

// XLSXWriter writes a workbook of one sheet. Every cell is typed text, so that
// nothing in it runs and no digit is lost. What was written waits in a
// temporary file until Close.
type XLSXWriter struct {
	w      io.Writer
	book   *excelize.File
	stream *excelize.StreamWriter
	rows   int
	row    []any
}

// NewXLSX makes a writer of a workbook with a sheet of the given name.
func NewXLSX(w io.Writer, sheet string) (*XLSXWriter, error) {
	book := excelize.NewFile()
	if err := book.SetSheetName("Sheet1", sheet); err != nil {
		return nil, err
	}
	stream, err := book.NewStreamWriter(sheet)
	return &XLSXWriter{w: w, book: book, stream: stream}, err
}

// Write adds a row.
func (x *XLSXWriter) Write(cells ...string) error {
	x.rows++
	name, err := excelize.CoordinatesToCellName(1, x.rows)
	if err != nil {
		return err
	}
	x.row = x.row[:0]
	for _, s := range cells {
		if r := []rune(s); len(r) > excelize.TotalCellChars {
			s = string(r[:excelize.TotalCellChars])
		}
		x.row = append(x.row, s)
	}
	return x.stream.SetRow(name, x.row)
}

// Close writes the whole workbook and removes the temporary file.
func (x *XLSXWriter) Close() error {
	err := x.stream.Flush()
	if err == nil {
		_, err = x.book.WriteTo(x.w)
	}
	if e := x.book.Close(); err == nil {
		err = e
	}
	return err
}
