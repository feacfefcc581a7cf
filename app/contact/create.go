package contact

import (
	"context"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

// Create makes a contact for a person who means a new one: an external id or a
// phone that somebody has already is a Conflict that names who.
func (s *Service) Create(ctx context.Context, who account.Actor, in UpsertInput) (c Contact, err error) {
	defer errs.Wrap(&err, "contact.Create")
	if err := who.Require(account.ManageContacts); err != nil {
		return Contact{}, err
	}
	if err := in.check(); err != nil {
		return Contact{}, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := freeExternalTx(tx, &Contact{OrgID: who.OrgID}, value(in.ExternalID)); err != nil {
			return err
		}
		f, err := findTx(tx, who.OrgID, Identity{Phone: value(in.Phone)})
		if err != nil {
			return err
		}
		if f.ok {
			return errs.Coded(errs.Conflict, "phone_taken", "another contact has this phone number: "+shownID(f.contact.ID))
		}
		c, err = s.makeTx(tx, who, in)
		return err
	})
	if err != nil {
		return Contact{}, err
	}
	return s.ByID(s.db.Read(ctx), who.OrgID, c.ID)
}
