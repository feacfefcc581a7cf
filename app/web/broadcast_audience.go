package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"badala/app/broadcast"
	"badala/app/contact"
	"badala/app/contact/importer"
	"badala/app/db"
	"badala/app/errs"
	"badala/views"
)

// importsOffered is how many of the last imports can be chosen.
const importsOffered = 50

// whomForm is what was typed and is not as it was kept.
type whomForm struct{ from, to string }

// readAudience takes the people over.
func (e *editing) readAudience() {
	was := e.in.Audience
	a := broadcast.Audience{Everyone: e.field("who") == "all", Tags: e.r.Form["tag"], AnyTag: e.field("tags") == "any",
		Search: cut(e.field("q"), searchRunes), Source: e.field("source"), Country: e.field("country")}
	if e.field("consent") == "yes" {
		a.Consent = new(true)
	}
	if e.present("chosen") {
		a.ContactIDs = was.ContactIDs
	}
	a.ChannelID, _ = db.ParseID("chan", e.field("talks"))
	a.ImportID, _ = db.ParseID("import", e.field("import"))
	a.Numbers = broadcast.Numbers(e.r.FormValue("numbers"))
	e.whom = whomForm{from: e.field("from"), to: e.field("to")}
	var err error
	e.wrong = fieldTexts{}
	if a.TalkedFrom, err = dayStart(e.whom.from, e.zone(), 0); err != nil {
		e.wrong["audience.talkedFrom"] = e.t("field.not_date")
	}
	if a.TalkedUntil, err = dayStart(e.whom.to, e.zone(), 1); err != nil {
		e.wrong["audience.talkedUntil"] = e.t("field.not_date")
	}
	e.in.Audience = a
}

// whomPage fills in the second step.
func (e *editing) whomPage(p *views.BroadcastEditPage) error {
	a := e.in.Audience
	w := views.BroadcastWhom{Everyone: a.Everyone, AnyTag: a.AnyTag, Query: a.Search, Source: a.Source, Channel: id("chan", a.ChannelID),
		From: e.whom.from, To: e.whom.to, Import: id("import", a.ImportID), Numbers: strings.Join(a.Numbers, "\n"), Country: a.Country,
		Countries: countryNames(e.lang), Chosen: len(a.ContactIDs)}
	if a.Consent != nil && *a.Consent {
		w.Consent = "yes"
	}
	if e.wrong == nil {
		w.From, w.To = dayOf(a.TalkedFrom, e.zone(), 0), dayOf(a.TalkedUntil, e.zone(), 1)
	}
	tags, err := e.s.Contacts.Tags(e.q(), e.actor.OrgID)
	if err != nil {
		return err
	}
	for _, t := range tags {
		w.Tags = append(w.Tags, views.Option{ID: t.Name, Name: t.Name, Selected: slices.Contains(a.Tags, t.Name)})
	}
	for _, name := range a.Tags { // that no contact has any more
		if !slices.ContainsFunc(tags, func(t contact.Tag) bool { return t.Name == name }) {
			w.Tags = append(w.Tags, views.Option{ID: name, Name: name, Selected: true})
		}
	}
	channels, err := e.s.Channels.List(e.q(), e.actor.OrgID)
	if err != nil {
		return err
	}
	for _, ch := range channels {
		w.Channels = append(w.Channels, views.Option{ID: id("chan", ch.ID), Name: channelTitle(ch)})
	}
	imports, err := e.s.Imports.List(e.q(), e.actor.OrgID, 0, importsOffered)
	if err != nil {
		return err
	}
	for _, i := range imports {
		if i.State == importer.Done || i.ID == a.ImportID {
			day := db.Time(i.CreatedAt).In(e.zone()).Format(time.DateOnly)
			w.Imports = append(w.Imports, views.Option{ID: id("import", i.ID), Name: i.Name + " · " + day})
		}
	}
	p.Whom = w
	p.Count, err = e.count(p.ID)
	return err
}

