package web

import (
	"net/http"
	"slices"
	"strings"

	"badala/app/contact"
	"badala/app/errs"
)

// saveContact changes the contact's fields that the form carries.
func (s *Server) saveContact(c *call) error {
	n, err := c.pathID("contact", "contact")
	if err != nil {
		return err
	}
	if err := c.parse(); err != nil {
		return err
	}
	patch, err := c.contactPatch()
	if err != nil {
		return err
	}
	_, err = s.Contacts.Update(c.r.Context(), c.actor, n, patch)
	if e := errs.As(err); e != nil && len(e.Details) > 0 && c.script() {
		name, text := c.firstField(e)
		return c.json(http.StatusUnprocessableEntity, problem{Message: text, Field: name})
	}
	if err != nil {
		return err
	}
	return c.done("/inbox")
}

// contactPatch holds only what is present in the form.
func (c *call) contactPatch() (contact.Patch, error) {
	var p contact.Patch
	for name, field := range map[string]**string{"name": &p.Name, "email": &p.Email, "notes": &p.Notes,
		"company": &p.CompanyName, "job_title": &p.JobTitle, "phone": &p.Phone, "external_id": &p.ExternalID,
		"website": &p.Website, "address": &p.Address} {
		if c.present(name) {
			*field = new(c.field(name))
		}
	}
	p.Custom = c.customPatch()
	p.Reason = c.field("reason")
	if c.present("tags") {
		tags := strings.FieldsFunc(c.field("tags"), func(r rune) bool { return r == ',' || r == '،' || r == ';' || r == '؛' })
		tags = slices.DeleteFunc(tags, func(s string) bool { return strings.TrimSpace(s) == "" })
		p.Tags = &tags
	}
	if c.present("consent") {
		switch c.field("consent") {
		case "yes":
			p.Consent = new(true)
		case "no":
			p.Consent = new(false)
		case "unknown":
			p.ForgetConsent = true
		default:
			return p, errs.Field("consent", "must be yes, no or unknown")
		}
	}
	return p, nil
}
