package web

import (
	"net/http"
	"strconv"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/inbox"
	"badala/views"
)

// changes answers a pull: the HTML of what changed after since in the list,
// the counts and the open conversation, with how far it reached in X-Rev.
// It is the only way by which data gets into an open page.
func (s *Server) changes(c *call) error {
	since, err := strconv.ParseInt(c.r.URL.Query().Get("since"), 10, 64)
	if err != nil || since < 0 {
		return errs.Field("since", "must be a number")
	}
	var conv int64
	if name := c.r.URL.Query().Get("c"); name != "" {
		if conv, err = db.ParseID("conv", name); err != nil {
			return err
		}
	}
	changed, err := s.Inbox.Changes(c.q(), c.actor.OrgID, since, conv)
	if err != nil {
		return err
	}
	d, err := c.desk(changed.Head)
	if err != nil {
		return err
	}
	data := views.ChangesData{Page: c.page(""), ListChanged: len(changed.Conversations) > 0}
	data.Rev = changed.Head
	sel := c.selection()
	data.List = views.ListData{Filter: sel.filter, Selected: id("conv", conv)}
	if err := d.count(&data.List); err != nil {
		return err
	}
	if data.ListChanged {
		if err := d.rows(&data.List, sel); err != nil {
			return err
		}
	}
	if conv != 0 {
		if err := d.changed(&data, conv, changed); err != nil {
			return err
		}
	}
	h := c.w.Header()
	h.Set("X-Rev", strconv.FormatInt(changed.Head, 10))
	h.Set("X-Epoch", s.epoch)
	if changed.More {
		h.Set("X-More", "1")
	}
	return c.render(http.StatusOK, views.Changes(data))
}

// changed fills what is new in the open conversation. One that is not the
// organisation's is as if nothing were open.
func (d *desk) changed(data *views.ChangesData, conv int64, changed inbox.Changed) error {
	touched := len(changed.Messages) > 0
	for _, n := range changed.Conversations {
		touched = touched || n == conv
	}
	data.Conv = id("conv", conv)
	if !touched {
		return nil
	}
	cv, err := d.s.Inbox.Conversation(d.q(), d.actor.OrgID, conv)
	if errs.Is(err, errs.NotFound) {
		data.Conv = ""
		return nil
	}
	if err != nil {
		return err
	}
	ms, err := d.s.Inbox.MessagesByID(d.q(), d.actor.OrgID, changed.Messages)
	if err != nil {
		return err
	}
	data.Bubbles = d.bubbles(cv, d.names).all(ms)
	head := d.head(&cv)
	data.Head, data.Members = &head, d.members()
	data.Panel, err = d.panel(&cv)
	return err
}
