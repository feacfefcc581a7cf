package web

import (
	"net/http"
	"strings"
	"time"

	"badala/app/channel"
	"badala/app/errs"
	"badala/app/hours"
	"badala/app/i18n"
	"badala/app/inbox"
	"badala/views"
)

// previewTime is how a field for a date and a time writes them.
const previewTime = "2006-01-02T15:04"

// hours shows when the business behind a number is open.
func (s *Server) hours(c *call) error {
	ch, err := c.channelOf()
	if err != nil {
		return err
	}
	o, err := s.Inbox.OfficeHours(c.q(), c.actor.OrgID, ch.ID)
	if err != nil {
		return err
	}
	p := c.hoursPage(ch, o)
	p.Form = hoursForm(o)
	p.Form.At = c.now().In(zoneOf(o.Timezone)).Format(previewTime)
	return c.render(http.StatusOK, views.Hours(p))
}

// hoursPage is the page around the form, with how things stand by what is saved.
func (c *call) hoursPage(ch channel.Channel, saved inbox.OfficeHours) views.HoursPage {
	p := views.HoursPage{Page: c.page(c.t("hours.title")), Channel: c.channelData(ch)}
	m := saved.At(c.now(), "")
	p.Open, p.Unset = m.Open, !saved.Opens() && !saved.Enabled
	switch {
	case m.Open && !m.Closing.IsZero():
		p.Until = c.t("hours.closes", c.moment(m.Closing, saved.Timezone))
	case !m.Open && !m.Next.IsZero():
		p.Until = c.t("hours.opens", c.moment(m.Next, saved.Timezone))
	}
	return p
}

// moment is an instant in words, with its date.
func (c *call) moment(at time.Time, zone string) string {
	at = at.In(zoneOf(zone))
	return c.t("hours.at.date", hours.Weekday(c.lang, at.Weekday()), at.Day(), c.t("month."+at.Format("1")), hours.Clock(c.lang, at))
}

// setHours saves the form, shows what it would do at an instant, or changes its
// rows and shows it again: only saving saves.
func (s *Server) setHours(c *call) error {
	ch, err := c.channelOf()
	if err != nil {
		return err
	}
	if err := c.parse(); err != nil {
		return err
	}
	saved, err := s.Inbox.OfficeHours(c.q(), c.actor.OrgID, ch.ID)
	if err != nil {
		return err
	}
	p := c.hoursPage(ch, saved)
	p.Form = c.hoursEntered()
	status := http.StatusOK
	switch do := c.field("do"); do {
	case "", "save":
		entered := hoursEntry{form: p.Form}
		_, err = s.Inbox.SetOfficeHours(c.r.Context(), c.actor, ch.ID, entered.into)
		if err == nil {
			c.flash(c.t("hours.saved"))
			return c.redirect("/settings/channels/" + id("chan", ch.ID) + "/hours")
		}
		if !refused(err) {
			return err
		}
		status, p.Errors = http.StatusUnprocessableEntity, c.hoursErrors(entered, errs.As(err).Details)
	case "preview":
		p.Changed = true
		c.previewHours(&p)
	default:
		p.Changed, p.Focus = true, p.Form.Change(do)
	}
	return c.render(status, views.Hours(p))
}

// previewHours fills in what the unsaved form would do at its instant.
func (c *call) previewHours(p *views.HoursPage) {
	p.Focus = "try"
	var o inbox.OfficeHours
	entered := hoursEntry{form: p.Form}
	entered.into(&o)
	if wrong := o.Check(); len(wrong) > 0 {
		p.Errors = c.hoursErrors(entered, wrong)
		return
	}
	at, err := time.ParseInLocation(previewTime, p.Form.At, zoneOf(o.Timezone))
	if err != nil {
		p.Errors = map[string]string{"at": c.t("hours.wrong.at"), "": c.t("hours.wrong")}
		return
	}
	m := o.At(at, c.t("hours.preview.name"))
	v := &views.HoursPreview{When: c.moment(at, o.Timezone), Open: m.Open, Answer: m.Answer, Greeting: m.Greeting}
	if m.Open && !m.Closing.IsZero() {
		v.Closes = c.moment(m.Closing, o.Timezone)
	}
	if !m.Open && !m.Next.IsZero() {
		v.Next = c.moment(m.Next, o.Timezone)
	}
	p.Preview = v
}

// hoursErrors says what is wrong in the reader's words, by the name of the field
// in the form.
func (c *call) hoursErrors(entered hoursEntry, details []string) map[string]string {
	out := map[string]string{"": c.t("hours.wrong")}
	for _, d := range details {
		field, text, _ := strings.Cut(d, ": ")
		name := entered.nameOf(field)
		if out[name] == "" {
			out[name] = c.hoursWrong(text)
		}
	}
	return out
}

// hoursWrong is what a refusal says, in the reader's language.
func (c *call) hoursWrong(text string) string {
	for begin, key := range map[string]string{
		"is no time zone": "zone", "is no time such": "time", "is no date": "date", "is a holiday": "taken", "is before": "order",
		"has days": "overlap", "there is no variable": "variable", "from ": "number",
	} {
		if strings.HasPrefix(text, begin) {
			return c.t("hours.wrong." + key)
		}
	}
	return i18n.T(c.lang, "field.too_long")
}
