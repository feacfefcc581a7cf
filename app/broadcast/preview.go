package broadcast

import (
	"context"

	"badala/app/account"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/inbox"
	"badala/app/template"
)

const previewSize = 3

// Preview is what one real recipient will get.
type Preview struct {
	ContactID   int64 // 0: a number that is nobody's yet
	Name, Phone string
	Shown       template.Filled
	// Missing are the fields that the contact does not have and for which
	// nothing stands: it will be left out.
	Missing []string
}

// Preview writes the template to the first three of those who would get it.
func (s *Service) Preview(ctx context.Context, org int64, in Input) (all []Preview, err error) {
	defer errs.Wrap(&err, "broadcast.Preview")
	if wrong := in.Audience.clean(); len(wrong) > 0 {
		return nil, fields(wrong)
	}
	q := s.DB.Read(ctx)
	_, spec, err := s.template(q, &Broadcast{OrgID: org, ChannelID: in.ChannelID, Template: in.Template, Language: in.Language})
	if err != nil {
		return nil, err
	}
	w := newWording(in.Given)
	set, err := s.Settings(q, org)
	if err != nil {
		return nil, err
	}
	some, err := s.first(q, org, &in.Audience, set.ExplicitConsent, previewSize)
	if err != nil {
		return nil, err
	}
	for _, m := range some {
		c := contact.Contact{Phone: m.Phone}
		if m.ID != 0 {
			if c, err = s.Contacts.ByID(q, org, m.ID); err != nil {
				return nil, err
			}
		}
		values, missing := w.to(&c)
		all = append(all, Preview{m.ID, c.Title(), c.Phone, spec.Fill(values), missing})
	}
	return all, nil
}

// Test sends what the first of the recipients would get to a number of one's
// own, and waits for WhatsApp's first verdict.
func (s *Service) Test(ctx context.Context, who account.Actor, in Input, to string) (m inbox.Message, err error) {
	defer errs.Wrap(&err, "broadcast.Test")
	if err := who.Require(account.SendBroadcasts); err != nil {
		return m, err
	}
	if wrong := in.Audience.clean(); len(wrong) > 0 {
		return m, fields(wrong)
	}
	w := newWording(in.Given)
	c, err := s.model(s.DB.Read(ctx), who.OrgID, &in.Audience)
	if err != nil {
		return m, err
	}
	values, missing := w.to(&c)
	if len(missing) > 0 {
		values = w.example()
	}
	m, _, _, err = s.Inbox.SendTemplate(ctx, who, in.ChannelID, to, inbox.TemplateInput{Name: in.Template, Language: in.Language, Values: values}, false)
	return m, err
}

// model is the contact after whom a test is made: the first recipient, or
// nobody.
func (s *Service) model(q db.Q, org int64, a *Audience) (contact.Contact, error) {
	some, err := s.first(q, org, a, false, 1)
	if err != nil || len(some) == 0 || some[0].ID == 0 {
		return contact.Contact{}, err
	}
	return s.Contacts.ByID(q, org, some[0].ID)
}
