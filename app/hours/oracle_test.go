package hours_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"badala/app/hours"
)

// oracle is the naive reading of a plan: it walks from minute to minute and
// looks at the clock on the wall. A clock that is put back does not bring back
// what it has shown.
type oracle struct {
	plan  hours.Plan
	zone  *time.Location
	shown string // the latest that the wall has shown, as "2006-01-02 15:04"
	known map[string][][2]string
}

const onWall = "2006-01-02 15:04"

func (o *oracle) tick(at time.Time) { o.shown = max(o.shown, at.In(o.zone).Format(onWall)) }

// open says whether a window of today or yesterday holds at what was shown.
func (o *oracle) open() bool {
	day := o.shown[:len(time.DateOnly)]
	if o.known[day] == nil {
		o.known = map[string][][2]string{day: o.around(day)}
	}
	for _, w := range o.known[day] {
		if w[0] <= o.shown && o.shown < w[1] {
			return true
		}
	}
	return false
}

// around lists the windows of a date and the one before, as the wall shows
// their ends. "24:00" sorts behind every minute of its day.
func (o *oracle) around(day string) [][2]string {
	all := [][2]string{{}}
	today, _ := time.Parse(time.DateOnly, day)
	for _, date := range []time.Time{today.AddDate(0, 0, -1), today} {
		for _, s := range o.spans(date) {
			from := date.Format(time.DateOnly) + " " + s.From
			to := date.Format(time.DateOnly) + " " + s.To
			if to <= from {
				to = date.AddDate(0, 0, 1).Format(time.DateOnly) + " " + s.To
			}
			all = append(all, [2]string{from, to})
		}
	}
	return all
}

func (o *oracle) spans(date time.Time) (all []hours.Span) {
	text := date.Format(time.DateOnly)
	if slices.Contains(o.plan.Holidays, text) {
		return nil
	}
	for _, s := range o.plan.SpecialDays {
		if s.Date == text {
			return s.Windows
		}
	}
	week := o.plan.Windows
	for _, p := range o.plan.Periods {
		if p.From <= text && text <= p.To {
			week = p.Windows
		}
	}
	for _, w := range week {
		if w.Day == strings.ToUpper(date.Weekday().String()[:3]) {
			all = append(all, hours.Span{From: w.From, To: w.To})
		}
	}
	return all
}

// compile makes a schedule of a plan that is right.
func compile(tb testing.TB, p hours.Plan) *hours.Schedule {
	tb.Helper()
	s, wrong := p.Compile()
	if s == nil {
		tb.Fatal(wrong)
	}
	return s
}

// agree walks a time and compares schedule and oracle at every step-th tick:
// open, the next opening and the closing.
func agree(tb testing.TB, plan hours.Plan, from, to time.Time, tick time.Duration, step int) {
	tb.Helper()
	s := compile(tb, plan)
	o := &oracle{plan: plan, zone: s.Zone()}
	for at := from.AddDate(0, 0, -3); at.Before(from); at = at.Add(tick) {
		o.tick(at)
	}
	type asked struct{ at, next, closing time.Time }
	var waiting []asked // until the oracle opens or closes
	was, n := false, 0
	for at := from; at.Before(to); at = at.Add(tick) {
		o.tick(at)
		is := o.open()
		if is != was || n == 0 {
			for _, a := range waiting {
				if is && !a.next.Equal(at) || !is && !a.closing.Equal(at) {
					tb.Fatalf("asked at %s: next opening %s, closing %s; the wall says %s\n%s", a.at, a.next, a.closing, at, describe(plan))
				}
			}
			waiting, was = nil, is
		}
		if n++; n%step != 1 && step > 1 {
			continue
		}
		if got := s.Open(at); got != is {
			tb.Fatalf("open at %s (%s): %t, the wall says %t\n%s", at, at.In(s.Zone()), got, is, describe(plan))
		}
		a := asked{at: at}
		if is {
			a.closing, _ = s.Closing(at)
			if next, ok := s.Next(at); !ok || !next.Equal(at) {
				tb.Fatalf("open at %s, but next %s", at, next)
			}
		} else {
			a.next, _ = s.Next(at)
		}
		if !is || !a.closing.IsZero() {
			waiting = append(waiting, a)
		}
	}
}

func describe(p hours.Plan) string { return fmt.Sprintf("%+v", p) }
