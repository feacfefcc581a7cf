package web

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"badala/app/broadcast"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/template"
	"badala/views"
)

const (
	dateTimeField = "2006-01-02T15:04"
	// examplePeople is for how many a speed is told while nobody is counted.
	examplePeople = 10_000
)

// speeds are those that can be chosen, as far as the number's limit allows.
var speeds = []int{1, 2, 5, 10, 20, 50, 80, 200, 500, 1000}

// readPlan takes over when and how fast.
func (e *editing) readPlan() {
	e.wrong = fieldTexts{}
	e.at, e.gap = e.field("at"), e.field("gap")
	e.in.OfficeHours = e.field("hours") == "1"
	e.in.ScheduleAt = 0
	if e.field("when") == "at" {
		at, err := time.ParseInLocation(dateTimeField, strings.TrimSuffix(e.at, ":00.000"), e.zone())
		switch {
		case e.at == "":
			e.wrong["scheduleAt"] = e.t("broadcast.wrong.when")
		case err != nil:
			e.wrong["scheduleAt"] = e.t("field.not_date")
		default:
			e.in.ScheduleAt = at.UnixMilli()
		}
		e.in.ScheduleAt = max(e.in.ScheduleAt, 1)
	}
	rate, err := strconv.Atoi(e.field("rate"))
	if err != nil || rate < 1 {
		rate = 0
	}
	e.in.Rate = rate
	e.in.GapMS = 0
	if e.gap != "" {
		seconds, err := strconv.ParseFloat(e.gap, 64)
		if err != nil || !(seconds >= 0 && seconds <= 3600) {
			e.wrong["gapSeconds"] = e.t("broadcast.wrong.gapSeconds")
		} else {
			e.in.GapMS = int64(seconds * 1000)
		}
	}
}

// plan fills in the fourth step.
func (e *editing) plan(p *views.BroadcastEditPage) error {
	v := views.BroadcastPlan{Later: e.in.ScheduleAt != 0, At: e.at, Gap: e.gap, Zone: e.zone().String(), OfficeHours: e.in.OfficeHours,
		Rate: strconv.Itoa(cmp.Or(e.in.Rate, broadcast.DefaultRate))}
	if e.in.ScheduleAt > 1 && v.At == "" {
		v.At = db.Time(e.in.ScheduleAt).In(e.zone()).Format(dateTimeField)
	}
	if e.in.GapMS > 0 && v.Gap == "" {
		v.Gap = strconv.FormatFloat(float64(e.in.GapMS)/1000, 'f', -1, 64)
	}
	if err := e.costOf(p); err != nil {
		return err
	}
	v.People = p.Count.Sendable
	if v.People == 0 {
		v.People, v.Example = examplePeople, true
	}
	if err := e.limits(&v); err != nil {
		return err
	}
	p.Plan = v
	return nil
}

// limits fills in the speeds of the number, and whether it has office hours.
func (e *editing) limits(v *views.BroadcastPlan) error {
	ch, err := e.s.Channels.ByID(e.q(), e.actor.OrgID, e.in.ChannelID)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if v.Limit, err = e.s.Inbox.SendRate(e.q(), ch); err != nil {
		return err
	}
	rates := []int{v.Limit}
	for _, n := range append(speeds, e.in.Rate) {
		if n > 0 && n <= v.Limit && !slices.Contains(rates, n) {
			rates = append(rates, n)
		}
	}
	slices.Sort(rates)
	page := e.page("")
	for _, n := range rates {
		text := e.t("broadcast.speed.option", n, views.Comma(v.People), page.Took(tookFor(v.People, n, 0)))
		v.Rates = append(v.Rates, views.Option{ID: strconv.Itoa(n), Name: text})
	}
	if e.in.Rate == 0 && v.Limit < broadcast.DefaultRate || e.in.Rate > v.Limit {
		v.Rate = strconv.Itoa(v.Limit)
	}
	hours, err := e.s.Inbox.OfficeHours(e.q(), e.actor.OrgID, ch.ID)
	v.HasHours = hours.Opens()
	return err
}

