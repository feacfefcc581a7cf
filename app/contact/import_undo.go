package contact

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"badala/app/account"
	"badala/app/db"
	"badala/app/event"
)

// RemoveImportedTx takes back a contact that an import made and that nobody
// has written with.
func (s *Service) RemoveImportedTx(tx *db.Tx, who account.Actor, st *State) error {
	raw, err := json.Marshal(struct {
		ExternalID string `json:"externalId,omitempty"`
		Origin     string `json:"origin"`
	}{st.ExternalID, FromImport})
	if err != nil {
		return err
	}
	if _, err := s.events.Record(tx, event.Event{
		OrgID: st.OrgID, Type: eventDeleted, ActorKind: who.Kind, ActorID: who.ID(), ContactID: st.ID, Data: raw,
	}); err != nil {
		return err
	}
	return removeTx(tx, &st.Contact)
}

// HasHistory says whether anything was said with a contact.
func (s *Service) HasHistory(q db.Q, org, id int64) (bool, error) {
	if s.hasHistory == nil {
		return false, nil
	}
	return s.hasHistory(q, org, id)
}

// RestoreTx makes a contact what it was when before was taken. Handles that
// came since go.
func (s *Service) RestoreTx(tx *db.Tx, who account.Actor, st *State, before []byte, reason string) error {
	var old snapshot
	if err := json.Unmarshal(before, &old); err != nil {
		return err
	}
	c := &st.Contact
	ch := old.differences(st)
	was := c.Consent
	c.Name, c.nameEdited, c.Phone, c.WaID, c.UserID, c.Email, c.ExternalID = old.Name, old.Edited, old.Phone, old.WaID, old.UserID, old.Email, old.ExternalID
	c.Consent, c.Company, c.Custom, c.Notes, c.CreatedAt, st.Origin = old.Consent, old.Company, old.Custom, old.Notes, old.CreatedAt, old.Origin
	if err := putTx(tx, st); err != nil {
		return err
	}
	if !same(was, c.Consent) {
		if err := noteConsentTx(tx, c, was, reason, who); err != nil {
			return err
		}
	}
	if err := restoreSetsTx(tx, st, old); err != nil {
		return err
	}
	indexTx(tx, *c)
	return s.recordTx(tx, eventUpdated, *c, who, eventData{Origin: FromImport, Changed: ch.names})
}

func restoreSetsTx(tx *db.Tx, st *State, old snapshot) error {
	c := &st.Contact
	// Never null: nothing is NOT IN what has a NULL.
	handles, err := json.Marshal(append([]string{}, old.Handles...))
	if err != nil {
		return err
	}
	tags, err := json.Marshal(append([]int64{}, old.Tags...))
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM contact_handle WHERE contact_id = ? AND org_id = ? AND value NOT IN (SELECT value FROM json_each(?))`,
		c.ID, c.OrgID, string(handles)); err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM contact_tag WHERE contact_id = ? AND org_id = ? AND tag_id NOT IN (SELECT `+TagNow("value")+` FROM json_each(?))`,
		c.ID, c.OrgID, string(tags)); err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO contact_tag(contact_id, tag_id, org_id)
		SELECT ?1, t.id, ?2 FROM tag t WHERE t.org_id = ?2 AND t.id IN (SELECT `+TagNow("value")+` FROM json_each(?3)) ON CONFLICT DO NOTHING`, c.ID, c.OrgID, string(tags))
	return err
}

// differences names the fields in which a state is not what it was.
func (old snapshot) differences(st *State) changes {
	var ch changes
	for _, f := range []struct{ was, now, name string }{
		{old.Name, st.Name, fieldName}, {old.Phone, st.Phone, fieldPhone}, {old.Email, st.Email, fieldEmail},
		{old.ExternalID, st.ExternalID, fieldExternal}, {old.Notes, st.Notes, fieldNotes}, {old.UserID + old.WaID, st.UserID + st.WaID, fieldWhatsApp},
		{strings.Join(old.Handles, " "), strings.Join(st.handleValues(), " "), fieldOthers},
	} {
		if f.was != f.now {
			ch.note(f.name)
		}
	}
	if !same(old.Consent, st.Consent) {
		ch.note(fieldConsent)
	}
	if old.Company != st.Company {
		ch.note(fieldCompany)
	}
	if !maps.Equal(old.Custom, st.Custom) {
		ch.note(fieldCustom)
	}
	ids := make([]int64, 0, len(st.Tags))
	for _, t := range st.Tags {
		ids = append(ids, t.ID)
	}
	slices.Sort(ids)
	if !slices.Equal(ids, old.Tags) {
		ch.note(fieldTags)
	}
	if old.CreatedAt != st.CreatedAt {
		ch.note("createdAt")
	}
	return ch
}
