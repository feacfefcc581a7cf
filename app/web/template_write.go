package web

import (
	"cmp"
	"crypto/rand"
	"net/http"
	"slices"
	"strings"

	"badala/app/channel"
	"badala/app/contact"
	"badala/app/errs"
	"badala/app/inbox"
	"badala/app/template"
	"badala/views"
)

// recipient is whom a template is written to.
type recipient struct {
	conv    inbox.Conversation // zero when there is none yet
	contact contact.Contact    // zero for a number that nobody has
	phone   string             // E.164
	channel channel.Channel    // zero while it is not chosen
	view    views.WriteTarget
}

// recipient reads whom the address means: a conversation, a contact, or a phone
// with the number that writes to it. A phone that makes no sense is a failure
// of the field "phone".
func (c *call) recipient() (recipient, error) {
	var to recipient
	if name := c.field("conv"); name != "" {
		n, err := someID("conv", name)
		if err != nil {
			return to, err
		}
		return to, c.inConversation(&to, n)
	}
	all, err := c.s.Channels.List(c.q(), c.actor.OrgID)
	if err != nil {
		return to, err
	}
	if named := c.field("channel"); named != "" || len(all) == 1 {
		at := slices.IndexFunc(all, func(ch channel.Channel) bool { return id("chan", ch.ID) == named || named == "" })
		if at < 0 {
			return to, errs.New(errs.NotFound, "there is no such number")
		}
		to.channel = all[at]
		to.view.Channel = id("chan", to.channel.ID)
	}
	if name := c.field("contact"); name != "" {
		n, err := someID("contact", name)
		if err != nil {
			return to, err
		}
		return to, c.toContact(&to, n)
	}
	if c.field("phone") == "" {
		return to, nil
	}
	if to.phone, err = contact.CanonicalPhone(c.field("phone"), c.field("country")); err != nil {
		return to, err
	}
	return to, c.toPhone(&to)
}

// inConversation writes into a conversation that there is.
func (c *call) inConversation(to *recipient, conv int64) (err error) {
	if to.conv, err = c.s.Inbox.Conversation(c.q(), c.actor.OrgID, conv); err != nil {
		return err
	}
	if to.channel, err = c.s.Channels.ByID(c.q(), c.actor.OrgID, to.conv.ChannelID); err != nil {
		return err
	}
	to.contact, err = c.s.Contacts.ByID(c.q(), c.actor.OrgID, to.conv.ContactID)
	to.view.Conv = id("conv", conv)
	to.shown(c)
	return err
}

// toContact writes to somebody who is known: into the conversation that the
// number has with them, if there is one.
func (c *call) toContact(to *recipient, n int64) (err error) {
	if to.contact, err = c.s.Contacts.ByID(c.q(), c.actor.OrgID, n); errs.Is(err, errs.NotFound) {
		return errs.New(errs.NotFound, "no such contact")
	} else if err != nil {
		return err
	}
	to.view.Contact = id("contact", n)
	to.shown(c)
	if to.channel.ID == 0 {
		return nil
	}
	all, err := c.s.Inbox.ConversationsOf(c.q(), c.actor.OrgID, n)
	for _, cv := range all {
		if cv.ChannelID == to.channel.ID && cv.GroupID == "" {
			to.conv, to.view.Conv = cv, id("conv", cv.ID)
		}
	}
	return err
}

// toPhone writes to a number: to the contact who has it, if somebody does.
func (c *call) toPhone(to *recipient) error {
	to.view.Phone, to.view.Name = to.phone, to.phone
	found, err := c.s.Contacts.ReachesByPhone(c.q(), c.actor.OrgID, []string{to.phone})
	if err != nil {
		return err
	}
	for _, r := range found {
		to.view.Phone = ""
		return c.toContact(to, r.ID)
	}
	to.shown(c)
	return nil
}

// shown fills in what people read.
func (to *recipient) shown(c *call) {
	if to.contact.ID != 0 {
		to.view.Name = contactName(to.contact)
	}
	to.view.ChannelName = channelTitle(to.channel)
	to.view.Refused = to.contact.Consent != nil && !*to.contact.Consent
}

// refuses says why a template of a category cannot be sent to this one.
func (to *recipient) refuses(c *call, category string) string {
	if to.view.Refused && strings.EqualFold(category, template.Marketing) {
		return c.t("template.refused.consent", to.view.Name)
	}
	return ""
}

// write asks to whom, and then which template.
func (s *Server) write(c *call) error {
	to, err := c.recipient()
	p := views.WritePage{Page: c.page(c.t("template.write")), Phone: c.field("phone"), Country: c.field("country")}
	status := http.StatusOK
	if refused(err) {
		status = http.StatusUnprocessableEntity
		p.PhoneError = c.t("template.phone.wrong")
		to.view.Phone = ""
	} else if err != nil {
		return err
	}
	if to.contact.ID != 0 && to.contact.Phone == "" && to.contact.UserID == "" && to.conv.ID == 0 {
		p.Problem = c.t("template.to.nowhere")
	}
	p.To = to.view
	if to.view.Conv == "" && (to.channel.ID == 0 || to.phone == "" && to.contact.ID == 0) || status != http.StatusOK || p.Problem != "" {
		p.To.Channel, p.To.Phone = "", ""
		if err := c.askTo(&p, to); err != nil {
			return err
		}
		return c.writeStep(status, p)
	}
	if err := c.pickTemplate(&p, to); err != nil {
		return err
	}
	return c.writeStep(status, p)
}

