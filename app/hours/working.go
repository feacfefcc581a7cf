package hours

import "time"

// stretches bounds how many openings are walked for working time.
const stretches = 5000

// After is the instant by which the business has been open for so long since
// at; false when it does not open often enough within the years ahead.
func (s *Schedule) After(at time.Time, long time.Duration) (time.Time, bool) {
	for range stretches {
		from, ok := s.Next(at)
		if !ok {
			return time.Time{}, false
		}
		to, ok := s.Closing(from)
		if !ok || to.Sub(from) >= long {
			return from.Add(long), true
		}
		long -= to.Sub(from)
		at = to
	}
	return time.Time{}, false
}

// Opens says whether a plan has any opening at all.
func (p Plan) Opens() bool {
	if len(p.Windows) > 0 {
		return true
	}
	for _, pe := range p.Periods {
		if len(pe.Windows) > 0 {
			return true
		}
	}
	for _, d := range p.SpecialDays {
		if len(d.Windows) > 0 {
			return true
		}
	}
	return false
}
