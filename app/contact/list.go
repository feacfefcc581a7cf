package contact

import (
	"encoding/base64"
	"encoding/json"

	"badala/app/db"
	"badala/app/errs"
)

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
	p, err := s.pick(q, org, f)
	if err != nil {
		return nil, "", err
	}
	if p.byHand != nil {
		page, err = f.search(q, p, max(f.Skip, 0), take+1)
	} else if err = f.after(p, f.Cursor); err == nil {
		page, err = db.All(q, scanContact, f.query(p), p.values(take+1, max(f.Skip, 0))...)
	}
	if err != nil {
		return nil, "", err
	}
	if len(page) > take {
		page = page[:take]
		next = cursorOf(page[take-1], f.Sort)
	}
	return page, next, fillTags(q, org, page)
}

func (f Filter) query(p *picking) string {
	order := p.id + " DESC" // contact_list, contact_source, contact_agreed, or what is walked
	switch f.order() {
	case SortName:
		order = "c.name_text, c.id" // contact_name
	case SortUpdated:
		order = "c.updated_at DESC, c.id DESC" // contact_updated
	case SortTalked:
		order = "c.last_message_at DESC, c.id DESC" // contact_talked
	}
	return `SELECT ` + contactColumns + ` FROM ` + p.from + ` WHERE ` + p.String() + ` ORDER BY ` + order + ` LIMIT ? OFFSET ?`
}

// cursor is the last row of a page.
type cursor struct {
	ID      int64  `json:"i"`
	Name    string `json:"n,omitempty"`
	Updated int64  `json:"u,omitempty"`
	Talked  int64  `json:"t,omitempty"`
}

func cursorOf(c Contact, sort string) string {
	at := cursor{ID: c.ID}
	switch sort {
	case SortName:
		at.Name = nameText(&c)
	case SortUpdated:
		at.Updated = c.UpdatedAt
	case SortTalked:
		at.Talked = c.LastMessageAt
	}
	b, err := json.Marshal(at)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// after makes p begin behind a cursor of the filter.
func (f Filter) after(p *picking, from string) error {
	if from == "" {
		return nil
	}
	var at cursor
	b, err := base64.RawURLEncoding.DecodeString(from)
	if err == nil {
		err = json.Unmarshal(b, &at)
	}
	if err != nil {
		return errs.Field("cursor", "is not one of ours")
	}
	switch f.order() {
	case SortName:
		p.and("(c.name_text, c.id) > (?, ?)", at.Name, at.ID)
	case SortUpdated:
		p.and("(c.updated_at, c.id) < (?, ?)", at.Updated, at.ID)
	case SortTalked:
		p.and("(c.last_message_at, c.id) < (?, ?)", at.Talked, at.ID)
	default:
		p.before(at.ID)
	}
	return nil
}
