package web

import (
	"net/http"
	"time"

	"badala/app/errs"
)

const (
	pingEvery  = 15 * time.Second
	writeLimit = 10 * time.Second // for one frame to a slow browser
)

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
	out := newStreamWriter(c.w)
	if !out.send(revFrame(head, s.epoch)) {
		return nil
	}
	s.pump(c, st, out)
	return nil
}

// pump writes frames until something ends the stream.
func (s *Server) pump(c *call, st *stream, out *streamWriter) {
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	check := time.NewTicker(s.Options.SessionCheck)
	defer check.Stop()
	gone := c.r.Context().Done()
	for {
		alive := true
		select {
		case fr := <-st.frames:
			alive = out.send(fr)
		case <-ping.C:
			alive = out.send(frame{name: "ping", data: []byte("{}")})
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

// streamWriter writes server-sent events; each write has its own deadline.
type streamWriter struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

func newStreamWriter(w http.ResponseWriter) *streamWriter {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Time{}) // the server's own would end the request
	return &streamWriter{w: w, rc: rc}
}

// send writes one event; false means that the browser is gone.
func (sw *streamWriter) send(fr frame) bool {
	if err := sw.rc.SetWriteDeadline(time.Now().Add(writeLimit)); err != nil {
		return false
	}
	buf := make([]byte, 0, len(fr.data)+len(fr.name)+16)
	buf = append(buf, "event: "...)
	buf = append(buf, fr.name...)
	buf = append(buf, "\ndata: "...)
	buf = append(buf, fr.data...)
	buf = append(buf, "\n\n"...)
	if _, err := sw.w.Write(buf); err != nil {
		return false
	}
	return sw.rc.Flush() == nil
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
