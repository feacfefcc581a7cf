package web

import (
	"net/http"
	"net/url"
	"time"

	"badala/app/db"
	"badala/app/webhook"
	"badala/views"
)

const deliveriesTake = 25

// hooks lists the webhooks that we send.
func (s *Server) hooks(c *call) error {
	list, err := s.Webhooks.Endpoints(c.q(), c.actor.OrgID)
	if err != nil {
		return err
	}
	p := views.HooksPage{Page: c.page(c.t("hooks.title"))}
	for _, e := range list {
		p.Hooks = append(p.Hooks, c.hookData(e))
	}
	return c.render(http.StatusOK, views.Hooks(p))
}

// hookData is a webhook as the pages show it; its secrets stay behind.
func (c *call) hookData(e webhook.Endpoint) views.HookData {
	d := views.HookData{
		ID: id("hook", e.ID), URL: shownURL(e.URL), Host: hostOf(e.URL), State: hookState(e), Events: e.Events,
		LastAttempt: db.Time(e.LastAttemptAt), LastSuccess: db.Time(e.LastSuccessAt), FailingSince: db.Time(e.FailingSince),
		NextTry: db.Time(e.BreakerUntil), LastStatus: e.LastStatus, LastError: e.LastError,
		Waiting: e.Pending, Held: e.Held, Failed: e.Failed, Staged: db.Time(e.StagedAt), OldUntil: db.Time(e.PreviousUntil),
	}
	if key := "hook.reason." + e.DisabledReason; e.State == webhook.Disabled && c.has(key) {
		d.Reason = c.t(key)
	}
	return d
}

func hookState(e webhook.Endpoint) views.HookState {
	switch {
	case e.State == webhook.Disabled:
		return views.HookDisabled
	case e.State == webhook.Paused:
		return views.HookPaused
	case e.FailingSince != 0:
		return views.HookFailing
	case e.LastAttemptAt == 0:
		return views.HookNew
	}
	return views.HookWorking
}

// shownURL is an address without its query, which often is a secret.
func shownURL(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	if u.RawQuery != "" {
		u.RawQuery = "…"
	}
	return u.String()
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return address
	}
	return u.Host
}

// hookOf is the webhook that the path names.
func (c *call) hookOf() (webhook.Endpoint, error) {
	n, err := c.pathID("hook", "hook")
	if err != nil {
		return webhook.Endpoint{}, err
	}
	return c.s.Webhooks.Endpoint(c.q(), c.actor.OrgID, n)
}

// hookShown is what a webhook's page shows besides the webhook: a secret that
// is shown once, what a test met, or what was wrong.
type hookShown struct {
	status  int
	created bool
	secret  string
	test    *views.TestData
	form    *views.HookForm // nil: as it is kept
	problem error
}

// hook shows one webhook with its deliveries.
func (s *Server) hook(c *call) error {
	e, err := c.hookOf()
	if err != nil {
		return err
	}
	return c.hookPage(e, hookShown{status: http.StatusOK})
}

func (c *call) hookPage(e webhook.Endpoint, sh hookShown) error {
	list, err := c.deliveries(e)
	if err != nil {
		return err
	}
	p := views.HookPage{Page: c.page(hostOf(e.URL)), Hook: c.hookData(e), Form: formOf(e), Groups: eventGroups(), Created: sh.created,
		Secret: sh.secret, Test: sh.test, Deliveries: list, Errors: c.hookErrors(sh.problem)}
	if sh.form != nil {
		p.Form = *sh.form
		p.Form.HasPassword = e.Username != ""
	}
	for _, ev := range webhook.Events {
		p.TestEvents = append(p.TestEvents, ev.Name)
	}
	return c.render(sh.status, views.Hook(p))
}

// hookLive is the part of the page that changes by itself.
func (s *Server) hookLive(c *call) error {
	e, err := c.hookOf()
	if err != nil {
		return err
	}
	list, err := c.deliveries(e)
	if err != nil {
		return err
	}
	return c.render(http.StatusOK, views.HookLive(c.page(""), c.hookData(e), list))
}

