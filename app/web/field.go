package web

import (
	"strings"

	"badala/app/errs"
)

// fieldErrors is what to say beside each wrong field, in the reader's language.
func (c *call) fieldErrors(err error) map[string]string {
	e := errs.As(err)
	if e == nil || len(e.Details) == 0 {
		return nil
	}
	out := map[string]string{}
	for _, d := range e.Details {
		if name, text, ok := strings.Cut(d, ": "); ok {
			out[name] = c.fieldText(e.Code, name, text)
		}
	}
	return out
}

// fieldText says what is wrong with one field: by the failure's own key, by
// what is wrong, by the field, or else in the words of whoever refused it.
func (c *call) fieldText(code, name, text string) string {
	keys := []string{"field." + code}
	switch {
	case strings.HasPrefix(text, "at most"):
		keys = append(keys, "field.too_long")
	case text == "must be a number":
		keys = append(keys, "field.not_number")
	case strings.HasPrefix(text, "must be a date"):
		keys = append(keys, "field.not_date")
	case strings.HasPrefix(text, "has variables"):
		keys = append(keys, "field.variables")
	case text == "is required" || text == "is empty":
		keys = append(keys, "field.required")
	case strings.HasPrefix(text, "is digits only"):
		keys = append(keys, "field.digits")
	case strings.HasPrefix(text, "has a space"):
		keys = append(keys, "field.secret")
	}
	for _, key := range append(keys, "field."+name) {
		if c.has(key) {
			return c.t(key)
		}
	}
	return text
}

// firstField is the first wrong field of a failure and what to say of it.
func (c *call) firstField(e *errs.Error) (name, text string) {
	name, text, ok := strings.Cut(e.Details[0], ": ")
	if !ok {
		return "", e.Details[0]
	}
	return name, c.fieldText(e.Code, name, text)
}

// explainAll says all that is wrong, each field by its name.
func (c *call) explainAll(err error) string {
	e := errs.As(err)
	if e == nil || len(e.Details) == 0 {
		return c.explain(err)
	}
	var all []string
	for _, d := range e.Details {
		if name, text, ok := strings.Cut(d, ": "); ok {
			d = name + ": " + c.fieldText(e.Code, name, text)
		}
		all = append(all, d)
	}
	return strings.Join(all, " ")
}
