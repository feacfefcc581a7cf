package hours

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// compiler makes a schedule of a plan and gathers what is wrong.
type compiler struct {
	s     *Schedule
	wrong []string
}

func (c *compiler) bad(field, text string) { c.wrong = append(c.wrong, field+": "+text) }

func (c *compiler) limit(field string, n, limit int) {
	if n > limit {
		c.bad(field, fmt.Sprintf("at most %d of them", limit))
	}
}

func (c *compiler) zone(name string) {
	name = strings.TrimSpace(name)
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		c.bad("timezone", "is no time zone such as Asia/Kuwait")
		return
	}
	c.s.zone = zone
}

// clock reads a time of day in minutes.
func (c *compiler) clock(field, text string) (int, bool) {
	text = strings.TrimSpace(text)
	if text == "24:00" && strings.HasSuffix(field, ".to") {
		return dayMinutes, true
	}
	t, err := time.Parse("15:04", text)
	if err != nil || len(text) != len("15:04") {
		c.bad(field, "is no time such as 09:00")
		return 0, false
	}
	return t.Hour()*60 + t.Minute(), true
}

func (c *compiler) span(field, from, to string) (span, bool) {
	f, ok1 := c.clock(field+".from", from)
	t, ok2 := c.clock(field+".to", to)
	if t <= f {
		t += dayMinutes
	}
	return span{f, t}, ok1 && ok2
}

func (c *compiler) week(field string, windows []Window) (week [7][]span) {
	for i, w := range windows {
		at := fmt.Sprintf("%s[%d]", field, i)
		d := slices.Index(Days[:], w.Day)
		if d < 0 {
			c.bad(at+".day", "must be MON, TUE, WED, THU, FRI, SAT or SUN")
		}
		if s, ok := c.span(at, w.From, w.To); ok && d >= 0 {
			week[d] = append(week[d], s)
		}
	}
	for d := range week {
		order(week[d])
	}
	return week
}

func order(all []span) { slices.SortFunc(all, func(a, b span) int { return a.from - b.from }) }

func (c *compiler) date(field, text string) (day, bool) {
	d, ok := parseDay(text)
	if !ok {
		c.bad(field, "is no date such as 2026-12-02")
	}
	return d, ok
}

func (c *compiler) specialDay(field string, sp SpecialDay) {
	c.limit(field+".windows", len(sp.Windows), maxSpans)
	d, ok := c.date(field+".date", sp.Date)
	if _, taken := c.s.special[d]; ok && taken {
		c.bad(field+".date", "is a holiday or another special day already")
		return
	}
	var spans []span
	for i, w := range sp.Windows {
		if s, ok := c.span(fmt.Sprintf("%s.windows[%d]", field, i), w.From, w.To); ok {
			spans = append(spans, s)
		}
	}
	order(spans)
	if ok {
		c.s.special[d] = spans
	}
}

func (c *compiler) period(field string, pe Period) {
	if utf8.RuneCountInString(pe.Name) > maxName {
		c.bad(field+".name", fmt.Sprintf("at most %d characters", maxName))
	}
	c.limit(field+".windows", len(pe.Windows), maxWindows)
	from, ok1 := c.date(field+".from", pe.From)
	to, ok2 := c.date(field+".to", pe.To)
	week := c.week(field+".windows", pe.Windows)
	if !ok1 || !ok2 {
		return
	}
	if to < from {
		c.bad(field+".to", "is before the first day")
		return
	}
	if slices.ContainsFunc(c.s.periods, func(o period) bool { return from <= o.to && o.from <= to }) {
		c.bad(field+".from", "has days of another period")
		return
	}
	c.s.periods = append(c.s.periods, period{from, to, week})
}
