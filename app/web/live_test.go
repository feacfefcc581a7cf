package web_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"badala/app/account"
)

// stream is an open live stream.
type stream struct {
	t      *testing.T
	events chan [2]string // name and data
}

// live opens the stream of a browser.
func (b *browser) live() *stream {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.base+"/live", nil)
	must(b.t, err)
	res, err := (&http.Client{Jar: b.http.Jar}).Do(r)
	must(b.t, err)
	b.t.Cleanup(func() { res.Body.Close() })
	if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		b.t.Fatalf("the stream answers %d %s", res.StatusCode, res.Header.Get("Content-Type"))
	}
	if res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("X-Accel-Buffering") != "no" {
		b.t.Error("the stream may be kept back on its way")
	}
	s := &stream{t: b.t, events: make(chan [2]string, 100)}
	go func() {
		defer close(s.events)
		var name string
		for lines := bufio.NewScanner(res.Body); lines.Scan(); {
			if rest, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				name = rest
			} else if rest, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				s.events <- [2]string{name, rest}
			}
		}
	}()
	return s
}

// next waits for an event of a name; ok is false when the stream has ended.
func (s *stream) next(name string) (data string, ok bool) {
	s.t.Helper()
	for {
		select {
		case ev, open := <-s.events:
			if !open {
				return "", false
			}
			if ev[0] == name {
				return ev[1], true
			}
		case <-s.t.Context().Done():
			return "", false
		}
	}
}

// rev waits for the next revision.
func (s *stream) rev() int64 {
	s.t.Helper()
	data, ok := s.next("rev")
	if !ok {
		s.t.Fatal("the stream ended")
	}
	var v struct {
		Rev   int64
		Epoch string
	}
	must(s.t, json.Unmarshal([]byte(data), &v))
	if v.Epoch == "" {
		s.t.Error("no epoch")
	}
	return v.Rev
}

func TestLiveSaysHowFarTheLogHasCome(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	b := w.as("Omar")
	s := b.live()
	before := s.rev()
	w.written("Mona", "966555000101", "hello")
	if after := s.rev(); after <= before {
		t.Errorf("%d after %d", after, before)
	}
}

func TestLiveNeedsASession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.browser().get("/live").want(t, http.StatusUnauthorized)
}

func TestTypingReachesTheOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	conv := w.written("Mona", "966555000101", "hello")
	b := w.as("Omar")
	s := b.live()
	s.rev()
	b.script("/c/"+conv+"/typing", url.Values{}).want(t, http.StatusNoContent)
	data, ok := s.next("typing")
	if !ok || !strings.Contains(data, conv) || !strings.Contains(data, "Omar") {
		t.Errorf("typing says %q", data)
	}
}

func TestClosingEndsStreamsFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("Omar")
	s := b.live()
	s.rev()
	w.web.Close()
	if _, ok := s.next("rev"); ok {
		t.Error("the stream goes on")
	}
	b.get("/live").want(t, http.StatusServiceUnavailable)
}

func TestManyStreamsHearOfOneChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	b := w.as("Omar")
	streams := make([]*stream, 200)
	for i := range streams {
		streams[i] = b.live()
		streams[i].rev()
	}
	w.written("Mona", "966555000101", "hello")
	for _, s := range streams {
		s.rev()
	}
}

func TestStreamEndsWithItsSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sara := w.teammate("Sara", account.Agent)
	s := w.as("Sara").live()
	s.rev()
	must(t, w.accounts.Disable(t.Context(), w.boss(), sara.ID))
	for _, ok := s.next("rev"); ok; _, ok = s.next("rev") {
	}
}
