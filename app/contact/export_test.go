package contact

// HoldersQuery is how contacts are found by their handles.
const HoldersQuery = holdersQuery

// ListQuery is how a page of a list is read.
func ListQuery(f Filter) string { return f.query(f.where(1)) }

// CountExactly sets up to how many contacts are counted each time.
func (s *Service) CountExactly(n int) { s.totals.exactly = n }
