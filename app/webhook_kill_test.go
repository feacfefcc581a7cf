package app_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"badala/app/db"
	"badala/app/webhook"
)

// hookReceiver is another system that is told what happens: it checks every
// signature, keeps what came, and fails now and then.
type hookReceiver struct {
	*httptest.Server
	t testing.TB

	mu      sync.Mutex
	secrets []string             // any of them may have signed
	bodies  map[string]string    // delivery → body
	events  map[string]string    // delivery → event's id
	wamids  map[string]time.Time // of messages received, with the moment of the first delivery
	repeats int
}

func newHookReceiver(t testing.TB) *hookReceiver {
	h := &hookReceiver{t: t, bodies: map[string]string{}, events: map[string]string{}, wamids: map[string]time.Time{}}
	h.Server = httptest.NewServer(h)
	t.Cleanup(h.Close)
	return h
}

// trust makes the receiver accept what a secret signed.
func (h *hookReceiver) trust(secret string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.secrets = append(h.secrets, secret)
}

func (h *hookReceiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the sender was killed
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.signed(r.Header, body) {
		h.t.Errorf("a delivery is not signed by any secret that was shown: %v", r.Header)
	}
	var got struct {
		DeliveryID, EventID string
		Data                struct{ WaMessageID string }
	}
	if err := json.Unmarshal(body, &got); err != nil {
		h.t.Error(err)
	}
	before, again := h.bodies[got.DeliveryID]
	if again {
		h.repeats++
		if before != string(body) {
			h.t.Errorf("delivery %s came with other bytes:\n%s\n%s", got.DeliveryID, before, body)
		}
	}
	h.bodies[got.DeliveryID], h.events[got.DeliveryID] = string(body), got.EventID
	if !again && mathrand.IntN(20) == 0 { // the next attempt is seconds away, the one after that a minute
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	if _, ok := h.wamids[got.Data.WaMessageID]; !ok {
		h.wamids[got.Data.WaMessageID] = time.Now()
	}
}

// signed verifies both families of headers.
func (h *hookReceiver) signed(header http.Header, body []byte) bool {
	if len(header.Values("X-Badala-Signature")) != 1 || len(header.Values("webhook-signature")) != 1 {
		return false
	}
	at, err := strconv.ParseInt(header.Get("X-Badala-Timestamp"), 10, 64)
	if err != nil || header.Get("webhook-timestamp") != header.Get("X-Badala-Timestamp") || header.Get("webhook-id") != header.Get("X-Badala-Delivery") {
		return false
	}
	ours, standard := false, false
	for _, s := range h.secrets {
		ours = ours || header.Get("X-Badala-Signature") == webhook.Sign(s, at, body)
		for one := range strings.SplitSeq(header.Get("webhook-signature"), " ") {
			standard = standard || one == webhook.SignStandard([]string{s}, header.Get("webhook-id"), at, body)
		}
	}
	return ours && standard
}

// missing counts which of the acknowledged messages were not told yet.
func (h *hookReceiver) missing(acked map[string]bool) (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for wamid := range acked {
		if _, ok := h.wamids[wamid]; !ok {
			n++
		}
	}
	return n
}

// F16: the receiver hears of every acknowledged message although the server is
// killed again and again while it delivers, and its secret changes meanwhile.
func TestKilledWhileDeliveringEveryEventArrives(t *testing.T) {
	t.Parallel()
	k, to := newKiller(t), newHookReceiver(t)
	k.args = []string{"--webhook-allow", "127.0.0.0/8"}
	k.boot()
	hooks := k.child.url + "/orgs/" + db.FormatID("org", k.org) + "/webhooks"
	var made struct{ ID, Secret string }
	if code := call(t, http.MethodPost, hooks, k.login(), map[string]any{"url": to.URL, "events": []string{"message.received"}}, &made); code != http.StatusCreated {
		t.Fatalf("webhook: %d", code)
	}
	to.trust(made.Secret)
	for round := range killRounds {
		if round > 0 {
			k.boot()
		}
		hook := k.child.url + "/orgs/" + db.FormatID("org", k.org) + "/webhooks/" + made.ID
		k.rotate(to, hook, round)
		k.underFire(4*senders+mathrand.IntN(10*senders), func(ctx context.Context, _ int) {
			wamid := "wamid." + rand.Text()
			body := webhookText(k.number, fmt.Sprintf("4670174%04d", mathrand.IntN(40)), "Nora", wamid, fmt.Sprint("round ", round), time.Now())
			if postWebhook(ctx, k.child.url, k.number.AppSecret, body) == http.StatusOK {
				k.ack(wamid)
			}
		})
	}
	k.boot()
	awaitTrue(t, time.Minute, "every acknowledged message is told", func() bool { return to.missing(k.acked) == 0 })
	k.child.stop()
	to.checkIDs()
	t.Logf("%d deliveries, %d of them more than once", len(to.bodies), to.repeats)
}

// rotate stages a new secret in one round and promotes it in the next.
func (k *killer) rotate(to *hookReceiver, hook string, round int) {
	t := k.shop.t
	switch round % 4 {
	case 1:
		var staged struct{ Secret string }
		if code := call(t, http.MethodPost, hook+"/rotate-secret", k.login(), nil, &staged); code != http.StatusOK {
			t.Fatalf("rotate: %d", code)
		}
		to.trust(staged.Secret)
	case 2:
		if code := call(t, http.MethodPost, hook+"/promote-secret", k.login(), map[string]int{"keepOldHours": 0}, nil); code != http.StatusOK {
			t.Fatalf("promote: %d", code)
		}
	}
}

// checkIDs expects that each delivery was of an event of its own.
func (h *hookReceiver) checkIDs() {
	h.mu.Lock()
	defer h.mu.Unlock()
	seen := map[string]string{}
	for delivery, event := range h.events {
		if other, ok := seen[event]; ok {
			h.t.Errorf("event %s has the deliveries %s and %s", event, delivery, other)
		}
		seen[event] = delivery
	}
}

// awaitTrue polls until ok, or fails after d.
func awaitTrue(t testing.TB, d time.Duration, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(d); !ok(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}
