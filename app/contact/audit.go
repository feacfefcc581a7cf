package contact

import (
	"fmt"
	"unicode/utf8"

	"badala/app/account"
	"badala/app/db"
)

// Actions of the audit log.
const (
	actionCreate = "contact.create"
	actionUpdate = "contact.update"
	actionErase  = "contact.erase"
)

// auditTx writes down what a person or a program did to a contact. What the
// server does by itself, or for a customer, is no action.
func auditTx(tx *db.Tx, who account.Actor, action string, c *Contact, before, after map[string]any) error {
	if who.Kind != account.KindUser && who.Kind != account.KindAPI {
		return nil
	}
	l := account.Line{Action: action, Target: "contact", TargetID: c.ID, ContactID: c.ID}
	if len(before) > 0 {
		l.Before = before
	}
	if len(after) > 0 {
		l.After = after
	}
	return account.AuditTx(tx, who, l)
}

// told is what the audit log tells of some fields of a contact. Notes may hold
// anything: only their length is told.
func (c *Contact) told(names []string, tags []string) map[string]any {
	all := map[string]any{
		fieldName: c.Name, fieldPhone: c.Phone, fieldEmail: c.Email, fieldExternal: c.ExternalID, fieldConsent: c.Consent,
		fieldCompany: c.Company, fieldCustom: c.Custom, fieldTags: tags,
	}
	if c.Notes != "" {
		all[fieldNotes] = fmt.Sprintf("%d characters", utf8.RuneCountInString(c.Notes))
	}
	out := map[string]any{}
	for _, name := range names {
		if v, ok := all[name]; ok {
			out[name] = v
		}
	}
	return out
}

// tagsNow reads the names of a contact's tags, if the patch changes them.
func (p *Patch) tagsNow(q db.Q, c *Contact) ([]string, error) {
	if p.Tags == nil {
		return nil, nil
	}
	return tagNames(q, c.OrgID, c.ID)
}

func tagNames(q db.Q, org, contact int64) ([]string, error) {
	return db.All(q, func(r *db.Rows, s *string) error { return r.Scan(s) }, `SELECT t.name FROM contact_tag ct JOIN tag t ON t.id = ct.tag_id
		WHERE ct.contact_id = ? AND ct.org_id = ? ORDER BY t.name_text`, contact, org)
}

func shownID(contact int64) string { return db.FormatID("contact", contact) }
