package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"badala/app/account"
	"badala/app/broadcast"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
	"badala/views"
)

const (
	broadcastsTake = 30
	recipientsTake = 50
)

// broadcasts lists the organisation's broadcasts.
func (s *Server) broadcasts(c *call) error {
	p := views.BroadcastsPage{Page: c.page(c.t("broadcast.title")), State: c.field("state"), Query: cut(c.field("q"), searchRunes)}
	f := broadcast.Filter{Search: p.Query, Take: broadcastsTake}
	if p.State != "" {
		f.States = []string{p.State}
	}
	f.Skip, _ = strconv.Atoi(c.field("skip"))
	f.Skip = max(f.Skip, 0)
	all, total, err := s.Broadcasts.List(c.q(), c.actor.OrgID, f)
	if err != nil {
		return err
	}
	p.Total = total
	p.Nobody = total == 0 && p.State == "" && p.Query == ""
	if p.Need, err = c.broadcastNeed(p.Nobody); err != nil {
		return err
	}
	beside := func(skip int) string {
		return "/broadcasts?" + url.Values{"state": {p.State}, "q": {p.Query}, "skip": {strconv.Itoa(max(skip, 0))}}.Encode()
	}
	if f.Skip > 0 {
		p.Newer = beside(f.Skip - broadcastsTake)
	}
	if f.Skip+len(all) < total {
		p.Older = beside(f.Skip + broadcastsTake)
	}
	d, err := c.broadcastDesk()
	if err != nil {
		return err
	}
	for i := range all {
		p.Rows = append(p.Rows, d.row(&all[i]))
	}
	return c.render(http.StatusOK, views.Broadcasts(p))
}

// broadcastNeed tells what is missing for a broadcast; all of it is looked for
// only while there is none.
func (c *call) broadcastNeed(all bool) (n views.BroadcastNeed, err error) {
	n.CanConnect, n.CanTemplate = c.actor.Can(account.ManageChannels), c.actor.Can(account.ManageTemplates)
	channels, err := c.s.Channels.List(c.q(), c.actor.OrgID)
	if err != nil {
		return n, err
	}
	n.Number = len(channels) == 0
	if !all {
		return n, nil
	}
	n.Template = true
	for _, ch := range channels {
		templates, err := c.s.Channels.Templates(c.q(), c.actor.OrgID, ch.ID)
		if err != nil {
			return n, err
		}
		for _, t := range templates {
			n.Template = n.Template && t.Usable() != nil
		}
	}
	people, err := c.s.Contacts.CountUpTo(c.q(), c.actor.OrgID, contact.Filter{}, 1)
	n.People = people == 0
	return n, err
}

// broadcastDesk knows the names that broadcasts are shown with.
type broadcastDesk struct {
	*call
	members  map[int64]string
	channels map[int64]string
}

func (c *call) broadcastDesk() (*broadcastDesk, error) {
	d := &broadcastDesk{call: c, channels: map[int64]string{}}
	var err error
	if d.members, err = c.s.Accounts.MemberNames(c.q(), c.actor.OrgID); err != nil {
		return nil, err
	}
	channels, err := c.s.Channels.List(c.q(), c.actor.OrgID)
	for _, ch := range channels {
		d.channels[ch.ID] = channelTitle(ch)
	}
	return d, err
}

func (d *broadcastDesk) row(b *broadcast.Broadcast) views.BroadcastRow {
	r := views.BroadcastRow{ID: id(broadcast.Prefix, b.ID), Name: b.Name, State: b.State, Template: b.Template, Number: d.channels[b.ChannelID],
		By: d.members[b.CreatedBy], Counts: broadcastCounts(b.Counts), Percent: b.Percent(), At: db.Time(b.CreatedAt), AtKey: "created"}
	if key := b.PauseKey(); key != "" {
		r.Paused = d.t(key)
	}
	switch {
	case b.FinishedAt != 0:
		r.At, r.AtKey = db.Time(b.FinishedAt), "finished"
	case b.StartedAt != 0:
		r.At, r.AtKey = db.Time(b.StartedAt), "started"
	case b.State == broadcast.Scheduled:
		r.At, r.AtKey = db.Time(b.ScheduleAt), "planned"
	}
	return r
}

