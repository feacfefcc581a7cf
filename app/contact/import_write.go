package contact

import (
	"encoding/json"
	"slices"

	"badala/app/account"
	"badala/app/db"
	"badala/app/event"
)

// Write is what an import makes of one contact.
type Write struct {
	State      *State // as it shall be, but for tags and handles to come; ID 0: new
	Changed    []string
	NameChosen bool // the name is one that profile names do not replace
	AddTags    []string
	DropTags   []int64
	AddHandles []Handle
	Consent    *bool // the new value, if ConsentSet
	ConsentSet bool
	Reason     string // of the change of consent
}

// Indexed is a contact whose search row is still to be written.
type Indexed struct {
	ID, UpdatedAt int64
	body          string
}

// ImportTx writes a batch of contacts with their events and gives every State
// as it then is. The caller has looked everything up in the same transaction.
// The search rows are to be written later by IndexTx: many at once cost a
// fraction of as many alone.
func (s *Service) ImportTx(tx *db.Tx, who account.Actor, batch []*Write) ([]Indexed, error) {
	tags, err := ensureTagsTx(tx, who.OrgID, batch)
	if err != nil {
		return nil, err
	}
	var fresh []*Fresh
	var rows []Indexed
	var events []event.Event
	b := newBulk(tx, who)
	for _, w := range batch {
		if w.State.ID == 0 {
			f, err := NewFresh(who, w, tags, tx.Now())
			if err != nil {
				return nil, err
			}
			fresh = append(fresh, f)
			continue
		}
		if err := b.change(w, tags); err != nil {
			return nil, err
		}
		e, err := importEvent(who, eventUpdated, w.State.ID, w.Changed)
		if err != nil {
			return nil, err
		}
		events = append(events, e)
		rows = append(rows, Indexed{ID: w.State.ID, UpdatedAt: w.State.UpdatedAt, body: w.State.searchBody()})
	}
	if err := b.flush(); err != nil {
		return nil, err
	}
	if err := s.events.RecordAll(tx, events); err != nil {
		return nil, err
	}
	made, err := s.insertTx(tx, who, fresh)
	return append(rows, made...), err
}

func importEvent(who account.Actor, kind string, id int64, changed []string) (event.Event, error) {
	raw, err := json.Marshal(eventData{Origin: FromImport, Changed: changed})
	return event.Event{OrgID: who.OrgID, Type: kind, ActorKind: who.Kind, ActorID: who.ID(), ContactID: id, Data: raw}, err
}

