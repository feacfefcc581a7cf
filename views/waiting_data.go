package views

import (
	"time"

	"github.com/a-h/templ"
)

// LateData are the customers of whom the user was told that they wait too long.
type LateData struct {
	Count    int // 0: none; at most 100
	ID, Name string
	Since    time.Time // of the one who waits longest
}

// AlarmPage is when somebody is told that a customer of a number waits.
type AlarmPage struct {
	Page
	Channel ChannelData
	Form    AlarmForm
	ByHours bool // only minutes in office hours count
	On      bool // as saved
	First   time.Time
	Second  time.Time // when somebody would be told of a customer who writes now; zero: never
	ZoneOf  *time.Location
	Errors  map[string]string
}

// AlarmForm is the setting as the form carries it.
type AlarmForm struct {
	Enabled       bool
	First, Second string
}

// waited is how long somebody has waited, as in "2 h 14 min".
func waited(p Page, since time.Time) string {
	m := max(int(p.Now.Sub(since).Minutes()), 0)
	switch {
	case m < 60:
		return p.T("waited.minutes", m)
	case m < 24*60:
		return p.T("waited.hours", m/60, m%60)
	}
	return p.T("waited.days", m/1440, m%1440/60)
}

// closingChoices are the hours in which windows may end.
var closingChoices = [...]int{1, 2, 4, 8, 12, 24}

// usualHours is the number without a choice.
const usualHours = 4

// hoursOptions are the choices for the view of windows that end soon.
func (f Filter) hoursOptions(p Page) []Option {
	chosen := f.Hours
	if chosen == 0 {
		chosen = usualHours
	}
	var out []Option
	for _, n := range closingChoices {
		out = append(out, Option{ID: num(int64(n)), Name: p.T("filter.hours.n", n), Selected: n == chosen})
	}
	return out
}

// sorts are the orders of a list.
func (f Filter) sorts(p Page) []Option {
	return []Option{{ID: "", Name: p.T("filter.sort.last"), Selected: !f.Waiting}, {ID: "waiting", Name: p.T("filter.sort.waiting"), Selected: f.Waiting}}
}

// sortable says whether the view has no order of its own.
func (f Filter) sortable() bool { return f.View != Waiting && f.View != Closing && f.View != Closed }

func lateURL(id string) templ.SafeURL { return Filter{View: Waiting}.convURL(id) }

// told is when somebody is told, in the zone of the page.
func (d AlarmPage) told(key string, at time.Time) string {
	p := d.Page
	if d.ZoneOf != nil {
		p.Zone = d.ZoneOf
	}
	return d.T(key, p.full(at))
}
