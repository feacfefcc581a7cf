package web

import (
	"net/http"
	"strings"

	"badala/app/channel"
	"badala/app/db"
	"badala/app/errs"
	"badala/views"
)

// channels lists the connected numbers.
func (s *Server) channels(c *call) error {
	list, err := s.Channels.List(c.q(), c.actor.OrgID)
	if err != nil {
		return err
	}
	failed, err := s.Channels.FailedCount(c.q(), c.actor.OrgID)
	if err != nil {
		return err
	}
	p := views.ChannelsPage{Page: c.page(c.t("channels.title")), Problems: failed}
	for _, ch := range list {
		p.Channels = append(p.Channels, c.channelData(ch))
	}
	return c.render(http.StatusOK, views.Channels(p))
}

// channelData is a number as the pages show it; its secrets stay behind.
func (c *call) channelData(ch channel.Channel) views.ChannelData {
	d := views.ChannelData{
		ID: id("chan", ch.ID), Name: ch.Name, Phone: ch.PhoneNumber, PhoneNumberID: ch.PhoneNumberID, WABAID: ch.WABAID,
		Health: "ok", WebhookURL: c.baseURL() + channel.WebhookPath, VerifyToken: ch.VerifyToken,
		WebhookSeen: db.Time(ch.FirstWebhookAt), VerifiedAt: db.Time(ch.VerifiedAt), Subscribed: ch.SubscribedAt != 0, Quality: ch.Quality,
	}
	switch {
	case ch.State == channel.Paused || ch.State == channel.Disconnected:
		d.Health = "error"
		if key := "channel.paused." + ch.PausedReason; c.has(key) {
			d.HealthText = c.t(key)
		}
	case ch.FirstWebhookAt == 0:
		d.Health = "waiting"
	}
	return d
}

// connectForm begins the wizard.
func (s *Server) connectForm(c *call) error {
	return c.connectPage(http.StatusOK, channel.Draft{VerifyToken: channel.NewVerifyToken()}, nil, nil)
}

// connectPage shows the wizard with what was entered. Secrets do not come back.
func (c *call) connectPage(status int, in channel.Draft, checks []channel.CheckResult, problem error) error {
	p := views.ConnectPage{
		Page: c.page(c.t("connect.title")), Name: in.Name, WABAID: in.WABAID, PhoneNumberID: in.PhoneNumberID,
		VerifyToken: in.VerifyToken, WebhookURL: c.baseURL() + channel.WebhookPath, PublicWarning: !c.public(),
		Checks: c.checks(checks), Errors: c.channelErrors(problem),
	}
	for _, ch := range p.Checks {
		if p.Errors[ch.Field] != "" && ch.State == "bad" {
			p.Errors[ch.Field] = ch.Text // the same, in the reader's language
		}
	}
	if problem != nil && len(p.Errors) == 0 {
		p.Flash = views.Flash{Text: c.explain(problem), Bad: true}
	}
	return c.render(status, views.Connect(p))
}

// public says whether Meta can reach our address: it calls https only.
func (c *call) public() bool {
	return c.s.Options.Demo || strings.HasPrefix(c.baseURL(), "https://")
}

// channelInput is what the wizard's form holds.
func (c *call) channelInput() channel.Draft {
	return channel.Draft{
		Name: c.field("name"), AccessToken: c.field("access_token"), AppSecret: c.field("app_secret"),
		WABAID: c.field("waba_id"), PhoneNumberID: c.field("phone_number_id"), VerifyToken: c.field("verify_token"),
	}
}

// channelFields are the form's names of a draft's fields.
var channelFields = map[string]string{"accessToken": "access_token", "appSecret": "app_secret",
	"wabaId": "waba_id", "phoneNumberId": "phone_number_id", "verifyToken": "verify_token"}

// channelErrors is what to say beside each wrong field of the form.
func (c *call) channelErrors(err error) map[string]string {
	wrong := c.fieldErrors(err)
	for from, to := range channelFields {
		if text, ok := wrong[from]; ok {
			delete(wrong, from)
			wrong[to] = text
		}
	}
	return wrong
}

