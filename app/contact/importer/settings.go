package importer

import (
	"slices"
	"strings"
	"time"

	"badala/app/errs"
)

// Column is one column of the file and what it is taken for.
type Column struct {
	Header string `json:"header"`
	Field  string `json:"field"`           // see FieldName and the others
	Clear  bool   `json:"clear,omitempty"` // a blank cell empties the field
}

// Settings are the decisions of one import; all were recognised or assumed, and
// can be changed until it starts.
type Settings struct {
	Encoding        string   `json:"encoding,omitempty"`
	Separator       string   `json:"separator,omitempty"`
	Sheet           string   `json:"sheet,omitempty"`
	HeaderRow       int      `json:"headerRow"` // NoHeader: the file has none
	Source          string   `json:"source,omitempty"`
	Columns         []Column `json:"columns"`
	DefaultCountry  string   `json:"defaultCountry,omitempty"`
	Timezone        string   `json:"timezone,omitempty"`
	DateOrder       string   `json:"dateOrder,omitempty"`  // DMY or MDY, for dates that could be both; "": DMY
	NumberMode      string   `json:"numberMode,omitempty"` // LOCAL or INTERNATIONAL, for numbers that could be both; "": as most are
	ConsentAttested bool     `json:"consentAttested,omitempty"`
	ConsentProof    string   `json:"consentProof,omitempty"` // how and when people agreed
	ReplaceTags     bool     `json:"replaceTags,omitempty"`
	WithoutPhone    bool     `json:"withoutPhone,omitempty"` // also contacts without a phone
	AddTags         []string `json:"addTags,omitempty"`
}

// NoHeader is the HeaderRow of a file that has none.
const NoHeader = -1

// Patch changes only the settings that are present.
type Patch struct {
	Encoding, Separator, Sheet, Source                            *string
	HeaderRow                                                     *int
	Mapping                                                       map[string]string // header, or letter of a column, to field
	Clear                                                         map[string]bool   // header, or letter of a column
	DefaultCountry, Timezone, DateOrder, NumberMode, ConsentProof *string
	ConsentAttested, ReplaceTags, WithoutPhone                    *bool
	AddTags                                                       *[]string
}

// rereads says whether the patch changes how the file is read.
func (p Patch) rereads() bool {
	return p.Encoding != nil || p.Separator != nil || p.Sheet != nil || p.HeaderRow != nil || p.Source != nil
}

// apply changes s, but for what makes the file be read again, and reports
// every wrong value.
func (p Patch) apply(s *Settings) error {
	var wrong []string
	set := func(to *string, from *string) {
		if from != nil {
			*to = strings.TrimSpace(*from)
		}
	}
	set(&s.Timezone, p.Timezone)
	set(&s.DateOrder, p.DateOrder)
	set(&s.NumberMode, p.NumberMode)
	set(&s.ConsentProof, p.ConsentProof)
	if p.DefaultCountry != nil {
		s.DefaultCountry = CountryOf(*p.DefaultCountry)
		if s.DefaultCountry == "" && strings.TrimSpace(*p.DefaultCountry) != "" {
			wrong = append(wrong, "defaultCountry: not a country code such as KW")
		}
	}
	if _, err := time.LoadLocation(s.Timezone); err != nil || s.Timezone == "Local" {
		wrong = append(wrong, "timezone: not a time zone name such as Asia/Kuwait")
	}
	if !slices.Contains([]string{"", DayMonth, MonthDay}, s.DateOrder) {
		wrong = append(wrong, "dateOrder: DMY or MDY")
	}
	if !slices.Contains([]string{"", string(modeLocal), string(modeInternational)}, s.NumberMode) {
		wrong = append(wrong, "numberMode: LOCAL or INTERNATIONAL")
	}
	for to, from := range map[*bool]*bool{&s.ConsentAttested: p.ConsentAttested, &s.ReplaceTags: p.ReplaceTags, &s.WithoutPhone: p.WithoutPhone} {
		if from != nil {
			*to = *from
		}
	}
	if p.AddTags != nil {
		s.AddTags = *p.AddTags
	}
	wrong = append(wrong, p.mapColumns(s)...)
	if len(wrong) > 0 {
		return errs.Fields(wrong...)
	}
	return nil
}

func (p Patch) mapColumns(s *Settings) (wrong []string) {
	for name, field := range p.Mapping {
		field = strings.TrimSpace(field)
		if field == "ignore" {
			field = Ignore
		}
		i := s.column(name)
		switch {
		case i < 0:
			wrong = append(wrong, "mapping: the file has no column "+name)
		case !knownField(field):
			wrong = append(wrong, "mapping: "+name+": there is no field "+field)
		default:
			s.Columns[i].Field = field
		}
	}
	for name, clear := range p.Clear {
		if i := s.column(name); i >= 0 {
			s.Columns[i].Clear = clear
		}
	}
	slices.Sort(wrong)
	return wrong
}

// column finds a column by header, however it is spelt, or by letter.
func (s *Settings) column(name string) int {
	if i := slices.IndexFunc(s.Columns, func(c Column) bool { return c.Header == name }); i >= 0 {
		return i
	}
	if i := slices.IndexFunc(s.Columns, func(c Column) bool { return foldWord(c.Header) == foldWord(name) }); i >= 0 {
		return i
	}
	for i := range s.Columns {
		if letter(i) == name {
			return i
		}
	}
	return -1
}

// letter is how spreadsheet programs call a column.
func letter(i int) string {
	s := ""
	for i++; i > 0; i = (i - 1) / 26 {
		s = string(rune('A'+(i-1)%26)) + s
	}
	return s
}

// has says whether a column is mapped to the field.
func (s *Settings) has(field string) bool {
	return slices.ContainsFunc(s.Columns, func(c Column) bool { return c.Field == field })
}
