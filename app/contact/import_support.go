package contact

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"

	"badala/app/db"
	"badala/app/fold"
)

// What follows serves the import of many contacts at a time: look-ups for a
// whole batch, and writes that were decided before.

// Owners tells who has which identifiers; absent ones are free.
type Owners struct {
	ByExternal map[string]int64
	ByHandle   map[string]int64 // match keys of phones, WhatsApp user ids
	External   map[int64]string // of all who were found
}

// OwnersOf looks up external ids and handles.
func (s *Service) OwnersOf(q db.Q, org int64, externals, handles []string) (Owners, error) {
	o := Owners{External: map[int64]string{}}
	var err error
	if o.ByExternal, err = ownersBy(q, org, externals, `SELECT c.external_id, c.id FROM json_each(?2) v
		CROSS JOIN contact c ON c.org_id = ?1 AND c.external_id = v.value AND c.external_id <> ''`); err != nil {
		return o, err
	}
	for external, id := range o.ByExternal {
		o.External[id] = external
	}
	if o.ByHandle, err = ownersBy(q, org, handles, `SELECT h.value, h.contact_id FROM json_each(?2) v
		CROSS JOIN contact_handle h ON h.org_id = ?1 AND h.value = v.value`); err != nil {
		return o, err
	}
	var rest []int64 // who was not found by an external id
	for _, id := range o.ByHandle {
		if _, ok := o.External[id]; !ok {
			rest = append(rest, id)
		}
	}
	list, err := json.Marshal(rest)
	if err != nil || len(rest) == 0 {
		return o, err
	}
	_, err = db.All(q, func(r *db.Rows, _ *struct{}) error {
		var id int64
		var external string
		err := r.Scan(&id, &external)
		o.External[id] = external
		return err
	}, `SELECT c.id, c.external_id FROM json_each(?) v CROSS JOIN contact c ON c.id = v.value WHERE +c.org_id = ?`, string(list), org)
	return o, err
}

// ownersBy finds who has values by a query of value and contact.
func ownersBy(q db.Q, org int64, values []string, query string) (map[string]int64, error) {
	by := make(map[string]int64, len(values))
	list, err := json.Marshal(values)
	if err != nil || len(values) == 0 {
		return by, err
	}
	_, err = db.All(q, func(r *db.Rows, _ *struct{}) error {
		var value string
		var id int64
		err := r.Scan(&value, &id)
		by[value] = id
		return err
	}, query, org, string(list))
	return by, err
}

// Handle is one thing that a contact is found by: the match key of a phone
// with its E.164 form, or a WhatsApp user id.
type Handle struct{ Value, Kind, Shown string }

// PhoneHandle makes the handle of a phone number.
func PhoneHandle(e164 string) Handle {
	return Handle{Value: MatchKey(e164), Kind: handlePhone, Shown: e164}
}

// UserHandle makes the handle of a WhatsApp user id.
func UserHandle(id string) Handle { return Handle{Value: id, Kind: handleUser} }

// State is everything of a contact that an import can change.
type State struct {
	Contact
	Origin  string // where from, in words of another system
	Handles []Handle
}

// Has says whether the contact is found by a handle.
func (s *State) Has(value string) bool {
	return slices.ContainsFunc(s.Handles, func(h Handle) bool { return h.Value == value })
}

// By id, not by organisation: SQLite would choose that where ids are many.
const (
	statesQuery  = `SELECT ` + contactColumns + `, c.origin FROM json_each(?) v CROSS JOIN contact c ON c.id = v.value WHERE +c.org_id = ?`
	handlesQuery = `SELECT h.contact_id, h.value, h.kind, h.shown FROM json_each(?) v CROSS JOIN contact_handle h ON h.contact_id = v.value
		WHERE +h.org_id = ? ORDER BY h.contact_id, h.created_at, h.value`
)

