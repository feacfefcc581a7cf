package web

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/retention"
	"badala/views"
)

// privacy shows for how long what is kept, and what goes tonight.
func (s *Server) privacy(c *call) error {
	set, err := s.Retention.Settings(c.q(), c.actor.OrgID)
	if err != nil {
		return err
	}
	p, err := c.privacyPage(set)
	if err != nil {
		return err
	}
	p.Form = privacyForm(set)
	return c.render(http.StatusOK, views.Privacy(p))
}

// privacyPage is the page with what settings would delete.
func (c *call) privacyPage(set retention.Settings) (p views.PrivacyPage, err error) {
	if p, err = c.privacyFrame(); err != nil {
		return p, err
	}
	v, err := c.s.Retention.Preview(c.r.Context(), c.actor.OrgID, set)
	if err != nil {
		return p, err
	}
	part := func(off bool, x retention.Part) views.PrivacyPart {
		return views.PrivacyPart{Off: off, Count: x.Count, Bytes: x.Bytes, First: db.Time(x.First), Monthly: x.Monthly, Rates: x.MonthlyBytes}
	}
	p.Preview = &views.PrivacyPreview{Notes: v.Notes, Messages: part(set.MessagesDays == 0, v.Messages), Files: part(set.MessagesDays == 0 && set.MediaDays == 0, v.Files),
		Raw: part(false, v.Raw), Webhooks: part(false, v.Webhooks)}
	return p, nil
}

// privacyFrame is the page without that.
func (c *call) privacyFrame() (p views.PrivacyPage, err error) {
	p = views.PrivacyPage{Page: c.page(c.t("privacy.title")), Next: db.Time(c.s.Retention.NextAt())}
	kept, err := c.s.Backups.Settings(c.q())
	if err != nil {
		return p, err
	}
	p.Backups = [3]int{kept.Days, kept.Weeks, kept.Months}
	r, err := c.s.Retention.LastRun(c.q(), c.actor.OrgID)
	if err == nil && r.Started != 0 {
		p.Last = &views.PrivacyRun{At: db.Time(r.Started), Working: r.Finished == 0, Messages: r.Messages, Notes: r.Notes, Files: r.Files, Bytes: r.Bytes, Raw: r.Raw, Webhook: r.Webhooks}
	}
	return p, err
}

func privacyForm(v retention.Settings) views.PrivacyForm {
	days := func(n int) string {
		if n == 0 {
			return ""
		}
		return strconv.Itoa(n)
	}
	return views.PrivacyForm{Messages: days(v.MessagesDays), Media: days(v.MediaDays), Raw: days(v.RawDays), Webhooks: days(v.WebhookDays)}
}

// privacyEntered reads the form; what is no number is refused with what else is wrong.
func (c *call) privacyEntered() (f views.PrivacyForm, v retention.Settings) {
	f = views.PrivacyForm{Messages: c.field("messages"), Media: c.field("media"), Raw: c.field("raw"), Webhooks: c.field("webhooks")}
	v = retention.Settings{RawDays: count(f.Raw), WebhookDays: count(f.Webhooks)}
	if f.Messages != "" {
		v.MessagesDays = count(f.Messages)
	}
	if f.Media != "" {
		v.MediaDays = count(f.Media)
	}
	return f, v
}

// savePrivacy saves the form, or shows what it would do. Where messages or
// files would go sooner it asks first.
func (s *Server) savePrivacy(c *call) error {
	if err := c.parse(); err != nil {
		return err
	}
	f, v := c.privacyEntered()
	err := v.Check()
	if err == nil && c.field("do") != "preview" {
		if err = s.Retention.Set(c.r.Context(), c.actor, v, false); err == nil {
			c.flash(c.t("privacy.saved"))
			return c.redirect("/settings/privacy")
		}
	}
	if errors.Is(err, retention.ErrConfirm) {
		return c.askPrivacy(f, v)
	}
	if err != nil && !refused(err) {
		return err
	}
	return c.showPrivacy(f, v, err)
}

// showPrivacy is the form as typed, with what it would do or what is wrong.
func (c *call) showPrivacy(f views.PrivacyForm, v retention.Settings, wrong error) error {
	saved, err := c.s.Retention.Settings(c.q(), c.actor.OrgID)
	if err != nil {
		return err
	}
	status, p := http.StatusOK, views.PrivacyPage{}
	if wrong == nil {
		p, err = c.privacyPage(v)
	} else {
		p, err = c.privacyFrame()
		status, p.Errors = http.StatusUnprocessableEntity, c.privacyWrong(v, wrong)
	}
	if err != nil {
		return err
	}
	p.Form, p.Changed = f, v != saved
	return c.render(status, views.Privacy(p))
}

// privacyWrong says what is wrong in the reader's words, by field.
func (c *call) privacyWrong(v retention.Settings, err error) map[string]string {
	out := map[string]string{"": c.t("privacy.wrong")}
	for _, d := range errs.As(err).Details {
		field, text, _ := strings.Cut(d, ": ")
		key := "privacy.wrong." + field
		if !strings.HasPrefix(text, "must be") {
			key += ".longer"
		}
		out[field] = c.t(key, v.MessagesDays)
	}
	return out
}

// askPrivacy shows what would go and asks whether it is to.
func (c *call) askPrivacy(f views.PrivacyForm, v retention.Settings) error {
	p, err := c.privacyPage(v)
	if err != nil {
		return err
	}
	p.Form, p.Title = f, c.t("privacy.confirm")
	return c.render(http.StatusOK, views.PrivacyConfirm(p))
}

// confirmPrivacy saves what was asked for and confirmed.
func (s *Server) confirmPrivacy(c *call) error {
	if err := c.parse(); err != nil {
		return err
	}
	f, v := c.privacyEntered()
	err := s.Retention.Set(c.r.Context(), c.actor, v, true)
	if refused(err) {
		return c.showPrivacy(f, v, err)
	}
	if err != nil {
		return err
	}
	c.flash(c.t("privacy.saved.deletes"))
	return c.redirect("/settings/privacy")
}
