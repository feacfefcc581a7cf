package app_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"badala/app"
	"badala/app/webhook"
)

// deliveries is an endpoint elsewhere that keeps what it was told.
type deliveries struct {
	*httptest.Server
	mu      sync.Mutex
	bodies  map[string][]byte // by delivery
	wamids  map[string]bool
	strange []string
}

func newDeliveries(t *testing.T, secret *string) *deliveries {
	d := &deliveries{bodies: map[string][]byte{}, wamids: map[string]bool{}}
	d.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // cut by the kill
		}
		var e struct {
			DeliveryID string
			Data       struct{ WaMessageID string }
		}
		unix, bad := strconv.ParseInt(r.Header.Get("X-Badala-Timestamp"), 10, 64)
		d.mu.Lock()
		defer d.mu.Unlock()
		switch {
		case bad != nil, json.Unmarshal(body, &e) != nil, len(r.Header["X-Badala-Signature"]) != 1, r.Header.Get("X-Badala-Signature") != webhook.Sign(*secret, unix, body):
			d.strange = append(d.strange, "a signature or body is wrong")
		case d.bodies[e.DeliveryID] != nil && !bytes.Equal(d.bodies[e.DeliveryID], body):
			d.strange = append(d.strange, "a repeat has other bytes")
		}
		d.bodies[e.DeliveryID], d.wamids[e.Data.WaMessageID] = body, true
	}))
	t.Cleanup(d.Close)
	return d
}

// F16: every event whose webhook was acknowledged arrives at least once, with
// the same id and bytes each time, whenever the process is killed.
func TestKilledWhileDeliveringEveryEventArrives(t *testing.T) {
	t.Parallel()
	var secret string
	to := newDeliveries(t, &secret)
	s := newShop(t, func(c *app.Config) { c.WebhookAllow = []string{"127.0.0.0/8"} })
	var err error
	if _, secret, err = s.Webhooks.Create(t.Context(), s.owner, webhook.Input{URL: to.URL, Events: []string{"message.received"}}); err != nil {
		t.Fatal(err)
	}
	if err := s.App.Stop(); err != nil {
		t.Fatal(err)
	}
	k := &killer{shop: s, acked: map[string]bool{}, news: make(chan struct{}, 1e6), args: []string{"--webhook-allow", "127.0.0.0/8"}}
	write := func(ctx context.Context, round, sender int) {
		wamid := "wamid." + rand.Text()
		body := webhookText(k.number, fmt.Sprintf("4670174%04d", mathrand.IntN(40)), "Nora", wamid, fmt.Sprint("round ", round, sender), time.Now())
		if postWebhook(ctx, k.child.url, k.number.AppSecret, body) == http.StatusOK {
			k.ack(wamid)
		}
	}
	for round := range 4 {
		k.boot()
		k.underFire(2*senders+mathrand.IntN(10*senders), func(ctx context.Context, sender int) { write(ctx, round, sender) })
	}
	k.boot()
	t.Cleanup(k.child.kill)
	write(t.Context(), 4, 0)
	missing := func() (n int) {
		to.mu.Lock()
		defer to.mu.Unlock()
		for wamid := range k.acked {
			if !to.wamids[wamid] {
				n++
			}
		}
		return n
	}
	for end := time.Now().Add(90 * time.Second); missing() > 0; <-time.After(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d of %d events never arrived", missing(), len(k.acked))
		}
	}
	to.mu.Lock()
	defer to.mu.Unlock()
	if len(to.strange) > 0 || len(k.acked) < 4*senders {
		t.Errorf("%d acknowledged; %q", len(k.acked), to.strange)
	}
}
