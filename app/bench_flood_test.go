package app_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	floodStreams = 7_000
	floodSlow    = 3_000 // connections that send a header a byte at a time
	floodExtra   = 500
	floodPages   = 300
	slowEvery    = 500 * time.Millisecond // between two bytes
)

// F22: flood notes how pages fare while thousands of pages stay open and
// thousands of connections never finish asking, and what becomes of those and
// of more.
func (w *benchWorld) flood() {
	s := w.stoppedShop()
	real := w.serveBinary(s)
	cookie := real.signIn()
	before := newSpread(w.pagesOf(real, cookie))
	f := openFlood(w, real.address(), cookie, floodStreams, floodSlow)
	defer f.end()
	during := newSpread(w.pagesOf(real, cookie))
	over := f.more(floodExtra)
	cut := f.awaitCut(20 * time.Second)
	peak := real.memory("VmHWM")
	w.table.add(fmt.Sprintf("page with %d streams and %d slow connections", f.streams, floodSlow), fmt.Sprintf("p50 %s, p95 %s ms", ms(during.p50()), ms(during.at(0.95))),
		fmt.Sprintf("without: p50 %s, p95 %s ms", ms(before.p50()), ms(before.at(0.95))), "p95 < 300 ms", during.at(0.95) < 300*time.Millisecond)
	w.table.add("  the slow ones are cut", fmt.Sprintf("after %.1f s, %d of %d", cut.Seconds(), f.cut(), floodSlow), "", "≤ 10 s", cut <= 10*time.Second && f.cut() == floodSlow)
	w.table.add(fmt.Sprintf("  %d more", floodExtra), over, "", "", false)
	w.table.add("  memory, peak", mb(peak), "", "< 512 MB", peak < 512<<20)
}

// TestSlowConnectionsAreCut is a small flood: pages go on, and who is slow to
// ask is cut.
func TestSlowConnectionsAreCut(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	f := openFlood(t, strings.Replace(strings.TrimPrefix(s.URL(), "http://"), "localhost", "127.0.0.1", 1), s.signInHere(), 150, 50)
	defer f.end()
	res, err := http.Get(s.URL() + "/signin")
	ok(t, err)
	ok(t, res.Body.Close())
	if res.StatusCode != http.StatusOK {
		t.Error(res.Status)
	}
	if took := f.awaitCut(20 * time.Second); f.cut() != 50 {
		t.Errorf("%d of 50 were cut in %s", f.cut(), took)
	}
}

// pagesOf opens the inbox one time after the other, on the connection that is
// open since before the flood.
func (w *benchWorld) pagesOf(c *child, cookie *http.Cookie) (took []time.Duration) {
	w.Helper()
	for range floodPages {
		one, _ := w.visit(c, cookie, "/inbox")
		took = append(took, one)
	}
	return took
}

// flood holds streams open and connections that are slow to ask.
type flood struct {
	address, stream string
	streams         int
	stop            context.CancelFunc
	running         sync.WaitGroup

	mu     sync.Mutex
	began  time.Time
	slow   int
	lost   int // slow ones that the server closed
	lastAt time.Time
}

// openFlood opens them all and gives them back once the streams have begun.
func openFlood(t testing.TB, address string, cookie *http.Cookie, streams, slow int) *flood {
	ctx, stop := context.WithCancel(t.Context())
	f := &flood{address: address, stop: stop, slow: slow,
		stream: "GET /live HTTP/1.1\r\nHost: localhost\r\nCookie: " + cookie.Name + "=" + cookie.Value + "\r\n\r\n"}
	for range streams {
		c, err := net.Dial("tcp", address)
		ok(t, err)
		_, err = io.WriteString(c, f.stream)
		ok(t, err)
		f.running.Go(func() { f.hold(ctx, c) })
		f.streams++
	}
	f.began = time.Now()
	for range slow {
		c, err := net.Dial("tcp", address)
		ok(t, err)
		f.running.Go(func() { f.drip(ctx, c) })
	}
	return f
}

// hold reads a stream until the end.
func (f *flood) hold(ctx context.Context, c net.Conn) {
	defer context.AfterFunc(ctx, func() { c.Close() })()
	_, _ = io.Copy(io.Discard, c)
}

// drip sends a header, a byte at a time, until the server has had enough.
func (f *flood) drip(ctx context.Context, c net.Conn) {
	defer c.Close()
	tick := time.NewTicker(slowEvery)
	defer tick.Stop()
	gone := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, c)
		close(gone)
	}()
	for text := "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + strings.Repeat("x", 1<<10); text != ""; text = text[1:] {
		if _, err := io.WriteString(c, text[:1]); err != nil {
			break
		}
		select {
		case <-tick.C:
			continue
		case <-ctx.Done():
			return
		case <-gone:
		}
		break
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.lost++
	f.lastAt = time.Now()
}

func (f *flood) cut() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lost
}

// awaitCut waits until all slow ones were cut, or until it has been long enough,
// and tells how long after the first was opened the last one went.
func (f *flood) awaitCut(limit time.Duration) time.Duration {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(limit); f.cut() < f.slow; {
		select {
		case <-tick.C:
		case <-late:
			return limit
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lastAt.Sub(f.began)
}

// more asks for a page on further connections and tells what they got.
func (f *flood) more(n int) string {
	var answered atomic.Int64
	var wait sync.WaitGroup
	for range n {
		wait.Go(func() {
			if f.answered() {
				answered.Add(1)
			}
		})
	}
	wait.Wait()
	return fmt.Sprintf("%d answered, %d refused", answered.Load(), int64(n)-answered.Load())
}

// answered says whether one more connection gets a page.
func (f *flood) answered() bool {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second}
	res, err := client.Get("http://" + f.address + "/signin")
	if err != nil {
		return false
	}
	res.Body.Close()
	return true
}

func (f *flood) end() {
	f.stop()
	f.running.Wait()
}
