package contact

import (
	"context"
	"slices"
	"strings"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/fold"
)

// UpsertInput is a person as another system knows them: the fields to set,
// with the external id or the phone that they are found by.
type UpsertInput struct {
	Patch
	Source string // of a new contact; "": follows from who does it
}

// Upsert finds a contact by its external id, then by its phone, and changes
// it; or makes it. External id and phone of two people are a Conflict, and so
// is the phone of somebody whose external id is another: which of the two is
// meant is not for us to guess. A number that the contact is already found by
// does not become its main one, so that an old list undoes no change of number.
func (s *Service) Upsert(ctx context.Context, who account.Actor, in UpsertInput) (c Contact, created bool, err error) {
	defer errs.Wrap(&err, "contact.Upsert")
	if err := who.Require(account.ManageContacts); err != nil {
		return Contact{}, false, err
	}
	if err := in.check(); err != nil {
		return Contact{}, false, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		c, created, err = s.upsertTx(tx, who, in)
		return err
	})
	if err != nil {
		return Contact{}, false, err
	}
	c, err = s.ByID(s.db.Read(ctx), who.OrgID, c.ID)
	return c, created, err
}

// check normalises the input and reports all that is wrong with it.
func (in *UpsertInput) check() error {
	err := in.clean()
	if value(in.Phone) != "" || value(in.ExternalID) != "" {
		return err
	}
	var wrong []string
	if e := errs.As(err); e != nil {
		wrong = e.Details
	}
	if !slices.ContainsFunc(wrong, func(d string) bool { return strings.HasPrefix(d, fieldPhone+":") }) {
		wrong = append(wrong, "phone: is needed where there is no externalId")
	}
	return errs.Fields(wrong...)
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func (s *Service) upsertTx(tx *db.Tx, who account.Actor, in UpsertInput) (Contact, bool, error) {
	c, ok, err := findForUpsert(tx, who.OrgID, value(in.ExternalID), value(in.Phone))
	if err != nil {
		return c, false, err
	}
	if !ok {
		c, err = s.makeTx(tx, who, in)
		return c, true, err
	}
	p := in.Patch
	if p.Phone != nil {
		known, err := db.Exists(tx, `SELECT 1 FROM contact_handle WHERE org_id = ? AND value = ? AND contact_id = ?`, who.OrgID, MatchKey(*p.Phone), c.ID)
		if err != nil {
			return c, false, err
		}
		if known && c.Phone != "" {
			p.Phone = nil
		}
	}
	return c, false, s.patchTx(tx, who, &c, p)
}

// findForUpsert finds whom an external id and a phone mean.
func findForUpsert(tx *db.Tx, org int64, external, phone string) (c Contact, ok bool, err error) {
	if external != "" {
		c, err = byExternal(tx, org, external)
		if ok = err == nil; !ok && !errs.Is(err, errs.NotFound) {
			return c, false, err
		}
	}
	if phone == "" {
		return c, ok, nil
	}
	f, err := findTx(tx, org, Identity{Phone: phone})
	switch {
	case err != nil || !f.ok:
		return c, ok, err
	case ok && f.contact.ID != c.ID:
		return c, false, errs.Coded(errs.Conflict, "external_id_phone", "externalId and phone are of two contacts: externalId of "+shownID(c.ID)+", phone of "+shownID(f.contact.ID))
	case external != "" && !ok && f.contact.ExternalID != "":
		return c, false, errs.Coded(errs.Conflict, "phone_owned", "the phone is of "+shownID(f.contact.ID)+", which has another externalId")
	}
	return f.contact, true, nil
}

// byExternal finds a contact by the id that another system gave it.
func byExternal(q db.Q, org int64, external string) (Contact, error) {
	return db.One(q, scanContact, `SELECT `+contactColumns+` FROM contact c WHERE c.org_id = ? AND c.external_id = ? AND c.external_id <> ''`, org, external)
}

// makeTx makes a contact of what was given: one event, one audit line.
func (s *Service) makeTx(tx *db.Tx, who account.Actor, in UpsertInput) (Contact, error) {
	c := Contact{OrgID: who.OrgID, Source: in.Source, Phone: value(in.Phone), WaID: fold.Digits(value(in.Phone))}
	if c.Source == "" {
		c.Source = originOf(who)
	}
	var ch changes
	if err := s.checkCustomTx(tx, who.OrgID, &in.Patch); err != nil {
		return c, err
	}
	in.applyTexts(&c, &ch)
	if err := insertTx(tx, &c); err != nil {
		return c, err
	}
	if c.Phone != "" {
		ch.note(fieldPhone)
		if err := addHandleTx(tx, c.OrgID, c.ID, Identity{Phone: c.Phone}.handles()[0]); err != nil {
			return c, err
		}
	}
	if err := in.applyConsentTx(tx, who, &c, &ch); err != nil {
		return c, err
	}
	if c.Consent != nil {
		if err := updateTx(tx, &c); err != nil {
			return c, err
		}
	}
	if in.Tags != nil {
		if err := replaceTagsTx(tx, who, c.ID, *in.Tags, &ch); err != nil {
			return c, err
		}
	}
	if err := s.recordTx(tx, eventCreated, c, who, eventData{Origin: c.Source}); err != nil {
		return c, err
	}
	tags, err := in.tagsNow(tx, &c)
	if err != nil {
		return c, err
	}
	return c, auditTx(tx, who, actionCreate, &c, nil, c.told(ch.names, tags))
}
