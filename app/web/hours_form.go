package web

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"badala/app/hours"
	"badala/app/inbox"
	"badala/views"
)

// hoursForm is the setting as the form carries it.
func hoursForm(o inbox.OfficeHours) views.HoursForm {
	f := views.HoursForm{
		Enabled: o.Enabled, Zone: o.Timezone, Week: weekOf(o.Windows), Holidays: o.Holidays, EN: o.EN, AR: o.AR,
		Cooldown: strconv.Itoa(o.CooldownMinutes), Quiet: strconv.Itoa(o.QuietMinutes),
		Greet: o.Greeting.Enabled, GreetEN: o.Greeting.EN, GreetAR: o.Greeting.AR,
	}
	for _, d := range o.SpecialDays {
		f.Special = append(f.Special, views.HoursSpecial{Date: d.Date, Spans: d.Windows})
	}
	for _, p := range o.Periods {
		f.Periods = append(f.Periods, views.HoursPeriod{Name: p.Name, First: p.From, Last: p.To, Week: weekOf(p.Windows)})
	}
	return f
}

func weekOf(all []hours.Window) (w views.HoursWeek) {
	for _, one := range all {
		if d := slices.Index(hours.Days[:], one.Day); d >= 0 {
			w[d] = append(w[d], hours.Span{From: one.From, To: one.To})
		}
	}
	for d := range w {
		slices.SortStableFunc(w[d], func(a, b hours.Span) int { return cmp.Compare(a.From, b.From) })
	}
	return w
}

// hoursEntered is what the form holds.
func (c *call) hoursEntered() views.HoursForm {
	f := views.HoursForm{
		Enabled: c.present("enabled"), Zone: c.field("zone"), EN: c.field("message"), AR: c.field("messageAr"),
		Cooldown: c.field("cooldown"), Quiet: c.field("quiet"),
		Greet: c.present("greet"), GreetEN: c.field("greeting"), GreetAR: c.field("greetingAr"), At: c.field("at"),
	}
	f.Week = c.weekEntered("")
	f.Holidays = append(f.Holidays, c.r.Form["holiday"]...)
	for i := 0; c.present(fmt.Sprintf("s%d.date", i)) && i < maxHoursRows; i++ {
		f.Special = append(f.Special, views.HoursSpecial{Date: c.field(fmt.Sprintf("s%d.date", i)), Spans: c.spansEntered(fmt.Sprintf("s%d", i))})
	}
	for i := 0; c.present(fmt.Sprintf("p%d.name", i)) && i < maxHoursRows; i++ {
		at := fmt.Sprintf("p%d", i)
		f.Periods = append(f.Periods, views.HoursPeriod{Name: c.field(at + ".name"), First: c.field(at + ".first"), Last: c.field(at + ".last"), Week: c.weekEntered(at)})
	}
	return f
}

// maxHoursRows bounds how many rows of a kind are read from a form.
const maxHoursRows = 500

func (c *call) weekEntered(prefix string) (w views.HoursWeek) {
	for d := range w {
		w[d] = c.spansEntered(fmt.Sprintf("%sw%d", prefix, d))
	}
	return w
}

func (c *call) spansEntered(group string) (all []hours.Span) {
	from, to := c.r.Form[group+".from"], c.r.Form[group+".to"]
	for i := range min(len(from), len(to), maxHoursRows) {
		all = append(all, hours.Span{From: strings.TrimSpace(from[i]), To: strings.TrimSpace(to[i])})
	}
	return all
}

// hoursEntry turns the form into a setting, and remembers where in the form
// each of its parts stands.
type hoursEntry struct {
	form  views.HoursForm
	names map[string]string // by the setting's field
}

// into changes a setting to what the form says. Rows that are all empty are
// left out.
func (e *hoursEntry) into(o *inbox.OfficeHours) {
	f := &e.form
	e.names = map[string]string{"timezone": "zone", "cooldownMinutes": "cooldown", "quietMinutes": "quiet", "message": "message", "messageAr": "messageAr",
		"greeting.message": "greeting", "greeting.messageAr": "greetingAr"}
	o.Enabled, o.Timezone, o.EN, o.AR = f.Enabled, f.Zone, f.EN, f.AR
	o.Greeting = inbox.Greeting{Enabled: f.Greet, AutoText: inbox.AutoText{EN: f.GreetEN, AR: f.GreetAR}}
	o.CooldownMinutes, o.QuietMinutes = wholeNumber(f.Cooldown), wholeNumber(f.Quiet)
	o.Windows = e.week("", "windows", f.Week)
	o.Holidays, o.SpecialDays, o.Periods = e.holidays(), nil, nil
	for i, s := range f.Special {
		at := fmt.Sprintf("specialDays[%d]", i)
		e.names[at+".date"] = fmt.Sprintf("s%d.date", i)
		day := hours.SpecialDay{Date: s.Date}
		for n, span := range s.Spans {
			if span != (hours.Span{}) {
				e.names[fmt.Sprintf("%s.windows[%d]", at, len(day.Windows))] = fmt.Sprintf("s%d.%d", i, n)
				day.Windows = append(day.Windows, untilMidnight(span))
			}
		}
		o.SpecialDays = append(o.SpecialDays, day)
	}
	for i, p := range f.Periods {
		at, prefix := fmt.Sprintf("periods[%d]", i), fmt.Sprintf("p%d", i)
		for _, field := range []string{".name", ".from", ".to"} {
			e.names[at+field] = prefix
		}
		o.Periods = append(o.Periods, hours.Period{Name: p.Name, From: p.First, To: p.Last, Windows: e.week(prefix, at+".windows", p.Week)})
	}
}

// week lists the openings of a week in the order of its days.
func (e *hoursEntry) week(prefix, field string, w views.HoursWeek) (all []hours.Window) {
	for d := range w {
		for i, s := range w[d] {
			if s == (hours.Span{}) {
				continue
			}
			e.names[fmt.Sprintf("%s[%d]", field, len(all))] = fmt.Sprintf("%sw%d.%d", prefix, d, i)
			s = untilMidnight(s)
			all = append(all, hours.Window{Day: hours.Days[d], From: s.From, To: s.To})
		}
	}
	return all
}

// untilMidnight is an opening that ends at 00:00, which is how a field for a
// time writes 24:00.
func untilMidnight(s hours.Span) hours.Span {
	if s.To == "00:00" {
		s.To = "24:00"
	}
	return s
}

// holidays are the dates as the setting keeps them: in order, none twice. What
// is no date stands in the same order.
func (e *hoursEntry) holidays() (all []string) {
	for i, h := range e.form.Holidays {
		if h = strings.TrimSpace(h); h != "" && !slices.Contains(all, h) {
			all = append(all, h)
			e.names["="+h] = fmt.Sprintf("holiday-%d", i)
		}
	}
	slices.Sort(all)
	for i, h := range all {
		e.names[fmt.Sprintf("holidays[%d]", i)] = e.names["="+h]
	}
	return all
}

// nameOf is where in the form a field of the setting stands; "" when the form
// has no such place.
func (e *hoursEntry) nameOf(field string) string {
	for name := field; name != ""; {
		if at, ok := e.names[name]; ok {
			return at
		}
		cut := strings.LastIndex(name, ".")
		if cut < 0 {
			break
		}
		name = name[:cut]
	}
	return ""
}

// wholeNumber reads a number; what is none is one that is refused.
func wholeNumber(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return -1
	}
	return n
}
