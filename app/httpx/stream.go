package httpx

import (
	"net/http"
	"strings"
	"time"
)

// writeLimit is how long a reader of a stream may take for one frame.
const writeLimit = 10 * time.Second

// Stream writes server-sent events. Each write has its own deadline, so that a
// slow reader is dropped and holds nobody up.
type Stream struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

// NewStream begins the answer.
func NewStream(w http.ResponseWriter) *Stream {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Time{}) // the server's own would end the request
	return &Stream{w: w, rc: rc}
}

// Send writes one event; data has no line break, id may be empty. False means
// that the reader is gone.
func (s *Stream) Send(id, name string, data []byte) bool {
	buf := make([]byte, 0, len(data)+len(name)+len(id)+24)
	if id != "" {
		buf = append(append(append(buf, "id: "...), id...), '\n')
	}
	buf = append(append(append(buf, "event: "...), name...), '\n')
	buf = append(append(append(buf, "data: "...), data...), "\n\n"...)
	return s.write(buf)
}

// Comment writes a line that readers pass over: it keeps the line open and finds
// out who is gone.
func (s *Stream) Comment(text string) bool {
	return s.write([]byte(": " + strings.ReplaceAll(text, "\n", " ") + "\n\n"))
}

func (s *Stream) write(b []byte) bool {
	if err := s.rc.SetWriteDeadline(time.Now().Add(writeLimit)); err != nil {
		return false
	}
	if _, err := s.w.Write(b); err != nil {
		return false
	}
	return s.rc.Flush() == nil
}
