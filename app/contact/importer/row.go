package importer

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"badala/app/contact"
	"badala/app/table"
)

// Severities of issues.
const (
	SeverityError   = "ERROR"   // the row was not applied
	SeverityWarning = "WARNING" // it was, but for this
	SeverityNote    = "NOTE"
)

// Issue is what there is to say about a row.
type Issue struct {
	Row       int
	Severity  string
	Code      string
	Column    string
	Value     string
	ContactID int64 // the other contact of a conflict

	cells []string
}

// pair is a custom field with its value.
type pair struct{ name, value string }

// person is what one row, or several of the same person, say.
type person struct {
	row                                              int // spreadsheet row of the first
	external, userID                                 string
	phone                                            string   // E.164
	others                                           []string // E.164
	name, email, company, website, jobTitle, address string
	source, notes                                    string
	otherEmails, tags                                []string
	consent                                          *bool
	created                                          int64
	custom                                           []pair
	clear                                            []string // fields that a blank cell empties
}

// reader turns rows into persons by the settings of an import. It keeps
// nothing between rows.
type reader struct {
	s       *Settings
	prefix  string
	phones  phoneRules
	dates   dateRules
	columns map[string][]int
	rest    []int                          // columns of custom fields
	typed   map[string]contact.CustomField // those that are not just text, by name
}

func newReader(s *Settings, dates dateRules, mode numberMode) *reader {
	r := &reader{s: s, prefix: presetByID(s.Source).prefix, dates: dates, phones: phoneRules{country: s.DefaultCountry, mode: mode}, columns: map[string][]int{}}
	for i, c := range s.Columns {
		if strings.HasPrefix(c.Field, CustomPrefix) {
			r.rest = append(r.rest, i)
		} else if c.Field != Ignore {
			r.columns[c.Field] = append(r.columns[c.Field], i)
		}
	}
	return r
}

// reading is one row under work.
type reading struct {
	*reader
	row    table.Row
	issues []Issue
	p      person
}

// read gives what a row says. With an error among the issues, which is then
// the last one, the row is not to be applied.
//
// known, if not empty, is the only number of the row, found by an earlier
// reading: finding it takes most of the time.
func (r *reader) read(row table.Row, known string) (person, []Issue, bool) {
	w := &reading{reader: r, row: row}
	w.p.row = row.Number
	switch {
	case row.Problem != "":
		w.fail(row.Problem, -1)
		return w.p, w.issues, false
	case len(row.Cells) > len(r.s.Columns) && slices.ContainsFunc(row.Cells[len(r.s.Columns):], func(c string) bool { return strings.TrimSpace(c) != "" }):
		w.fail("too_many_cells", -1)
		return w.p, w.issues, false
	}
	for _, i := range row.Formulas {
		if i < len(r.s.Columns) && r.s.Columns[i].Field != Ignore {
			w.warn("formula_without_value", i)
		}
	}
	if w.p.phone = known; !w.readID() || known == "" && !w.readPhones() {
		return w.p, w.issues, false
	}
	w.readTexts()
	w.readConsent()
	w.readCustom()
	return w.p, w.issues, true
}

func (w *reading) cell(i int) string {
	if i < 0 || i >= len(w.row.Cells) {
		return ""
	}
	return w.row.Cells[i]
}

// first gives the column of a field, -1 when there is none.
func (w *reading) first(field string) int {
	if all := w.columns[field]; len(all) > 0 {
		return all[0]
	}
	return -1
}

func (w *reading) say(severity, code string, column int) {
	issue := Issue{Row: w.row.Number, Severity: severity, Code: code}
	if column >= 0 && column < len(w.s.Columns) {
		issue.Column = w.s.Columns[column].Header
		issue.Value, _ = cut(w.cell(column), 200)
	}
	w.issues = append(w.issues, issue)
}

func (w *reading) warn(code string, column int) { w.say(SeverityWarning, code, column) }

func (w *reading) fail(code string, column int) bool {
	w.say(SeverityError, code, column)
	return false
}

func (w *reading) readID() bool {
	var code string
	i := w.first(FieldExternal)
	if w.p.external, code = cleanID(w.cell(i)); code != "" {
		return w.fail(code, i)
	}
	if w.p.external != "" && w.prefix != "" && w.first(FieldFallbackID) < 0 {
		w.p.external = w.prefix + w.p.external
	}
	if i := w.first(FieldFallbackID); w.p.external == "" && i >= 0 {
		if w.p.external, code = cleanID(w.cell(i)); code != "" {
			return w.fail(code, i)
		}
		if w.p.external != "" {
			w.p.external = w.prefix + w.p.external
		}
	}
	w.p.userID = oneLine(w.cell(w.first(FieldUserID)))
	if !strings.Contains(w.p.userID, ".") {
		w.p.userID = ""
	}
	return true
}

