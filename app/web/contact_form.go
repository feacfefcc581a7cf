package web

import (
	"net/http"
	"strings"

	"badala/app/contact"
	"badala/app/errs"
	"badala/views"
)

// contactInputs are the fields of the form of a contact.
var contactInputs = []string{"name", "phone", "email", "external_id", "notes", "company", "job_title", "website", "address", "tags", "consent", "reason"}

// newContact is the form of a contact that is not there yet.
func (s *Server) newContact(c *call) error {
	return c.showNewContact(http.StatusOK, map[string]string{"phone": c.field("phone"), "consent": "unknown"}, nil)
}

func (c *call) showNewContact(status int, entered map[string]string, problem error) error {
	p := views.ContactPage{Page: c.page(c.t("contacts.add")), Form: entered, Errors: c.formErrors(problem), CanEdit: true}
	d, err := c.desk(0)
	if err != nil {
		return err
	}
	if err := d.fillFields(&p, contact.Contact{}); err != nil {
		return err
	}
	if p.Taken, err = c.takenBy(problem, entered, 0); err != nil {
		return err
	}
	return c.render(status, views.NewContact(p))
}

// createContact makes a contact of the form.
func (s *Server) createContact(c *call) error {
	if err := c.parse(); err != nil {
		return err
	}
	patch, err := c.contactPatch()
	if err == nil && patch.Consent != nil && strings.TrimSpace(patch.Reason) == "" {
		err = errs.Field("reason", "needs to be told")
	}
	var made contact.Contact
	if err == nil {
		made, err = s.Contacts.Create(c.r.Context(), c.actor, contact.UpsertInput{Patch: patch})
	}
	if refused(err) {
		return c.showNewContact(http.StatusUnprocessableEntity, c.entered(), err)
	}
	if err != nil {
		return err
	}
	c.flash(c.t("contact.created"))
	return c.redirect("/contacts/" + id("contact", made.ID))
}

// editContact changes a contact by the form of its page.
func (s *Server) editContact(c *call) error {
	ct, err := c.contactOf()
	if err != nil {
		return err
	}
	if err := c.parse(); err != nil {
		return err
	}
	patch, err := c.contactPatch()
	if err == nil {
		_, err = s.Contacts.Update(c.r.Context(), c.actor, ct.ID, patch)
	}
	if refused(err) {
		return c.showContact(http.StatusUnprocessableEntity, ct, c.entered(), err)
	}
	if err != nil {
		return err
	}
	c.flash(c.t("contact.saved"))
	return c.redirect("/contacts/" + id("contact", ct.ID))
}

// refused says whether a form comes back with what was wrong in it.
func refused(err error) bool {
	return errs.Is(err, errs.Invalid) || errs.Is(err, errs.Unprocessable) || errs.Is(err, errs.Conflict)
}

// entered is what the form had in it.
func (c *call) entered() map[string]string {
	out := map[string]string{}
	for _, name := range contactInputs {
		out[name] = c.r.FormValue(name)
	}
	return out
}

// takenBy finds the contact that has a phone or an external id already.
func (c *call) takenBy(problem error, entered map[string]string, but int64) (string, error) {
	e := errs.As(problem)
	if e == nil {
		return "", nil
	}
	f := contact.Filter{Take: 1}
	switch e.Code {
	case "phone_taken":
		f.Phone = entered["phone"]
	case "external_id_taken":
		f.ExternalID = strings.TrimSpace(entered["external_id"])
	default:
		return "", nil
	}
	found, _, err := c.s.Contacts.List(c.q(), c.actor.OrgID, f)
	if err != nil || len(found) == 0 || found[0].ID == but {
		return "", err
	}
	return id("contact", found[0].ID), nil
}

// tagContact puts a tag on, or takes one off.
func (s *Server) tagContact(c *call) error {
	ct, err := c.contactOf()
	if err != nil {
		return err
	}
	if name := c.field("add"); name != "" {
		_, err = s.Contacts.AddTag(c.r.Context(), c.actor, ct.ID, name)
	} else {
		var tag int64
		if tag, err = someID("tag", c.field("remove")); err == nil {
			err = s.Contacts.RemoveTag(c.r.Context(), c.actor, ct.ID, tag)
		}
	}
	if err != nil {
		return err
	}
	return c.done("/contacts/" + id("contact", ct.ID))
}

// setConsent changes the consent of a contact; a person says why.
func (s *Server) setConsent(c *call) error {
	ct, err := c.contactOf()
	if err != nil {
		return err
	}
	patch, err := c.contactPatch()
	if err == nil && strings.TrimSpace(patch.Reason) == "" {
		err = errs.Field("reason", "needs to be told")
	}
	if err == nil {
		_, err = s.Contacts.Update(c.r.Context(), c.actor, ct.ID, contact.Patch{Consent: patch.Consent, ForgetConsent: patch.ForgetConsent, Reason: patch.Reason})
	}
	if refused(err) {
		return c.showContact(http.StatusUnprocessableEntity, ct, nil, err)
	}
	if err != nil {
		return err
	}
	return c.redirect("/contacts/" + id("contact", ct.ID) + "#consent")
}

// eraseContact removes a person; the name or number has to be typed.
func (s *Server) eraseContact(c *call) error {
	ct, err := c.contactOf()
	if err != nil {
		return err
	}
	if !confirms(c.field("confirm"), ct) {
		return c.showContact(http.StatusUnprocessableEntity, ct, nil, errs.Field("confirm", c.t("erase.mismatch")))
	}
	if err := s.Contacts.Erase(c.r.Context(), c.actor, ct.ID); err != nil {
		return err
	}
	c.flash(c.t("erase.done"))
	return c.redirect("/contacts")
}

// confirms says whether what was typed names the contact: by any name or by the number.
func confirms(typed string, ct contact.Contact) bool {
	if typed == "" {
		return false
	}
	for _, name := range []string{ct.Name, contactName(ct), ct.Phone} {
		if name != "" && strings.EqualFold(contact.CleanName(typed), contact.CleanName(name)) {
			return true
		}
	}
	return contact.MatchKey(ct.Phone) != "" && contact.MatchKey(typed) == contact.MatchKey(ct.Phone)
}
