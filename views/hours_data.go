package views

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"badala/app/hours"

	"github.com/a-h/templ"
)

// HoursPage is when the business behind a number is open, and what it answers
// by itself.
type HoursPage struct {
	Page
	Channel ChannelData
	Form    HoursForm
	Errors  map[string]string // by the name of the field
	Unset   bool              // no hours are saved, and no answer outside of them
	Open    bool              // now, by what is saved
	Until   string            // until when that is so, in words; "" without end
	Changed bool              // the form shows what is not saved
	Focus   string            // the control that has the focus
	Preview *HoursPreview
}

// HoursPreview is what would happen at an instant.
type HoursPreview struct {
	When, Next, Closes string // in words
	Open               bool
	Answer, Greeting   map[string]string // by language
}

// HoursForm is the setting as the form carries it.
type HoursForm struct {
	Enabled          bool
	Zone             string
	Week             HoursWeek
	Holidays         []string
	Special          []HoursSpecial
	Periods          []HoursPeriod
	EN, AR           string
	Cooldown, Quiet  string
	Greet            bool
	GreetEN, GreetAR string
	At               string // the instant of the preview
}

// HoursWeek are the openings by day, Sunday first.
type HoursWeek [7][]hours.Span

// HoursSpecial is a date with openings of its own.
type HoursSpecial struct {
	Date  string
	Spans []hours.Span
}

// HoursPeriod is a time of the year with another week.
type HoursPeriod struct {
	Name, First, Last string
	Week              HoursWeek
}

// HoursPresets are ready weeks.
var HoursPresets = []string{"sunthu", "monfri", "always"}

// dayGroup is the name of the openings of a day in the form: "w1" is Monday, "p0w1"
// that of the first period.
func (HoursPage) dayGroup(prefix string, day int) string { return prefix + "w" + strconv.Itoa(day) }

// spans are the openings that a name of the form stands for, nil when none.
func (f *HoursForm) spans(group string) *[]hours.Span {
	var n, d int
	switch {
	case scan(group, "w%d", &d) && d < 7:
		return &f.Week[d]
	case scan(group, "p%dw%d", &n, &d) && n < len(f.Periods) && d < 7:
		return &f.Periods[n].Week[d]
	case scan(group, "s%d", &n) && n < len(f.Special):
		return &f.Special[n].Spans
	}
	return nil
}

// scan reads numbers, none of them negative, out of the whole of a text.
func scan(text, format string, to ...any) bool {
	if n, err := fmt.Sscanf(text, format, to...); err != nil || n != len(to) {
		return false
	}
	values := make([]any, len(to))
	for i, v := range to {
		values[i] = *(v.(*int))
	}
	return text == fmt.Sprintf(format, values...) && !strings.Contains(text, "-")
}

// Change does to the form what a button says, and gives the id of the control
// that has the focus then.
func (f *HoursForm) Change(do string) (focus string) {
	verb, what, _ := strings.Cut(do, ".")
	switch verb {
	case "preset":
		f.Week = presetWeek(what)
		return "preset-" + what
	case "add":
		return f.add(what)
	case "drop":
		return f.drop(what)
	}
	return ""
}

func (f *HoursForm) add(what string) (focus string) {
	switch what {
	case "holiday":
		f.Holidays = append(f.Holidays, "")
		return nth("holiday", len(f.Holidays)-1)
	case "special":
		f.Special = append(f.Special, HoursSpecial{Spans: []hours.Span{{From: "09:00", To: "13:00"}}})
		return fmt.Sprintf("s%d.date", len(f.Special)-1)
	case "period":
		f.Periods = append(f.Periods, HoursPeriod{Week: f.Week.copy()})
		return fmt.Sprintf("p%d.name", len(f.Periods)-1)
	}
	spans := f.spans(what)
	if spans == nil {
		return ""
	}
	next := hours.Span{}
	if len(*spans) == 0 {
		next = hours.Span{From: "09:00", To: "17:00"}
	}
	*spans = append(*spans, next)
	return fmt.Sprintf("%s.%d", what, len(*spans)-1)
}

func (f *HoursForm) drop(what string) (focus string) {
	at := strings.LastIndex(what, ".")
	i, err := strconv.Atoi(what[at+1:])
	if at < 0 || err != nil || i < 0 {
		return ""
	}
	switch what = what[:at]; {
	case what == "holiday" && i < len(f.Holidays):
		f.Holidays = slices.Delete(f.Holidays, i, i+1)
	case what == "special" && i < len(f.Special):
		f.Special = slices.Delete(f.Special, i, i+1)
	case what == "period" && i < len(f.Periods):
		f.Periods = slices.Delete(f.Periods, i, i+1)
	default:
		if spans := f.spans(what); spans != nil && i < len(*spans) {
			*spans = slices.Delete(*spans, i, i+1)
		}
	}
	return "add-" + what
}