// NamedTx notes that an import named contacts, those of them that there are.
func NamedTx(tx *db.Tx, imported int64, contacts []int64) error {
	list, err := json.Marshal(contacts)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT OR IGNORE INTO contact_import(import_id, contact_id)
		SELECT ?, c.id FROM json_each(?) v CROSS JOIN contact c ON c.id = v.value`, imported, string(list))
	return err
}

// IndexTx writes search rows, but for contacts that were changed since: those
// have theirs.
func IndexTx(tx *db.Tx, rows []Indexed) {
	tx.Last(func(tx *db.Tx) error {
		ids := make([]int64, len(rows))
		for i, r := range rows {
			ids[i] = r.ID
		}
		list, err := json.Marshal(ids)
		if err != nil {
			return err
		}
		now := make(map[int64]int64, len(rows))
		if _, err := db.All(tx, func(r *db.Rows, _ *struct{}) error {
			var id, at int64
			err := r.Scan(&id, &at)
			now[id] = at
			return err
		}, `SELECT c.id, c.updated_at FROM json_each(?) v CROSS JOIN contact c ON c.id = v.value`, string(list)); err != nil {
			return err
		}
		for _, r := range rows {
			if now[r.ID] != r.UpdatedAt {
				continue
			}
			if _, err := tx.Exec(`INSERT OR REPLACE INTO contact_fts(rowid, body) VALUES(?, ?)`, r.ID, r.body); err != nil {
				return err
			}
		}
		return nil
	})
}

// ReindexTx writes the search rows of contacts as they now are.
func (s *Service) ReindexTx(tx *db.Tx, org int64, ids []int64) error {
	states, err := s.StatesOf(tx, org, ids)
	if err != nil {
		return err
	}
	rows := make([]Indexed, 0, len(states))
	for _, st := range states {
		rows = append(rows, Indexed{ID: st.ID, UpdatedAt: st.UpdatedAt, body: st.searchBody()})
	}
	IndexTx(tx, rows)
	return nil
}

// bulk gathers rows of a batch by table.
type bulk struct {
	tx                      *db.Tx
	who                     account.Actor
	handles, tags, consents *db.RowSet
}

func newBulk(tx *db.Tx, who account.Actor) *bulk {
	return &bulk{
		tx: tx, who: who,
		handles:  tx.Rows(`INSERT INTO contact_handle(org_id, value, kind, contact_id, former, shown, created_at) VALUES `, 7),
		tags:     tx.Rows(`INSERT OR IGNORE INTO contact_tag(contact_id, tag_id, org_id) VALUES `, 3),
		consents: tx.Rows(consentInsert, 10),
	}
}

const consentInsert = `INSERT INTO contact_consent(id, org_id, contact_id, was, now, reason, actor_kind, actor_id, at, message_id) VALUES `

// flush writes everything. The contacts are there.
func (b *bulk) flush() error {
	for _, set := range []*db.RowSet{b.handles, b.tags, b.consents} {
		if _, err := set.Insert(); err != nil {
			return err
		}
	}
	return nil
}

// addSets adds what a write makes of handles and consent.
func (b *bulk) addSets(w *Write, was *bool) {
	c := &w.State.Contact
	for _, h := range w.AddHandles {
		b.handles.Add(c.OrgID, h.Value, h.Kind, c.ID, false, h.Shown, b.tx.Now())
	}
	if w.ConsentSet {
		b.consents.Add(b.tx.NewID(), c.OrgID, c.ID, was, w.Consent, w.Reason, b.who.Kind, b.who.ID(), b.tx.Now(), 0)
	}
}

// change writes the row of a contact that is there, and gathers the rest.
func (b *bulk) change(w *Write, tags map[string]Tag) error {
	c := &w.State.Contact
	c.nameEdited = c.nameEdited || w.NameChosen
	was := c.Consent
	if w.ConsentSet {
		c.Consent = w.Consent
	}
	if err := putTx(b.tx, w.State); err != nil {
		return err
	}
	b.addSets(w, was)
	w.State.Handles = append(w.State.Handles, w.AddHandles...)
	for _, name := range w.AddTags {
		t := tags[tagText(name)]
		b.tags.Add(c.ID, t.ID, c.OrgID)
		c.Tags = append(c.Tags, t)
	}
	for _, id := range w.DropTags {
		if _, err := b.tx.Exec(`DELETE FROM contact_tag WHERE contact_id = ? AND tag_id = ? AND org_id = ?`, c.ID, id, c.OrgID); err != nil {
			return err
		}
		c.Tags = slices.DeleteFunc(c.Tags, func(t Tag) bool { return t.ID == id })
	}
	return nil
}

// putTx writes the row of a contact.
func putTx(tx *db.Tx, st *State) error {
	c := &st.Contact
	c.UpdatedAt = tx.Now()
	company, custom, err := c.documents()
	if err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE contact SET name = ?, name_text = ?, name_edited = ?, phone = ?, wa_id = ?, user_id = ?, email = ?,
			external_id = ?, consent = ?, company = ?, custom = ?, notes = ?, origin = ?, created_at = ?, updated_at = ?
		WHERE id = ? AND org_id = ?`,
		c.Name, nameText(c), c.nameEdited, c.Phone, c.WaID, c.UserID, c.Email,
		c.ExternalID, c.Consent, company, custom, c.Notes, st.Origin, c.CreatedAt, c.UpdatedAt, c.ID, c.OrgID)
	return err
}

func noteConsentTx(tx *db.Tx, c *Contact, was *bool, reason string, who account.Actor) error {
	_, err := tx.Exec(consentInsert+`(?, ?, ?, ?, ?, ?, ?, ?, ?, 0)`, tx.NewID(), c.OrgID, c.ID, was, c.Consent, reason, who.Kind, who.ID(), tx.Now())
	return err
}
