package web

import (
	"bytes"
	"encoding/json"
	"net/http"

	"badala/app/db"
	"badala/app/errs"
	"badala/views"
)

const (
	problemsTake = 50
	bodyShown    = 64 << 10
)

// problems lists the webhooks that could not be applied, newest first.
func (s *Server) problems(c *call) error {
	failed, err := s.Channels.Failed(c.q(), c.actor.OrgID)
	if err != nil {
		return err
	}
	p := views.InboundPage{Page: c.page(c.t("inbound.title"))}
	for i, raw := range failed {
		if i == problemsTake {
			break
		}
		p.Items = append(p.Items, views.InboundData{ID: id("inb", raw.ID), Error: raw.Error, Summary: raw.Summary,
			At: db.Time(raw.At), Body: pretty(raw.Body), Attempts: raw.Attempts})
	}
	return c.render(http.StatusOK, views.Inbound(p))
}

// pretty indents JSON; what is none is shown as it came, to a limit.
func pretty(body []byte) string {
	var out bytes.Buffer
	if json.Indent(&out, body, "", "  ") != nil {
		out.Reset()
		out.Write(body)
	}
	if out.Len() > bodyShown {
		return string(bytes.ToValidUTF8(out.Bytes()[:bodyShown], nil)) + "…"
	}
	return out.String()
}

// replay applies one kept webhook again.
func (s *Server) replay(c *call) error {
	raw, err := c.pathID("id", "inb")
	if err != nil {
		return err
	}
	if err := s.Inbox.Replay(c.r.Context(), c.actor, raw); err != nil {
		return err
	}
	return c.done("/settings/inbound")
}

// replayAll applies all that are listed again; those that fail once more stay listed.
func (s *Server) replayAll(c *call) error {
	failed, err := s.Channels.Failed(c.q(), c.actor.OrgID)
	if err != nil {
		return err
	}
	for _, raw := range failed {
		err := s.Inbox.Replay(c.r.Context(), c.actor, raw.ID)
		if errs.Is(err, errs.NotFound) { // somebody else was faster
			continue
		}
		if err != nil {
			return err
		}
	}
	return c.done("/settings/inbound")
}
