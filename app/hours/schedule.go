package hours

import (
	"time"
)

const (
	dayMinutes = 24 * 60
	daySeconds = dayMinutes * 60
	farthest   = 400 // days in which the next opening is looked for
	longest    = 14  // days after which an opening counts as having no end
)

// day is a date of the calendar, counted from 1970.
type day int

func parseDay(text string) (day, bool) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil || t.Year() < 1990 || t.Year() > 2200 {
		return 0, false
	}
	return day(t.Unix() / daySeconds), true
}

func (d day) weekday() time.Weekday { return time.Weekday((int(d)%7 + 7 + int(time.Thursday)) % 7) }

// span is an opening in minutes of the day on which it begins; to may lie
// beyond that day.
type span struct{ from, to int }

type period struct {
	from, to day
	week     [7][]span
}

// Schedule answers when a business is open. It never changes: any number of
// goroutines may ask it.
type Schedule struct {
	zone    *time.Location
	week    [7][]span
	periods []period
	special map[day][]span // empty: closed
}

// Zone is where the business is.
func (s *Schedule) Zone() *time.Location { return s.zone }

// Open says whether the business is open at an instant.
func (s *Schedule) Open(at time.Time) bool { return !s.end(at).IsZero() }

// Next is the next instant from at on, at included, at which the business is
// open; false when it stays closed for more than a year.
func (s *Schedule) Next(at time.Time) (time.Time, bool) {
	if s.Open(at) {
		return at, true
	}
	for d, n := s.dayOf(at)-1, 0; n < farthest; d, n = d+1, n+1 {
		for _, sp := range s.spans(d) {
			if from := s.instant(d, sp.from); from.After(at) && s.instant(d, sp.to).After(from) {
				return from, true
			}
		}
	}
	return time.Time{}, false
}

// Closing is when the opening that holds at an instant ends, over windows that
// touch; false when the business is closed, or open without an end in sight.
func (s *Schedule) Closing(at time.Time) (time.Time, bool) {
	limit := at.AddDate(0, 0, longest)
	var closing time.Time
	for end := s.end(at); !end.IsZero(); end = s.end(closing) {
		if closing = end; closing.After(limit) {
			return time.Time{}, false
		}
	}
	return closing, !closing.IsZero()
}

// end is the last end of the windows that hold at an instant, zero for none.
func (s *Schedule) end(at time.Time) (last time.Time) {
	today := s.dayOf(at)
	for d := today - 1; d <= today+1; d++ {
		for _, sp := range s.spans(d) {
			if from, to := s.instant(d, sp.from), s.instant(d, sp.to); !at.Before(from) && at.Before(to) && to.After(last) {
				last = to
			}
		}
	}
	return last
}

// spans are the openings that begin on a date.
func (s *Schedule) spans(d day) []span {
	if own, ok := s.special[d]; ok {
		return own
	}
	for i := range s.periods {
		if p := &s.periods[i]; p.from <= d && d <= p.to {
			return p.week[d.weekday()]
		}
	}
	return s.week[d.weekday()]
}

// dayOf is the date in the business' zone.
func (s *Schedule) dayOf(at time.Time) day {
	y, m, d := at.In(s.zone).Date()
	return day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / daySeconds)
}

// instant is when clocks in the zone first show a minute of a date, or pass it:
// an hour that is skipped is the moment of the change, one that is repeated
// counts at its first time.
func (s *Schedule) instant(d day, minute int) time.Time {
	wall := int64(d)*daySeconds + int64(minute)*60
	at := time.Unix(wall-36*3600, 0).In(s.zone) // surely before
	for {
		_, offset := at.Zone()
		begin, end := at.ZoneBounds()
		found := time.Unix(wall-int64(offset), 0)
		if end.IsZero() || found.Before(end) {
			if found.Before(begin) {
				return begin
			}
			return found
		}
		at = end
	}
}