func broadcastCounts(n broadcast.Counts) views.BroadcastCounts {
	return views.BroadcastCounts{Waiting: n.Waiting + n.Queued, Sent: n.Sent, Delivered: n.Delivered, Read: n.Read, Answered: n.Answered,
		Failed: n.Failed, Unknown: n.Unknown, LeftOut: n.Skipped, Total: n.Total(), Settled: n.Settled()}
}

// broadcastOf is the broadcast that the path names.
func (c *call) broadcastOf() (broadcast.Broadcast, error) {
	n, err := c.pathID("broadcast", broadcast.Prefix)
	if err != nil {
		return broadcast.Broadcast{}, err
	}
	return c.s.Broadcasts.Get(c.q(), c.actor.OrgID, n)
}

func broadcastPath(b int64, action string) string {
	path := "/broadcasts/" + id(broadcast.Prefix, b)
	if action != "" {
		path += "/" + action
	}
	return path
}

// broadcast is the page of one broadcast; that of a draft is its next step.
func (s *Server) broadcast(c *call) error {
	b, err := c.broadcastOf()
	if err != nil {
		return err
	}
	if b.State == broadcast.Draft {
		step, err := c.nextStep(&b)
		if err != nil {
			return err
		}
		return c.redirect(broadcastPath(b.ID, "edit/"+step))
	}
	d, err := c.broadcastDesk()
	if err != nil {
		return err
	}
	p, err := d.page(&b)
	if err != nil {
		return err
	}
	return c.render(http.StatusOK, views.Broadcast(p))
}

func (d *broadcastDesk) page(b *broadcast.Broadcast) (views.BroadcastPage, error) {
	p := views.BroadcastPage{Page: d.call.page(b.Name), Row: d.row(b), Audience: d.audienceWords(b.Audience), Speed: d.speedWords(b.Rate, b.GapMS),
		OfficeHours: b.OfficeHours, Planned: db.Time(b.ScheduleAt), Created: db.Time(b.CreatedAt), Started: db.Time(b.StartedAt), Finished: db.Time(b.FinishedAt),
		Working: b.Working(), LeftOut: d.leftOut(b.LeftOut), Pause: d.pauseWords(b), CanRetry: b.CanRetry(),
		CanDelete: b.Ended() && b.Counts.Waiting+b.Counts.Queued == 0}
	p.Ask = d.field("ask")
	if p.Ask == "cancel" && b.Ended() || p.Ask == "start" && b.State != broadcast.Scheduled || p.Ask == "delete" && !p.CanDelete {
		p.Ask = ""
	}
	if t, err := d.s.Channels.Template(d.q(), d.actor.OrgID, b.ChannelID, b.Template, b.Language); err == nil {
		p.TemplateURL = "/templates/" + id("chan", b.ChannelID) + "/" + id("tmpl", t.ID)
	}
	progress, err := d.s.Broadcasts.Progress(d.q(), *b)
	if err != nil {
		return p, err
	}
	if key := progress.WhyKey(); key != "" {
		p.Why, p.WhyUntil = d.t(key), db.Time(progress.Until)
	}
	p.PerSecond, p.EndsAt = progress.PerSecond, db.Time(progress.EndsAt)
	return p, d.recipients(&p, b)
}

// recipientFilter is what the address asks for of the recipients.
func (c *call) recipientFilter() (f broadcast.RecipientFilter, shown string) {
	shown = c.field("state")
	switch {
	case shown == "ANSWERED":
		f.Answered = true
	case slices.Contains(broadcast.RecipientStates[:], shown):
		f.State = shown
	default:
		shown = ""
	}
	return f, shown
}

