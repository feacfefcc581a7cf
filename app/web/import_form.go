package web

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/nyaruka/phonenumbers"

	"badala/app/contact"
	"badala/app/contact/importer"
	"badala/app/table"
	"badala/views"
)

const (
	otherSource = "other"  // a system that no preset knows
	ignoreField = "ignore" // a column that is left out
	headerRows  = 20
)

// separatorNames are the separators by names that survive a form.
var separatorNames = map[string]string{",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}

// encodings that can be chosen: those that are recognised, and some that
// nobody can tell apart by their bytes.
var encodings = slices.Concat(table.Encodings[:], []string{"windows-1250", "windows-1253", "windows-1254", "windows-1255"})

// importRead is how the file was read, with what else there is.
func (c *call) importRead(i importer.Import) views.ImportRead {
	st, found := i.Settings, i.Recognised
	r := views.ImportRead{Kind: found.Kind, Encoding: strings.ToLower(st.Encoding), Separator: separatorNames[st.Separator], Sheet: st.Sheet,
		HeaderRow: strconv.Itoa(st.HeaderRow), Source: firstOf(st.Source, otherSource), Remembered: found.Remembered}
	for _, s := range importer.Sources() {
		r.Sources = append(r.Sources, views.Option{ID: s, Name: c.t("import.source." + s)})
	}
	r.Sources = append(r.Sources, views.Option{ID: otherSource, Name: c.t("import.source.other")})
	switch found.Kind {
	case table.VCF:
		return r
	case table.XLSX:
		for _, s := range found.Sheets {
			name := s.Name
			if s.Hidden {
				name = c.t("import.read.hidden", name)
			}
			r.Sheets = append(r.Sheets, views.Option{ID: s.Name, Name: name})
		}
	default:
		for _, e := range encodings {
			r.Encodings = append(r.Encodings, views.Option{ID: e, Name: c.t("import.encoding." + e)})
		}
		if !slices.Contains(encodings, r.Encoding) {
			r.Encodings = append(r.Encodings, views.Option{ID: r.Encoding, Name: r.Encoding})
		}
		for _, s := range table.Separators {
			r.Separators = append(r.Separators, views.Option{ID: separatorNames[s], Name: c.t("import.separator." + separatorNames[s])})
		}
	}
	for n := 1; n <= max(headerRows, st.HeaderRow); n++ {
		r.HeaderRows = append(r.HeaderRows, views.Option{ID: strconv.Itoa(n), Name: c.t("import.row", strconv.Itoa(n))})
	}
	r.HeaderRows = append(r.HeaderRows, views.Option{ID: strconv.Itoa(importer.NoHeader), Name: c.t("import.read.none")})
	return r
}

// importReading is what the form changes in how the file is read.
func (c *call) importReading(st importer.Settings) importer.Patch {
	var p importer.Patch
	changed := func(name, now string) *string {
		if v := c.field(name); c.present(name) && v != now {
			return &v
		}
		return nil
	}
	p.Encoding = changed("encoding", strings.ToLower(st.Encoding))
	p.Sheet = changed("sheet", st.Sheet)
	p.Source = changed("source", firstOf(st.Source, otherSource))
	if name := changed("separator", separatorNames[st.Separator]); name != nil {
		for s, n := range separatorNames {
			if n == *name {
				p.Separator = &s
			}
		}
	}
	if row := changed("header", strconv.Itoa(st.HeaderRow)); row != nil {
		if n, err := strconv.Atoi(*row); err == nil {
			p.HeaderRow = &n
		}
	}
	return p
}

// importForm is what is done with the rows, as the page shows it.
func (c *call) importForm(i importer.Import, problem error) (views.ImportForm, error) {
	st := i.Settings
	f := views.ImportForm{
		Rows: i.Recognised.Rows[:min(len(i.Recognised.Rows), importPreview)], Countries: countryNames(c.lang), Country: st.DefaultCountry, Zone: st.Timezone,
		DateOrder: st.DateOrder, NumberMode: st.NumberMode, Tags: strings.Join(st.AddTags, c.t("comma")+" "), Proof: st.ConsentProof,
		Attested: st.ConsentAttested, Replace: st.ReplaceTags, NoPhone: st.WithoutPhone, Errors: c.importErrors(problem),
		Unsure: i.Recognised.Unsure,
	}
	for n, col := range st.Columns {
		f.Columns = append(f.Columns, views.ImportColumn{N: n, Header: col.Header, Field: firstOf(col.Field, ignoreField), Clear: col.Clear})
	}
	for _, name := range importer.Fields {
		f.Fields = append(f.Fields, views.Option{ID: name, Name: c.t("import.field." + name)})
	}
	own, err := contact.CustomFields(c.q(), c.actor.OrgID)
	for _, o := range own {
		f.Own = append(f.Own, views.Option{ID: importer.CustomPrefix + o.Name, Name: o.Title()})
	}
	return f, err
}

// importErrors is what to say beside each wrong field of the form.
func (c *call) importErrors(err error) map[string]string {
	wrong := c.fieldErrors(err)
	for name := range wrong {
		if key := "import.wrong." + name; c.has(key) {
			wrong[name] = c.t(key)
		}
	}
	return wrong
}

// importPreview is how many rows stand below the columns.
const importPreview = 8

// importChoices are the settings with what was chosen in the form.
func (c *call) importChoices(st importer.Settings) importer.Settings {
	st.Columns = slices.Clone(st.Columns)
	for n := range st.Columns {
		at := strconv.Itoa(n)
		if field := c.field("col-" + at); field == ignoreField {
			st.Columns[n].Field = importer.Ignore
		} else if field != "" {
			st.Columns[n].Field = field
		}
		st.Columns[n].Clear = c.field("clear-"+at) == "1"
	}
	st.DefaultCountry, st.Timezone = c.field("country"), c.field("zone")
	st.DateOrder, st.NumberMode = c.field("date_order"), c.field("number_mode")
	st.ConsentAttested, st.ConsentProof = c.field("attested") == "1", c.field("proof")
	st.ReplaceTags, st.WithoutPhone = c.field("replace_tags") == "1", c.field("without_phone") == "1"
	st.AddTags = []string{}
	for _, tag := range strings.FieldsFunc(c.field("tags"), func(r rune) bool { return r == ',' || r == '،' || r == ';' || r == '؛' }) {
		if tag = strings.TrimSpace(tag); tag != "" {
			st.AddTags = append(st.AddTags, tag)
		}
	}
	return st
}

// choicesPatch is all of the form as a change.
func choicesPatch(st importer.Settings) importer.Patch {
	p := importer.Patch{Mapping: map[string]string{}, Clear: map[string]bool{}, DefaultCountry: &st.DefaultCountry, Timezone: &st.Timezone,
		DateOrder: &st.DateOrder, NumberMode: &st.NumberMode, ConsentAttested: &st.ConsentAttested, ConsentProof: &st.ConsentProof,
		ReplaceTags: &st.ReplaceTags, WithoutPhone: &st.WithoutPhone, AddTags: &st.AddTags}
	for _, col := range st.Columns {
		p.Mapping[col.Header], p.Clear[col.Header] = col.Field, col.Clear
	}
	return p
}

// nearby are countries that stand first in their list.
var nearby = []string{"KW", "SA", "AE", "QA", "BH", "OM", "EG", "JO"}

var countriesBy sync.Map // by language

// countryNames are all countries that have phone numbers, by name, those
// nearby first.
func countryNames(lang string) []views.Option {
	if all, ok := countriesBy.Load(lang); ok {
		return all.([]views.Option)
	}
	first, rest := make([]views.Option, len(nearby)), []views.Option{}
	for _, country := range importer.Countries(lang) {
		calling := phonenumbers.GetCountryCodeForRegion(country.Code)
		o := views.Option{ID: country.Code, Name: country.Name + " +" + strconv.Itoa(calling)}
		if at := slices.Index(nearby, country.Code); at >= 0 {
			first[at] = o
		} else if calling != 0 {
			rest = append(rest, o)
		}
	}
	slices.SortFunc(rest, func(a, b views.Option) int { return strings.Compare(a.Name, b.Name) })
	all := append(first, rest...)
	countriesBy.Store(lang, all)
	return all
}
