package web

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"badala/app/account"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
	"badala/views"
)

const (
	contactsTake = 50
	contactsMax  = 200
	countMost    = 10_000 // of a filter's contacts; the page says that there are more
)

// contacts lists the organisation's customers.
func (s *Server) contacts(c *call) error {
	p, err := c.contactsPage()
	if err != nil {
		return err
	}
	if p.Work, err = c.bulkShown(); err != nil {
		return err
	}
	return c.render(http.StatusOK, views.ContactList(p))
}

// moreContacts is the next stretch of the list.
func (s *Server) moreContacts(c *call) error {
	f, form := c.contactFilter()
	p := views.ContactsPage{Page: c.page(""), Filter: form, CanEdit: c.actor.Can(account.ManageContacts)}
	if err := c.contactRows(&p, f); err != nil {
		return err
	}
	return c.render(http.StatusOK, views.ContactsMore(p))
}

// contactsPage is the list that the address asks for.
func (c *call) contactsPage() (views.ContactsPage, error) {
	f, form := c.contactFilter()
	p := views.ContactsPage{Page: c.page(c.t("nav.contacts")), Filter: form,
		CanEdit: c.actor.Can(account.ManageContacts), CanErase: c.actor.Can(account.EraseContacts), CanSetUp: c.actor.Can(account.ManageTags)}
	if err := c.contactRows(&p, f); err != nil {
		return p, err
	}
	var err error
	if p.Total, err = c.s.Contacts.CountUpTo(c.q(), c.actor.OrgID, f, countMost); err != nil {
		return p, err
	}
	if form.Narrowed() && p.Total > countMost {
		p.Total, p.Many = countMost, true
	}
	if f.ImportID != 0 {
		i, err := c.s.Imports.Get(c.q(), c.actor.OrgID, f.ImportID)
		if err != nil {
			return p, err
		}
		p.ImportName = i.Name
	}
	tags, err := c.s.Contacts.Tags(c.q(), c.actor.OrgID)
	if err != nil {
		return p, err
	}
	for _, t := range tags {
		p.Tags = append(p.Tags, views.Option{ID: id("tag", t.ID), Name: t.Name})
	}
	channels, err := c.s.Channels.List(c.q(), c.actor.OrgID)
	if err != nil || len(channels) < 2 && f.ChannelID == 0 {
		return p, err
	}
	for _, ch := range channels {
		p.Channels = append(p.Channels, views.Option{ID: id("chan", ch.ID), Name: firstOf(ch.Name, ch.PhoneNumber)})
	}
	return p, nil
}

// contactRows fills in the contacts that the filter picks.
func (c *call) contactRows(p *views.ContactsPage, f contact.Filter) error {
	all, next, err := c.s.Contacts.List(c.q(), c.actor.OrgID, f)
	if errs.Is(err, errs.Invalid) { // a cursor of another order: begin again
		f.Cursor = ""
		all, next, err = c.s.Contacts.List(c.q(), c.actor.OrgID, f)
	}
	if err != nil {
		return err
	}
	p.Next = next
	for i := range all {
		ct := &all[i]
		p.Rows = append(p.Rows, views.ContactRow{ID: id("contact", ct.ID), Name: contactName(*ct), Phone: ct.Phone, Email: ct.Email,
			Tags: tagsOf(ct.Tags), Consent: consentWord(ct.Consent), Source: ct.Source, LastMessage: db.Time(ct.LastMessageAt)})
	}
	return nil
}

// contactFilter reads the filter of the address or the form, for the domain
// and as it stands there. What makes no sense is as if it were not.
func (c *call) contactFilter() (contact.Filter, views.ContactFilter) {
	form := views.ContactFilter{Query: cut(c.field("q"), searchRunes), Tag: c.field("tag"), Consent: c.field("consent"), Source: c.field("source"),
		Channel: c.field("channel"), Import: c.field("import"), From: c.field("from"), To: c.field("to"), Sort: c.field("sort")}
	f := contact.Filter{Search: form.Query, Source: form.Source, Cursor: c.field("cursor"), Take: contactsTake}
	var err error
	if f.TagID, err = db.ParseID("tag", form.Tag); err != nil {
		form.Tag = ""
	}
	if f.ChannelID, err = db.ParseID("chan", form.Channel); err != nil {
		form.Channel = ""
	}
	if f.ImportID, err = db.ParseID("import", form.Import); err != nil {
		form.Import = ""
	}
	switch form.Consent {
	case "yes", "no":
		f.Consent = new(form.Consent == "yes")
	case "unknown":
		f.NoConsent = true
	default:
		form.Consent = ""
	}
	switch form.Source {
	case contact.FromWhatsApp, contact.FromPerson, contact.FromAPI, contact.FromImport:
	default:
		form.Source, f.Source = "", ""
	}
	zone := c.zone()
	if f.TalkedFrom, err = dayStart(form.From, zone, 0); err != nil {
		form.From = ""
	}
	if f.TalkedUntil, err = dayStart(form.To, zone, 1); err != nil {
		form.To = ""
	}
	switch form.Sort {
	case contact.SortName, contact.SortUpdated, contact.SortTalked:
		f.Sort = form.Sort
	default:
		form.Sort = ""
	}
	if n, err := strconv.Atoi(c.field("rows")); err == nil && n > contactsTake {
		f.Take = min(n, contactsMax)
	}
	return f, form
}

// zone is the organisation's time zone.
func (c *call) zone() *time.Location {
	if c.session != nil {
		for _, m := range c.session.Orgs {
			if m.Org.ID == c.actor.OrgID {
				return zoneOf(m.Org.Timezone)
			}
		}
	}
	return time.UTC
}

// consentWord is a consent as forms and views say it.
func consentWord(v *bool) string {
	switch {
	case v == nil:
		return "unknown"
	case *v:
		return "yes"
	}
	return "no"
}

// contactsPath is the list with its filter, and more parameters.
func contactsPath(f views.ContactFilter, more url.Values) string {
	u, err := url.Parse(f.URL())
	if err != nil {
		return "/contacts"
	}
	q := u.Query()
	for k, v := range more {
		q[k] = v
	}
	u.RawQuery = q.Encode()
	return u.String()
}
