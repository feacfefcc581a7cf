package web

import (
	"maps"
	"slices"
	"strings"
	"time"

	"badala/app/contact/importer"
	"badala/app/errs"
	"badala/views"
)

const (
	issuesLooked = 2000 // issues that are looked through for the first rows of each kind
	issuesShown  = 5
	undoTime     = 30 * 24 * time.Hour
)

// importData is an import as its page shows it.
func (c *call) importData(i importer.Import, problem error) (views.ImportPage, error) {
	p := views.ImportPage{Page: c.page(i.Name), Import: importItem(i)}
	changeable := i.State == importer.Uploaded || i.State == importer.Checked || i.State == importer.Failed && i.StartedAt == 0
	p.Edit = changeable && (i.State != importer.Checked || c.field("columns") == "1")
	p.CanUndo = undoable(i, c.s.DB.Now())
	if i.State == importer.Failed {
		p.Problem = c.explain(errs.Coded(errs.Unprocessable, i.Code, i.Message))
	}
	var err error
	if p.Edit {
		p.Read = c.importRead(i)
		if p.Form, err = c.importForm(i, problem); err != nil {
			return p, err
		}
	}
	if problem != nil && len(p.Form.Errors) == 0 {
		p.Problem = c.explain(problem)
	} else if problem != nil {
		p.Problem = c.t("import.wrong")
	}
	if !p.Edit && !i.Working() {
		p.Found, err = c.importFound(i)
	}
	return p, err
}

// undoable says whether an import can be taken back at a time.
func undoable(i importer.Import, now int64) bool {
	ended := i.State == importer.Done || i.State == importer.Cancelled || i.State == importer.Failed
	return ended && i.StartedAt != 0 && i.FinishedAt > now-undoTime.Milliseconds()
}

// importFound is what a check or the import found.
func (c *call) importFound(i importer.Import) (views.ImportFound, error) {
	n := i.Counts
	if i.State == importer.Checked {
		n = i.Preview.Counts
	}
	f := views.ImportFound{Rows: n.Rows, Created: n.Created, Updated: n.Updated, Unchanged: n.Unchanged, Duplicates: n.Duplicates, Errors: n.Errors,
		Given: n.ConsentGiven, Taken: n.ConsentTaken, Refused: n.ConsentRefused, Unproven: n.ConsentUnknown, Report: i.Issues > 0}
	if i.State == importer.Checked {
		f.Assumed = c.importAssumed(i)
		for _, s := range i.Preview.Samples {
			f.Samples = append(f.Samples, c.importSample(s))
		}
	}
	var err error
	if f.Errs, err = c.issueGroups(i, importer.SeverityError, n.Codes); err != nil {
		return f, err
	}
	f.Warnings, err = c.issueGroups(i, importer.SeverityWarning, n.Codes)
	return f, err
}

// importAssumed is what was decided for the user and could be otherwise.
func (c *call) importAssumed(i importer.Import) []string {
	var all []string
	p, st := i.Preview, i.Settings
	has := func(field string) bool {
		return slices.ContainsFunc(st.Columns, func(col importer.Column) bool { return col.Field == field })
	}
	if st.DefaultCountry == "" && has(importer.FieldPhone) && !has(importer.FieldCode) {
		all = append(all, c.t("import.assumed.country"))
	}
	if p.DateOrderAssumed && has(importer.FieldCreated) {
		all = append(all, c.t("import.assumed.dates"))
	}
	if p.NumberModeAssumed && p.Counts.Codes["ambiguous_country"] > 0 {
		all = append(all, c.t("import.assumed."+strings.ToLower(p.NumberMode)))
	}
	if len(p.NewFields) > 0 {
		names := make([]string, len(p.NewFields))
		for n, name := range p.NewFields {
			names[n] = "\u2068" + name + "\u2069" // keeps its direction to itself
		}
		all = append(all, c.t("import.assumed.fields", strings.Join(names, c.t("comma")+" ")))
	}
	return all
}

// importSample is a contact before and after, in words.
func (c *call) importSample(s importer.Sample) views.ImportSample {
	out := views.ImportSample{Row: s.Row, New: s.Before == nil}
	for _, name := range []string{importer.FieldName, importer.FieldPhone, importer.FieldExternal, importer.FieldUserID} {
		out.Name = firstOf(out.Name, s.After[name])
	}
	names := slices.Collect(maps.Keys(s.After))
	for name := range s.Before {
		if _, ok := s.After[name]; !ok {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		if d := fieldOrder(a) - fieldOrder(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	for _, name := range names {
		if s.Before[name] == s.After[name] || out.New && name == importer.FieldName {
			continue
		}
		out.Fields = append(out.Fields, views.ImportChange{Label: c.importField(name),
			Before: c.importValue(name, s.Before[name]), After: c.importValue(name, s.After[name])})
	}
	return out
}

// fieldOrder is where a field stands among the others.
func fieldOrder(name string) int {
	if n := slices.Index(importer.Fields[:], name); n >= 0 {
		return n
	}
	return len(importer.Fields)
}

// importField names a field.
func (c *call) importField(name string) string {
	if own, ok := strings.CutPrefix(name, importer.CustomPrefix); ok {
		return own
	}
	return c.t("import.field." + name)
}

// importValue is a value of a sample as people read it.
func (c *call) importValue(field, value string) string {
	switch {
	case value == "":
		return ""
	case field == importer.FieldConsent:
		return c.t("consent." + map[string]string{"true": "yes", "false": "no"}[value])
	case field == importer.FieldSource && c.has("source."+value):
		return c.t("source." + value)
	case field == importer.FieldCreated:
		if t, err := time.Parse(time.RFC3339, value); err == nil {
			return t.In(c.zone()).Format("2006-01-02 15:04")
		}
	}
	return value
}

// codeText says what a code means, and what to do about it.
func (c *call) codeText(code string) string {
	if key := "import.code." + code; c.has(key) {
		return c.t(key)
	}
	return importer.Text(code)
}

// issueGroups are the issues of a severity by kind, most of one first, each
// with its first rows.
func (c *call) issueGroups(i importer.Import, severity string, counts map[string]int) ([]views.ImportGroup, error) {
	list, err := c.s.Imports.Issues(c.q(), c.actor.OrgID, i.ID, severity, issuesLooked)
	if err != nil {
		return nil, err
	}
	byCode := map[string]*views.ImportGroup{}
	for _, is := range list {
		g := byCode[is.Code]
		if g == nil {
			g = &views.ImportGroup{Code: is.Code, Text: c.codeText(is.Code), Count: counts[is.Code]}
			byCode[is.Code] = g
		}
		if len(g.Rows) < issuesShown {
			row := views.ImportRow{Row: is.Row, Column: is.Column, Value: is.Value, Contact: id("contact", is.ContactID)}
			if is.Code == "phone_missing" || strings.HasPrefix(is.Code, "conflict_") {
				row.Column = "" // the value is the id by which the row can be found
			}
			g.Rows = append(g.Rows, row)
		}
	}
	out := make([]views.ImportGroup, 0, len(byCode))
	for _, g := range byCode {
		g.Count = max(g.Count, len(g.Rows))
		out = append(out, *g)
	}
	slices.SortFunc(out, func(a, b views.ImportGroup) int {
		if d := b.Count - a.Count; d != 0 {
			return d
		}
		return strings.Compare(a.Code, b.Code)
	})
	return out, nil
}
