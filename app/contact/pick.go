package contact

import (
	"strings"

	"badala/app/db"
)

// How contacts of a filter are found. Every part of a filter is a set: it can
// list its contacts, and say of any contact whether it belongs. A small set is
// listed and its contacts are sorted; of large ones the list is read in its
// order, and the first contacts that belong to all are soon found.

// smallSet is up to how many contacts of a set are listed and sorted.
const smallSet = 5000

// set is one part of a filter.
type set struct {
	ids  string // a query for the ids of its contacts
	has  string // a condition on c
	args []any  // of either

	// walk reads the set in the order of a list by id: a table that is joined
	// before c, the condition on it, and its column of ids.
	walk, on, id string

	words []string // of a search: what the text of a contact must have
	exact int64    // or who belongs to it whatever the text is

	sorted, index string // or an order in which an index has the contacts that has picks
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

// picking is a query for the contacts of a filter: FROM, WHERE, and the column
// that has their ids in the order of SortNewest.
type picking struct {
	where
	from, id string
	early    []any // values that stand before those of where

	// byHand is a search that no index can answer for the contacts in their
	// order: its condition is the last of where.
	byHand *set
}

func (p *picking) values(more ...any) []any {
	return append(append(append([]any{}, p.early...), p.args...), more...)
}

// before lets only contacts with smaller ids.
func (p *picking) before(id int64) {
	p.and("c.id < ?", id)
	if p.id != "c.id" {
		p.and(p.id+" < ?", id)
	}
}

// pick decides how the contacts of a filter are read. f has been resolved.
func (s *Service) pick(q db.Q, org int64, f Filter) (*picking, error) {
	sets, err := s.sets(q, org, f)
	if err != nil {
		return nil, err
	}
	p := &picking{id: "c.id"}
	walked := -1
	for i, set := range sets {
		switch {
		case f.order() == SortNewest && set.walk != "" && (walked < 0 || sets[walked].walk == ""), walked < 0 && set.sorted == f.order():
			walked = i
		}
	}
	if len(sets) > 1 || len(sets) == 1 && walked < 0 {
		small, err := smallest(q, sets)
		if err != nil {
			return nil, err
		}
		if small >= 0 {
			p.from = "(" + distinct(sets[small].ids) + ") s CROSS JOIN contact c ON c.id = s.id"
			p.early = sets[small].args
			return p.finish(org, sets, small), nil
		}
	}
	if walked >= 0 && sets[walked].walk != "" && f.order() == SortNewest {
		set := sets[walked]
		p.from, p.id = set.walk+" CROSS JOIN contact c ON c.id = "+set.id, set.id
		p.and(set.on, set.args...)
		return p.finish(org, sets, walked), nil
	}
	p.from = "contact c INDEXED BY " + listIndex[f.order()]
	if walked >= 0 {
		p.from = "contact c INDEXED BY " + sets[walked].index
	}
	return p.finish(org, sets, -1), nil
}

// listIndex has all contacts in an order. SQLite, which knows nothing of how
// large sets are, would rather sort them.
var listIndex = map[string]string{
	SortNewest: "contact_list", SortName: "contact_name", SortUpdated: "contact_updated", SortTalked: "contact_talked",
}

func distinct(ids string) string { return "SELECT DISTINCT id FROM (" + ids + ")" }

// finish adds the conditions of the sets that the contacts are not read from.
func (p *picking) finish(org int64, sets []set, but int) *picking {
	if strings.HasPrefix(p.from, "contact c ") {
		p.and("c.org_id = ?", org)
	} else {
		p.and("+c.org_id = ?", org) // they are found by id
	}
	for i, set := range sets {
		switch {
		case i == but:
		case set.words != nil:
			p.byHand = &set
		default:
			p.and(set.has, set.args...)
		}
	}
	if p.byHand != nil {
		p.and(p.byHand.has, p.byHand.args...)
	}
	return p
}

// smallest gives the first small set, or -1.
func smallest(q db.Q, sets []set) (int, error) {
	at, least := -1, smallSet+1
	for i, set := range sets {
		n, err := db.Value[int](q, `SELECT COUNT(*) FROM (`+set.ids+` LIMIT ?)`, append(append([]any{}, set.args...), least)...)
		if err != nil {
			return -1, err
		}
		if n < least {
			at, least = i, n
		}
		if least == 0 {
			break
		}
	}
	return at, nil
}
