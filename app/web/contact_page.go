package web

import (
	"net/http"
	"strings"

	"badala/app/account"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/inbox"
	"badala/app/media"
	"badala/views"
)

// tilesTake is how many files the page of a contact shows.
const tilesTake = 60

// contactPage shows one customer.
func (s *Server) contactPage(c *call) error {
	ct, err := c.contactOf()
	if err != nil {
		return err
	}
	return c.showContact(http.StatusOK, ct, nil, nil)
}

// contactOf reads the contact of the path.
func (c *call) contactOf() (contact.Contact, error) {
	n, err := c.pathID("contact", "contact")
	if err != nil {
		return contact.Contact{}, err
	}
	ct, err := c.s.Contacts.ByID(c.q(), c.actor.OrgID, n)
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.NotFound, "no such contact")
	}
	return ct, err
}

// showContact draws the page of a contact; entered is what a refused form had
// in it, and problem why it was refused.
func (c *call) showContact(status int, ct contact.Contact, entered map[string]string, problem error) error {
	p := views.ContactPage{Page: c.page(contactName(ct)), Contact: contactData(ct), Tags: tagsOf(ct.Tags), Errors: c.formErrors(problem),
		CanEdit: c.actor.Can(account.ManageContacts), CanErase: c.actor.Can(account.EraseContacts)}
	p.More = views.ContactMore{OtherPhones: ct.OtherPhones, Updated: db.Time(ct.UpdatedAt)}
	p.Form = entered
	if p.Form == nil {
		p.Form = contactForm(ct)
	}
	d, err := c.desk(0)
	if err != nil {
		return err
	}
	for _, fill := range []func(*views.ContactPage, contact.Contact) error{
		d.fillTags, d.fillConsent, d.fillTalks, d.fillMedia, d.fillTwins, d.fillFields, d.fillMerges,
	} {
		if err := fill(&p, ct); err != nil {
			return err
		}
	}
	if p.Taken, err = c.takenBy(problem, p.Form, ct.ID); err != nil {
		return err
	}
	return c.render(status, views.Contact(p))
}

// formErrors is what to say beside the fields, or above them.
func (c *call) formErrors(err error) map[string]string {
	if err == nil {
		return nil
	}
	if all := c.fieldErrors(err); len(all) > 0 {
		return all
	}
	return map[string]string{"": c.explain(err)}
}

// contactForm is what the fields of a contact show.
func contactForm(ct contact.Contact) map[string]string {
	return map[string]string{
		"name": ct.Name, "phone": ct.Phone, "email": ct.Email, "external_id": ct.ExternalID, "notes": ct.Notes,
		"company": ct.Company.Name, "job_title": ct.Company.JobTitle, "website": ct.Company.Website, "address": ct.Company.Address,
	}
}

func (d *desk) fillTags(p *views.ContactPage, _ contact.Contact) error {
	all, err := d.s.Contacts.Tags(d.q(), d.actor.OrgID)
	for _, t := range all {
		p.AllTags = append(p.AllTags, t.Name)
	}
	return err
}

// fillConsent tells who changed the consent, when and why.
func (d *desk) fillConsent(p *views.ContactPage, ct contact.Contact) error {
	history, err := d.s.Contacts.ConsentHistory(d.q(), d.actor.OrgID, ct.ID)
	if err != nil {
		return err
	}
	keys, err := d.keyNames(history)
	if err != nil {
		return err
	}
	for _, h := range history {
		l := views.ConsentLine{At: db.Time(h.At), Was: consentWord(h.Was), Now: consentWord(h.Now), Why: d.consentReason(h.Reason)}
		switch h.Kind {
		case account.KindUser:
			l.Who = firstOf(d.names[h.ActorID], d.t("consent.who.USER"))
		case account.KindAPI:
			l.Who = firstOf(keys[h.ActorID], d.names[h.ActorID], d.t("consent.who.API"))
		case "CUSTOMER":
			l.Who = firstOf(ct.Title(), d.t("consent.who.CUSTOMER"))
		default:
			l.Who = d.t("consent.who.SYSTEM")
		}
		if h.MessageID != 0 {
			if m, err := d.s.Inbox.Message(d.q(), d.actor.OrgID, h.MessageID); err == nil {
				l.URL = "/c/" + id("conv", m.ConversationID) + "#m-" + id("msg", m.ID)
			} else if !errs.Is(err, errs.NotFound) {
				return err
			}
		}
		p.History = append(p.History, l)
	}
	return nil
}

