package contact

import (
	"encoding/json"
	"slices"
	"strings"

	"badala/app/account"
	"badala/app/db"
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
	b := newBulk()
	tags := map[string]Tag{}
	rows := make([]Indexed, len(batch))
	isNew := make([]bool, len(batch))
	for i, w := range batch {
		isNew[i] = w.State.ID == 0
		if err := b.putTx(tx, who, w, tags); err != nil {
			return nil, err
		}
		rows[i] = Indexed{ID: w.State.ID, UpdatedAt: w.State.UpdatedAt, body: w.State.searchBody()}
	}
	if err := b.flush(tx); err != nil {
		return nil, err
	}
	for i, w := range batch {
		kind := eventUpdated
		if isNew[i] {
			kind = eventCreated
		}
		if err := s.recordTx(tx, kind, w.State.Contact, who, eventData{Origin: FromImport, Changed: w.Changed}); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// NamedTx notes that an import named contacts.
func NamedTx(tx *db.Tx, imported int64, contacts []int64) error {
	list, err := json.Marshal(contacts)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT OR IGNORE INTO contact_import(import_id, contact_id) SELECT ?, value FROM json_each(?) WHERE value <> 0`, imported, string(list))
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

// bulk gathers the rows of a batch by table, so that one table and its indexes
// are written after the other. A statement writes one row: for several SQLite
// keeps a journal of its own and looks for children of each.
type bulk struct{ contacts, handles, tags, consents rowSet }

func newBulk() *bulk {
	return &bulk{
		contacts: rowSet{into: `INSERT INTO contact(id, org_id, name, name_text, name_edited, phone, wa_id, user_id, email, external_id,
			consent, company, custom, notes, source, origin, created_at, updated_at) VALUES `, width: 18},
		handles:  rowSet{into: `INSERT INTO contact_handle(org_id, value, kind, contact_id, former, shown, created_at) VALUES `, width: 7},
		tags:     rowSet{into: `INSERT OR IGNORE INTO contact_tag(contact_id, tag_id, org_id) VALUES `, width: 3},
		consents: rowSet{into: consentInsert, width: 10},
	}
}

const consentInsert = `INSERT INTO contact_consent(id, org_id, contact_id, was, now, reason, actor_kind, actor_id, at, message_id) VALUES `

// flush writes everything, contacts first.
func (b *bulk) flush(tx *db.Tx) error {
	for _, set := range []*rowSet{&b.contacts, &b.handles, &b.tags, &b.consents} {
		if err := set.flush(tx); err != nil {
			return err
		}
	}
	return nil
}

// rowSet is rows for one table.
type rowSet struct {
	into  string
	width int
	args  []any
}

func (r *rowSet) add(args ...any) { r.args = append(r.args, args...) }

func (r *rowSet) flush(tx *db.Tx) error {
	stmt := r.into + "(" + strings.Repeat("?, ", r.width-1) + "?)"
	for ; len(r.args) > 0; r.args = r.args[r.width:] {
		if _, err := tx.Exec(stmt, r.args[:r.width]...); err != nil {
			return err
		}
	}
	return nil
}

// putTx gathers what a write makes of a new contact, and writes the row of one
// that is there.
func (b *bulk) putTx(tx *db.Tx, who account.Actor, w *Write, tags map[string]Tag) error {
	c := &w.State.Contact
	c.nameEdited = c.nameEdited || w.NameChosen
	was, isNew := c.Consent, c.ID == 0
	if w.ConsentSet {
		c.Consent = w.Consent
	}
	c.UpdatedAt = tx.Now()
	if isNew {
		was = nil
		if err := b.addContact(tx, who, w.State); err != nil {
			return err
		}
	} else if err := putTx(tx, w.State); err != nil {
		return err
	}
	for _, h := range w.AddHandles {
		b.handles.add(c.OrgID, h.Value, h.Kind, c.ID, false, h.Shown, tx.Now())
		w.State.Handles = append(w.State.Handles, h)
	}
	if w.ConsentSet {
		b.consents.add(tx.NewID(), c.OrgID, c.ID, was, c.Consent, w.Reason, who.Kind, who.ID(), tx.Now(), 0)
	}
	return b.tagTx(tx, w, tags)
}

// addContact completes a new contact.
func (b *bulk) addContact(tx *db.Tx, who account.Actor, st *State) error {
	c := &st.Contact
	c.OrgID, c.Source, c.ID = who.OrgID, FromImport, tx.NewID()
	if c.Phone != "" {
		c.WaID = waIDOf(c.Phone)
	}
	if c.CreatedAt == 0 {
		c.CreatedAt = tx.Now()
	}
	company, custom, err := c.documents()
	if err != nil {
		return err
	}
	b.contacts.add(c.ID, c.OrgID, c.Name, nameText(c), c.nameEdited, c.Phone, c.WaID, c.UserID, c.Email, c.ExternalID,
		c.Consent, company, custom, c.Notes, c.Source, st.Origin, c.CreatedAt, c.UpdatedAt)
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

// tagTx puts tags on and takes tags off; tags remembers what was found.
func (b *bulk) tagTx(tx *db.Tx, w *Write, tags map[string]Tag) error {
	c := &w.State.Contact
	for _, name := range w.AddTags {
		key := tagText(name)
		t, ok := tags[key]
		if !ok {
			var err error
			if t, err = ensureTagTx(tx, c.OrgID, name); err != nil {
				return err
			}
			tags[key] = t
		}
		b.tags.add(c.ID, t.ID, c.OrgID)
		c.Tags = append(c.Tags, t)
	}
	for _, id := range w.DropTags {
		if _, err := tx.Exec(`DELETE FROM contact_tag WHERE contact_id = ? AND tag_id = ? AND org_id = ?`, c.ID, id, c.OrgID); err != nil {
			return err
		}
		c.Tags = slices.DeleteFunc(c.Tags, func(t Tag) bool { return t.ID == id })
	}
	return nil
}

func noteConsentTx(tx *db.Tx, c *Contact, was *bool, reason string, who account.Actor) error {
	_, err := tx.Exec(consentInsert+`(?, ?, ?, ?, ?, ?, ?, ?, ?, 0)`, tx.NewID(), c.OrgID, c.ID, was, c.Consent, reason, who.Kind, who.ID(), tx.Now())
	return err
}
