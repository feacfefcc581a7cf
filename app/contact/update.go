package contact

import (
	"context"
	"maps"
	"net/mail"
	"strings"
	"unicode/utf8"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

// Patch changes only the fields that are present. An empty text clears one.
type Patch struct {
	Name, Phone, Email, ExternalID, Notes   *string
	CompanyName, Website, JobTitle, Address *string
	Custom                                  map[string]*string // nil removes a key
	ClearCustom                             bool               // removes all others
	Consent                                 *bool
	ForgetConsent                           bool   // back to "never stated"; wins over Consent
	Reason                                  string // of the change of consent
	Tags                                    *[]string
	DefaultCountry                          string // for a phone without country code
}

const (
	maxText   = 255
	maxNotes  = 10_000
	maxCustom = 100
)

// Update changes a contact and gives it as it then is. Wrong values are all
// reported together, and nothing is changed. A patch that changes nothing
// writes nothing and tells nobody.
func (s *Service) Update(ctx context.Context, who account.Actor, id int64, p Patch) (c Contact, err error) {
	defer errs.Wrap(&err, "contact.Update(%d)", id)
	if err := who.Require(account.ManageContacts); err != nil {
		return Contact{}, err
	}
	if err := p.clean(); err != nil {
		return Contact{}, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if c, err = rowByID(tx, who.OrgID, id); err != nil {
			return err
		}
		return s.patchTx(tx, who, &c, p)
	})
	if err != nil {
		return Contact{}, err
	}
	return s.ByID(s.db.Read(ctx), who.OrgID, id)
}

// patchTx is the one way in which people and programs change a contact: the
// row, its history of consent, the event and the audit line, or nothing of it.
func (s *Service) patchTx(tx *db.Tx, who account.Actor, c *Contact, p Patch) error {
	was, ch := *c, changes{}
	if err := s.checkCustomTx(tx, who.OrgID, &p); err != nil {
		return err
	}
	tagsWere, err := p.tagsNow(tx, c)
	if err != nil {
		return err
	}
	if p.ExternalID != nil {
		if err := freeExternalTx(tx, c, *p.ExternalID); err != nil {
			return err
		}
	}
	p.applyTexts(c, &ch)
	if p.Phone != nil {
		if err := setPhoneTx(tx, c, *p.Phone, &ch); err != nil {
			return err
		}
	}
	if err := p.applyConsentTx(tx, who, c, &ch); err != nil {
		return err
	}
	if p.Tags != nil {
		if err := replaceTagsTx(tx, who, c.ID, *p.Tags, &ch); err != nil {
			return err
		}
	}
	if len(ch.names) == 0 {
		return nil
	}
	if err := s.saveTx(tx, c, ch, who, originOf(who)); err != nil {
		return err
	}
	tagsAre, err := p.tagsNow(tx, c)
	if err != nil {
		return err
	}
	return auditTx(tx, who, actionUpdate, c, was.told(ch.names, tagsWere), c.told(ch.names, tagsAre))
}

func (p *Patch) applyConsentTx(tx *db.Tx, who account.Actor, c *Contact, ch *changes) error {
	if p.Consent == nil && !p.ForgetConsent {
		return nil
	}
	want := p.Consent
	if p.ForgetConsent {
		want = nil
	}
	return consentTx(tx, c, want, causeOf(who, p.Reason), ch)
}

// freeExternalTx refuses an external id that another contact has.
func freeExternalTx(tx *db.Tx, c *Contact, external string) error {
	if external == "" || external == c.ExternalID {
		return nil
	}
	other, err := byExternal(tx, c.OrgID, external)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return errs.Coded(errs.Conflict, "external_id_taken", "another contact has this externalId: "+shownID(other.ID))
}

