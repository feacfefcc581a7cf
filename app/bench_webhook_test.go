package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"badala/app/db"
	"badala/app/webhook"
)

const (
	hookBacklog = 10_000 // deliveries of the good endpoint at full speed
	hookWaiting = 50_000 // deliveries that wait for the dead one
	hookOffered = 200    // messages a second while both are there
	hookWorkers = 4      // connections of the reference: as many as an endpoint gets
)

// hooks notes how fast events reach another system: a backlog at full speed
// beside bare signed posts, then under load with a dead endpoint beside it.
func (w *benchWorld) hooks() {
	s := w.stoppedShop()
	real := w.serveBinary(s, "--webhook-allow", "127.0.0.0/8")
	hooks := real.url + "/orgs/" + db.FormatID("org", s.org) + "/webhooks"
	token := real.login()
	to := newSink()
	defer to.Close()
	bare := w.bareDeliveries(to)
	good := w.hook(hooks, token, to.URL)
	w.fill(real, s, "backlog", hookBacklog, func() { w.api(hooks+"/"+good, http.MethodPatch, token, map[string]string{"state": "PAUSED"}) })
	to.reset()
	at := time.Now()
	w.api(hooks+"/"+good+"/resume", http.MethodPost, token, map[string]bool{"sendHeld": true})
	w.must(to.await(hookBacklog, 2*time.Minute))
	rate := hookBacklog / time.Since(at).Seconds()
	w.table.add("webhook deliveries to one good endpoint", fmt.Sprintf("%.0f/s", rate),
		fmt.Sprintf("bare signed posts, %d connections: %.0f/s", hookWorkers, bare), "≥ 1,000/s", rate >= 1000)

	before := real.memory("VmRSS")
	hole := newHole(w)
	dead := w.hook(hooks, token, "http://"+hole)
	w.api(hooks+"/"+good, http.MethodPatch, token, map[string]string{"state": "PAUSED"})
	w.fill(real, s, "waiting", hookWaiting, nil)
	w.api(hooks+"/"+good+"/resume", http.MethodPost, token, map[string]bool{"sendHeld": false})
	to.reset()
	n := int(hookOffered * benchRound.Seconds() * float64(*benchRounds))
	requests := signedRequests(s.number, "beside", n)
	start := time.Now()
	_, err := sendAll(real.address(), requests, time.Hour, hookOffered)
	w.must(err)
	w.must(to.await(n, time.Minute))
	var state struct{ Pending int }
	call(w, http.MethodGet, hooks+"/"+dead, token, nil, &state)
	took := newSpread(to.delays(start))
	w.table.add(fmt.Sprintf("event at the good endpoint, %d messages/s, %d waiting at a dead one", hookOffered, state.Pending),
		took.String()+", max "+ms(took.max()), "", "p99 < 2 s", took.p99() < 2*time.Second)
	w.table.add("  memory with them", mb(real.memory("VmRSS")), "before "+mb(before), "+ < 50 MB", real.memory("VmRSS")-before < 50*megabyte)
}

// hook makes an endpoint that hears of messages received.
func (w *benchWorld) hook(hooks, token, url string) (id string) {
	w.Helper()
	var made struct{ ID string }
	if code := call(w, http.MethodPost, hooks, token, map[string]any{"url": url, "events": []string{"message.received"}}, &made); code != http.StatusCreated {
		w.Fatalf("webhook: %d", code)
	}
	return made.ID
}

func (w *benchWorld) api(url, method, token string, body any) {
	w.Helper()
	if code := call(w, method, url, token, body, nil); code >= 300 {
		w.Fatalf("%s %s: %d", method, url, code)
	}
}

// fill has n messages received, after prepare.
func (w *benchWorld) fill(c *child, s *shop, salt string, n int, prepare func()) {
	w.Helper()
	if prepare != nil {
		prepare()
	}
	_, err := sendAll(c.address(), signedRequests(s.number, salt, n), time.Hour, 0)
	w.must(err)
}

// bareDeliveries is what the machine can do: signed posts and nothing else.
func (w *benchWorld) bareDeliveries(to *sink) (rate float64) {
	body := []byte(`{"event":"message.received","type":"message.received","deliveryId":"dlv_0000000000000","eventId":"evt_0000000000000",` +
		`"orgId":"org_0000000000000","timestamp":"2026-01-01T00:00:00.000Z","data":{"waMessageId":"wamid.bare00000","body":"` + strings.Repeat("hello ", 60) + `"}}`)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: hookWorkers}}
	defer client.CloseIdleConnections()
	var left atomic.Int64
	left.Store(hookBacklog)
	var wg sync.WaitGroup
	at := time.Now()
	for range hookWorkers {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				req, err := http.NewRequest(http.MethodPost, to.URL, bytes.NewReader(body))
				if err != nil {
					w.Error(err)
					return
				}
				req.Header.Set("X-Badala-Signature", webhook.Sign("whsec_AAAA", 1, body))
				res, err := client.Do(req)
				if err != nil {
					w.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, res.Body) // empty
				res.Body.Close()
			}
		})
	}
	wg.Wait()
	return hookBacklog / time.Since(at).Seconds()
}

// sink is an endpoint that takes everything and notes when.
type sink struct {
	*httptest.Server
	mu   sync.Mutex
	seen map[string]time.Time // by wamid
}

func newSink() *sink {
	k := &sink{seen: map[string]time.Time{}}
	k.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var got struct{ Data struct{ WaMessageID string } }
		if json.NewDecoder(r.Body).Decode(&got) == nil {
			k.mu.Lock()
			defer k.mu.Unlock()
			if _, ok := k.seen[got.Data.WaMessageID]; !ok {
				k.seen[got.Data.WaMessageID] = time.Now()
			}
		}
	}))
	return k
}

func (k *sink) reset() {
	k.mu.Lock()
	defer k.mu.Unlock()
	clear(k.seen)
}

// await waits until n messages were told.
func (k *sink) await(n int, d time.Duration) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(d); ; <-tick.C {
		k.mu.Lock()
		have := len(k.seen)
		k.mu.Unlock()
		if have >= n {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("%d of %d messages were told", have, n)
		}
	}
}

// delays is how long each message took from the moment its webhook was due.
func (k *sink) delays(start time.Time) (all []time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for wamid, at := range k.seen {
		if i, err := strconv.Atoi(strings.TrimLeft(wamid[len(wamid)-40:], "0")); err == nil {
			all = append(all, at.Sub(start.Add(time.Duration(i)*time.Second/hookOffered)))
		}
	}
	return all
}

// newHole is an address that takes connections and never answers.
func newHole(w *benchWorld) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	w.must(err)
	w.Cleanup(func() { l.Close() })
	go func() {
		for {
			if _, err := l.Accept(); err != nil {
				return
			}
		}
	}()
	return l.Addr().String()
}
