package importer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"

	"badala/app/errs"
	"badala/app/table"
)

// Codes of files in which no contacts can be found.
const (
	noHeaderFound = "no_header_found"
	noPhoneColumn = "no_phone_column"
)

const headRows = 20

// Recognised is what was found in a file without reading all of it.
type Recognised struct {
	Kind       string     `json:"kind"`
	Encoding   string     `json:"encoding,omitempty"`
	Separator  string     `json:"separator,omitempty"`
	Sheets     []Sheet    `json:"sheets,omitempty"`
	Sheet      string     `json:"sheet,omitempty"`
	HeaderRow  int        `json:"headerRow"`
	Source     string     `json:"source,omitempty"`
	Signature  string     `json:"signature"`
	Remembered bool       `json:"remembered,omitempty"` // the mapping is that of an earlier file
	Rows       [][]string `json:"rows"`                 // the first ones below the header
	From1904   bool       `json:"from1904,omitempty"`
	Unsure     bool       `json:"unsure,omitempty"` // nothing says what the columns are: a person has to
}

// Sheet is a table of a workbook.
type Sheet struct {
	Name   string `json:"name"`
	Hidden bool   `json:"hidden,omitempty"`
	Hits   int    `json:"hits"` // how many fields its best header row names
}

// recognise looks at the beginning of a file and decides what is not decided
// in s, with a mapping for every column.
func recognise(ctx context.Context, f *table.File, s *Settings) (r Recognised, err error) {
	r = Recognised{Kind: f.Kind, Encoding: f.Encoding, Separator: f.Separator}
	var rows []table.Row
	best, phones := -1, -1
	for _, sheet := range f.Sheets {
		if s.Sheet != "" && sheet.Name != s.Sheet {
			if f.Kind == table.XLSX {
				r.Sheets = append(r.Sheets, Sheet{Name: sheet.Name, Hidden: sheet.Hidden})
			}
			continue
		}
		head, err := f.Head(ctx, sheet.Name, headRows+50)
		if err != nil {
			return r, err
		}
		at, hits := headerRow(head, s.HeaderRow)
		if f.Kind == table.XLSX {
			r.Sheets = append(r.Sheets, Sheet{Name: sheet.Name, Hidden: sheet.Hidden, Hits: hits})
		}
		if hits > best && (!sheet.Hidden || s.Sheet == sheet.Name) {
			best, rows, r.Sheet, r.HeaderRow = hits, head, sheet.Name, at
		}
	}
	if s.Sheet != "" && !f.HasSheet(s.Sheet) {
		return r, errs.Field("sheet", "the workbook has no sheet of this name")
	}
	if f.Kind == table.VCF {
		r.HeaderRow, r.Source = 0, "vcard"
	} else if best < 2 && s.HeaderRow <= 0 {
		if phones = phoneColumn(rows, s); phones < 0 {
			r.Unsure = true
		}
		if r.HeaderRow = firstNames(rows, phones, s); r.HeaderRow == 0 {
			return r, noHeader()
		}
	}
	s.Sheet, s.HeaderRow, s.Encoding, s.Separator = r.Sheet, r.HeaderRow, f.Encoding, f.Separator
	r.mapColumns(rows, s)
	if phones >= 0 && phones < len(s.Columns) && !s.has(FieldPhone) {
		s.Columns[phones].Field = FieldPhone
	}
	return r, nil
}

func noHeader() error {
	return errs.Coded(errs.Unprocessable, noHeaderFound, "no row with names of columns was found; add one, with a column such as Phone, or choose it")
}

// firstNames takes the first row of a table that nobody knows as the names of
// its columns, unless it has a phone number where others do, or a person said
// that there are no names: then columns are called by letters. It gives 0
// where there is no table at all.
func firstNames(rows []table.Row, phones int, s *Settings) (header int) {
	width, named := 0, false
	for _, r := range rows {
		filled := 0
		for _, c := range r.Cells {
			if strings.TrimSpace(c) != "" {
				filled++
			}
		}
		if header == 0 && (filled > 1 || phones >= 0 && filled > 0) {
			header, named = r.Number, phones < 0 || phones < len(r.Cells) && !isPhone(r.Cells[phones], s)
		}
		width = max(width, len(r.Cells))
	}
	if header == 0 || named && s.HeaderRow != NoHeader {
		return header
	}
	s.Columns = make([]Column, width)
	for i := range s.Columns {
		s.Columns[i] = Column{Header: letter(i), Field: CustomPrefix + letter(i)}
	}
	switch {
	case phones > 0:
		s.Columns[0].Field = FieldName
	case phones == 0 && width > 1:
		s.Columns[1].Field = FieldName
	}
	return NoHeader
}