// deliveries is the page of deliveries that the address asks for.
func (c *call) deliveries(e webhook.Endpoint) (views.DeliveryList, error) {
	f := webhook.Filter{Take: deliveriesTake}
	if c.r.Method == http.MethodGet {
		f.State, f.Cursor = c.field("state"), c.field("cursor")
	}
	l := views.DeliveryList{Hook: id("hook", e.ID), State: f.State, Older: f.Cursor != ""}
	list, next, err := c.s.Webhooks.Deliveries(c.q(), c.actor.OrgID, e.ID, f)
	if err != nil {
		return l, err
	}
	for _, d := range list {
		l.Items = append(l.Items, deliveryData(d))
	}
	l.Next = next
	return l, nil
}

func deliveryData(d webhook.Delivery) views.DeliveryData {
	return views.DeliveryData{ID: id("dlv", d.ID), Event: d.Event, State: d.State, Status: d.Status, MS: d.DurationMS, Attempts: d.Attempts,
		Created: db.Time(d.CreatedAt), Next: db.Time(d.NextAt), Last: db.Time(d.LastAt), Error: d.Error, Test: d.Test}
}

// onHook does something to the webhook that the path names and comes back to its page.
func (c *call) onHook(say string, do func(hook int64) error) error {
	n, err := c.pathID("hook", "hook")
	if err != nil {
		return err
	}
	if err := do(n); err != nil {
		return err
	}
	c.s.alerts.forget(c.actor.OrgID)
	c.flash(c.t(say))
	return c.done("/settings/webhooks/" + id("hook", n))
}

// pauseHook holds a webhook's deliveries.
func (s *Server) pauseHook(c *call) error {
	return c.onHook("hook.paused.done", func(n int64) error {
		_, err := s.Webhooks.Update(c.r.Context(), c.actor, n, webhook.Patch{State: new(webhook.Paused)})
		return err
	})
}

// resumeHook sets a webhook going again; what was held is sent, or skipped.
func (s *Server) resumeHook(c *call) error {
	return c.onHook("hook.resumed.done", func(n int64) error {
		_, err := s.Webhooks.Resume(c.r.Context(), c.actor, n, c.field("held") != "skip")
		return err
	})
}

// removeHook ends a webhook.
func (s *Server) removeHook(c *call) error {
	e, err := c.hookOf()
	if err != nil {
		return err
	}
	if err := s.Webhooks.Delete(c.r.Context(), c.actor, e.ID); err != nil {
		return err
	}
	s.alerts.forget(c.actor.OrgID)
	c.flash(c.t("hook.removed"))
	return c.done("/settings/webhooks")
}

// rotateHook makes a new secret and shows it, once.
func (s *Server) rotateHook(c *call) error {
	e, err := c.hookOf()
	if err != nil {
		return err
	}
	secret, err := s.Webhooks.StageSecret(c.r.Context(), c.actor, e.ID)
	if err != nil {
		return err
	}
	if e, err = c.hookOf(); err != nil {
		return err
	}
	return c.hookPage(e, hookShown{status: http.StatusOK, secret: secret})
}

// promoteHook begins to sign with the new secret; the old one signs along for a day.
func (s *Server) promoteHook(c *call) error {
	return c.onHook("hook.rotate.used", func(n int64) error {
		_, err := s.Webhooks.PromoteSecret(c.r.Context(), c.actor, n, webhook.KeepOld)
		return err
	})
}

// discardHookSecret throws the new secret away.
func (s *Server) discardHookSecret(c *call) error {
	return c.onHook("hook.rotate.discarded", func(n int64) error {
		_, err := s.Webhooks.CancelSecret(c.r.Context(), c.actor, n)
		return err
	})
}

// testHook sends an example at once and shows what came of it.
func (s *Server) testHook(c *call) error {
	e, err := c.hookOf()
	if err != nil {
		return err
	}
	_ = http.NewResponseController(c.w).SetWriteDeadline(time.Now().Add(testTime))
	event := c.field("event")
	a, err := s.Webhooks.Test(c.r.Context(), c.actor, e.ID, event)
	if err != nil {
		return err
	}
	test := views.TestData{Event: event, AttemptData: attemptData(a)}
	if c.script() {
		return c.render(http.StatusOK, views.HookTestResult(c.page(""), test))
	}
	if e, err = c.hookOf(); err != nil {
		return err
	}
	return c.hookPage(e, hookShown{status: http.StatusOK, test: &test})
}

// testTime is the longest that a test and its page may take.
const testTime = time.Minute

func attemptData(a webhook.Attempt) views.AttemptData {
	return views.AttemptData{At: db.Time(a.At), Trigger: a.Trigger, IP: a.IP, Status: a.Status, MS: a.DurationMS, Error: a.Error, Response: a.Response}
}
