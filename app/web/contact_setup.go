package web

import (
	"net/http"
	"strings"

	"badala/app/contact"
	"badala/app/i18n"
	"badala/app/inbox"
	"badala/views"
)

// consentWords shows by which words customers refuse marketing.
func (s *Server) consentWords(c *call) error {
	set, err := s.Inbox.ConsentWords(c.q(), c.actor.OrgID)
	if err != nil {
		return err
	}
	return c.showConsentWords(http.StatusOK, set, nil)
}

func (c *call) showConsentWords(status int, set inbox.ConsentWords, problem error) error {
	const answer = "consent.word.answer"
	return c.render(status, views.ConsentWords(views.ConsentWordsPage{Page: c.page(c.t("consent.title")), Always: inbox.StopWords[:],
		Words: strings.Join(set.Words, "\n"), Answer: set.Answer, EN: set.EN, AR: set.AR,
		DefaultEN: i18n.T("en", answer), DefaultAR: i18n.T("ar", answer), Errors: c.formErrors(problem)}))
}

// setConsentWords changes them.
func (s *Server) setConsentWords(c *call) error {
	if err := c.parse(); err != nil {
		return err
	}
	set := inbox.ConsentWords{Words: lines(c.r.FormValue("words")), Answer: c.field("answer") == "1", EN: c.field("text_en"), AR: c.field("text_ar")}
	err := s.Inbox.SetConsentWords(c.r.Context(), c.actor, set)
	if refused(err) {
		return c.showConsentWords(http.StatusUnprocessableEntity, set, err)
	}
	if err != nil {
		return err
	}
	c.flash(c.t("consent.words.saved"))
	return c.redirect("/contacts/consent")
}

// lines are the lines of a text that are not empty.
func lines(s string) []string {
	var out []string
	for l := range strings.Lines(s) {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}

// contactFields lists the fields that the organisation added.
func (s *Server) contactFields(c *call) error {
	return c.showFields(http.StatusOK, views.FieldCard{}, 0, nil)
}

// showFields draws the list; form is what a refused new field had, changed the
// field whose change was refused.
func (c *call) showFields(status int, form views.FieldCard, changed int64, problem error) error {
	fields, err := contact.CustomFields(c.q(), c.actor.OrgID)
	if err != nil {
		return err
	}
	p := views.ContactFieldsPage{Page: c.page(c.t("fields.title")), Form: form, Errors: c.formErrors(problem)}
	for _, f := range fields {
		card := views.FieldCard{ID: id("field", f.ID), Name: f.Title(), Key: f.Name, Kind: f.Kind, Choices: f.Choices}
		if f.ID == changed {
			card.Name, card.Kind, card.Choices, card.Error = form.Name, form.Kind, form.Choices, firstOf(p.Errors["name"], p.Errors["choices"], p.Errors["kind"], p.Errors[""])
			p.Errors, p.Form = nil, views.FieldCard{}
		}
		p.Fields = append(p.Fields, card)
	}
	return c.render(status, views.ContactFields(p))
}

// addField adds a field.
func (s *Server) addField(c *call) error {
	form := views.FieldCard{Name: c.field("name"), Kind: c.field("kind"), Choices: lines(c.r.FormValue("choices"))}
	_, err := s.Contacts.AddField(c.r.Context(), c.actor, contact.CustomField{Name: form.Name, Kind: form.Kind, Choices: form.Choices})
	if refused(err) {
		return c.showFields(http.StatusUnprocessableEntity, form, 0, err)
	}
	return c.fieldDone(err, "fields.added")
}

// changeField changes what a field is called, and what kind of values it has.
func (s *Server) changeField(c *call) error {
	n, err := c.pathID("field", "field")
	if err != nil {
		return err
	}
	form := views.FieldCard{Name: c.field("name"), Kind: c.field("kind"), Choices: lines(c.r.FormValue("choices"))}
	err = s.Contacts.ChangeField(c.r.Context(), c.actor, n, form.Name, form.Kind, form.Choices)
	if refused(err) {
		return c.showFields(http.StatusUnprocessableEntity, form, n, err)
	}
	return c.fieldDone(err, "fields.saved")
}

// moveField puts a field one place up or down.
func (s *Server) moveField(c *call) error {
	n, err := c.pathID("field", "field")
	if err != nil {
		return err
	}
	if err := s.Contacts.MoveField(c.r.Context(), c.actor, n, c.field("to") == "up"); err != nil {
		return err
	}
	return c.redirect("/contacts/fields")
}

// removeField removes a field.
func (s *Server) removeField(c *call) error {
	n, err := c.pathID("field", "field")
	if err != nil {
		return err
	}
	return c.fieldDone(s.Contacts.RemoveField(c.r.Context(), c.actor, n), "fields.removed")
}

func (c *call) fieldDone(err error, key string) error {
	if err != nil {
		return err
	}
	c.flash(c.t(key))
	return c.redirect("/contacts/fields")
}