// costOf fills in the people and about what they cost.
func (e *editing) costOf(p *views.BroadcastEditPage) error {
	var err error
	if p.Count, err = e.count(p.ID); err != nil || !p.Count.Ready {
		return err
	}
	t, _, err := e.templateNow()
	if err != nil {
		return err
	}
	found, ready, err := e.countAudience(e.in.Audience, countPatience)
	if err != nil || !ready {
		return err
	}
	estimate, err := e.s.Broadcasts.Estimate(e.q(), e.actor.OrgID, cmp.Or(t.Category, template.Marketing), found.Countries)
	if err != nil {
		return err
	}
	p.Cost = views.BroadcastCost{Ready: true, Currency: estimate.Currency, Micros: estimate.Micros, Category: estimate.Category}
	if estimate.BuiltIn {
		p.Cost.BuiltIn = broadcast.PricesAsOf
	}
	for _, l := range estimate.Lines {
		p.Cost.Lines = append(p.Cost.Lines, views.BroadcastPrice{Country: e.countryName(l.Country), Messages: l.Messages, Each: l.Each, Micros: l.Micros, Own: l.Own})
	}
	return nil
}

// sum fills in the last step.
func (e *editing) sum(p *views.BroadcastEditPage) error {
	if err := e.costOf(p); err != nil {
		return err
	}
	v := views.BroadcastSum{Template: e.in.Template, Language: languageTitle(e.lang, e.in.Language), Audience: e.audienceWords(e.in.Audience),
		At: db.Time(e.in.ScheduleAt), Zone: e.zone().String(), OfficeHours: e.in.OfficeHours, Speed: e.speedWords(e.in.Rate, e.in.GapMS)}
	if ch, err := e.s.Channels.ByID(e.q(), e.actor.OrgID, e.in.ChannelID); err == nil {
		v.Number = channelTitle(ch)
	}
	if p.Count.Ready && p.Count.Sendable > 0 {
		v.Takes = e.t("broadcast.takes", p.Took(tookFor(p.Count.Sendable, e.in.Rate, e.in.GapMS)))
	}
	t, spec, err := e.templateNow()
	if err != nil {
		return err
	}
	if t.ID != 0 {
		v.Shown = e.templateShown(spec, t.Language, e.in.Given)
		if all, ready, err := e.previewRecipients(e.in); err == nil && ready && len(all) > 0 {
			v.Shown.Filled, v.Shown.Files = all[0].Shown, e.templateFiles(all[0].Shown)
		}
	}
	for _, step := range broadcastSteps[:len(broadcastSteps)-1] {
		missing, err := e.missing(step)
		if err != nil {
			return err
		}
		for _, text := range missing.inOrder() {
			v.Missing = append(v.Missing, views.BroadcastMissing{Step: step, Text: e.t("broadcast.step."+step) + ": " + text})
		}
	}
	v.Ask = e.ask == "start" && len(v.Missing) == 0
	v.Delete = e.ask == "delete"
	p.Sum = v
	return nil
}

// start begins the broadcast or plans it: once, however often it is pressed.
func (e *editing) start() error {
	if err := e.parse(); err != nil {
		return err
	}
	found, ready, err := e.countAudience(e.in.Audience, 10*countPatience)
	if err != nil && !refused(err) {
		return err
	}
	if said, err := strconv.Atoi(e.field("people")); err != nil || ready && found.Sendable > said+said/20+5 {
		e.problem = e.t("broadcast.start.more")
		e.ask = "start"
		return e.show(http.StatusUnprocessableEntity)
	}
	if e.in.ScheduleAt != 0 {
		in := e.in
		in.Draft = false
		_, err = e.s.Broadcasts.Edit(e.r.Context(), e.actor, e.was.ID, in)
	} else {
		_, err = e.s.Broadcasts.Start(e.r.Context(), e.actor, e.was.ID)
	}
	if fail := errs.As(err); fail != nil && fail.Code == "broadcast_begun" {
		err = nil
	}
	if refused(err) {
		e.problem = e.broadcastProblem(err)
		return e.show(http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	return e.redirect(broadcastPath(e.was.ID, ""))
}
