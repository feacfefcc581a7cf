package api

import (
	"context"
	"time"

	"badala/app/db"
	"badala/app/hours"
	"badala/app/inbox"
)

// OfficeHours is when the business behind a channel is open, and what it
// answers by itself.
type OfficeHours struct {
	ChannelID       string             `json:"channelId"`
	Enabled         bool               `json:"enabled" doc:"Customers who write while it is closed are answered."`
	Timezone        string             `json:"timezone" doc:"Of the business, such as Asia/Kuwait."`
	Windows         []HoursWindow      `json:"windows" nullable:"false"`
	Holidays        []string           `json:"holidays" nullable:"false" doc:"Dates on which it is closed."`
	SpecialDays     []HoursSpecialDay  `json:"specialDays" nullable:"false" doc:"Dates with windows of their own."`
	Periods         []HoursPeriod      `json:"periods" nullable:"false" doc:"Times of the year with other windows, such as Ramadan."`
	Message         string             `json:"message" doc:"The out-of-hours answer."`
	MessageAr       string             `json:"messageAr" doc:"The answer to customers who write Arabic. With one text empty the other goes to everybody, with both Badala's own do."`
	CooldownMinutes int                `json:"cooldownMinutes" doc:"Between two answers in a conversation."`
	QuietMinutes    int                `json:"quietMinutes" doc:"So long after a message of a teammate nothing is answered."`
	Greeting        HoursGreeting      `json:"greeting" doc:"Answers the first message that a customer ever writes, in office hours or without them."`
	Now             OfficeHoursInstant `json:"now"`
}

// HoursWindow is one opening on a day of the week. One whose end is not after
// its beginning ends on the next day.
type HoursWindow struct {
	Day  string `json:"day" enum:"MON,TUE,WED,THU,FRI,SAT,SUN"`
	From string `json:"from" doc:"Such as 09:00."`
	To   string `json:"to" doc:"24:00 is the end of the day; an end that is not after the beginning is on the next day."`
}

// HoursSpan is one opening on a special day.
type HoursSpan struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// HoursSpecialDay is a date with windows of its own.
type HoursSpecialDay struct {
	Date    string      `json:"date" doc:"Such as 2026-12-02."`
	Windows []HoursSpan `json:"windows" nullable:"false" doc:"Without any it is closed."`
}

// HoursPeriod is a time of the year with other windows.
type HoursPeriod struct {
	Name    string        `json:"name"`
	From    string        `json:"from" doc:"The first date."`
	To      string        `json:"to" doc:"The last date."`
	Windows []HoursWindow `json:"windows" nullable:"false"`
}

// HoursGreeting is the answer to a customer's first message.
type HoursGreeting struct {
	Enabled   bool   `json:"enabled"`
	Message   string `json:"message"`
	MessageAr string `json:"messageAr"`
}

// OfficeHoursInstant is how things stand.
type OfficeHoursInstant struct {
	Open          bool    `json:"open"`
	NextOpeningAt *string `json:"nextOpeningAt" format:"date-time" doc:"null while open, and when it stays closed for more than a year."`
	ClosesAt      *string `json:"closesAt" format:"date-time" doc:"null while closed, and when it does not close within two weeks."`
}

type hoursOutput struct{ Body OfficeHours }

func hoursOf(channel string, o inbox.OfficeHours, now time.Time) *hoursOutput {
	out := OfficeHours{
		ChannelID: channel, Enabled: o.Enabled, Timezone: o.Timezone, Windows: windowsOf(o.Windows), Holidays: o.Holidays,
		SpecialDays: []HoursSpecialDay{}, Periods: []HoursPeriod{}, Message: o.EN, MessageAr: o.AR,
		CooldownMinutes: o.CooldownMinutes, QuietMinutes: o.QuietMinutes,
		Greeting: HoursGreeting{o.Greeting.Enabled, o.Greeting.EN, o.Greeting.AR},
	}
	for _, d := range o.SpecialDays {
		own := HoursSpecialDay{Date: d.Date, Windows: []HoursSpan{}}
		for _, w := range d.Windows {
			own.Windows = append(own.Windows, HoursSpan(w))
		}
		out.SpecialDays = append(out.SpecialDays, own)
	}
	for _, p := range o.Periods {
		out.Periods = append(out.Periods, HoursPeriod{p.Name, p.From, p.To, windowsOf(p.Windows)})
	}
	m := o.At(now, "")
	if out.Now.Open = m.Open; m.Open {
		out.Now.ClosesAt = maybe(db.Millis(m.Closing))
	} else {
		out.Now.NextOpeningAt = maybe(db.Millis(m.Next))
	}
	return &hoursOutput{out}
}

