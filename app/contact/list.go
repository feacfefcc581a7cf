package contact

import (
	"encoding/base64"
	"encoding/json"
	"strings"

	"badala/app/db"
	"badala/app/errs"
)

// Orders of a list.
const (
	SortNewest  = "newest" // the default
	SortName    = "name"
	SortUpdated = "updated" // latest change first
)

// Filter picks contacts. Its zero value is all of them, newest first.
type Filter struct {
	Search  string
	TagID   int64
	Tag     string // by name, instead of TagID
	Consent *bool
	Source  string

	ExternalID   string
	Phone        string // a number that the contact has or had, in any form
	UpdatedSince int64
	ImportID     int64 // only whom this import named, new or not

	NoConsent               bool  // only who never stated it
	ChannelID               int64 // only who talk on it
	TalkedFrom, TalkedUntil int64 // something was last said in this span; 0 leaves an end open

	Sort   string
	Cursor string // of an earlier page with the same filter
	Skip   int    // instead of Cursor
	Take   int    // 1 to 200; 0: 50
}

const (
	defaultTake = 50
	maxTake     = 200
)

// ByID reads a contact with its tags and further phones.
func (s *Service) ByID(q db.Q, org, id int64) (Contact, error) {
	c, err := rowByID(q, org, id)
	if err != nil {
		return c, err
	}
	phones, err := phonesOf(q, org, id)
	if err != nil {
		return c, err
	}
	for _, p := range phones {
		if p != c.Phone {
			c.OtherPhones = append(c.OtherPhones, p)
		}
	}
	one := []Contact{c}
	err = fillTags(q, org, one)
	return one[0], err
}

// ByIDs reads many contacts with their tags. Unknown ids are left out.
func (s *Service) ByIDs(q db.Q, org int64, ids []int64) (map[int64]Contact, error) {
	list, err := json.Marshal(ids)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	all, err := db.All(q, scanContact, `SELECT `+contactColumns+` FROM json_each(?) v
		CROSS JOIN contact c ON c.id = v.value WHERE +c.org_id = ?`, string(list), org)
	if err != nil {
		return nil, err
	}
	if err := fillTags(q, org, all); err != nil {
		return nil, err
	}
	byID := make(map[int64]Contact, len(all))
	for _, c := range all {
		byID[c.ID] = c
	}
	return byID, nil
}