// askTo offers countries and numbers to write from.
func (c *call) askTo(p *views.WritePage, to recipient) error {
	all, err := c.s.Channels.List(c.q(), c.actor.OrgID)
	if err != nil {
		return err
	}
	for _, ch := range all {
		p.Channels = append(p.Channels, views.Option{ID: id("chan", ch.ID), Name: channelTitle(ch), Selected: ch.ID == to.channel.ID})
		p.Country = cmp.Or(p.Country, contact.CountryOfPhone(ch.PhoneNumber))
	}
	if len(all) == 0 {
		p.Problem = c.t("template.none.number")
	}
	p.Countries = countryNames(c.lang)
	return nil
}

// writeStep shows a step of the way: alone for our script, which has a dialog
// for it.
func (c *call) writeStep(status int, p views.WritePage) error {
	if c.script() {
		return c.render(status, views.WriteBox(p))
	}
	return c.render(status, views.Write(p))
}

// pickTemplate lists what can be sent: favourites and what was sent last first.
func (c *call) pickTemplate(p *views.WritePage, to recipient) error {
	p.Query, p.Language = cut(c.field("q"), searchRunes), c.field("language")
	all, err := c.s.Channels.FindTemplates(c.q(), c.actor.OrgID, to.channel.ID, channel.TemplateFilter{Usable: true})
	if err != nil {
		return err
	}
	p.Nothing = len(all) == 0
	for _, t := range all {
		if !slices.ContainsFunc(p.Languages, func(o views.Option) bool { return o.ID == t.Language }) {
			p.Languages = append(p.Languages, views.Option{ID: t.Language, Name: languageTitle(c.lang, t.Language)})
		}
	}
	found, err := c.s.Channels.FindTemplates(c.q(), c.actor.OrgID, to.channel.ID, channel.TemplateFilter{Search: p.Query, Language: p.Language, Usable: true})
	if err != nil {
		return err
	}
	uses, err := c.s.Channels.TemplateUses(c.q(), c.actor.OrgID, c.actor.UserID)
	if err != nil {
		return err
	}
	slices.SortStableFunc(found, func(a, b channel.Template) int {
		x, y := uses[a.ID], uses[b.ID]
		if x.Starred != y.Starred {
			return cmp.Compare(b2i(y.Starred), b2i(x.Starred))
		}
		return cmp.Compare(y.UsedAt, x.UsedAt)
	})
	for _, t := range found {
		r := c.templateRow(t, to.channel.ID)
		r.Star, r.Used = uses[t.ID].Starred, uses[t.ID].UsedAt > 0
		if to.refuses(c, t.Category) != "" {
			r.Refused = c.t("template.refused.short")
		}
		p.Rows = append(p.Rows, r)
	}
	return nil
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// writeTemplate asks for what a template wants.
func (s *Server) writeTemplate(c *call) error {
	to, t, err := c.writeTarget()
	if err != nil {
		return err
	}
	if to.view.Conv == "" && (to.channel.ID == 0 || to.phone == "" && to.contact.ID == 0) {
		return s.write(c)
	}
	spec, err := t.Spec()
	if err != nil {
		return err
	}
	f := filling{to: to, t: t, spec: spec, given: c.guesses(spec, to), draft: c.field("draft"), clientID: rand.Text()}
	if f.draft == "" && to.conv.ID != 0 {
		drafts, err := s.Inbox.Drafts(c.q(), c.actor, to.conv.ID)
		if err != nil {
			return err
		}
		f.draft = drafts[inbox.DraftReply].Body
	}
	return c.fillTemplate(http.StatusOK, f)
}

// writeTarget reads the recipient and the template of the path.
func (c *call) writeTarget() (recipient, channel.Template, error) {
	to, err := c.recipient()
	if err != nil {
		return to, channel.Template{}, err
	}
	n, err := c.pathID("template", "tmpl")
	if err != nil || to.channel.ID == 0 {
		return to, channel.Template{}, err
	}
	t, err := c.s.Channels.TemplateByID(c.q(), c.actor.OrgID, to.channel.ID, n)
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.NotFound, "there is no such template")
	}
	return to, t, err
}

// starTemplate makes a template a favourite.
func (s *Server) starTemplate(c *call) error {
	to, t, err := c.writeTarget()
	if err != nil {
		return err
	}
	if t.ID == 0 {
		return errs.Field("channel", "is missing")
	}
	if err := s.Channels.StarTemplate(c.r.Context(), c.actor, to.channel.ID, t.ID, c.field("on") == "true"); err != nil {
		return err
	}
	return c.done("/write")
}
