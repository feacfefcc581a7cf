package table

import (
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// sheetReader turns the XML of a sheet into rows.
type sheetReader struct {
	book   *book
	tokens *tokens
	yield  func(Row) error

	row      Row
	column   int // of the present cell, from 0
	kind     string
	style    int
	value    strings.Builder // of <v>
	inline   strings.Builder // of <is>
	formula  bool
	hasValue bool
	size     int
}

// read reads to the end of the part, whole or not at all.
func (s *sheetReader) read() error {
	where := "" // the element whose text is wanted
	phonetic := 0
	for {
		tok, err := s.tokens.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch tok.kind {
		case tokenStart:
			switch tok.name {
			case "row":
				s.beginRow(tok)
			case "c":
				if err := s.beginCell(tok); err != nil {
					return err
				}
			case "v":
				where, s.hasValue = "v", true
			case "f":
				s.formula = true
			case "t":
				where = "t"
			case "rPh":
				phonetic++
			}
		case tokenText:
			switch {
			case where == "v":
				s.value.Write(tok.text)
			case where == "t" && phonetic == 0:
				s.inline.Write(tok.text)
			}
		case tokenEnd:
			where = ""
			switch tok.name {
			case "rPh":
				phonetic--
			case "c":
				if err := s.endCell(); err != nil {
					return err
				}
			case "row":
				if err := s.yield(s.row); err != nil {
					return err
				}
			}
		}
	}
}

func (s *sheetReader) beginRow(t *token) {
	number := s.row.Number + 1
	if n, err := strconv.Atoi(string(t.attr("r"))); err == nil && n >= number {
		number = n
	}
	s.row = Row{Number: number, Cells: s.row.Cells[:0], Formulas: s.row.Formulas[:0]}
	s.column = -1
}

func (s *sheetReader) beginCell(t *token) error {
	s.kind, s.style, s.formula, s.hasValue = "", 0, false, false
	s.value.Reset()
	s.inline.Reset()
	next := s.column + 1
	for _, a := range t.attrs {
		switch a.name {
		case "r":
			if at, ok := columnOf(a.value); ok {
				if at < next {
					return refuse(FileDamaged)
				}
				next = at
			}
		case "t":
			s.kind = string(a.value)
		case "s":
			s.style, _ = strconv.Atoi(string(a.value)) // not a number: the plain style
		}
	}
	s.column = next
	return nil
}

// columnOf reads the letters of a cell's name: B7 is in column 1.
func columnOf(ref []byte) (int, bool) {
	n := 0
	for i := range len(ref) {
		c := ref[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			return n - 1, n > 0
		}
		if n = n*26 + int(c-'A') + 1; n > 1<<20 {
			return 0, false
		}
	}
	return n - 1, n > 0
}

func (s *sheetReader) endCell() error {
	v, err := s.text()
	if err != nil {
		return err
	}
	missing := s.formula && !s.hasValue
	if v == "" && !missing {
		return nil
	}
	if s.column >= MaxColumns {
		return refuse(FileTooManyColumns)
	}
	if s.size += len(v); s.size > maxAllText {
		return refuse(FileTooMuchText)
	}
	for len(s.row.Cells) < s.column {
		s.row.Cells = append(s.row.Cells, "")
	}
	s.row.Cells = append(s.row.Cells, v)
	if missing {
		s.row.Formulas = append(s.row.Formulas, s.column)
	}
	return nil
}

// text is what the cell holds: all digits of a number, a date as text, never a
// formatted value.
func (s *sheetReader) text() (string, error) {
	v := s.value.String()
	switch s.kind {
	case "s":
		if v == "" {
			return "", nil
		}
		n, err := strconv.Atoi(strings.TrimSpace(v))
		if err != nil || n < 0 || n >= s.book.shared.count() {
			return "", refuse(FileDamaged)
		}
		return s.book.shared.at(n), nil
	case "inlineStr":
		return plainText(s.inline.String()), nil
	case "b":
		if v == "1" {
			return "TRUE", nil
		}
		if v == "0" {
			return "FALSE", nil
		}
		return v, nil
	case "str", "e", "d":
		return plainText(v), nil
	}
	v = strings.TrimSpace(v)
	if v == "" {
		return plainText(s.inline.String()), nil
	}
	if s.style > 0 && s.style < len(s.book.dates) && s.book.dates[s.style] {
		if d, ok := dateText(v, s.book.date04); ok {
			return d, nil
		}
	}
	return numberText(v), nil
}

// numberText writes whole numbers without an exponent while they are exact.
func numberText(v string) string {
	if !strings.ContainsAny(v, "eE") {
		return v
	}
	f, err := strconv.ParseFloat(v, 64)
	if err != nil || math.Abs(f) >= 1<<53 || f != math.Trunc(f) {
		return v
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

const day = 24 * time.Hour

// DateOf is the time that a spreadsheet program means by a serial number, with
// days counted from 1900 or from 1904, on no clock in particular (UTC).
func DateOf(serial float64, from1904 bool) (time.Time, bool) {
	if math.IsNaN(serial) || serial < 0 || serial > 2_958_465 { // the end of 9999
		return time.Time{}, false
	}
	start := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	if from1904 {
		start = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	} else if serial < 60 { // Excel believes in a 29 February 1900
		start = start.AddDate(0, 0, 1)
	}
	days, part := math.Modf(serial)
	return start.AddDate(0, 0, int(days)).Add(time.Duration(part * float64(day)).Round(time.Millisecond)), true
}

// dateText shows a date cell without a zone: a T between date and time.
func dateText(v string, from1904 bool) (string, bool) {
	f, err := strconv.ParseFloat(v, 64)
	if err != nil {
		return "", false
	}
	t, ok := DateOf(f, from1904)
	if !ok {
		return "", false
	}
	if f < 1 {
		return t.Format("15:04:05"), true
	}
	return t.Round(time.Second).Format("2006-01-02T15:04:05"), true
}
