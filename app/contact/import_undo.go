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

// RemoveImportedTx takes back contacts that an import made and that nobody has
// written with.
func (s *Service) RemoveImportedTx(tx *db.Tx, who account.Actor, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	events, err := db.All(tx, func(r *db.Rows, e *event.Event) error {
		gone := goneData{Origin: FromImport}
		if err := r.Scan(&e.ContactID, &gone.ExternalID); err != nil {
			return err
		}
		e.OrgID, e.Type, e.ActorKind, e.ActorID = who.OrgID, eventDeleted, who.Kind, who.ID()
		e.Data, err = json.Marshal(gone)
		return err
	}, `SELECT c.id, c.external_id FROM json_each(?) v CROSS JOIN contact c ON c.id = v.value WHERE +c.org_id = ?`, string(list), who.OrgID)
	if err != nil {
		return err
	}
	if err := s.events.RecordAll(tx, events); err != nil {
		return err
	}
	return removeTx(tx, who.OrgID, ids...)
}

// goneData is what the event of a contact's end says: the id in the other
// system lets that system forget the person too.
type goneData struct {
	ExternalID string `json:"externalId,omitempty"`
	Origin     string `json:"origin"`
}

// ChangedSince finds, of contacts that were all written at one time, those
// that are gone or were written again.
func (s *Service) ChangedSince(q db.Q, org int64, ids []int64, at int64) ([]int64, error) {
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	return db.All(q, func(r *db.Rows, id *int64) error { return r.Scan(id) }, `SELECT v.value FROM json_each(?) v
		LEFT JOIN contact c ON c.id = v.value AND +c.org_id = ? WHERE c.updated_at IS NOT ?`, string(list), org, at)
}

// WithHistory tells which of some contacts somebody has talked with.
func (s *Service) WithHistory(q db.Q, org int64, ids []int64) (map[int64]bool, error) {
	if s.history == nil || len(ids) == 0 {
		return map[int64]bool{}, nil
	}
	return s.history(q, org, ids)
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
