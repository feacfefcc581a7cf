package table

import (
	"encoding/csv"
	"io"
)

// mark tells spreadsheet programs that a file is UTF-8.
const mark = "\ufeff"

// CSVWriter writes a CSV file that spreadsheet programs show right: UTF-8 with
// a mark, lines ended by CR LF, no cell that would run as a formula.
type CSVWriter struct {
	w     io.Writer
	csv   *csv.Writer
	begun bool
	row   []string
}

// NewCSV makes a writer of CSV. Nothing is written before the first row.
func NewCSV(w io.Writer) *CSVWriter {
	c := &CSVWriter{w: w, csv: csv.NewWriter(w)}
	c.csv.UseCRLF = true
	return c
}

// Write adds a row.
func (c *CSVWriter) Write(cells ...string) error {
	if !c.begun {
		if _, err := io.WriteString(c.w, mark); err != nil {
			return err
		}
		c.begun = true
	}
	c.row = c.row[:0]
	for _, s := range cells {
		c.row = append(c.row, Escape(s))
	}
	return c.csv.Write(c.row)
}

// Flush hands on what was written so far.
func (c *CSVWriter) Flush() error {
	c.csv.Flush()
	return c.csv.Error()
}