// StatesOf reads many contacts. Unknown ids are left out.
func (s *Service) StatesOf(q db.Q, org int64, ids []int64) (map[int64]*State, error) {
	states := make(map[int64]*State, len(ids))
	if len(ids) == 0 {
		return states, nil
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	all, err := db.All(q, func(r *db.Rows, st *State) error {
		targets, done := st.fields()
		if err := r.Scan(append(targets, &st.Origin)...); err != nil {
			return err
		}
		return done()
	}, statesQuery, string(list), org)
	if err != nil {
		return nil, err
	}
	contacts := make([]Contact, len(all))
	for i := range all {
		contacts[i] = all[i].Contact
	}
	if err := fillTags(q, org, contacts); err != nil {
		return nil, err
	}
	for i := range all {
		all[i].Tags = contacts[i].Tags
		states[all[i].ID] = &all[i]
	}
	type owned struct {
		id int64
		h  Handle
	}
	handles, err := db.All(q, func(r *db.Rows, o *owned) error { return r.Scan(&o.id, &o.h.Value, &o.h.Kind, &o.h.Shown) }, handlesQuery, string(list), org)
	for _, o := range handles {
		if st := states[o.id]; st != nil {
			st.Handles = append(st.Handles, o.h)
			if o.h.Kind == handlePhone && o.h.Shown != st.Phone {
				st.OtherPhones = append(st.OtherPhones, o.h.Shown)
			}
		}
	}
	return states, err
}

// Standing is the little of a contact that tells whether anything is to be
// looked at anew.
type Standing struct {
	ID        int64
	Consent   *bool
	UpdatedAt int64
}

// StandingOf reads how many contacts stand. Unknown ids are left out.
func (s *Service) StandingOf(q db.Q, org int64, ids []int64) (map[int64]Standing, error) {
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	all, err := db.All(q, func(r *db.Rows, st *Standing) error { return r.Scan(&st.ID, &st.Consent, &st.UpdatedAt) },
		`SELECT c.id, c.consent, c.updated_at FROM json_each(?) v CROSS JOIN contact c ON c.id = v.value WHERE +c.org_id = ?`, string(list), org)
	byID := make(map[int64]Standing, len(all))
	for _, st := range all {
		byID[st.ID] = st
	}
	return byID, err
}

// snapshot is a State as it is kept to come back to.
type snapshot struct {
	Name       string            `json:"name,omitempty"`
	Edited     bool              `json:"edited,omitempty"`
	Phone      string            `json:"phone,omitempty"`
	WaID       string            `json:"waId,omitempty"`
	UserID     string            `json:"userId,omitempty"`
	Email      string            `json:"email,omitempty"`
	ExternalID string            `json:"externalId,omitempty"`
	Consent    *bool             `json:"consent,omitempty"`
	Company    Company           `json:"company"`
	Custom     map[string]string `json:"custom,omitempty"`
	Notes      string            `json:"notes,omitempty"`
	Origin     string            `json:"origin,omitempty"`
	CreatedAt  int64             `json:"createdAt"`
	Tags       []int64           `json:"tags,omitempty"`
	Handles    []string          `json:"handles,omitempty"`
}

// Snapshot gives the state as JSON, equal for equal states.
func (s *State) Snapshot() ([]byte, error) {
	out := snapshot{
		Name: s.Name, Edited: s.nameEdited, Phone: s.Phone, WaID: s.WaID, UserID: s.UserID, Email: s.Email, ExternalID: s.ExternalID,
		Consent: s.Consent, Company: s.Company, Custom: s.Custom, Notes: s.Notes, Origin: s.Origin, CreatedAt: s.CreatedAt,
	}
	for _, t := range s.Tags {
		out.Tags = append(out.Tags, t.ID)
	}
	out.Handles = s.handleValues()
	slices.Sort(out.Tags)
	return json.Marshal(out)
}

func (s *State) handleValues() []string {
	var all []string
	for _, h := range s.Handles {
		all = append(all, h.Value)
	}
	slices.Sort(all)
	return all
}

// DigestSize is the length of a Digest.
const DigestSize = 16

// Digest is short and equal for equal states.
func (s *State) Digest() ([]byte, error) {
	b, err := s.Snapshot()
	sum := sha256.Sum256(b)
	return sum[:DigestSize], err
}

// CleanName makes a name, or any text of one line, from free text.
func CleanName(s string) string { return cleanName(s) }

// TagKey is by what two spellings of a tag are equal.
func TagKey(name string) string { return tagText(name) }

// searchBody is the search row of a state.
func (s *State) searchBody() string {
	var phones []string
	for _, h := range s.Handles {
		if h.Kind == handlePhone {
			phones = append(phones, h.Shown)
		}
	}
	return searchText(s.Contact, phones)
}

// waIDOf is how WhatsApp most likely writes a number, until it tells.
func waIDOf(e164 string) string { return fold.Digits(strings.TrimPrefix(e164, "+")) }
