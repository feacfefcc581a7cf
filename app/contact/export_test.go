package contact

import "badala/app/db"

// HoldersQuery is how contacts are found by their handles.
const HoldersQuery = holdersQuery

// StatesQuery and HandlesQuery are how many contacts are read by id.
const (
	StatesQuery  = statesQuery
	HandlesQuery = handlesQuery
)

// SmallSet is up to how many contacts are listed and sorted.
const SmallSet = smallSet

// ListQuery is how a page of a list is read, with its values.
func (s *Service) ListQuery(q db.Q, org int64, f Filter) (string, []any, error) {
	p, err := s.pick(q, org, f)
	if err != nil {
		return "", nil, err
	}
	if p.byHand != nil {
		p.conds, p.args = p.conds[:len(p.conds)-1], p.args[:len(p.args)-len(p.byHand.args)]
	}
	return f.query(p), p.values(51, 0), nil
}

// CountExactly sets up to how many contacts are counted each time.
func (s *Service) CountExactly(n int) { s.totals.exactly = n }