func (d *broadcastDesk) recipients(p *views.BroadcastPage, b *broadcast.Broadcast) error {
	if b.Counts.Total() == 0 {
		return nil
	}
	f, shown := d.recipientFilter()
	f.Take, f.Cursor, p.Filter, p.Cursor = recipientsTake, d.field("cursor"), shown, d.field("cursor")
	all, next, err := d.s.Broadcasts.Recipients(d.q(), d.actor.OrgID, b.ID, f)
	if errs.Is(err, errs.Invalid) { // no cursor of ours: begin again
		f.Cursor, p.Cursor = "", ""
		all, next, err = d.s.Broadcasts.Recipients(d.q(), d.actor.OrgID, b.ID, f)
	}
	if err != nil {
		return err
	}
	p.Next = next
	for _, r := range all {
		v := views.BroadcastRecipient{Name: r.Name, Phone: r.Phone, State: r.State, Detail: r.Detail, Code: r.Code, Retryable: r.Retryable,
			Conv: id("conv", r.ConversationID), Message: id("msg", r.MessageID), Answer: id("msg", r.AnswerID), At: db.Time(r.UpdatedAt), AnsweredAt: db.Time(r.AnsweredAt)}
		if r.Name != "" || r.Phone != "" {
			v.Contact = id("contact", r.ContactID)
		}
		if r.Reason != "" {
			v.Reason = d.reasonWords(r.Reason, r.Detail)
		}
		p.Recipients = append(p.Recipients, v)
	}
	return nil
}

// reasonWords says why somebody was not written to: in our words, else in
// those of WhatsApp.
func (c *call) reasonWords(key, detail string) string {
	if c.has(key) {
		return c.t(key)
	}
	return firstOf(detail, c.t("fail.other"))
}

// leftOut says why people have no place among the recipients.
func (c *call) leftOut(by map[string]int) []views.BroadcastReason {
	var all []views.BroadcastReason
	for reason, n := range by {
		if n > 0 {
			all = append(all, views.BroadcastReason{Text: c.t(broadcast.SkipKey(reason)), N: n})
		}
	}
	slices.SortFunc(all, func(a, b views.BroadcastReason) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Text, b.Text))
	})
	return all
}

// pauseWords say why a broadcast is paused and what can be done.
func (c *call) pauseWords(b *broadcast.Broadcast) views.BroadcastPause {
	key := b.PauseKey()
	if key == "" {
		return views.BroadcastPause{}
	}
	p := views.BroadcastPause{Reason: c.t(key), Remedy: c.t("broadcast.remedy.other")}
	if remedy := "broadcast.remedy." + b.PauseReason; c.has(remedy) {
		p.Remedy = c.t(remedy)
	}
	switch b.PauseReason {
	case broadcast.PauseFailures:
		p.Link, p.LinkText = broadcastPath(b.ID, "")+"?state=FAILED#recipients", c.t("broadcast.remedy.failures.link")
	case broadcast.PauseTemplate:
		p.Link, p.LinkText = "/templates?channel="+id("chan", b.ChannelID), c.t("template.title")
	case broadcast.PauseChannel, broadcast.PauseQuality:
		if c.actor.Can(account.ManageChannels) {
			p.Link, p.LinkText = "/settings/channels", c.t("nav.channels")
		}
	case broadcast.PauseRestored:
		p.Link, p.LinkText = broadcastPath(b.ID, "")+"?state=UNKNOWN#recipients", c.t("broadcast.remedy.restored.link")
	}
	return p
}

// speedWords say how fast a broadcast goes.
func (c *call) speedWords(rate int, gap int64) string {
	if gap > 0 {
		return c.t("broadcast.speed.gap", strconv.FormatFloat(float64(gap)/1000, 'f', -1, 64))
	}
	return c.t("broadcast.speed.rate", cmp.Or(rate, broadcast.DefaultRate))
}

// tookFor is how long so many people take at a rate and a gap.
func tookFor(people, rate int, gap int64) time.Duration {
	each := max(1000/float64(max(cmp.Or(rate, broadcast.DefaultRate), 1)), float64(gap))
	return time.Duration(each*float64(people)) * time.Millisecond
}
