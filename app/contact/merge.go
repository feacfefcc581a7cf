package contact

import (
	"strings"

	"badala/app/account"
	"badala/app/db"
)

const reasonMerged = "MERGED"

// mergeTx makes other part of c and removes it, since Meta says that they are
// one: its handles, tags and history of consent go over, its fields fill the
// empty ones of c, and a refusal of marketing by either of the two stays.
func (s *Service) mergeTx(tx *db.Tx, c *Contact, other Contact) error {
	if err := s.absorbRowsTx(tx, c, other); err != nil {
		return err
	}
	ch := changes{names: []string{fieldMerged}}
	c.takeOver(other, &ch)
	if err := mergeConsentTx(tx, c, other, Cause{Reason: reasonMerged, Kind: account.KindSystem}, &ch); err != nil {
		return err
	}
	return s.saveTx(tx, c, ch, actorFor(FromWhatsApp), FromWhatsApp)
}

// absorbRowsTx moves what belongs to other to c, and removes other.
func (s *Service) absorbRowsTx(tx *db.Tx, c *Contact, other Contact) error {
	if err := s.merged(tx, c.OrgID, other.ID, c.ID); err != nil {
		return err
	}
	for _, stmt := range []string{
		`UPDATE contact_handle SET contact_id = ? WHERE contact_id = ? AND org_id = ?`,
		`UPDATE OR IGNORE contact_tag SET contact_id = ? WHERE contact_id = ? AND org_id = ?`,
		`UPDATE OR IGNORE contact_import SET contact_id = ? WHERE contact_id = ? AND import_id IN (SELECT id FROM import WHERE org_id = ?)`,
		`UPDATE contact_consent SET contact_id = ? WHERE contact_id = ? AND org_id = ?`,
		`UPDATE contact_merged SET into_id = ? WHERE into_id = ? AND org_id = ?`,
		`INSERT INTO contact_merged(into_id, from_id, org_id) VALUES(?, ?, ?)`,
		// What had become part of other can not be taken apart any more.
		`DELETE FROM contact_merge_undo WHERE ?1 <> 0 AND into_id = ?2 AND org_id = ?3`,
		`DELETE FROM contact_link WHERE ?1 <> 0 AND (contact_id = ?2 OR other_id = ?2) AND org_id = ?3`,
		`DELETE FROM contact_tag WHERE ?1 <> 0 AND contact_id = ?2 AND org_id = ?3`,
		`DELETE FROM contact_import WHERE ?1 <> 0 AND contact_id = ?2 AND import_id IN (SELECT id FROM import WHERE org_id = ?3)`,
		`DELETE FROM contact WHERE ?1 <> 0 AND id = ?2 AND org_id = ?3`,
	} {
		if _, err := tx.Exec(stmt, c.ID, other.ID, c.OrgID); err != nil {
			return err
		}
	}
	id := other.ID
	tx.Last(func(tx *db.Tx) error {
		_, err := tx.Exec(`DELETE FROM contact_fts WHERE rowid = ?`, id)
		return err
	})
	return nil
}

// texts are the fields of a contact that are plain text, with their names.
func (c *Contact) texts() []struct {
	Value *string
	Name  string
} {
	return []struct {
		Value *string
		Name  string
	}{
		{&c.Email, fieldEmail}, {&c.ExternalID, fieldExternal}, {&c.Notes, fieldNotes},
		{&c.Company.Name, fieldCompany}, {&c.Company.Website, fieldCompany}, {&c.Company.JobTitle, fieldCompany}, {&c.Company.Address, fieldCompany},
		{&c.Username, fieldWhatsApp}, {&c.ProfileName, fieldWhatsApp}, {&c.Name, fieldName},
	}
}

// takeOver fills the empty fields of c from other.
func (c *Contact) takeOver(other Contact, ch *changes) {
	from := other.texts()
	for i, f := range c.texts() {
		if *f.Value == "" {
			ch.fill(f.Value, *from[i].Value, f.Name)
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
	c.preferenceAt = max(c.preferenceAt, other.preferenceAt)
}

// mergedConsent is the consent of two contacts that become one: a refusal by
// either of them stays.
func mergedConsent(c, other *bool) *bool {
	if other != nil && (c == nil || !*other) {
		return other
	}
	return c
}

func mergeConsentTx(tx *db.Tx, c *Contact, other Contact, cause Cause, ch *changes) error {
	return consentTx(tx, c, mergedConsent(c.Consent, other.Consent), cause, ch)
}

// joinNotes keeps what people wrote about either of two contacts.
func joinNotes(a, b string) string {
	a, b = strings.TrimSpace(a), strings.TrimSpace(b)
	switch {
	case a == "":
		return b
	case b == "" || strings.Contains(a, b):
		return a
	}
	joined := []rune(a + "\n\n" + b)
	return string(joined[:min(len(joined), maxNotes)])
}
