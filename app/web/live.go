package web

import (
	"net/http"
	"time"

	"badala/app/errs"
	"badala/app/httpx"
)

const pingEvery = 15 * time.Second

// live is the browser's one stream: how far the log has come, who types and who looks.
// It ends when the session does, when the browser does not keep up, or at shutdown.
func (s *Server) live(c *call) error {
	st, ok := s.hub.join(c.actor.OrgID)
	if !ok {
		return errs.New(errs.Unavailable, "the server is stopping")
	}
	defer s.hub.leave(c.actor.OrgID, st)
	head, err := s.Events.Head(c.q())
	if err != nil {
		return err
	}
	out := httpx.NewStream(c.w)
	if !revFrame(head, s.epoch).to(out) {
		return nil
	}
	s.pump(c, st, out)
	return nil
}

// pump writes frames until something ends the stream.
func (s *Server) pump(c *call, st *stream, out *httpx.Stream) {
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	check := time.NewTicker(s.Options.SessionCheck)
	defer check.Stop()
	gone := c.r.Context().Done()
	for {
		alive := true
		select {
		case fr := <-st.frames:
			alive = fr.to(out)
		case <-ping.C:
			alive = out.Send("", "ping", []byte("{}"))
		case <-check.C:
			alive = s.stillIn(c)
		case <-st.done:
			return
		case <-gone:
			return
		}
		if !alive {
			return
		}
	}
}

// stillIn says whether the session lives and still looks at the organisation. After a
// switch of organisations the browser opens a new stream.
func (s *Server) stillIn(c *call) bool {
	session, err := s.Accounts.SessionByToken(c.r.Context(), s.sessionToken(c.r))
	return err == nil && session.OrgID == c.actor.OrgID
}

// typing passes on that the user types in a conversation.
func (s *Server) typing(c *call) error { return s.beacon(c, "typing") }

// viewing passes on that the user looks at a conversation.
func (s *Server) viewing(c *call) error { return s.beacon(c, "presence") }

func (s *Server) beacon(c *call, kind string) error {
	conv, err := c.pathID("conv", "conv")
	if err != nil {
		return err
	}
	s.presence.tell(beacon{Kind: kind, Org: c.actor.OrgID, Conv: conv, User: c.actor.UserID, Name: c.actor.Name})
	c.w.WriteHeader(http.StatusNoContent)
	return nil
}
