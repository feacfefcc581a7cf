package contact

import (
	"context"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

// OnErase adds what goes with a contact that is erased, in the transaction
// that makes the person invisible. Register hooks before the first use.
func (s *Service) OnErase(hook func(tx *db.Tx, org, contact int64) error) {
	s.erased = append(s.erased, hook)
}

// Erase removes a person: the contact with all that names it at once, what was
// said with it by a job. Counts stay.
func (s *Service) Erase(ctx context.Context, who account.Actor, id int64) (err error) {
	defer errs.Wrap(&err, "contact.Erase(%d)", id)
	return errs.New(errs.Unavailable, "contacts cannot be erased yet")
}