// applyTexts sets what needs no database.
func (p *Patch) applyTexts(c *Contact, ch *changes) {
	if p.Name != nil {
		// Without a name of our own the person's is shown and followed again.
		c.nameEdited = *p.Name != ""
		name := *p.Name
		if name == "" {
			name = cleanName(c.ProfileName)
		}
		ch.set(&c.Name, name, fieldName)
	}
	for _, f := range []struct {
		to   *string
		from *string
		name string
	}{
		{&c.Email, p.Email, fieldEmail}, {&c.ExternalID, p.ExternalID, fieldExternal}, {&c.Notes, p.Notes, fieldNotes},
		{&c.Company.Name, p.CompanyName, fieldCompany}, {&c.Company.Website, p.Website, fieldCompany},
		{&c.Company.JobTitle, p.JobTitle, fieldCompany}, {&c.Company.Address, p.Address, fieldCompany},
	} {
		if f.from != nil {
			ch.set(f.to, *f.from, f.name)
		}
	}
	custom := maps.Clone(c.Custom)
	if p.ClearCustom {
		custom = nil
	}
	for k, v := range p.Custom {
		if custom == nil {
			custom = map[string]string{}
		}
		if v == nil {
			delete(custom, k)
		} else {
			custom[k] = *v
		}
	}
	if !maps.Equal(custom, c.Custom) {
		c.Custom = custom
		ch.note(fieldCustom)
	}
}

// clean normalises the values in place and reports every wrong one.
func (p *Patch) clean() error {
	var wrong []string
	for _, f := range []struct {
		name string
		text *string
	}{
		{"externalId", p.ExternalID}, {"company.name", p.CompanyName}, {"company.website", p.Website},
		{"company.jobTitle", p.JobTitle}, {"company.address", p.Address}, {"name", p.Name},
	} {
		if f.text == nil {
			continue
		}
		if utf8.RuneCountInString(*f.text) > maxText {
			wrong = append(wrong, f.name+": at most 255 characters")
		}
		*f.text = cleanName(*f.text)
	}
	if p.Notes != nil && utf8.RuneCountInString(*p.Notes) > maxNotes {
		wrong = append(wrong, "notes: at most 10000 characters")
	}
	if p.Email != nil {
		*p.Email = strings.ToLower(strings.TrimSpace(*p.Email))
		if a, err := mail.ParseAddress(*p.Email); *p.Email != "" && (err != nil || a.Address != *p.Email || len(*p.Email) > 254) {
			wrong = append(wrong, "email: not an e-mail address")
		}
	}
	if p.Phone != nil && strings.TrimSpace(*p.Phone) != "" {
		phone, err := CanonicalPhone(*p.Phone, p.DefaultCountry)
		if e := errs.As(err); e != nil {
			wrong = append(wrong, e.Details...)
		}
		*p.Phone = phone
	}
	wrong = append(wrong, p.cleanCustom()...)
	if len(wrong) > 0 {
		return errs.Fields(wrong...)
	}
	return nil
}

func (p *Patch) cleanCustom() []string {
	if len(p.Custom) > maxCustom {
		return []string{"customFields: at most 100 fields"}
	}
	for k, v := range p.Custom {
		if k == "" || utf8.RuneCountInString(k) > maxText || v != nil && utf8.RuneCountInString(*v) > maxNotes {
			return []string{"customFields: a name needs 1 to 255 characters, a value at most 10000"}
		}
	}
	return nil
}

// setPhoneTx makes phone the contact's number. The former one still finds the
// contact. A number that another contact has is a Conflict.
func setPhoneTx(tx *db.Tx, c *Contact, phone string, ch *changes) error {
	phone = strings.TrimSpace(phone)
	if phone == c.Phone {
		return nil
	}
	if phone != "" {
		id := Identity{Phone: phone}
		f, err := findTx(tx, c.OrgID, id)
		switch {
		case err != nil:
			return err
		case f.ok && f.contact.ID != c.ID:
			return errs.Coded(errs.Conflict, "phone_taken", "another contact has this phone number: "+shownID(f.contact.ID))
		case !f.ok:
			if err := addHandleTx(tx, c.OrgID, c.ID, id.handles()[0]); err != nil {
				return err
			}
		}
	}
	if MatchKey(phone) != MatchKey(c.Phone) {
		// WhatsApp tells its own spelling with the next message.
		c.WaID = strings.TrimPrefix(phone, "+")
	}
	ch.set(&c.Phone, phone, fieldPhone)
	return nil
}