func (w HoursWeek) copy() (out HoursWeek) {
	for d := range w {
		out[d] = slices.Clone(w[d])
	}
	return out
}

func presetWeek(name string) (w HoursWeek) {
	for d := range w {
		switch {
		case name == "always":
			w[d] = []hours.Span{{From: "00:00", To: "00:00"}}
		case name == "sunthu" && d <= int(time.Thursday), name == "monfri" && d >= int(time.Monday) && d <= int(time.Friday):
			w[d] = []hours.Span{{From: "09:00", To: "17:00"}}
		}
	}
	return w
}

// bar is a part of a day on the picture of a week, in minutes from its start edge.
type bar struct{ x, w int }

const dayLength = 24 * 60

// bars are the openings of a day as drawn, with what yesterday's leave of it.
// Right-to-left, the day begins at the right.
func (p Page) bars(w HoursWeek, day int) (all []bar) {
	add := func(from, to int) {
		if p.Dir() == "rtl" {
			from, to = dayLength-to, dayLength-from
		}
		if to > from {
			all = append(all, bar{from, to - from})
		}
	}
	for _, s := range w[day] {
		if from, to, ok := minutes(s); ok {
			add(from, min(to, dayLength))
		}
	}
	for _, s := range w[(day+6)%7] {
		if _, to, ok := minutes(s); ok && to > dayLength {
			add(0, to-dayLength)
		}
	}
	return all
}

// minutes reads an opening; its end may lie on the next day.
func minutes(s hours.Span) (from, to int, ok bool) {
	a, err1 := time.Parse("15:04", s.From)
	b, err2 := time.Parse("15:04", s.To)
	from, to = a.Hour()*60+a.Minute(), b.Hour()*60+b.Minute()
	if s.To == "24:00" {
		to, err2 = dayLength, nil
	}
	if to <= from {
		to += dayLength
	}
	return from, to, err1 == nil && err2 == nil
}

// dayText is a day of the picture in words.
func (p Page) dayText(w HoursWeek, day int) string {
	var parts []string
	for _, s := range w[day] {
		if from, to, ok := minutes(s); ok && from == 0 && to == dayLength {
			parts = append(parts, p.T("hours.allday"))
		} else if ok {
			parts = append(parts, s.From+"–"+s.To)
		}
	}
	text := p.T("hours.closed")
	if len(parts) > 0 {
		text = strings.Join(parts, p.T("comma")+" ")
	}
	return hours.Weekday(p.Lang, time.Weekday(day)) + ": " + text
}

// clockValue is a time as a time field takes it: it knows no 24:00.
func clockValue(s string) string {
	if s == "24:00" {
		return "00:00"
	}
	return s
}

// zoneNames are suggestions; any name of a zone may be typed.
var zoneNames = []string{
	"Asia/Kuwait", "Asia/Riyadh", "Asia/Dubai", "Asia/Qatar", "Asia/Bahrain", "Asia/Muscat", "Asia/Baghdad", "Asia/Amman", "Asia/Beirut",
	"Asia/Damascus", "Asia/Jerusalem", "Asia/Aden", "Africa/Cairo", "Africa/Khartoum", "Africa/Tripoli", "Africa/Tunis", "Africa/Algiers",
	"Africa/Casablanca", "Africa/Nairobi", "Africa/Lagos", "Africa/Johannesburg", "Europe/Istanbul", "Europe/London", "Europe/Paris",
	"Europe/Berlin", "Europe/Madrid", "Europe/Moscow", "Asia/Tehran", "Asia/Karachi", "Asia/Kolkata", "Asia/Dhaka", "Asia/Jakarta",
	"Asia/Manila", "Asia/Singapore", "Asia/Hong_Kong", "Asia/Shanghai", "Asia/Tokyo", "Australia/Sydney", "America/New_York",
	"America/Chicago", "America/Denver", "America/Los_Angeles", "America/Mexico_City", "America/Bogota", "America/Sao_Paulo",
	"America/Argentina/Buenos_Aires", "UTC",
}

// invalid ties a field to what is wrong with it.
func invalid(wrong, id string) templ.Attributes {
	if wrong == "" {
		return nil
	}
	return templ.Attributes{"aria-invalid": "true", "aria-describedby": id + "-error"}
}
