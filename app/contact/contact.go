// Package contact owns the people an organisation talks to: who they are, by
// what they are recognised, their tags, consent and fields.
package contact

import (
	"encoding/json"

	"badala/app/db"
)

// Where a contact came from, and what changed one.
const (
	FromWhatsApp = "WHATSAPP"
	FromPerson   = "MANUAL"
	FromAPI      = "API"
	FromImport   = "IMPORT"
)

// Contact is one person. Any of name, phone and user id may be unknown.
type Contact struct {
	ID, OrgID int64

	Name       string
	Phone      string // E.164 with +
	Email      string
	ExternalID string
	Consent    *bool // marketing; nil: never stated
	Company    Company
	Source     string
	Custom     map[string]string
	Notes      string

	WaID        string // the number as WhatsApp writes it: send to this
	ProfileName string // chosen by the person
	UserID      string // Meta's business-scoped id
	Username    string

	OtherPhones []string // filled by ByID and ByIDs
	Tags        []Tag    // filled by ByID, ByIDs and List

	CreatedAt, UpdatedAt int64
	LastMessageAt        int64 // 0: never; inbox tells, see TalkedTx

	nameEdited   bool
	preferenceAt int64
}

// Company is where a contact works.
type Company struct {
	Name     string `json:"name,omitempty"`
	Website  string `json:"website,omitempty"`
	JobTitle string `json:"jobTitle,omitempty"`
	Address  string `json:"address,omitempty"`
}

// Title is what to call the contact: the name, else what WhatsApp tells, else
// the number. It is empty when nothing is known.
func (c Contact) Title() string {
	switch {
	case c.Name != "":
		return c.Name
	case c.ProfileName != "":
		return c.ProfileName
	case c.Username != "":
		return "@" + c.Username
	}
	return c.Phone
}

const contactColumns = `c.id, c.org_id, c.name, c.name_edited, c.phone, c.wa_id, c.user_id, c.username, c.profile_name,
	c.email, c.external_id, c.consent, c.preference_at, c.company, c.custom, c.notes, c.source, c.created_at, c.updated_at, c.last_message_at`

// fields gives the scan targets of contactColumns; done decodes what needs it.
func (c *Contact) fields() (targets []any, done func() error) {
	var company, custom string
	targets = []any{&c.ID, &c.OrgID, &c.Name, &c.nameEdited, &c.Phone, &c.WaID, &c.UserID, &c.Username, &c.ProfileName,
		&c.Email, &c.ExternalID, &c.Consent, &c.preferenceAt, &company, &custom, &c.Notes, &c.Source, &c.CreatedAt, &c.UpdatedAt, &c.LastMessageAt}
	return targets, func() error {
		if company != "{}" {
			if err := json.Unmarshal([]byte(company), &c.Company); err != nil {
				return err
			}
		}
		if custom != "{}" {
			return json.Unmarshal([]byte(custom), &c.Custom)
		}
		return nil
	}
}

func scanContact(r *db.Rows, c *Contact) error {
	targets, done := c.fields()
	if err := r.Scan(targets...); err != nil {
		return err
	}
	return done()
}

// rowByID reads a contact without tags and further phones.
func rowByID(q db.Q, org, id int64) (Contact, error) {
	return db.One(q, scanContact, `SELECT `+contactColumns+` FROM contact c WHERE c.id = ? AND c.org_id = ?`, id, org)
}

// TalkedTx notes when something was said with a contact, if nothing was later.
func TalkedTx(tx *db.Tx, org, id, at int64) error {
	_, err := tx.Exec(`UPDATE contact SET last_message_at = ?1 WHERE id = ?2 AND +org_id = ?3 AND last_message_at < ?1`, at, id, org)
	return err
}

// SetTalkedTx notes when something was last said with a contact.
func SetTalkedTx(tx *db.Tx, org, id, at int64) error {
	_, err := tx.Exec(`UPDATE contact SET last_message_at = ?1 WHERE id = ?2 AND +org_id = ?3 AND last_message_at <> ?1`, at, id, org)
	return err
}

// insertTx writes a new contact and its search row.
func insertTx(tx *db.Tx, c *Contact) error {
	c.ID, c.CreatedAt, c.UpdatedAt = tx.NewID(), tx.Now(), tx.Now()
	company, custom, err := c.documents()
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO contact(id, org_id, name, name_text, name_edited, phone, wa_id, user_id, username, profile_name,
			email, external_id, consent, preference_at, company, custom, notes, source, created_at, updated_at)
		VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		c.ID, c.OrgID, c.Name, nameText(c), c.nameEdited, c.Phone, c.WaID, c.UserID, c.Username, c.ProfileName,
		c.Email, c.ExternalID, c.Consent, c.preferenceAt, company, custom, c.Notes, c.Source, c.CreatedAt, c.UpdatedAt)
	if err != nil {
		return err
	}
	indexTx(tx, *c)
	return nil
}

// updateTx writes c over its row, with its search row.
func updateTx(tx *db.Tx, c *Contact) error {
	c.UpdatedAt = tx.Now()
	company, custom, err := c.documents()
	if err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE contact SET name = ?, name_text = ?, name_edited = ?, phone = ?, wa_id = ?, user_id = ?, username = ?,
			profile_name = ?, email = ?, external_id = ?, consent = ?, preference_at = ?, company = ?, custom = ?, notes = ?, updated_at = ?
		WHERE id = ? AND org_id = ?`,
		c.Name, nameText(c), c.nameEdited, c.Phone, c.WaID, c.UserID, c.Username,
		c.ProfileName, c.Email, c.ExternalID, c.Consent, c.preferenceAt, company, custom, c.Notes, c.UpdatedAt, c.ID, c.OrgID)
	if err != nil {
		return err
	}
	indexTx(tx, *c)
	return nil
}

func (c *Contact) documents() (company, custom string, err error) {
	b, err := json.Marshal(c.Company)
	if err != nil || len(c.Custom) == 0 {
		return string(b), "{}", err
	}
	m, err := json.Marshal(c.Custom)
	return string(b), string(m), err
}
