package contact

import (
	"slices"
	"strings"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/fold"
)

// Orders of a list.
const (
	SortNewest  = "newest" // the default
	SortName    = "name"
	SortUpdated = "updated"     // latest change first
	SortTalked  = "lastMessage" // latest message first, who never had one at the end
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

// order is the order of the list.
func (f Filter) order() string {
	switch f.Sort {
	case SortName, SortUpdated, SortTalked:
		return f.Sort
	}
	return SortNewest
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

// sets are the parts of a filter.
func (s *Service) sets(q db.Q, org int64, f Filter) ([]set, error) {
	all, err := f.searchSets(q, org)
	if err != nil {
		return nil, err
	}
	if f.ImportID != 0 {
		all = append(all, set{
			ids: `SELECT contact_id AS id FROM contact_import WHERE import_id = ?`,
			has: `EXISTS (SELECT 1 FROM contact_import WHERE import_id = ? AND contact_id = c.id)`, args: []any{f.ImportID},
			walk: `contact_import ci`, on: `ci.import_id = ?`, id: `ci.contact_id`,
		})
	}
	if f.TagID != 0 {
		all = append(all, set{
			ids: `SELECT contact_id AS id FROM contact_tag WHERE tag_id = ?`,
			has: `EXISTS (SELECT 1 FROM contact_tag WHERE tag_id = ? AND contact_id = c.id)`, args: []any{f.TagID},
			walk: `contact_tag ct`, on: `ct.tag_id = ?`, id: `ct.contact_id`,
		})
	}
	if f.Phone != "" {
		all = append(all, set{
			ids: `SELECT contact_id AS id FROM contact_handle WHERE org_id = ? AND value = ? AND kind = 'PHONE'`,
			has: `EXISTS (SELECT 1 FROM contact_handle WHERE org_id = ? AND value = ? AND kind = 'PHONE' AND contact_id = c.id)`, args: []any{org, keyOf(f.Phone)},
		})
	}
	all = append(all, f.ownSets(org)...)
	if f.ChannelID != 0 {
		if s.talked == nil {
			return []set{nobody}, nil
		}
		ids, has, args := s.talked(org, f)
		all = append(all, set{ids: ids, has: has, args: args})
	}
	return all, nil
}

var nobody = set{ids: `SELECT 0 AS id WHERE FALSE`, has: `FALSE`}

// ownSets are those that a column of the contact decides.
func (f Filter) ownSets(org int64) (all []set) {
	add := func(sorted, index, cond string, args ...any) {
		all = append(all, set{
			ids: `SELECT c.id AS id FROM contact c WHERE c.org_id = ? AND ` + cond, has: `(c.org_id = ? AND ` + cond + `)`,
			args: append([]any{org}, args...), sorted: sorted, index: index,
		})
	}
	if f.ExternalID != "" {
		add("", "", `c.external_id = ? AND c.external_id <> ''`, f.ExternalID)
	}
	if f.Consent != nil {
		add(SortNewest, "contact_agreed", `c.consent = ?`, *f.Consent)
	}
	if f.NoConsent {
		add(SortNewest, "contact_agreed", `c.consent IS NULL`)
	}
	if f.Source != "" {
		add(SortNewest, "contact_source", `c.source = ?`, f.Source)
	}
	if f.UpdatedSince != 0 {
		add(SortUpdated, "contact_updated", `c.updated_at >= ?`, f.UpdatedSince)
	}
	switch from, until := f.TalkedFrom, f.TalkedUntil; {
	case f.ChannelID != 0 && from != 0: // who spoke later on another channel may have spoken in the span on this one
		add(SortTalked, "contact_talked", `c.last_message_at >= ?`, from)
	case f.ChannelID != 0:
	case until != 0:
		add(SortTalked, "contact_talked", `c.last_message_at >= ? AND c.last_message_at < ?`, max(from, 1), until)
	case from != 0:
		add(SortTalked, "contact_talked", `c.last_message_at >= ?`, from)
	}
	return all
}

// searchSets finds words and numbers, and an external id by all of it.
func (f Filter) searchSets(q db.Q, org int64) ([]set, error) {
	text := strings.TrimSpace(f.Search)
	if text == "" {
		return nil, nil
	}
	var found set
	if query := parseQuery(text); query.match != "" {
		found = set{
			ids: `SELECT rowid AS id FROM contact_fts WHERE contact_fts MATCH ?`,
			has: `c.id IN (SELECT rowid FROM contact_fts WHERE contact_fts MATCH ?)`, args: []any{query.match}, words: query.words,
			walk: `contact_fts x`, on: `x.contact_fts MATCH ?`, id: `x.rowid`,
		}
	} else if query.prefix != "" {
		found = set{
			ids: `SELECT id FROM contact WHERE org_id = ? AND name_text >= ? AND name_text < ?`,
			has: `c.org_id = ? AND c.name_text >= ? AND c.name_text < ?`, args: []any{org, query.prefix, query.prefix + "\U0010FFFF"}, sorted: SortName, index: "contact_name",
		}
	} else {
		return nil, nil
	}
	exact, err := db.Value[int64](q, `SELECT id FROM contact WHERE org_id = ? AND external_id = ? AND external_id <> ''`, org, text)
	if errs.Is(err, errs.NotFound) || err == nil && found.words != nil && !slices.Contains(found.words, fold.Digits(text)) {
		return []set{found}, nil // its text has the id too
	}
	// The one with this id is found whatever its text is.
	return []set{{words: found.words, exact: exact, ids: found.ids + ` UNION ALL SELECT ?`, has: `(` + found.has + ` OR c.id = ?)`, args: append(found.args, exact)}}, err
}

// keyOf is the match key of a number that somebody asks for.
func keyOf(phone string) string {
	if e164, err := CanonicalPhone(phone, ""); err == nil {
		phone = e164
	}
	return MatchKey(phone)
}
