package web

import (
	"context"
	"time"

	"badala/app/account"
	"badala/app/broadcast"
	"badala/app/contact/importer"
	"badala/app/errs"
)

// broadcastDone changes a broadcast and leads back to its page. What somebody
// else has done meanwhile is no failure: the page shows it.
func (c *call) broadcastDone(do func(context.Context, account.Actor, int64) (broadcast.Broadcast, error), begun string) error {
	b, err := c.broadcastOf()
	if err != nil {
		return err
	}
	if _, err := do(c.r.Context(), c.actor, b.ID); err != nil {
		e := errs.As(err)
		switch {
		case e != nil && begun != "" && e.Code == begun:
		case refused(err):
			c.s.setFlash(c.w, c.broadcastProblem(err), true)
		default:
			return err
		}
	}
	return c.redirect(broadcastPath(b.ID, ""))
}

// broadcastProblem says all that is wrong with a broadcast in one text.
func (c *call) broadcastProblem(err error) string {
	if e := errs.As(err); e == nil || len(e.Details) == 0 {
		return c.explain(err)
	}
	text := ""
	for _, field := range c.broadcastErrors(err).inOrder() {
		if text != "" {
			text += " "
		}
		text += field
	}
	return text
}

func (s *Server) pauseBroadcast(c *call) error {
	return c.broadcastDone(s.Broadcasts.Pause, "broadcast_not_running")
}

func (s *Server) resumeBroadcast(c *call) error {
	return c.broadcastDone(s.Broadcasts.Resume, "broadcast_not_paused")
}

func (s *Server) cancelBroadcast(c *call) error {
	return c.broadcastDone(s.Broadcasts.Cancel, "broadcast_ended")
}

// startBroadcast starts a planned broadcast before its time.
func (s *Server) startBroadcast(c *call) error {
	return c.broadcastDone(s.Broadcasts.Start, "broadcast_begun")
}

// changeBroadcast makes a planned broadcast a draft again, with its time.
func (s *Server) changeBroadcast(c *call) error {
	b, err := c.broadcastOf()
	if err != nil {
		return err
	}
	if _, err := s.Broadcasts.Edit(c.r.Context(), c.actor, b.ID, draftOf(&b)); err != nil {
		return err
	}
	return c.redirect(broadcastPath(b.ID, "edit/start"))
}

// draftOf is what describes a broadcast that is not begun, with its time, to be
// kept as a draft.
func draftOf(b *broadcast.Broadcast) broadcast.Input {
	in := b.Input()
	in.ScheduleAt, in.Draft = b.ScheduleAt, true
	return in
}

// retryBroadcast writes again to those whose failure may have another end.
func (s *Server) retryBroadcast(c *call) error {
	b, err := c.broadcastOf()
	if err != nil {
		return err
	}
	n, err := s.Broadcasts.Retry(c.r.Context(), c.actor, b.ID)
	switch {
	case refused(err):
		s.setFlash(c.w, c.explain(err), true)
	case err != nil:
		return err
	default:
		c.flash(c.t("broadcast.retried", n))
	}
	return c.redirect(broadcastPath(b.ID, ""))
}

// duplicateBroadcast makes a draft like another broadcast.
func (s *Server) duplicateBroadcast(c *call) error {
	b, err := c.broadcastOf()
	if err != nil {
		return err
	}
	in := b.Input()
	in.Name, in.ScheduleAt, in.Draft = cut(c.t("broadcast.copy", cut(b.Name, 100)), 120), 0, true
	made, err := s.Broadcasts.Create(c.r.Context(), c.actor, in)
	if err != nil {
		return err
	}
	c.flash(c.t("broadcast.copied"))
	return c.redirect(broadcastPath(made.ID, "edit/template"))
}

// deleteBroadcast removes a draft, or one that is over.
func (s *Server) deleteBroadcast(c *call) error {
	b, err := c.broadcastOf()
	if err != nil {
		return err
	}
	if err := s.Broadcasts.Delete(c.r.Context(), c.actor, b.ID); err != nil {
		return err
	}
	c.flash(c.t("broadcast.deleted", b.Name))
	return c.redirect("/broadcasts")
}

// broadcastCSV writes the recipients as a file.
func (s *Server) broadcastCSV(c *call) error {
	b, err := c.broadcastOf()
	if err != nil {
		return err
	}
	f, _ := c.recipientFilter()
	d := download{call: c, name: "badala-broadcast-" + c.now().In(c.zone()).Format(time.DateOnly), format: importer.FormatCSV}
	return d.end(s.Broadcasts.Export(c.r.Context(), c.actor, b.ID, f, c.lang, &d))
}