// fillTags reads the tags of all contacts at once.
func fillTags(q db.Q, org int64, all []Contact) error {
	if len(all) == 0 {
		return nil
	}
	at := make(map[int64]int, len(all))
	ids := make([]int64, len(all))
	for i, c := range all {
		at[c.ID], ids[i] = i, c.ID
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	type tagged struct {
		contact int64
		tag     Tag
	}
	rows, err := db.All(q, func(r *db.Rows, t *tagged) error {
		return r.Scan(&t.contact, &t.tag.ID, &t.tag.OrgID, &t.tag.Name, &t.tag.Colour)
	}, `SELECT ct.contact_id, `+tagColumns+` FROM contact_tag ct JOIN tag t ON t.id = ct.tag_id
		WHERE ct.contact_id IN (SELECT value FROM json_each(?)) AND ct.org_id = ? ORDER BY t.name_text`, string(list), org)
	for _, t := range rows {
		c := &all[at[t.contact]]
		c.Tags = append(c.Tags, t.tag)
	}
	return err
}

// where collects conditions with their values.
type where struct {
	conds []string
	args  []any
}

func (w *where) and(cond string, args ...any) {
	w.conds = append(w.conds, cond)
	w.args = append(w.args, args...)
}

func (w *where) String() string { return strings.Join(w.conds, " AND ") }

func (f Filter) where(org int64) *where {
	w := &where{}
	w.and("c.org_id = ?", org)
	f.search(w, org)
	switch {
	case f.byImport():
		w.and("ci.import_id = ?", f.ImportID)
	case f.ImportID != 0:
		w.and("c.id IN (SELECT contact_id FROM contact_import WHERE import_id = ?)", f.ImportID)
	}
	switch {
	case f.byTag():
		w.and("ct.tag_id = ? AND ct.org_id = ?", f.TagID, org)
	case f.TagID != 0:
		w.and("c.id IN (SELECT contact_id FROM contact_tag WHERE tag_id = ? AND org_id = ?)", f.TagID, org)
	}
	if f.Consent != nil {
		w.and("c.consent = ?", *f.Consent)
	}
	if f.Source != "" {
		w.and("c.source = ?", f.Source)
	}
	if f.ExternalID != "" {
		w.and("c.external_id = ? AND c.external_id <> ''", f.ExternalID)
	}
	if f.Phone != "" {
		w.and("c.id IN (SELECT contact_id FROM contact_handle WHERE org_id = ? AND value = ? AND kind = 'PHONE')", org, keyOf(f.Phone))
	}
	if f.UpdatedSince != 0 {
		w.and("c.updated_at >= ?", f.UpdatedSince)
	}
	return w
}

// search finds words and numbers, and an external id by all of it.
func (f Filter) search(w *where, org int64) {
	text := strings.TrimSpace(f.Search)
	const byID = ` UNION ALL SELECT id FROM contact WHERE org_id = ? AND external_id = ? AND external_id <> '')`
	if q := parseQuery(text); q.match != "" {
		w.and("c.id IN (SELECT rowid FROM contact_fts WHERE contact_fts MATCH ?"+byID, q.match, org, text)
	} else if q.prefix != "" {
		w.and("c.id IN (SELECT id FROM contact WHERE org_id = ? AND name_text >= ? AND name_text < ?"+byID, org, q.prefix, q.prefix+"\U0010FFFF", org, text)
	}
}

// where is the filter's conditions with those that only inbox can put.
func (s *Service) where(f Filter, org int64) *where {
	w := f.where(org)
	if f.NoConsent {
		w.and("c.consent IS NULL")
	}
	if f.ChannelID != 0 || f.TalkedFrom != 0 || f.TalkedUntil != 0 {
		if s.talked == nil {
			w.and("FALSE")
			return w
		}
		cond, args := s.talked(org, f)
		w.and(cond, args...)
	}
	return w
}

// keyOf is the match key of a number that somebody asks for.
func keyOf(phone string) string {
	if e164, err := CanonicalPhone(phone, ""); err == nil {
		phone = e164
	}
	return MatchKey(phone)
}

// List gives a page of contacts and the cursor of the next one, "" at the end.
func (s *Service) List(q db.Q, org int64, f Filter) (page []Contact, next string, err error) {
	take := f.Take
	if take <= 0 {
		take = defaultTake
	}
	take = min(take, maxTake)
	if ok, err := f.resolve(q, org); err != nil || !ok {
		return nil, "", err
	}
	w := s.where(f, org)
	if err := f.after(w); err != nil {
		return nil, "", err
	}
	page, err = db.All(q, scanContact, f.query(w), append(w.args, take+1, max(f.Skip, 0))...)
	if err != nil {
		return nil, "", err
	}
	if len(page) > take {
		page = page[:take]
		next = cursorOf(page[take-1], f.Sort)
	}
	return page, next, fillTags(q, org, page)
}

// resolve finds the tag that is asked for by name, and the order; ok is false
// when there is no such tag.
func (f *Filter) resolve(q db.Q, org int64) (ok bool, err error) {
	if f.Sort == "" && f.UpdatedSince != 0 {
		f.Sort = SortUpdated
	}
	if f.Tag == "" || f.TagID != 0 {
		return true, nil
	}
	f.TagID, err = db.Value[int64](q, `SELECT id FROM tag WHERE org_id = ? AND name_text = ?`, org, tagText(f.Tag))
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// byTag says whether the list is read along the tag, which has the contacts in
// the order of the list, newest first.
func (f Filter) byTag() bool { return f.TagID != 0 && f.newest() && !f.byImport() }

// byImport says the same of an import.
func (f Filter) byImport() bool { return f.ImportID != 0 && f.newest() }

func (f Filter) newest() bool { return f.Sort != SortName && f.Sort != SortUpdated }

func (f Filter) from() string {
	if f.byImport() {
		return "contact_import ci CROSS JOIN contact c ON c.id = ci.contact_id"
	}
	if f.byTag() {
		return "contact_tag ct CROSS JOIN contact c ON c.id = ct.contact_id"
	}
	return "contact c"
}

func (f Filter) query(w *where) string {
	order := "c.id DESC" // contact_list, contact_source, contact_agreed
	switch {
	case f.Sort == SortName:
		order = "c.name_text, c.id" // contact_name
	case f.Sort == SortUpdated:
		order = "c.updated_at DESC, c.id DESC" // contact_updated
	case f.byImport():
		order = "ci.contact_id DESC" // the table itself
	case f.byTag():
		order = "ct.contact_id DESC" // contact_tag_tag
	}
	return `SELECT ` + contactColumns + ` FROM ` + f.from() + ` WHERE ` + w.String() + ` ORDER BY ` + order + ` LIMIT ? OFFSET ?`
}

// cursor is the last row of a page.
type cursor struct {
	ID      int64  `json:"i"`
	Name    string `json:"n,omitempty"`
	Updated int64  `json:"u,omitempty"`
}

func cursorOf(c Contact, sort string) string {
	at := cursor{ID: c.ID}
	switch sort {
	case SortName:
		at.Name = nameText(&c)
	case SortUpdated:
		at.Updated = c.UpdatedAt
	}
	b, err := json.Marshal(at)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// after makes w begin behind the filter's cursor.
func (f Filter) after(w *where) error {
	if f.Cursor == "" {
		return nil
	}
	var at cursor
	b, err := base64.RawURLEncoding.DecodeString(f.Cursor)
	if err == nil {
		err = json.Unmarshal(b, &at)
	}
	if err != nil {
		return errs.Field("cursor", "is not one of ours")
	}
	switch f.Sort {
	case SortName:
		w.and("(c.name_text, c.id) > (?, ?)", at.Name, at.ID)
	case SortUpdated:
		w.and("(c.updated_at, c.id) < (?, ?)", at.Updated, at.ID)
	default:
		w.and("c.id < ?", at.ID)
		if f.byImport() {
			w.and("ci.contact_id < ?", at.ID)
		}
		if f.byTag() {
			w.and("ct.contact_id < ?", at.ID)
		}
	}
	return nil
}
