package contact

import (
	"cmp"
	"encoding/json"
	"maps"
	"math"
	"slices"

	"badala/app/db"
	"badala/app/errs"
)

// Reach is how a contact can be written to, and whether it agreed to be.
type Reach struct {
	ID      int64
	Name    string // what to call the contact; may be empty
	Phone   string
	WaID    string
	UserID  string
	Consent *bool
}

// Key is equal for everybody who is reached under the same number. It is empty
// for somebody who can not be written to at all.
func (r Reach) Key() string {
	if key := MatchKey(cmp.Or(r.WaID, r.Phone)); key != "" {
		return key
	}
	return r.UserID
}

// Country is the ISO code of the number's country, "" when that is not known.
func (r Reach) Country() string { return CountryOfPhone(cmp.Or(r.Phone, E164(r.WaID))) }

const reachColumns = `c.id, c.name, c.profile_name, c.phone, c.wa_id, c.user_id, c.consent`

func scanReach(r *db.Rows, v *Reach) error {
	var profile string
	if err := r.Scan(&v.ID, &v.Name, &profile, &v.Phone, &v.WaID, &v.UserID, &v.Consent); err != nil {
		return err
	}
	v.Name = cmp.Or(v.Name, profile)
	return nil
}

// Tagged narrows contacts to those with all of some tags, or with any of them.
// Names that are no tags are had by nobody.
type Tagged struct {
	Names []string
	Any   bool
}

// Reaches lists whom a filter and tags pick, largest id first, after the given
// id (0: from the largest).
func (s *Service) Reaches(q db.Q, org int64, f Filter, tags Tagged, after int64, take int) ([]Reach, error) {
	if after == 0 {
		after = math.MaxInt64
	}
	f.Cursor, f.Skip, f.Sort = "", 0, SortNewest
	ids, ok, err := tags.ids(q, org)
	if err != nil || !ok {
		return nil, err
	}
	if len(ids) > 0 && !tags.Any && f.TagID == 0 && f.Tag == "" {
		f.TagID, ids = ids[0], ids[1:]
	}
	if ok, err := f.resolve(q, org); err != nil || !ok {
		return nil, err
	}
	p, err := s.pick(q, org, f)
	if err != nil {
		return nil, err
	}
	if err := p.tagged(org, ids, tags.Any); err != nil {
		return nil, err
	}
	p.before(after)
	return db.All(q, scanReach, `SELECT `+reachColumns+` FROM `+p.from+` WHERE `+p.String()+` ORDER BY `+p.id+` DESC LIMIT ?`, p.values(take)...)
}

// ids finds the tags; ok is false when nobody can have them.
func (t Tagged) ids(q db.Q, org int64) (ids []int64, ok bool, err error) {
	for _, name := range t.Names {
		id, err := db.Value[int64](q, `SELECT id FROM tag WHERE org_id = ? AND name_text = ?`, org, tagText(name))
		if errs.Is(err, errs.NotFound) {
			if t.Any {
				continue
			}
			return nil, false, nil
		}
		if err != nil {
			return nil, false, err
		}
		ids = append(ids, id)
	}
	return ids, len(t.Names) == 0 || len(ids) > 0, nil
}

func (w *where) tagged(org int64, ids []int64, anyOf bool) error {
	if len(ids) == 0 {
		return nil
	}
	if anyOf {
		list, err := json.Marshal(ids)
		w.and("c.id IN (SELECT contact_id FROM contact_tag WHERE tag_id IN (SELECT value FROM json_each(?)) AND org_id = ?)", string(list), org)
		return err
	}
	for _, id := range ids {
		w.and("c.id IN (SELECT contact_id FROM contact_tag WHERE tag_id = ? AND org_id = ?)", id, org)
	}
	return nil
}

// ReachesOf reads how contacts are written to. Unknown ids are left out.
func (s *Service) ReachesOf(q db.Q, org int64, ids []int64) (map[int64]Reach, error) {
	byID := make(map[int64]Reach, len(ids))
	if len(ids) == 0 {
		return byID, nil
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	all, err := db.All(q, scanReach, `SELECT `+reachColumns+` FROM contact c
		WHERE c.id IN (SELECT value FROM json_each(?)) AND c.org_id = ?`, string(list), org)
	for _, r := range all {
		byID[r.ID] = r
	}
	return byID, err
}

// ReachesByPhone finds who has numbers, which are in E.164; the answer is by
// match key. Numbers that nobody has are left out.
func (s *Service) ReachesByPhone(q db.Q, org int64, phones []string) (map[string]Reach, error) {
	keys := make([]string, len(phones))
	for i, p := range phones {
		keys[i] = MatchKey(p)
	}
	owners, err := s.OwnersOf(q, org, nil, keys)
	if err != nil {
		return nil, err
	}
	people, err := s.ReachesOf(q, org, slices.Collect(maps.Values(owners.ByHandle)))
	if err != nil {
		return nil, err
	}
	byKey := make(map[string]Reach, len(owners.ByHandle))
	for key, id := range owners.ByHandle {
		if r, ok := people[id]; ok {
			byKey[key] = r
		}
	}
	return byKey, nil
}

// ReachByPhoneTx finds the contact of a number in E.164, or makes it.
func (s *Service) ReachByPhoneTx(tx *db.Tx, org int64, phone, source string) (Reach, error) {
	c, _, err := s.EnsureTx(tx, org, Identity{Phone: phone}, source)
	return Reach{ID: c.ID, Name: c.Title(), Phone: c.Phone, WaID: c.WaID, UserID: c.UserID, Consent: c.Consent}, err
}
