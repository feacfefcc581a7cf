package contact

import (
	"encoding/json"
	"errors"

	"badala/app/account"
	"badala/app/db"
	"badala/app/event"
)

// Fresh is a new contact of an import, worked out as far as that goes without
// the transaction that writes it.
type Fresh struct {
	State  *State
	Digest []byte // of the state as it will be
	write  *Write
	row    []any // of the contact; its first and its last value come with the transaction
	body   string
}

// NewFresh works out a write of a new contact. tags has all that it names, by
// TagKey; now is the time that stands where the import says none.
func NewFresh(who account.Actor, w *Write, tags map[string]Tag, now int64) (*Fresh, error) {
	st := w.State
	c := &st.Contact
	c.OrgID, c.Source, c.nameEdited = who.OrgID, FromImport, w.NameChosen
	if c.Phone != "" {
		c.WaID = waIDOf(c.Phone)
	}
	if c.CreatedAt == 0 {
		c.CreatedAt = now
	}
	if w.ConsentSet {
		c.Consent = w.Consent
	}
	st.Handles = append(st.Handles, w.AddHandles...)
	for _, name := range w.AddTags {
		t, ok := tags[tagText(name)]
		if !ok {
			return nil, errTagGone
		}
		c.Tags = append(c.Tags, t)
	}
	company, custom, err := c.documents()
	if err != nil {
		return nil, err
	}
	f := &Fresh{State: st, write: w, body: st.searchBody()}
	f.row = []any{int64(0), c.OrgID, c.Name, nameText(c), c.nameEdited, c.Phone, c.WaID, c.UserID, c.Email, c.ExternalID,
		c.Consent, company, custom, c.Notes, c.Source, st.Origin, c.CreatedAt, int64(0)}
	f.Digest, err = st.Digest()
	return f, err
}

var errTagGone = errors.New("contact: a tag is gone, or becoming another")

// IsStale says whether an insert failed because somebody else has what was
// free when a Fresh was worked out, or a tag is no longer what it was.
func IsStale(err error) bool { return db.IsUnique(err) || errors.Is(err, errTagGone) }

// InsertTx writes new contacts with their events, and sets their ids; see
// ImportTx for the search rows. An error for which IsStale holds asks to work
// them out anew.
func (s *Service) InsertTx(tx *db.Tx, who account.Actor, all []*Fresh) ([]Indexed, error) {
	if err := tagsStandTx(tx, who.OrgID, all); err != nil {
		return nil, err
	}
	return s.insertTx(tx, who, all)
}

func (s *Service) insertTx(tx *db.Tx, who account.Actor, all []*Fresh) ([]Indexed, error) {
	if len(all) == 0 {
		return nil, nil
	}
	contacts := tx.Rows(`INSERT OR FAIL INTO contact(id, org_id, name, name_text, name_edited, phone, wa_id, user_id, email, external_id,
			consent, company, custom, notes, source, origin, created_at, updated_at) VALUES `, 18)
	b := newBulk(tx, who)
	created, err := importEvent(who, eventCreated, 0, nil)
	if err != nil {
		return nil, err
	}
	rows, events := make([]Indexed, len(all)), make([]event.Event, len(all))
	for i, f := range all {
		c := &f.State.Contact
		c.ID, c.UpdatedAt = tx.NewID(), tx.Now()
		f.row[0], f.row[len(f.row)-1] = c.ID, c.UpdatedAt
		contacts.Add(f.row...)
		b.addSets(f.write, nil)
		for _, t := range c.Tags {
			b.tags.Add(c.ID, t.ID, c.OrgID)
		}
		created.ContactID = c.ID
		events[i] = created
		rows[i] = Indexed{ID: c.ID, UpdatedAt: c.UpdatedAt, body: f.body}
	}
	if _, err := contacts.Insert(); err != nil {
		return nil, err
	}
	if err := b.flush(); err != nil {
		return nil, err
	}
	return rows, s.events.RecordAll(tx, events)
}

// tagsStandTx is errTagGone unless all tags of the contacts are there to stay.
func tagsStandTx(tx *db.Tx, org int64, all []*Fresh) error {
	ids := map[int64]bool{}
	for _, f := range all {
		for _, t := range f.State.Tags {
			ids[t.ID] = true
		}
	}
	for id := range ids {
		ok, err := db.Exists(tx, `SELECT 1 FROM tag WHERE id = ? AND org_id = ? AND merging_into = 0`, id, org)
		if err != nil {
			return err
		}
		if !ok {
			return errTagGone
		}
	}
	return nil
}

// TagsOf finds the tags with names, by TagKey; those that are not there, or
// are becoming another, are absent.
func (s *Service) TagsOf(q db.Q, org int64, names []string) (map[string]Tag, error) {
	keys := make([]string, len(names))
	for i, n := range names {
		keys[i] = tagText(n)
	}
	list, err := json.Marshal(keys)
	if err != nil {
		return nil, err
	}
	all, err := db.All(q, scanTag, `SELECT `+tagColumns+` FROM json_each(?) v
		CROSS JOIN tag t ON t.org_id = ? AND t.name_text = v.value WHERE t.merging_into = 0`, string(list), org)
	tags := make(map[string]Tag, len(all))
	for _, t := range all {
		tags[tagText(t.Name)] = t
	}
	return tags, err
}

// ensureTagsTx finds or makes the tags that writes add, by TagKey.
func ensureTagsTx(tx *db.Tx, org int64, batch []*Write) (tags map[string]Tag, err error) {
	tags = map[string]Tag{}
	for _, w := range batch {
		for _, name := range w.AddTags {
			key := tagText(name)
			if _, ok := tags[key]; ok {
				continue
			}
			if tags[key], err = ensureTagTx(tx, org, name); err != nil {
				return nil, err
			}
		}
	}
	return tags, nil
}

// EnsureTagsTx finds or makes tags, by TagKey.
func (s *Service) EnsureTagsTx(tx *db.Tx, org int64, names []string) (map[string]Tag, error) {
	return ensureTagsTx(tx, org, []*Write{{AddTags: names}})
}
