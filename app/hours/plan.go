// Package hours knows when a business is open: windows of the week, holidays,
// days and periods with hours of their own, in the time of a place.
package hours

import (
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zones are right also where the host has none
)

// Window is one opening on a day of the week. One whose end is not after its
// beginning ends on the next day; "24:00" is the end of the day itself.
type Window struct {
	Day  string `json:"day"` // MON, TUE, WED, THU, FRI, SAT or SUN
	From string `json:"from"`
	To   string `json:"to"`
}

// Span is one opening on a day that is named elsewhere.
type Span struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// SpecialDay is a date with hours of its own; without windows it is closed.
type SpecialDay struct {
	Date    string `json:"date"`
	Windows []Span `json:"windows"`
}

// Period is a time of the year with another week, both dates included.
type Period struct {
	Name    string   `json:"name"`
	From    string   `json:"from"`
	To      string   `json:"to"`
	Windows []Window `json:"windows"`
}

// Plan is when a business is open. What stands first of these holds: a holiday,
// a special day, a period, the week. A window belongs to the day on which it
// begins, so that one past midnight also runs into a holiday.
type Plan struct {
	Timezone    string       `json:"timezone"`
	Windows     []Window     `json:"windows"`
	Holidays    []string     `json:"holidays"`
	SpecialDays []SpecialDay `json:"specialDays"`
	Periods     []Period     `json:"periods"`
}

// Days are the names of days in windows, by time.Weekday.
var Days = [7]string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}

const (
	maxWindows  = 70
	maxHolidays = 400
	maxSpecial  = 200
	maxPeriods  = 20
	maxSpans    = 10
	maxName     = 60
)

// Week gives the same openings to several days.
func Week(days []time.Weekday, spans ...Span) []Window {
	var all []Window
	for _, d := range days {
		for _, s := range spans {
			all = append(all, Window{Days[d], s.From, s.To})
		}
	}
	return all
}

// Compile reads a plan and lists all that is wrong with it, each line beginning
// with the field; then there is no schedule. The plan's lists are put in order.
func (p *Plan) Compile() (*Schedule, []string) {
	c := &compiler{s: &Schedule{special: map[day][]span{}}}
	c.zone(p.Timezone)
	c.limit("windows", len(p.Windows), maxWindows)
	c.limit("holidays", len(p.Holidays), maxHolidays)
	c.limit("specialDays", len(p.SpecialDays), maxSpecial)
	c.limit("periods", len(p.Periods), maxPeriods)
	if len(c.wrong) > 0 {
		return nil, c.wrong
	}
	p.order()
	c.s.week = c.week("windows", p.Windows)
	for i, h := range p.Holidays {
		if d, ok := c.date(fmt.Sprintf("holidays[%d]", i), h); ok {
			c.s.special[d] = nil
		}
	}
	for i, sp := range p.SpecialDays {
		c.specialDay(fmt.Sprintf("specialDays[%d]", i), sp)
	}
	for i, pe := range p.Periods {
		c.period(fmt.Sprintf("periods[%d]", i), pe)
	}
	if len(c.wrong) > 0 {
		return nil, c.wrong
	}
	return c.s, nil
}

// order trims what people type, drops repeated holidays and makes absent lists
// empty ones.
func (p *Plan) order() {
	tidy := func(all []Window) []Window {
		out := append([]Window{}, all...)
		for i, w := range out {
			out[i] = Window{strings.ToUpper(strings.TrimSpace(w.Day)), strings.TrimSpace(w.From), strings.TrimSpace(w.To)}
		}
		return out
	}
	p.Timezone, p.Windows = strings.TrimSpace(p.Timezone), tidy(p.Windows)
	p.Holidays = append([]string{}, p.Holidays...)
	for i, h := range p.Holidays {
		p.Holidays[i] = strings.TrimSpace(h)
	}
	slices.Sort(p.Holidays)
	p.Holidays = slices.Compact(p.Holidays)
	p.SpecialDays = append([]SpecialDay{}, p.SpecialDays...)
	for i, sp := range p.SpecialDays {
		p.SpecialDays[i] = SpecialDay{strings.TrimSpace(sp.Date), append([]Span{}, sp.Windows...)}
	}
	p.Periods = append([]Period{}, p.Periods...)
	for i, pe := range p.Periods {
		name := strings.TrimSpace(strings.ToValidUTF8(pe.Name, ""))
		p.Periods[i] = Period{name, strings.TrimSpace(pe.From), strings.TrimSpace(pe.To), tidy(pe.Windows)}
	}
}
