package webhook_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"badala/app/db"
	"badala/app/webhook"
)

// F13: an endpoint that takes connections and never answers, with 50,000
// deliveries waiting, delays nobody: the others have everything while its
// first attempts still hang.
func TestBlackHoleDelaysNobody(t *testing.T) {
	t.Parallel()
	w, hole := newWorld(t), newReceiver(t)
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	hole.does(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	dead, _ := w.hook(hole.URL)
	w.happen(1)
	w.backlog(dead.ID, 50_000)
	w.eventually("the hole is tried", func() bool { return hole.count() >= 1 })
	before := heap()
	var good []*receiver
	for range 5 {
		r := newReceiver(t)
		good = append(good, r)
		w.hook(r.URL)
	}
	for range 10 {
		w.happen(20)
	}
	for _, r := range good {
		w.eventually("a good one has everything", func() bool { return r.count() == 200 })
	}
	if n := hole.count(); n > 8 {
		t.Errorf("the hole had %d attempts meanwhile", n)
	}
	if grown := heap() - before; grown > 50<<20 {
		t.Errorf("memory grew by %d MiB", grown>>20)
	}
	if h := w.endpoint(dead.ID); h.Pending != 50_201 {
		t.Errorf("%d wait", h.Pending)
	}
}

func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// backlog gives an endpoint n deliveries of its own that are due.
func (w *world) backlog(endpoint int64, n int) {
	w.Helper()
	w.ok(w.db.Write(context.Background(), func(tx *db.Tx) error {
		if _, err := tx.Exec(`INSERT INTO webhook_event (id, org_id, event, first_delivery, last_delivery, body, created_at)
			WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
			SELECT 1000000000 + i, ?2, 'broadcast.finished', ?3 + i, ?3 + i, '{"deliveryId":"dlv_0000000000000"}', ?4 FROM n`, n, w.owner.OrgID, tx.NewID(), tx.Now()); err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO webhook_delivery (id, org_id, webhook_id, event_id, event, state, next_at, created_at)
			SELECT first_delivery, org_id, ?, id, event, 'PENDING', created_at, created_at FROM webhook_event WHERE id > 1000000000`, endpoint); err != nil {
			return err
		}
		_, err := tx.Exec(`UPDATE webhook_health SET open = open + ? WHERE webhook_id = ?`, n, endpoint)
		return err
	}))
}

// F14: what a hostile or broken endpoint may do.
func TestBadEndpoints(t *testing.T) {
	t.Parallel()
	elsewhere := newReceiver(t)
	var written atomic.Int64
	for _, c := range []struct {
		name   string
		start  func(testing.TB) string
		status int
		class  string
		state  string
	}{
		{"drips the head", dripHead, 0, "timeout", webhook.Pending},
		{"drips the body", answering(dripBody), 200, "timeout", webhook.Delivered},
		{"answers a gibibyte", answering(endless(&written)), 200, "too_large", webhook.Delivered},
		{"answers a head without end", answering(func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("x", 1<<20)) }), 0, "too_large", webhook.Pending},
		{"redirects", answering(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, http.StatusFound) }), 302, "redirect", webhook.Pending},
		{"has a certificate of nobody", func(tb testing.TB) string {
			s := httptest.NewTLSServer(http.NotFoundHandler())
			s.Config.ErrorLog = nil
			tb.Cleanup(s.Close)
			return s.URL
		}, 0, "tls", webhook.Pending},
		{"speaks no TLS", func(tb testing.TB) string { return strings.Replace(newReceiver(tb).URL, "http://", "https://", 1) }, 0, "tls", webhook.Pending},
		{"hangs up", answering(hangUp), 0, "reset", webhook.Pending},
		{"is not there", func(tb testing.TB) string {
			s := httptest.NewServer(http.NotFoundHandler())
			s.Close()
			return s.URL
		}, 0, "refused", webhook.Pending},
		{"has no name", func(testing.TB) string { return "https://nowhere.invalid/" }, 0, "dns", webhook.Pending},
		{"says no", answering(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(422) }), 422, "http_4xx", webhook.Pending},
		{"is gone", answering(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(410) }), 410, "http_4xx", webhook.Held},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.hooks.SetTimes(time.Second, time.Second)
			e, _ := w.hook(c.start(t))
			w.happen(1)
			w.eventually("tried", func() bool { return w.one(e.ID).Attempts == 1 })
			d, attempts, _, err := w.hooks.Delivery(w.q(), w.owner.OrgID, w.one(e.ID).ID)
			if err != nil || d.Status != c.status || d.Error != c.class || d.State != c.state || len(d.Response) > 16<<10 || len(attempts) != 1 {
				t.Errorf("%+v, %d attempts, %v", d, len(attempts), err)
			}
			if d.DurationMS > 10_000 { // of a second, on a busy machine
				t.Errorf("took %d ms", d.DurationMS)
			}
		})
	}
	t.Cleanup(func() {
		if elsewhere.count() != 0 {
			t.Error("a redirect was followed")
		}
		if n := written.Load(); n > 64<<20 {
			t.Errorf("%d bytes of the answer were taken", n)
		}
	})
}

func answering(f http.HandlerFunc) func(testing.TB) string {
	return func(tb testing.TB) string {
		r := newReceiver(tb)
		r.does(f)
		return r.URL
	}
}

// dripHead writes a head of an answer, a byte now and then.
func dripHead(tb testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				if _, err := http.ReadRequest(bufio.NewReader(c)); err != nil {
					return
				}
				for _, b := range []byte("HTTP/1.1 200 OK\r\n" + strings.Repeat("X-Slow: yes\r\n", 1000)) {
					if _, err := c.Write([]byte{b}); err != nil {
						return
					}
					time.Sleep(50 * time.Millisecond) // so slow is this receiver
				}
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

func dripBody(w http.ResponseWriter, r *http.Request) {
	for r.Context().Err() == nil {
		if _, err := w.Write([]byte("x")); err != nil {
			return
		}
		if err := http.NewResponseController(w).Flush(); err != nil {
			return
		}
		time.Sleep(50 * time.Millisecond) // so slow is this receiver
	}
}

func endless(written *atomic.Int64) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		n, _ := io.Copy(w, io.LimitReader(zeros{}, 1<<30))
		written.Add(n)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func hangUp(w http.ResponseWriter, _ *http.Request) {
	if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
		c.Close()
	}
}

// TestBlockedAddress delivers to an address that the operator no longer lists.
func TestBlockedAddress(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	e, _ := w.hook(r.URL)
	w.opts.Allow = []string{"10.0.0.0/8"}
	w.restart()
	w.happen(1)
	w.eventually("tried", func() bool { return w.one(e.ID).Attempts == 1 })
	d, _, _, err := w.hooks.Delivery(w.q(), w.owner.OrgID, w.one(e.ID).ID)
	if err != nil || d.Error != "blocked_address" || r.count() != 0 || !strings.Contains(d.Response, "https") && !strings.Contains(d.Response, "BADALA_WEBHOOK_ALLOW") {
		t.Errorf("%+v %v", d, err)
	}
}

// F16, the polite half: a stop while deliveries are under way loses none, and
// repeats have the same id and bytes. The kill -9 half runs with the binary.
func TestNothingIsLostAtAStop(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	r.does(func(http.ResponseWriter, *http.Request) { time.Sleep(time.Millisecond) }) // the receiver's work
	e, _ := w.hook(r.URL)
	w.happen(400)
	for range 3 {
		n := r.count()
		w.eventually("some are delivered", func() bool { return r.count() > n+20 })
		w.restart()
	}
	w.eventually("all are delivered", func() bool { return w.endpoint(e.ID).Pending == 0 })
	bodies := map[string][]byte{}
	for _, c := range r.calls() {
		id := c.header.Get("webhook-id")
		if first, ok := bodies[id]; ok && !bytes.Equal(first, c.body) {
			t.Error("a repeat has other bytes")
		}
		bodies[id] = c.body
	}
	if len(bodies) != 400 {
		t.Errorf("%d of 400", len(bodies))
	}
}

func TestRate(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	_, _, err := w.hooks.Create(t.Context(), w.owner, webhook.Input{URL: r.URL, Events: []string{"broadcast.finished"}, RatePerSecond: 20})
	w.ok(err)
	w.happen(50)
	w.eventually("all sent", func() bool { return r.count() == 50 })
	all := r.calls()
	if took := all[49].at.Sub(all[0].at); took < 1200*time.Millisecond {
		t.Errorf("50 in %s", took)
	}
}