// count is whom the audience means, as far as it is known in a moment.
func (e *editing) count(broadcastID string) (views.BroadcastCount, error) {
	n := views.BroadcastCount{URL: "/broadcasts/" + broadcastID + "/count", Empty: e.in.Audience.Empty()}
	if n.Empty {
		return n, nil
	}
	found, ready, err := e.countAudience(e.in.Audience, countPatience)
	if refused(err) {
		n.Problem = e.broadcastProblem(err)
		return n, nil
	}
	if n.Ready = ready; err != nil || !ready {
		return n, err
	}
	n.Total, n.Sendable, n.LeftOut = found.Total, found.Sendable, e.leftOut(found.LeftOut)
	for _, s := range found.Sample {
		n.Sample = append(n.Sample, views.BroadcastRecipient{Contact: id("contact", s.ContactID), Name: s.Name, Phone: s.Phone})
	}
	set, err := e.s.Broadcasts.Settings(e.q(), e.actor.OrgID)
	n.Explicit = set.ExplicitConsent
	return n, err
}

// countBroadcast counts the people of a form that is not kept yet.
func (s *Server) countBroadcast(c *call) error {
	b, err := c.broadcastOf()
	if err != nil {
		return err
	}
	if err := c.parse(); err != nil {
		return err
	}
	e := &editing{call: c, was: b, in: draftOf(&b), step: stepAudience}
	e.readAudience()
	n := views.BroadcastCount{}
	if len(e.wrong) > 0 {
		n.Problem = e.wrong.inOrder()[0]
	} else if n, err = e.count(id(broadcast.Prefix, b.ID)); err != nil {
		return err
	}
	return c.render(http.StatusOK, views.BroadcastCounted(c.page(""), n))
}

// dayOf is a day as date fields hold it, of its start or of that of the days after it.
func dayOf(ms int64, zone *time.Location, after int) string {
	if ms == 0 {
		return ""
	}
	return db.Time(ms).In(zone).AddDate(0, 0, -after).Format(time.DateOnly)
}

// audienceWords say whom an audience means, one condition each.
func (c *call) audienceWords(a broadcast.Audience) []string {
	var all []string
	add := func(ok bool, text string) {
		if ok {
			all = append(all, text)
		}
	}
	add(a.Everyone, c.t("broadcast.whom.all"))
	between := " + "
	if a.AnyTag {
		between = " / "
	}
	add(len(a.Tags) > 0, c.t("broadcast.tags")+": "+strings.Join(a.Tags, between))
	add(a.Search != "", "“"+a.Search+"”")
	add(a.Source != "", c.t("contact.source")+": "+c.t("source."+a.Source))
	add(a.Consent != nil, c.t("broadcast.consent.yes"))
	if a.ChannelID != 0 {
		name := ""
		if ch, err := c.s.Channels.ByID(c.q(), c.actor.OrgID, a.ChannelID); err == nil {
			name = channelTitle(ch)
		}
		add(true, c.t("broadcast.talks")+": "+name)
	}
	add(a.TalkedFrom != 0, c.t("contacts.from")+" "+dayOf(a.TalkedFrom, c.zone(), 0))
	add(a.TalkedUntil != 0, c.t("contacts.to")+" "+dayOf(a.TalkedUntil, c.zone(), 1))
	if a.ImportID != 0 {
		name := ""
		if i, err := c.s.Imports.Get(c.q(), c.actor.OrgID, a.ImportID); err == nil || errs.Is(err, errs.NotFound) {
			name = i.Name
		}
		add(true, c.t("broadcast.import")+": "+name)
	}
	add(len(a.ContactIDs) > 0, c.t("broadcast.chosen", len(a.ContactIDs)))
	add(len(a.Numbers) > 0, c.t("broadcast.pasted", len(a.Numbers)))
	add(len(all) == 0, c.t("broadcast.count.nobody"))
	return all
}