// keyNames names the API keys of a history, if there are any in it.
func (d *desk) keyNames(history []contact.ConsentChange) (map[int64]string, error) {
	names := map[int64]string{}
	for _, h := range history {
		if h.Kind != account.KindAPI || len(names) > 0 {
			continue
		}
		keys, err := d.s.Accounts.Keys(d.q(), d.actor.OrgID)
		if err != nil {
			return nil, err
		}
		for _, k := range keys {
			names[k.ID] = k.Name
		}
	}
	return names, nil
}

// consentReason is why consent changed: what nobody put into words in ours.
func (c *call) consentReason(reason string) string {
	if key := "consent.why." + reason; c.has(key) {
		return c.t(key)
	}
	if word, ok := strings.CutPrefix(reason, inbox.ReasonWord); ok {
		return c.t("consent.why.word", word)
	}
	return reason
}

// fillTalks lists the conversations, and when something was last said.
func (d *desk) fillTalks(p *views.ContactPage, ct contact.Contact) error {
	all, err := d.s.Inbox.ConversationsOf(d.q(), d.actor.OrgID, ct.ID)
	now := d.s.DB.Now()
	for i := range all {
		cv := &all[i]
		t := views.TalkData{ID: id("conv", cv.ID), Channel: d.channelName(cv.ChannelID), Last: lastMessage(cv.LastPreview), At: db.Time(cv.LastMessageAt),
			Unread: cv.UnreadCount, Closed: cv.IsClosed(), Window: window(cv, now)}
		if cv.GroupID != "" {
			t.Channel = d.t("group.name")
		} else if p.More.LastSaid.Before(t.At) {
			p.More.LastSaid = t.At
		}
		p.Talks = append(p.Talks, t)
	}
	return err
}

// fillMedia shows the newest files.
func (d *desk) fillMedia(p *views.ContactPage, ct contact.Contact) error {
	all, err := d.s.Inbox.MediaOf(d.q(), d.actor.OrgID, ct.ID, tilesTake)
	for i := range all {
		m := &all[i]
		if m.Media == nil || m.Media.State != media.Ready {
			continue
		}
		t := views.MediaTile{Name: firstOf(m.Media.FileName, d.t("kind."+string(kindOf(m.Type, false)))), At: db.Time(m.At),
			Link: "/c/" + id("conv", m.ConversationID) + "#m-" + id("msg", m.ID), Out: m.Direction == inbox.Outbound, Kind: "file"}
		if kind, _, _ := strings.Cut(m.Media.ContentType, "/"); kind == "image" || kind == "video" || kind == "audio" {
			t.Kind = kind
		}
		switch {
		case m.Media.HasThumb():
			t.Thumb = d.s.Media.ThumbURL(*m.Media, mediaTTL)
		case t.Kind == "image": // too small to need one
			t.Thumb = d.s.Media.SignedURL(*m.Media, mediaTTL)
		}
		p.Media = append(p.Media, t)
	}
	return err
}

// fillTwins lists those who may be the same person.
func (d *desk) fillTwins(p *views.ContactPage, ct contact.Contact) error {
	linked, err := d.s.Contacts.Linked(d.q(), d.actor.OrgID, ct.ID)
	if err != nil {
		return err
	}
	p.Linked, err = d.twins(linked)
	return err
}

// twins are contacts to merge with, with how much was said.
func (c *call) twins(all []contact.Contact) ([]views.TwinData, error) {
	var out []views.TwinData
	for _, ct := range all {
		talks, err := c.s.Inbox.ConversationsOf(c.q(), c.actor.OrgID, ct.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, views.TwinData{ID: id("contact", ct.ID), Name: contactName(ct), Phone: ct.Phone, Talks: len(talks)})
	}
	return out, nil
}
