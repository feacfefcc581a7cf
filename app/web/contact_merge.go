package web

import (
	"net/http"
	"strings"

	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
	"badala/views"
)

// twinsTake is how many contacts the search for the other one shows.
const twinsTake = 10

// fillMerges lists the merges that can be taken back.
func (d *desk) fillMerges(p *views.ContactPage, ct contact.Contact) error {
	if !p.CanEdit {
		return nil
	}
	all, err := d.s.Contacts.MergesOf(d.q(), d.actor.OrgID, ct.ID)
	for _, m := range all {
		p.Merges = append(p.Merges, views.MergeData{ID: id("merge", m.ID), Name: firstOf(m.Name, id("contact", m.From)), By: m.By,
			At: db.Time(m.At), Until: db.Time(m.At).Add(contact.MergeKept)})
	}
	return err
}

// mergeForm looks for the other contact, or shows what becomes of the two.
func (s *Server) mergeForm(c *call) error {
	ct, err := c.contactOf()
	if err != nil {
		return err
	}
	p := views.MergePage{Page: c.page(c.t("merge.other")), ID: id("contact", ct.ID), Name: contactName(ct), Query: cut(c.field("q"), searchRunes)}
	if with := c.field("with"); with != "" {
		other, err := someID("contact", with)
		if err != nil {
			return err
		}
		if p.Preview, err = c.mergePreview(ct.ID, other); err != nil {
			return err
		}
		return c.render(http.StatusOK, views.Merge(p))
	}
	var found []contact.Contact
	if p.Query == "" {
		found, err = s.Contacts.Linked(c.q(), c.actor.OrgID, ct.ID)
	} else {
		found, _, err = s.Contacts.List(c.q(), c.actor.OrgID, contact.Filter{Search: p.Query, Take: twinsTake})
	}
	if err != nil {
		return err
	}
	all, err := c.twins(found)
	for _, t := range all {
		if t.ID != p.ID {
			p.Found = append(p.Found, t)
		}
	}
	if err != nil {
		return err
	}
	return c.render(http.StatusOK, views.Merge(p))
}

// mergePreview is what a merge will make of two contacts, field by field.
func (c *call) mergePreview(keep, other int64) (*views.MergePreview, error) {
	plan, err := c.s.Contacts.PlanMerge(c.q(), c.actor.OrgID, keep, other)
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.NotFound, "no such contact")
	}
	if err != nil {
		return nil, err
	}
	p := &views.MergePreview{ID: id("contact", other), Name: contactName(plan.Other)}
	add := func(key string, value func(contact.Contact) string) {
		l := views.MergeLine{Label: c.t(key), Keep: value(plan.Keep), Other: value(plan.Other), Result: value(plan.Result)}
		if l.Keep != "" || l.Other != "" {
			p.Lines = append(p.Lines, l)
		}
	}
	add("contact.name", func(ct contact.Contact) string { return ct.Name })
	add("contact.phone", func(ct contact.Contact) string {
		var all []string
		for _, n := range append([]string{ct.Phone}, ct.OtherPhones...) {
			if n != "" {
				all = append(all, "\u2066"+n+"\u2069")
			}
		}
		return strings.Join(all, c.t("comma")+" ")
	})
	add("contact.username", func(ct contact.Contact) string { return ct.Username })
	add("contact.email", func(ct contact.Contact) string { return ct.Email })
	add("contact.external", func(ct contact.Contact) string { return ct.ExternalID })
	add("contact.company", func(ct contact.Contact) string { return ct.Company.Name })
	add("contact.job", func(ct contact.Contact) string { return ct.Company.JobTitle })
	add("contact.website", func(ct contact.Contact) string { return ct.Company.Website })
	add("contact.address", func(ct contact.Contact) string { return ct.Company.Address })
	add("panel.tags", func(ct contact.Contact) string {
		names := make([]string, len(ct.Tags))
		for i, t := range ct.Tags {
			names[i] = t.Name
		}
		return strings.Join(names, c.t("comma")+" ")
	})
	add("contact.consent", func(ct contact.Contact) string { return c.t("consent." + consentWord(ct.Consent)) })
	add("contact.notes", func(ct contact.Contact) string { return ct.Notes })
	return p, nil
}

// mergeContacts makes one contact of two.
func (s *Server) mergeContacts(c *call) error {
	n, err := c.pathID("contact", "contact")
	if err != nil {
		return err
	}
	other, err := someID("contact", c.field("with"))
	if err != nil {
		return err
	}
	if err := s.Contacts.Merge(c.r.Context(), c.actor, n, other); err != nil {
		return err
	}
	c.flash(c.t("merge.merged"))
	return c.redirect("/contacts/" + id("contact", n))
}

// undoMerge makes two contacts of one again.
func (s *Server) undoMerge(c *call) error {
	n, err := c.pathID("merge", "merge")
	if err != nil {
		return err
	}
	into, _, err := s.Contacts.UndoMerge(c.r.Context(), c.actor, n)
	if err != nil {
		return err
	}
	c.flash(c.t("merge.undone"))
	return c.redirect("/contacts/" + id("contact", into))
}