// readPhones takes the first number as the phone and the others as further ones.
func (w *reading) readPhones() bool {
	code, country := "", CountryOf(w.cell(w.first(FieldCountry)))
	if c := w.cell(w.first(FieldCode)); c != "" {
		if code = callingCode(c); code == "" {
			country = CountryOf(c)
		}
	}
	for _, field := range []string{FieldPhone, FieldOtherPhone} {
		for _, i := range w.columns[field] {
			cell := w.cell(i)
			if strings.TrimSpace(cell) == "" {
				continue
			}
			got := w.phones.parse(cell, code, country)
			if got.code == "phone_missing" {
				continue
			}
			if got.code != "" {
				if field == FieldPhone && w.p.phone == "" {
					return w.fail(got.code, i)
				}
				continue
			}
			for _, code := range got.warn {
				w.warn(code, i)
			}
			all := append([]string{got.e164}, got.others...)
			if w.p.phone == "" {
				w.p.phone, all = all[0], all[1:]
			}
			for _, n := range all {
				if n != w.p.phone && !slices.Contains(w.p.others, n) {
					w.p.others = append(w.p.others, n)
				}
			}
		}
	}
	return true
}

// text reads a cell as one line, or as it is for notes, and warns of what is odd.
func (w *reading) text(i, limit int, lines bool) string {
	raw := w.cell(i)
	if raw == "" {
		return ""
	}
	if table.IsFormula(strings.TrimSpace(raw)) && !number.MatchString(strings.TrimLeft(strings.TrimSpace(raw), "-+")) {
		w.warn("formula_like_value", i)
	}
	s := cleanText(raw)
	var short bool
	if s, short = cut(s, limit); short {
		w.warn("value_truncated", i)
	}
	if !lines {
		s = strings.Join(strings.Fields(s), " ")
	}
	return s
}

// field reads the text of a field; a blank cell may ask to empty it.
func (w *reading) field(field string, limit int, lines bool) string {
	i := w.first(field)
	if i < 0 {
		return ""
	}
	s := w.text(i, limit, lines)
	if s == "" && w.s.Columns[i].Clear {
		w.p.clear = append(w.p.clear, field)
	}
	return s
}

func (w *reading) readTexts() {
	p := &w.p
	if p.name = w.field(FieldName, maxName, false); p.name == "" {
		parts := []string{w.field(FieldFirst, maxName, false), w.field(FieldMiddle, maxName, false), w.field(FieldLast, maxName, false)}
		p.name, _ = cut(strings.Join(strings.Fields(strings.Join(parts, " ")), " "), maxName)
	}
	p.company = w.field(FieldCompany, maxName, false)
	p.website = w.field(FieldWebsite, maxName, false)
	p.jobTitle = w.field(FieldJobTitle, maxName, false)
	p.address = w.field(FieldAddress, maxName, false)
	p.source = w.field(FieldSource, maxName, false)
	p.notes = w.field(FieldNotes, maxTextCell, true)
	for _, field := range []string{FieldEmail, FieldOtherEmail} {
		for _, i := range w.columns[field] {
			all, invalid := emailsOf(w.cell(i))
			if invalid {
				w.warn("email_invalid", i)
			}
			for _, e := range all {
				if p.email == "" {
					p.email = e
				} else if e != p.email && !slices.Contains(p.otherEmails, e) {
					p.otherEmails = append(p.otherEmails, e)
				}
			}
			if len(all) == 0 && !invalid && field == FieldEmail && w.s.Columns[i].Clear {
				p.clear = append(p.clear, FieldEmail)
			}
		}
	}
	p.tags = tagsOf(w.cell(w.first(FieldTags)))
	p.tags = joinTags(p.tags, w.s.AddTags)
	if i := w.first(FieldCreated); i >= 0 {
		var code string
		if p.created, code = w.dates.read(w.cell(i)); code != "" {
			w.warn(code, i)
		}
	}
}

func (w *reading) readConsent() {
	if i := w.first(FieldConsent); i >= 0 {
		v, ok := boolOf(w.cell(i))
		if !ok {
			w.warn("boolean_unrecognised", i)
		}
		w.p.consent = v
	}
	if i := w.first(FieldOptOut); i >= 0 {
		v, ok := boolOf(w.cell(i))
		if !ok {
			w.warn("boolean_unrecognised", i)
		}
		if v != nil && *v {
			w.p.consent = new(false)
		}
	}
}

func (w *reading) readCustom() {
	for _, i := range w.rest {
		name := strings.TrimPrefix(w.s.Columns[i].Field, CustomPrefix)
		if s := w.text(i, maxTextCell, true); s != "" {
			if s = w.fit(name, s, i); s != "" {
				w.p.custom = append(w.p.custom, pair{name, s})
			}
		} else if w.s.Columns[i].Clear {
			w.p.clear = append(w.p.clear, w.s.Columns[i].Field)
		}
	}
}

// fit brings a value into the form of its field; one that does not fit is left
// out with a warning.
func (w *reading) fit(name, s string, column int) string {
	f, ok := w.typed[name]
	if !ok {
		return s
	}
	// A file may write dates and yes or no in more ways than a person here; the
	// field then judges as it does any value.
	wrong := "value_invalid"
	switch f.Kind {
	case contact.FieldDate:
		wrong = "date_invalid"
		if t, ok := w.dates.parse(tidyDate(s)); ok {
			s = t.In(w.dates.zone).Format(time.DateOnly)
		}
	case contact.FieldBoolean:
		wrong = "boolean_unrecognised"
		if v, _ := boolOf(s); v != nil {
			s = strconv.FormatBool(*v)
		}
	}
	v, problem := f.Value(s)
	if problem != "" {
		w.warn(wrong, column)
	}
	return v
}
