package web

import (
	"net/http"
	"slices"
	"strconv"

	"badala/app/db"
	"badala/app/errs"
	"badala/views"
)

// redeliverTimes are the spans whose failures can be sent again, in hours.
var redeliverTimes = []int64{1, 24, 168}

// redeliverFailed sends all again that failed lately.
func (s *Server) redeliverFailed(c *call) error {
	e, err := c.hookOf()
	if err != nil {
		return err
	}
	hours, err := strconv.ParseInt(c.field("since"), 10, 64)
	if err != nil || !slices.Contains(redeliverTimes, hours) {
		return errs.Field("since", "is one of the list")
	}
	n, err := s.Webhooks.RedeliverFailed(c.r.Context(), c.actor, e.ID, s.DB.Now()-hours*3_600_000)
	if err != nil {
		return err
	}
	s.alerts.forget(c.actor.OrgID)
	if n == 0 {
		c.flash(c.t("delivery.resent.none"))
	} else {
		c.flash(c.t("delivery.resent", n))
	}
	return c.done("/settings/webhooks/" + id("hook", e.ID))
}

// deliveryOf is the delivery that the path names, with everything about it.
func (c *call) deliveryOf() (p views.DeliveryPage, err error) {
	e, err := c.hookOf()
	if err != nil {
		return p, err
	}
	n, err := c.pathID("delivery", "dlv")
	if err != nil {
		return p, err
	}
	d, attempts, body, err := c.s.Webhooks.Delivery(c.q(), c.actor.OrgID, n)
	if err == nil && d.EndpointID != e.ID {
		err = errs.New(errs.NotFound, "no such delivery")
	}
	if err != nil {
		return p, err
	}
	p = views.DeliveryPage{Hook: c.hookData(e), Delivery: deliveryData(d), EventID: db.FormatID("evt", d.EventID)}
	for _, a := range attempts {
		p.Attempts = append(p.Attempts, attemptData(a))
	}
	if len(body) > 0 {
		p.Body = pretty(body)
	}
	return p, nil
}

// delivery shows one delivery: as a part of the list for our script, else as a page.
func (s *Server) delivery(c *call) error {
	p, err := c.deliveryOf()
	if err != nil {
		return err
	}
	if c.script() {
		p.Page = c.page("")
		return c.render(http.StatusOK, views.DeliveryMore(p))
	}
	p.Page = c.page(c.t("delivery.one"))
	return c.render(http.StatusOK, views.Delivery(p))
}

// redeliver sends one delivery again.
func (s *Server) redeliver(c *call) error {
	n, err := c.pathID("delivery", "dlv")
	if err != nil {
		return err
	}
	return c.onHook("delivery.again.done", func(hook int64) error {
		return s.Webhooks.Redeliver(c.r.Context(), c.actor, hook, n)
	})
}
