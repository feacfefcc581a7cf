package broadcast

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"badala/app/contact"
	"badala/app/db"
	"badala/app/template"
)

// What the texts of a broadcast may name. Fields that the organisation added
// are named with CustomPrefix before.
const (
	FieldName      = "name"
	FieldFirstName = "firstName"
	FieldCompany   = "company"
	FieldPhone     = "phone"
	FieldEmail     = "email"
	FieldExternal  = "externalId"

	CustomPrefix = "custom."
)

// plainFields are those that every contact has.
var plainFields = [...]string{FieldFirstName, FieldName, FieldCompany, FieldPhone, FieldEmail, FieldExternal}

// Fields lists what the texts of a broadcast may name.
func (s *Service) Fields(q db.Q, org int64) ([]string, error) {
	names := slices.Clone(plainFields[:])
	custom, err := contact.CustomFields(q, org)
	for _, f := range custom {
		names = append(names, CustomPrefix+f.Name)
	}
	return names, err
}

// named is a field in a text, with what stands for it where there is none:
// {{firstName|friend}}.
var named = regexp.MustCompile(`\{\{\s*([^{}|]+?)\s*(?:\|([^{}]*))?\}\}`)

// FieldText is a text that names a field.
func FieldText(field, fallback string) string {
	if fallback = strings.NewReplacer("{", "", "}", "").Replace(strings.TrimSpace(fallback)); fallback != "" {
		return "{{" + field + "|" + fallback + "}}"
	}
	return "{{" + field + "}}"
}

// SplitFieldText is the field and fallback of a text that names one field and
// says nothing else.
func SplitFieldText(text string) (field, fallback string, ok bool) {
	m := named.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil || m[0] != strings.TrimSpace(text) {
		return "", "", false
	}
	return m[1], strings.TrimSpace(m[2]), true
}

// valueOf is a field of a contact as one line of text.
func valueOf(c *contact.Contact, field string) string {
	switch field {
	case FieldName:
		return c.Title()
	case FieldFirstName:
		if c.Name == "" && c.ProfileName == "" {
			return ""
		}
		first, _, _ := strings.Cut(strings.TrimSpace(c.Title()), " ")
		return first
	case FieldCompany:
		return c.Company.Name
	case FieldPhone:
		return c.Phone
	case FieldEmail:
		return c.Email
	case FieldExternal:
		return c.ExternalID
	}
	if name, ok := strings.CutPrefix(field, CustomPrefix); ok {
		return c.Custom[name]
	}
	return ""
}

// wording is the values of a template as a broadcast holds them, ready to be
// written to one person after the other.
type wording struct {
	v     template.Values
	fixed bool // nothing in it names a field
}

func newWording(v template.Values) *wording {
	w := &wording{v: v, fixed: true}
	w.fill(func(string) string { w.fixed = false; return "x" })
	return w
}

// strange lists the fields that a wording names and contacts do not have.
func (w *wording) strange(known []string) (names []string) {
	w.fill(func(field string) string {
		if !slices.Contains(known, field) && !slices.Contains(names, field) {
			names = append(names, field)
		}
		return "x"
	})
	return names
}

// to writes the values for a contact. missing are the fields that it does not
// have and for which nothing stands.
func (w *wording) to(c *contact.Contact) (v template.Values, missing []string) {
	if w.fixed {
		return w.v, nil
	}
	return w.fill(func(field string) string { return oneLine(valueOf(c, field)) })
}

// example writes the values for somebody who has every field.
func (w *wording) example() template.Values {
	v, _ := w.fill(func(string) string { return "x" })
	return v
}

// fill writes all texts of the values with the fields that value knows.
func (w *wording) fill(value func(field string) string) (v template.Values, missing []string) {
	write := func(text string) string {
		if !strings.Contains(text, "{{") {
			return text
		}
		return named.ReplaceAllStringFunc(text, func(whole string) string {
			m := named.FindStringSubmatch(whole)
			if text := value(m[1]); text != "" {
				return text
			}
			if text := oneLine(m[2]); text != "" {
				return text
			}
			missing = append(missing, m[1])
			return ""
		})
	}
	v = w.v
	v.CardValues = fillCard(w.v.CardValues, write)
	v.Cards = slices.Clone(w.v.Cards)
	for i := range v.Cards {
		v.Cards[i] = fillCard(v.Cards[i], write)
	}
	return v, missing
}

func fillCard(c template.CardValues, write func(string) string) template.CardValues {
	c.Variables.List = slices.Clone(c.Variables.List)
	for i, text := range c.Variables.List {
		c.Variables.List[i] = write(text)
	}
	c.Variables.Named = maps.Clone(c.Variables.Named)
	for name, text := range c.Variables.Named {
		c.Variables.Named[name] = write(text)
	}
	if c.Header != nil {
		h := *c.Header
		for _, text := range []*string{&h.Text, &h.UploadKey, &h.MediaURL, &h.FileName, &h.Name, &h.Address} {
			*text = write(*text)
		}
		c.Header = &h
	}
	c.Buttons = slices.Clone(c.Buttons)
	for i := range c.Buttons {
		c.Buttons[i].Value = write(c.Buttons[i].Value)
	}
	return c
}

// oneLine is a text as WhatsApp takes it in a variable: no line breaks, no
// runs of spaces.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
