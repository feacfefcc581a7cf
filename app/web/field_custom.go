package web

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"badala/app/contact"
	"badala/views"
)

// customInput is the name of the input of a contact's own field; the field's
// name stands in another one, customName.
const (
	customInput = "cf-"
	customName  = "cfn-"
)

// fillFields shows the fields that the organisation added, and values of
// fields that nobody defined.
func (d *desk) fillFields(p *views.ContactPage, ct contact.Contact) error {
	fields, err := contact.CustomFields(d.q(), d.actor.OrgID)
	if err != nil {
		return err
	}
	entered := d.enteredCustom()
	known := map[string]bool{}
	add := func(f views.FieldData) {
		f.N, f.Error = len(p.Fields), p.Errors["customFields."+f.Name]
		if v, ok := entered[f.Name]; ok {
			f.Value = v
		}
		known[f.Name] = true
		p.Fields = append(p.Fields, f)
	}
	for _, f := range fields {
		add(views.FieldData{Name: f.Name, Label: f.Label, Kind: f.Kind, Choices: f.Choices, Value: ct.Custom[f.Name]})
	}
	for _, name := range slices.Sorted(maps.Keys(ct.Custom)) {
		if !known[name] {
			add(views.FieldData{Name: name, Value: ct.Custom[name]})
		}
	}
	return nil
}

// enteredCustom reads the inputs of fields that organisations add.
func (c *call) enteredCustom() map[string]string {
	out := map[string]string{}
	for key, names := range c.r.PostForm {
		n, ok := strings.CutPrefix(key, customName)
		if _, err := strconv.Atoi(n); !ok || err != nil {
			continue
		}
		out[names[0]] = strings.TrimSpace(c.r.PostForm.Get(customInput + n))
	}
	return out
}

// customPatch is what the form says of those fields; an empty one removes its value.
func (c *call) customPatch() map[string]*string {
	entered := c.enteredCustom()
	if len(entered) == 0 {
		return nil
	}
	out := make(map[string]*string, len(entered))
	for name, v := range entered {
		if v == "" {
			out[name] = nil
			continue
		}
		out[name] = &v
	}
	return out
}
