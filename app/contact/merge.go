package contact

import (
	"badala/app/account"
	"badala/app/db"
)

// mergeTx makes other part of c and removes it: its handles, tags and history
// of consent go over, its fields fill the empty ones of c, and a refusal of
// marketing by either of the two stays.
func (s *Service) mergeTx(tx *db.Tx, c *Contact, other Contact) error {
	if err := s.merged(tx, c.OrgID, other.ID, c.ID); err != nil {
		return err
	}
	for _, stmt := range []string{
		`UPDATE contact_handle SET contact_id = ? WHERE contact_id = ? AND org_id = ?`,
		`UPDATE OR IGNORE contact_tag SET contact_id = ? WHERE contact_id = ? AND org_id = ?`,
		`UPDATE contact_consent SET contact_id = ? WHERE contact_id = ? AND org_id = ?`,
		`UPDATE contact_merged SET into_id = ? WHERE into_id = ? AND org_id = ?`,
		`INSERT INTO contact_merged(into_id, from_id, org_id) VALUES(?, ?, ?)`,
	} {
		if _, err := tx.Exec(stmt, c.ID, other.ID, c.OrgID); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(`DELETE FROM contact_link WHERE (contact_id = ? OR other_id = ?) AND org_id = ?`, other.ID, other.ID, c.OrgID); err != nil {
		return err
	}
	for _, stmt := range []string{
		`DELETE FROM contact_tag WHERE contact_id = ? AND org_id = ?`,
		`DELETE FROM contact WHERE id = ? AND org_id = ?`,
	} {
		if _, err := tx.Exec(stmt, other.ID, c.OrgID); err != nil {
			return err
		}
	}
	id := other.ID
	tx.Last(func(tx *db.Tx) error {
		_, err := tx.Exec(`DELETE FROM contact_fts WHERE rowid = ?`, id)
		return err
	})
	return s.fillFromTx(tx, c, other)
}

// fillFromTx takes over what other knew and c does not.
func (s *Service) fillFromTx(tx *db.Tx, c *Contact, other Contact) error {
	ch := changes{names: []string{fieldMerged}}
	for _, f := range []struct {
		to         *string
		from, name string
	}{
		{&c.Email, other.Email, fieldEmail}, {&c.ExternalID, other.ExternalID, fieldExternal}, {&c.Notes, other.Notes, fieldNotes},
		{&c.Company.Name, other.Company.Name, fieldCompany}, {&c.Company.Website, other.Company.Website, fieldCompany},
		{&c.Company.JobTitle, other.Company.JobTitle, fieldCompany}, {&c.Company.Address, other.Company.Address, fieldCompany},
		{&c.Username, other.Username, fieldWhatsApp}, {&c.ProfileName, other.ProfileName, fieldWhatsApp}, {&c.Name, other.Name, fieldName},
	} {
		if *f.to == "" {
			ch.fill(f.to, f.from, f.name)
		}
	}
	for k, v := range other.Custom {
		if _, ok := c.Custom[k]; !ok {
			if c.Custom == nil {
				c.Custom = map[string]string{}
			}
			c.Custom[k] = v
			ch.note(fieldCustom)
		}
	}
	if other.Consent != nil && (c.Consent == nil || !*other.Consent) {
		cause := Cause{Reason: "MERGED", Kind: account.KindSystem}
		if err := consentTx(tx, c, other.Consent, cause, &ch); err != nil {
			return err
		}
	}
	c.preferenceAt = max(c.preferenceAt, other.preferenceAt)
	return s.saveTx(tx, c, ch, actorFor(FromWhatsApp), FromWhatsApp)
}
