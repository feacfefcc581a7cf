package contact

import (
	"encoding/json"
	"slices"
	"strings"

	"badala/app/db"
)

// searchAtOnce is how many contacts are looked at together.
const searchAtOnce = 500

// search reads a page by looking at the text of one contact after the other,
// in their order. That is done where either the search or the rest finds so
// many that some of each batch belong, or the rest so few that all are looked
// at: to ask the index for everybody would take longer than the page.
func (f Filter) search(q db.Q, p *picking, skip, take int) (page []Contact, err error) {
	from := f.Cursor
	for {
		next := *p
		next.conds = slices.Clone(p.conds[:len(p.conds)-1])
		next.args = slices.Clone(p.args[:len(p.args)-len(p.byHand.args)])
		if err := f.after(&next, from); err != nil {
			return nil, err
		}
		batch, err := db.All(q, scanContact, f.query(&next), next.values(searchAtOnce, 0)...)
		if err != nil || len(batch) == 0 {
			return page, err
		}
		texts, err := searchTexts(q, batch)
		if err != nil {
			return nil, err
		}
		for i, c := range batch {
			if !p.byHand.holds(c.ID, texts[i]) {
				continue
			}
			if skip > 0 {
				skip--
				continue
			}
			if page = append(page, c); len(page) == take {
				return page, nil
			}
		}
		if len(batch) < searchAtOnce {
			return page, nil
		}
		from = cursorOf(batch[len(batch)-1], f.Sort)
	}
}

// holds says whether a contact with a text belongs to a search.
func (s *set) holds(id int64, text string) bool {
	return id == s.exact || !slices.ContainsFunc(s.words, func(w string) bool { return !strings.Contains(text, w) })
}

// searchTexts gives the text of each contact that searches look at.
func searchTexts(q db.Q, all []Contact) ([]string, error) {
	ids := make([]int64, len(all))
	for i, c := range all {
		ids[i] = c.ID
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	type owned struct {
		id int64
		h  Handle
	}
	handles, err := db.All(q, func(r *db.Rows, o *owned) error { return r.Scan(&o.id, &o.h.Value, &o.h.Kind, &o.h.Shown) }, handlesQuery, string(list), all[0].OrgID)
	phones := make(map[int64][]string, len(all))
	for _, o := range handles {
		if o.h.Kind == handlePhone {
			phones[o.id] = append(phones[o.id], o.h.Shown)
		}
	}
	texts := make([]string, len(all))
	for i, c := range all {
		texts[i] = searchText(c, phones[c.ID])
	}
	return texts, err
}
