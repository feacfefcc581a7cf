package importer

import (
	"encoding/binary"
	"errors"

	"badala/app/table"
)

// Rows are staged many to a piece, in a form that is quick to read back: per
// row its number, its problem, its cells, the columns without a result.

const rowsInPiece = 1000

var errPiece = errors.New("importer: a staged piece cannot be read")

func packRow(b []byte, r table.Row) []byte {
	b = binary.AppendUvarint(b, uint64(r.Number))
	b = packText(b, r.Problem)
	b = packCells(b, r.Cells)
	b = binary.AppendUvarint(b, uint64(len(r.Formulas)))
	for _, f := range r.Formulas {
		b = binary.AppendUvarint(b, uint64(f))
	}
	return b
}

func packText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func packCells(b []byte, cells []string) []byte {
	b = binary.AppendUvarint(b, uint64(len(cells)))
	for _, c := range cells {
		b = packText(b, c)
	}
	return b
}

// unpacker reads what packRow wrote. Its texts share the memory of the piece.
type unpacker struct {
	s   string
	bad bool
}

func (u *unpacker) number() int {
	n, shift := uint64(0), 0
	for i := 0; i < len(u.s) && shift < 64; i++ {
		c := u.s[i]
		n |= uint64(c&0x7f) << shift
		if c < 0x80 {
			u.s = u.s[i+1:]
			return int(n)
		}
		shift += 7
	}
	u.bad, u.s = true, ""
	return 0
}

func (u *unpacker) text() string {
	n := u.number()
	if n < 0 || n > len(u.s) {
		u.bad, u.s = true, ""
		return ""
	}
	t := u.s[:n]
	u.s = u.s[n:]
	return t
}

func (u *unpacker) cells() []string {
	n := u.number()
	if n < 0 || n > len(u.s) {
		u.bad = true
		return nil
	}
	cells := make([]string, n)
	for i := range cells {
		cells[i] = u.text()
	}
	return cells
}

func unpackRows(data []byte) ([]table.Row, error) {
	u := &unpacker{s: string(data)}
	rows := make([]table.Row, 0, rowsInPiece)
	for len(u.s) > 0 && !u.bad {
		r := table.Row{Number: u.number(), Problem: u.text(), Cells: u.cells()}
		for n := u.number(); n > 0 && !u.bad; n-- {
			r.Formulas = append(r.Formulas, u.number())
		}
		rows = append(rows, r)
	}
	if u.bad {
		return nil, errPiece
	}
	return rows, nil
}

func unpackCells(data []byte) []string {
	u := &unpacker{s: string(data)}
	return u.cells()
}
