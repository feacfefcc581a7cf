package importer

import (
	"context"
	"encoding/binary"
	"errors"
	"iter"

	"badala/app/errs"
	"badala/app/table"
)

// Rows are staged many to a piece, in a form that is quick to read back: per
// row its number, its problem, its cells, the columns without a result.

const rowsInPiece = 1000

var errPiece = errors.New("importer: a staged piece cannot be read")

// stagedAtOnce is how many bytes one transaction stages, and a piece more.
const stagedAtOnce = 512 << 10

// packAll makes pieces of the rows below the header, a few at a time, and
// counts the rows.
func packAll(ctx context.Context, rows iter.Seq2[table.Row, error], header int, to chan<- [][]byte) (total int, err error) {
	var pieces [][]byte
	var piece []byte
	size, inPiece := 0, 0
	for r, err := range rows {
		if err != nil {
			return total, err
		}
		if r.Number <= header {
			continue
		}
		if total++; total > table.MaxRows {
			return total, errs.Coded(errs.Unprocessable, table.FileTooManyRows, "the file has more than 200,000 rows; split it")
		}
		piece = packRow(piece, r)
		if inPiece++; inPiece == rowsInPiece {
			pieces, size = append(pieces, piece), size+len(piece)
			piece, inPiece = nil, 0
		}
		if size < stagedAtOnce {
			continue
		}
		if err := send(ctx, to, pieces); err != nil {
			return total, err
		}
		pieces, size = nil, 0
	}
	if inPiece > 0 {
		pieces = append(pieces, piece)
	}
	if len(pieces) == 0 {
		return total, nil
	}
	return total, send(ctx, to, pieces)
}

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
