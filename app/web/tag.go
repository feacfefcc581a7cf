package web

import (
	"net/http"

	"badala/app/contact"
	"badala/app/errs"
	"badala/views"
)

// tags lists the tags with what has them.
func (s *Server) tags(c *call) error {
	return c.tagsPage(http.StatusOK, views.TagForm{}, nil)
}

// tagsPage shows the list; form is what a refused new tag had.
func (c *call) tagsPage(status int, form views.TagForm, problem error) error {
	all, err := c.tagCards()
	if err != nil {
		return err
	}
	form.Errors = c.formErrors(problem)
	return c.render(status, views.Tags(views.TagsPage{Page: c.page(c.t("tags.title")), Items: all, Form: form}))
}

// tagCards are all tags with their uses counted.
func (c *call) tagCards() ([]views.TagCard, error) {
	found, err := c.s.Contacts.TagsInUse(c.q(), c.actor.OrgID)
	if err != nil {
		return nil, err
	}
	talks, err := c.s.Inbox.TagUse(c.q(), c.actor.OrgID)
	if err != nil {
		return nil, err
	}
	names := map[int64]string{}
	for _, t := range found {
		names[t.ID] = t.Name
	}
	var all []views.TagCard
	for _, t := range found {
		all = append(all, views.TagCard{ID: id("tag", t.ID), Name: t.Name, Colour: t.Colour, Description: t.Description,
			Contacts: t.Contacts, Conversations: talks[t.ID], Becomes: names[t.MergingInto]})
	}
	return all, nil
}

func (c *call) tagEntered() views.TagForm {
	return views.TagForm{Name: c.field("name"), Colour: c.field("colour"), Description: c.field("description")}
}

func tagInput(f views.TagForm) contact.TagInput {
	return contact.TagInput{Name: f.Name, Colour: f.Colour, Description: &f.Description}
}

// makeTag makes a tag.
func (s *Server) makeTag(c *call) error {
	form := c.tagEntered()
	_, err := s.Contacts.CreateTag(c.r.Context(), c.actor, tagInput(form))
	if refused(err) {
		return c.tagsPage(http.StatusUnprocessableEntity, form, err)
	}
	return c.tagDone(err, "tags.made", form.Name)
}

// oneTag is the page of a tag.
func (s *Server) oneTag(c *call) error { return c.tagPage(http.StatusOK, nil, nil) }

// tagPage shows a tag; form is what was refused.
func (c *call) tagPage(status int, form *views.TagForm, problem error) error {
	p, err := c.tagOf()
	if err != nil {
		return err
	}
	p.Page = c.page(p.Tag.Name)
	if form != nil {
		p.Form = *form
	}
	p.Form.Errors = c.formErrors(problem)
	return c.render(status, views.OneTag(p))
}

// tagOf reads the tag that the path names, with the others.
func (c *call) tagOf() (p views.TagPage, err error) {
	n, err := c.pathID("tag", "tag")
	if err != nil {
		return p, err
	}
	all, err := c.tagCards()
	if err != nil {
		return p, err
	}
	for _, t := range all {
		switch {
		case t.ID == id("tag", n):
			p.Tag = t
		case t.Becomes == "":
			p.Others = append(p.Others, views.Option{ID: t.ID, Name: t.Name})
		}
	}
	if p.Tag.ID == "" {
		return p, errs.New(errs.NotFound, "there is no such tag")
	}
	p.Form = views.TagForm{Name: p.Tag.Name, Colour: p.Tag.Colour, Description: p.Tag.Description}
	p.Rules, err = c.s.Inbox.TagRules(c.q(), c.actor.OrgID, n)
	return p, err
}

// saveTag renames, recolours or describes a tag.
func (s *Server) saveTag(c *call) error {
	n, err := c.pathID("tag", "tag")
	if err != nil {
		return err
	}
	form := c.tagEntered()
	if form.Name == "" {
		return c.tagPage(http.StatusUnprocessableEntity, &form, errs.Field("name", "needs 1 to 60 characters"))
	}
	_, err = s.Contacts.UpdateTag(c.r.Context(), c.actor, n, tagInput(form))
	if refused(err) {
		return c.tagPage(http.StatusUnprocessableEntity, &form, err)
	}
	return c.tagDone(err, "tags.saved", form.Name)
}

// removeTag deletes a tag, once it is sure.
func (s *Server) removeTag(c *call) error {
	p, err := c.tagOf()
	if err != nil {
		return err
	}
	if c.field("sure") != "1" {
		p.Page = c.page(c.t("tags.remove.title", p.Tag.Name))
		return c.render(http.StatusOK, views.RemoveTag(p))
	}
	n, err := c.pathID("tag", "tag")
	if err != nil {
		return err
	}
	return c.tagDone(s.Contacts.DeleteTag(c.r.Context(), c.actor, n), "tags.removed", p.Tag.Name)
}

// mergeTag makes one tag of two, once it is sure.
func (s *Server) mergeTag(c *call) error {
	p, err := c.tagOf()
	if err != nil {
		return err
	}
	for _, o := range p.Others {
		if o.ID == c.field("into") {
			p.Into = o
		}
	}
	if p.Into.ID == "" {
		return c.tagPage(http.StatusUnprocessableEntity, nil, errs.Field("into", c.t("tags.merge.choose")))
	}
	if c.field("sure") != "1" {
		p.Page = c.page(c.t("tags.merge.title", p.Tag.Name, p.Into.Name))
		return c.render(http.StatusOK, views.MergeTag(p))
	}
	from, err := c.pathID("tag", "tag")
	if err != nil {
		return err
	}
	into, err := someID("tag", p.Into.ID)
	if err != nil {
		return err
	}
	done, err := s.Contacts.MergeTag(c.r.Context(), c.actor, from, into)
	key := "tags.merged"
	if !done {
		key = "tags.merging"
	}
	return c.tagDone(err, key, p.Tag.Name, p.Into.Name)
}

func (c *call) tagDone(err error, key string, args ...any) error {
	if err != nil {
		return err
	}
	c.flash(c.t(key, args...))
	return c.redirect("/settings/tags")
}
