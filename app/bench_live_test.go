package app_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const (
	liveStreams = 500
	liveUpdates = 30
	livePause   = 250 * time.Millisecond // longer than the server merges updates
)

// signIn opens a session over HTTP and gives its cookie.
func (c *child) signIn() *http.Cookie {
	c.t.Helper()
	res, err := direct.PostForm(c.url+"/signin", url.Values{"email": {ownerEmail}, "password": {password}})
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	return sessionOf(c.t, res)
}

// direct goes nowhere else: a page that sends people to the sign-in page must
// not be measured by that one.
var direct = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// sessionOf is the cookie that an answer to a sign-in gives a session with.
func sessionOf(t testing.TB, res *http.Response) *http.Cookie {
	t.Helper()
	for _, ck := range res.Cookies() {
		if ck.Name == "badala_insecure" {
			return ck
		}
	}
	t.Fatalf("sign-in: %s without a session", res.Status)
	return nil
}

// visit asks for a page as its browser would, and tells how long the whole
// answer took, and what stood above it.
func (w *benchWorld) visit(c *child, cookie *http.Cookie, path string) (time.Duration, http.Header) {
	w.Helper()
	req, err := http.NewRequestWithContext(w.Context(), http.MethodGet, c.url+path, nil)
	w.must(err)
	req.AddCookie(cookie)
	at := time.Now()
	res, err := direct.Do(req)
	w.must(err)
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	w.must(err)
	if res.StatusCode >= http.StatusMultipleChoices {
		w.Errorf("%s: %s", path, res.Status)
	}
	return time.Since(at), res.Header
}

// sighting is a stream that learned of a revision.
type sighting struct {
	stream int
	rev    int64
	at     time.Time
}

// live notes when open streams learn of a message: from the moment its webhook
// is posted, so that the commit itself is part of the figure.
func (w *benchWorld) live() {
	s := w.stoppedShop()
	limit, real := w.serveLimit(s.number.AppSecret), w.serveBinary(s)
	best := newSpread(w.updates(limit, s, nil))
	ours := newSpread(w.updates(real, s, real.signIn()))
	w.table.add(fmt.Sprintf("live update at %d streams, from the POST", liveStreams), ours.String()+", max "+ms(ours.max()),
		"bare fan-out "+best.String()+", max "+ms(best.max()), "max ≤ 100 ms", ours.max() <= 100*time.Millisecond)
}

// updates posts messages one by one and notes when every stream knows.
func (w *benchWorld) updates(c *child, s *shop, cookie *http.Cookie) []time.Duration {
	ctx, cancel := context.WithCancel(w.Context())
	defer cancel()
	seen := make(chan sighting, 8*liveStreams)
	for i := range liveStreams {
		go follow(ctx, c.url, cookie, i, seen)
	}
	rev := w.gather(seen, 0)[0].rev // each stream begins with how far the log is
	var took []time.Duration
	for n := range liveUpdates {
		w.rest(livePause)
		rev = max(rev, drain(seen))
		body := webhookText(s.number, customerPhone(n), "Customer", fmt.Sprint("wamid.live", n), "hello", time.Now())
		at := time.Now()
		if code := postWebhook(ctx, c.url, s.number.AppSecret, body); code != http.StatusOK {
			w.Fatalf("webhook: %d", code)
		}
		for _, got := range w.gather(seen, rev+1) {
			took = append(took, got.at.Sub(at))
		}
	}
	return took
}

// gather waits until every stream has told of a revision of at least rev.
func (w *benchWorld) gather(seen <-chan sighting, rev int64) []sighting {
	w.Helper()
	late := time.NewTimer(10 * time.Second)
	defer late.Stop()
	first := map[int]bool{}
	var all []sighting
	for len(first) < liveStreams {
		select {
		case got := <-seen:
			if got.rev >= rev && !first[got.stream] {
				first[got.stream] = true
				all = append(all, got)
			}
		case <-late.C:
			w.Fatalf("only %d of %d streams were told", len(first), liveStreams)
		}
	}
	return all
}

// drain takes what has been seen by now and gives the newest revision.
func drain(seen <-chan sighting) (rev int64) {
	for {
		select {
		case got := <-seen:
			rev = max(rev, got.rev)
		default:
			return rev
		}
	}
}

// follow reads a stream until ctx ends.
func follow(ctx context.Context, base string, cookie *http.Cookie, stream int, seen chan<- sighting) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/live", nil)
	if err != nil {
		return
	}
	if cookie != nil {
		req.AddCookie(cookie)
	}
	res, err := direct.Do(req)
	if err != nil {
		return
	}
	defer res.Body.Close()
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		var data struct{ Rev *int64 }
		text, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok || json.Unmarshal([]byte(text), &data) != nil || data.Rev == nil {
			continue
		}
		select {
		case seen <- sighting{stream, *data.Rev, time.Now()}:
		case <-ctx.Done():
			return
		}
	}
}