// checks says in the reader's words what each test found and what to do.
func (c *call) checks(results []channel.CheckResult) []views.CheckData {
	var out []views.CheckData
	for _, r := range results {
		d := views.CheckData{Field: r.Step, State: "bad", Text: c.words(r.Message, r.Detail)}
		switch {
		case r.Unsure:
			d.State = "unsure"
		case r.OK:
			d.State = "ok"
		}
		if r.Remedy != "" {
			d.Fix = c.words(r.Remedy, r.Detail)
		}
		out = append(out, d)
	}
	return out
}

// words is the catalogue's sentence of a key with a detail in it.
func (c *call) words(key, detail string) string {
	if c.has(key) {
		return c.t(key, detail)
	}
	return firstOf(detail, key)
}

// checkChannel tests what has been entered so far and answers what it found.
func (s *Server) checkChannel(c *call) error {
	if err := c.parse(); err != nil {
		return err
	}
	results, err := s.Channels.TestCredentials(c.r.Context(), c.actor, c.channelInput())
	if err != nil {
		return err
	}
	return c.render(http.StatusOK, views.Checks(c.page(""), c.checks(results)))
}

// connect tests everything, keeps the number, and subscribes our app to its account.
func (s *Server) connect(c *call) error {
	if err := c.parse(); err != nil {
		return err
	}
	in := c.channelInput()
	ch, results, err := s.Channels.Connect(c.r.Context(), c.actor, in)
	switch errs.KindOf(err) {
	case errs.Invalid, errs.Unprocessable, errs.Conflict, errs.Upstream:
		return c.connectPage(http.StatusUnprocessableEntity, in, results, err)
	}
	if err != nil {
		return err
	}
	return c.redirect("/settings/channels/" + id("chan", ch.ID))
}

// channelOf is the number that the path names.
func (c *call) channelOf() (channel.Channel, error) {
	n, err := c.pathID("id", "chan")
	if err != nil {
		return channel.Channel{}, err
	}
	return c.s.Channels.ByID(c.q(), c.actor.OrgID, n)
}

// channel shows one number, and whether Meta has called yet.
func (s *Server) channel(c *call) error { return c.channelPage(http.StatusOK, nil) }

func (c *call) channelPage(status int, problem error) error {
	ch, err := c.channelOf()
	if err != nil {
		return err
	}
	p := views.ChannelPage{Page: c.page(ch.Name), Channel: c.channelData(ch), PublicWarning: !c.public(), Errors: c.channelErrors(problem)}
	if problem != nil && len(p.Errors) == 0 {
		p.Flash = views.Flash{Text: c.explain(problem), Bad: true}
	}
	return c.render(status, views.Channel(p))
}

// channelStatus is the part that turns green by itself.
func (s *Server) channelStatus(c *call) error {
	ch, err := c.channelOf()
	if err != nil {
		return err
	}
	return c.render(http.StatusOK, views.ChannelStatus(c.page(""), c.channelData(ch)))
}

// saveChannel changes name and secrets; an empty secret stays as it is.
func (s *Server) saveChannel(c *call) error {
	ch, err := c.channelOf()
	if err != nil {
		return err
	}
	if err := c.parse(); err != nil {
		return err
	}
	_, err = s.Channels.Update(c.r.Context(), c.actor, ch.ID, c.channelInput())
	switch errs.KindOf(err) {
	case errs.Invalid, errs.Unprocessable, errs.Conflict, errs.Upstream:
		return c.channelPage(http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	c.flash(c.t("channel.saved"))
	return c.done("/settings/channels/" + id("chan", ch.ID))
}

// subscribeChannel asks Meta again to call us for this account.
func (s *Server) subscribeChannel(c *call) error {
	ch, err := c.channelOf()
	if err != nil {
		return err
	}
	if err := s.Channels.Subscribe(c.r.Context(), c.actor, ch.ID); err != nil {
		return err
	}
	c.flash(c.t("channel.subscribed"))
	return c.done("/settings/channels/" + id("chan", ch.ID))
}

// removeChannel disconnects the number; its conversations stay readable.
func (s *Server) removeChannel(c *call) error {
	ch, err := c.channelOf()
	if err != nil {
		return err
	}
	if err := s.Channels.Delete(c.r.Context(), c.actor, ch.ID); err != nil {
		return err
	}
	return c.done("/settings/channels")
}