func isPhone(cell string, s *Settings) bool {
	return phoneRules{country: s.DefaultCountry}.parse(cell, "", "").e164 != ""
}

// headerRow finds the row that names most fields; wanted, if not 0, is the row.
func headerRow(rows []table.Row, wanted int) (number, hits int) {
	for i, row := range rows {
		if wanted != 0 && row.Number != wanted || wanted == 0 && i >= headRows {
			continue
		}
		seen := map[string]bool{}
		for _, c := range row.Cells {
			if f, ok := headers[foldWord(c)]; ok {
				seen[f] = true
			}
		}
		if len(seen) > hits || wanted != 0 {
			number, hits = row.Number, len(seen)
		}
	}
	return number, hits
}

// phoneColumn finds the column of which most cells are phones, but for the
// first, which may be its name; -1 is none.
func phoneColumn(rows []table.Row, s *Settings) int {
	width := 0
	for _, r := range rows {
		width = max(width, len(r.Cells))
	}
	for col := range width {
		phones, cells := 0, 0
		for n, r := range rows {
			if col >= len(r.Cells) || strings.TrimSpace(r.Cells[col]) == "" {
				continue
			}
			if isPhone(r.Cells[col], s) {
				phones++
			} else if n == 0 {
				continue
			}
			cells++
		}
		if cells > 0 && phones*5 >= cells*4 {
			return col
		}
	}
	return -1
}

// mapColumns names the columns and finds a field for each.
func (r *Recognised) mapColumns(rows []table.Row, s *Settings) {
	var names []string
	for _, row := range rows {
		switch {
		case row.Number == r.HeaderRow:
			names = append([]string(nil), row.Cells...)
		case row.Number > r.HeaderRow && len(r.Rows) < headRows:
			r.Rows = append(r.Rows, row.Cells)
		}
	}
	if r.HeaderRow == NoHeader {
		for _, c := range s.Columns {
			names = append(names, c.Header)
		}
	}
	for len(names) > 0 && strings.TrimSpace(names[len(names)-1]) == "" {
		names = names[:len(names)-1]
	}
	folded := make([]string, len(names))
	for i, n := range names {
		folded[i] = foldWord(n)
	}
	sum := sha256.Sum256([]byte(strings.Join(folded, "\x1f")))
	r.Signature = hex.EncodeToString(sum[:12])
	if r.HeaderRow == NoHeader {
		return
	}
	if s.Source == "" && r.Source == "" {
		r.Source = presetOf(folded)
	}
	if s.Source == "" {
		s.Source = r.Source
	}
	r.Source = s.Source
	s.Columns = automatic(names, folded, presetByID(s.Source))
}

var labelColumn = regexp.MustCompile(`^(phone|email|address|relation|website|event)\d+(label|type)$`)

// automatic maps columns by their names: never two columns to one field, but
// for further phones and addresses.
func automatic(names, folded []string, p preset) []Column {
	columns := make([]Column, len(names))
	taken, used := map[string]bool{}, map[string]int{}
	report := reportColumns(folded)
	for i, n := range names {
		n = oneLine(n)
		n, _ = cut(n, maxName)
		if n == "" {
			n = letter(i)
		}
		if used[n]++; used[n] > 1 {
			n += " (" + strconv.Itoa(used[n]) + ")"
		}
		field, ok := p.overlays[folded[i]]
		if !ok {
			field, ok = headers[folded[i]]
		}
		switch {
		case i < report || ignored[folded[i]] || labelColumn.MatchString(folded[i]) || strings.TrimSpace(names[i]) == "":
			field = Ignore
		case !ok && named[folded[i]] != "":
			field = CustomPrefix + named[folded[i]]
		case !ok:
			field = CustomPrefix + n
		case taken[field] && field == FieldPhone:
			field = FieldOtherPhone
		case taken[field] && field == FieldEmail:
			field = FieldOtherEmail
		case taken[field] && field != FieldOtherPhone && field != FieldOtherEmail:
			field = CustomPrefix + n
		}
		if strings.HasPrefix(field, CustomPrefix) && taken[field] {
			field = Ignore
		}
		taken[field] = true
		columns[i] = Column{Header: n, Field: field}
	}
	return columns
}

// reportColumns is how many columns at the beginning are those that our report
// of an earlier import added.
func reportColumns(folded []string) int {
	if len(folded) < len(reportHeader) {
		return 0
	}
	for i, h := range reportHeader {
		if folded[i] != foldWord(h) {
			return 0
		}
	}
	return len(reportHeader)
}
