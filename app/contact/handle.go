package contact

import (
	"badala/app/db"
)

// Kinds of handles.
const (
	handlePhone   = "PHONE"
	handleUser    = "USER_ID"
	handleParent  = "PARENT_USER_ID"
	reasonMessage = "SAME_MESSAGE"
	reasonNumber  = "NUMBER_CHANGED"
	reasonUserID  = "USER_ID_CHANGED"
	reasonPhone   = "PHONE_SHARED"
	eventCreated  = "contact.created"
	eventUpdated  = "contact.updated"
	fieldPhone    = "phone"
	fieldName     = "name"
	fieldWhatsApp = "whatsapp"
	fieldOthers   = "otherPhones"
	fieldConsent  = "marketingConsent"
	fieldTags     = "tags"
	fieldEmail    = "email"
	fieldExternal = "externalId"
	fieldCompany  = "company"
	fieldCustom   = "customFields"
	fieldNotes    = "notes"
	fieldMerged   = "merged"
)

// handle is one thing that a contact is found by.
type handle struct {
	Value, Kind string
	Former      bool
	// Shown is the E.164 form of a phone.
	Shown string
}

// holder is a handle with the contact that has it.
type holder struct {
	handle
	contact Contact
}

// holdersTx finds who has the values, "" meaning none. Three searches of the
// primary key, in one query.
func holdersTx(q db.Q, org int64, user, phone, parent string) ([]holder, error) {
	return db.All(q, func(r *db.Rows, h *holder) error {
		targets, done := h.contact.fields()
		if err := r.Scan(append([]any{&h.Value, &h.Kind, &h.Former}, targets...)...); err != nil {
			return err
		}
		return done()
	}, holdersQuery, org, user, org, phone, org, parent)
}

// Three look-ups beat one with IN, for which SQLite builds a temporary index.
const (
	holderQuery = `SELECT h.value, h.kind, h.former, ` + contactColumns + `
	FROM contact_handle h JOIN contact c ON c.id = h.contact_id
	WHERE h.org_id = ? AND h.value = ?`
	holdersQuery = holderQuery + ` UNION ALL ` + holderQuery + ` UNION ALL ` + holderQuery
)

// addHandleTx gives a contact a handle that nobody has.
func addHandleTx(tx *db.Tx, org, contact int64, h handle) error {
	_, err := tx.Exec(`INSERT INTO contact_handle(org_id, value, kind, contact_id, former, shown, created_at) VALUES(?, ?, ?, ?, ?, ?, ?)`,
		org, h.Value, h.Kind, contact, h.Former, h.Shown, tx.Now())
	return err
}

func setFormerTx(tx *db.Tx, org, contact int64, value string, former bool) error {
	_, err := tx.Exec(`UPDATE contact_handle SET former = ? WHERE org_id = ? AND value = ? AND contact_id = ?`, former, org, value, contact)
	return err
}

// linkTx remembers that two contacts may be one person.
func linkTx(tx *db.Tx, org, a, b int64, reason string) error {
	_, err := tx.Exec(`INSERT INTO contact_link(org_id, contact_id, other_id, reason, created_at) VALUES(?, ?, ?, ?, ?)
		ON CONFLICT DO NOTHING`, org, min(a, b), max(a, b), reason, tx.Now())
	return err
}

// Linked lists the contacts that may be the same person as this one.
func (s *Service) Linked(q db.Q, org, id int64) ([]Contact, error) {
	return db.All(q, scanContact, `SELECT `+contactColumns+` FROM contact c
		WHERE c.org_id = ? AND c.id IN (
			SELECT other_id FROM contact_link WHERE contact_id = ?
			UNION SELECT contact_id FROM contact_link WHERE other_id = ?)
		ORDER BY c.id`, org, id, id)
}