func windowsOf(all []hours.Window) []HoursWindow {
	out := []HoursWindow{}
	for _, w := range all {
		out = append(out, HoursWindow(w))
	}
	return out
}

func (a *API) officeHours(ctx context.Context, in *ChannelPath) (*hoursOutput, error) {
	id, err := db.ParseID("chan", in.ChannelID)
	if err != nil {
		return nil, err
	}
	o, err := a.Inbox.OfficeHours(a.DB.Read(ctx), callerOf(ctx).actor.OrgID, id)
	if err != nil {
		return nil, err
	}
	return hoursOf(in.ChannelID, o, db.Time(a.DB.Now())), nil
}

type patchHoursInput struct {
	ChannelPath
	Body HoursPatch
}

// HoursPatch is what may be changed. A list replaces the whole list.
type HoursPatch struct {
	Enabled         *bool              `json:"enabled,omitempty"`
	Timezone        *string            `json:"timezone,omitempty"`
	Windows         *[]HoursWindow     `json:"windows,omitempty"`
	Holidays        *[]string          `json:"holidays,omitempty"`
	SpecialDays     *[]HoursSpecialDay `json:"specialDays,omitempty"`
	Periods         *[]HoursPeriod     `json:"periods,omitempty"`
	Message         *string            `json:"message,omitempty" doc:"{{name}} and {{nextOpening}} are filled in."`
	MessageAr       *string            `json:"messageAr,omitempty"`
	CooldownMinutes *int               `json:"cooldownMinutes,omitempty" doc:"1 to 43200."`
	QuietMinutes    *int               `json:"quietMinutes,omitempty" doc:"0 to 1440."`
	Greeting        *GreetingPatch     `json:"greeting,omitempty"`
}

// GreetingPatch is what may be changed of a greeting.
type GreetingPatch struct {
	Enabled   *bool   `json:"enabled,omitempty"`
	Message   *string `json:"message,omitempty" doc:"{{name}} is filled in."`
	MessageAr *string `json:"messageAr,omitempty"`
}

func (a *API) patchHours(ctx context.Context, in *patchHoursInput) (*hoursOutput, error) {
	id, err := db.ParseID("chan", in.ChannelID)
	if err != nil {
		return nil, err
	}
	o, err := a.Inbox.SetOfficeHours(ctx, callerOf(ctx).actor, id, in.Body.apply)
	if err != nil {
		return nil, err
	}
	return hoursOf(in.ChannelID, o, db.Time(a.DB.Now())), nil
}

// apply changes the fields that were given.
func (p HoursPatch) apply(o *inbox.OfficeHours) {
	set(&o.Enabled, p.Enabled)
	set(&o.Timezone, p.Timezone)
	set(&o.Holidays, p.Holidays)
	set(&o.EN, p.Message)
	set(&o.AR, p.MessageAr)
	set(&o.CooldownMinutes, p.CooldownMinutes)
	set(&o.QuietMinutes, p.QuietMinutes)
	if g := p.Greeting; g != nil {
		set(&o.Greeting.Enabled, g.Enabled)
		set(&o.Greeting.EN, g.Message)
		set(&o.Greeting.AR, g.MessageAr)
	}
	if p.Windows != nil {
		o.Windows = windowsIn(*p.Windows)
	}
	if p.SpecialDays != nil {
		o.SpecialDays = nil
		for _, d := range *p.SpecialDays {
			own := hours.SpecialDay{Date: d.Date}
			for _, w := range d.Windows {
				own.Windows = append(own.Windows, hours.Span(w))
			}
			o.SpecialDays = append(o.SpecialDays, own)
		}
	}
	if p.Periods != nil {
		o.Periods = nil
		for _, one := range *p.Periods {
			o.Periods = append(o.Periods, hours.Period{Name: one.Name, From: one.From, To: one.To, Windows: windowsIn(one.Windows)})
		}
	}
}

func windowsIn(all []HoursWindow) (out []hours.Window) {
	for _, w := range all {
		out = append(out, hours.Window(w))
	}
	return out
}

// set changes a value where another one was given.
func set[T any](to *T, given *T) {
	if given != nil {
		*to = *given
	}
}
