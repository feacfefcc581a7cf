package views

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
)

// ImportsPage is where files of contacts are brought, with those brought before.
type ImportsPage struct {
	Page
	Items   []ImportItem
	Older   string // id of the last one, when there are more
	Problem string
	MaxSize int64
}

// ImportItem is one import in a word.
type ImportItem struct {
	ID, Name, State string
	By              string
	At, Finished    time.Time
	Started         bool // contacts were written, if any
	Total, Done     int  // rows
	Created         int
	Updated         int
	Errors          int
}

// ImportPage is one import in whatever state it is.
type ImportPage struct {
	Page
	Import  ImportItem
	Edit    bool   // columns and choices are shown, to be changed
	Problem string // why it failed, or why a form came back
	Read    ImportRead
	Form    ImportForm
	Found   ImportFound
	CanUndo bool
}

// ImportRead is how the file was read; what has no options has no choice.
type ImportRead struct {
	Kind                                               string
	Encodings, Separators, Sheets, HeaderRows, Sources []Option
	Encoding, Separator, Sheet, HeaderRow, Source      string
	Remembered                                         bool // the columns are those of an earlier file
}

// open says whether the user should look how the file was read.
func (r ImportRead) open() bool { return r.Source == "other" && r.Kind != "vcf" && !r.Remembered }

// shown is how the file was read in a few words.
func (r ImportRead) shown() []string {
	var all []string
	for _, c := range []struct {
		options []Option
		value   string
	}{{r.Sources, r.Source}, {r.Sheets, r.Sheet}, {r.HeaderRows, r.HeaderRow}, {r.Encodings, r.Encoding}, {r.Separators, r.Separator}} {
		for _, o := range c.options {
			if o.ID == c.value {
				all = append(all, o.Name)
			}
		}
	}
	return all
}

// ImportForm is what is done with the rows.
type ImportForm struct {
	Unsure     bool // nothing says what the columns are
	Columns    []ImportColumn
	Rows       [][]string // the first ones
	Fields     []Option
	Own        []Option // the organisation's own fields
	Countries  []Option
	Country    string
	Zone       string
	DateOrder  string
	NumberMode string
	Tags       string
	Proof      string
	Attested   bool
	Replace    bool // of tags
	NoPhone    bool // also contacts without a phone
	Errors     map[string]string
}

// ImportColumn is one column of the file.
type ImportColumn struct {
	N      int
	Header string
	Field  string // "ignore", a field, or custom:NAME
	Clear  bool
}

// ImportFound is what a check, or the import itself, found.
type ImportFound struct {
	Rows, Created, Updated, Unchanged, Duplicates, Errors int
	Given, Taken, Refused, Unproven                       int // consents
	Assumed                                               []string
	Samples                                               []ImportSample
	Errs, Warnings                                        []ImportGroup
	Report                                                bool // there is a file of rows with something to say
}

// ImportSample is one contact before and after.
type ImportSample struct {
	Row    int
	Name   string
	New    bool
	Fields []ImportChange
}

// ImportChange is one field of a sample.
type ImportChange struct{ Label, Before, After string }

// ImportGroup is all that was found of one kind.
type ImportGroup struct {
	Code, Text string
	Count      int
	Rows       []ImportRow // the first ones
}

// ImportRow is one row of the file with what stands in it.
type ImportRow struct {
	Row           int
	Column, Value string
	Contact       string // the other contact of a conflict
}

// ImportUndoPage asks whether a whole import is to be taken back.
type ImportUndoPage struct {
	Page
	Import ImportItem
	Newer  int // contacts that something newer stands on
}

// working says whether the server is busy with the import.
func (i ImportItem) working() bool {
	return i.State == "CHECKING" || i.State == "RUNNING" || i.State == "UNDOING"
}

// step is where the wizard stands, from 1 to 4.
func (d ImportPage) step() int {
	switch {
	case d.Edit:
		return 1
	case d.Import.State == "CHECKING" || d.Import.State == "CHECKED":
		return 2
	case d.Import.State == "RUNNING":
		return 3
	}
	return 4
}

func (i ImportItem) class() string {
	switch i.State {
	case "DONE":
		return "good"
	case "FAILED":
		return "bad"
	case "UNDONE", "CANCELLED":
		return "quiet"
	}
	return ""
}

func (i ImportItem) stateText(p Page) string {
	text := p.T("import.state." + strings.ToLower(i.State))
	if n := i.percent(); n >= 0 {
		text += " " + isolate(strconv.Itoa(n)+"%")
	}
	return text
}

func (i ImportItem) url(action string) templ.SafeURL { return under("/contacts/import", i.ID, action) }

// changes is how many contacts an import would write.
func (f ImportFound) changes() int { return f.Created + f.Updated }

func (f ImportFound) consents() bool { return f.Given+f.Taken+f.Refused+f.Unproven > 0 }

// cell is what stands in a column of a row.
func (c ImportColumn) cell(row []string) string {
	if c.N < len(row) {
		return cut(row[c.N])
	}
	return ""
}

// ownField is the value that a column gets as a field of its own.
func (c ImportColumn) ownField() string { return "custom:" + c.Header }

// extra is the value of a column that no list offers, "" if one does.
func (f ImportForm) extra(c ImportColumn) string {
	is := func(o Option) bool { return o.ID == c.Field }
	if c.Field == "ignore" || c.Field == c.ownField() || slices.ContainsFunc(f.Fields, is) || slices.ContainsFunc(f.Own, is) {
		return ""
	}
	return c.Field
}

// isOwn says whether the column's own name already is a field.
func (f ImportForm) isOwn(c ImportColumn) bool {
	return slices.ContainsFunc(f.Own, func(o Option) bool { return o.ID == c.ownField() })
}

func customName(field string) string { return strings.TrimPrefix(field, "custom:") }

// more is how many rows of a group are not named.
func (g ImportGroup) more() int { return g.Count - len(g.Rows) }

// percent is how far the work is, -1 when that cannot be told.
func (i ImportItem) percent() int {
	if !i.working() || i.Total == 0 || i.Done == 0 {
		return -1
	}
	return min(i.Done*100/i.Total, 100)
}

// importSentence says how an import ended, and when.
func importSentence(d ImportPage) string {
	switch d.Import.State {
	case "CANCELLED":
		return d.T("import.cancelled.text", comma(d.Import.Done), comma(d.Import.Total))
	case "FAILED":
		return d.T("import.failed.text", comma(d.Import.Done), comma(d.Import.Total))
	}
	return d.T("import.done.text", d.full(d.Import.Finished))
}
