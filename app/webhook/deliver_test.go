package webhook_test

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"badala/app/webhook"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

func TestSignatures(t *testing.T) {
	t.Parallel()
	const (
		secret   = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
		previous = "whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="
		body     = `{"event":"message.received","type":"message.received","deliveryId":"dlv_01JV0TEST","eventId":"evt_01JV0TEST","orgId":"org_1","timestamp":"2024-05-08T17:23:20.000Z","data":{"messageId":"msg_1","body":"Hi – 🙂"}}`
	)
	if got, want := webhook.SignStandard([]string{secret, previous}, "dlv_01JV0TEST", 1715189000, []byte(body)),
		"v1,Ba8db2mb6N8dB33XokaqhDSuYRNd7KY2WWic8RDTH4k= v1,mDQAXwWrtO2nxIXUN8QRdYd6kH5BFO2r08sYrOBIZGc="; got != want {
		t.Errorf("webhook-signature %s", got)
	}
	if got, want := webhook.Sign(secret, 1715189000, []byte(body)), "sha256=e5019aeeb8da6bee9722daf101db8f6ae3383ca505a3e41579596ffa8d6ef81b"; got != want {
		t.Errorf("X-Badala-Signature %s", got)
	}
}

func TestDelivery(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	r.does(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("thanks")) })
	e, secret := w.hook(r.URL + "/in?key=1")
	w.happen(1)
	w.eventually("delivered", func() bool { return w.one(e.ID).State == webhook.Delivered })
	got := r.calls()[0]
	env := got.envelope(t)
	d := w.one(e.ID)
	if env.Event != "broadcast.finished" || env.Type != env.Event || env.Data["name"] != "Eid offer" || env.Data["version"] == nil || env.Test {
		t.Errorf("%s", got.body)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json", "X-Badala-Event": "broadcast.finished", "X-Badala-Delivery": env.DeliveryID,
		"X-Badala-Version": "2026-05-01", "Webhook-Id": env.DeliveryID, "Webhook-Timestamp": got.header.Get("X-Badala-Timestamp"),
		"X-Badala-Signature": "", "Webhook-Signature": "",
	} {
		if v := got.header[name]; len(v) != 1 || want != "" && v[0] != want {
			t.Errorf("%s: %q", name, v)
		}
	}
	if got.header.Get("X-Idempotency-Key") != "" || strings.Contains(env.DeliveryID, ".") {
		t.Error("a header too many, or a dot in the id")
	}
	verifier, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	if err := verifier.Verify(got.body, got.header); err != nil {
		t.Errorf("the official library says: %v", err)
	}
	_, attempts, body, err := w.hooks.Delivery(w.q(), w.owner.OrgID, d.ID)
	if err != nil || !bytes.Equal(body, got.body) {
		t.Errorf("%v %s", err, body)
	}
	if len(attempts) != 1 || attempts[0].Response != "thanks" || attempts[0].IP != "127.0.0.1" || attempts[0].Status != 200 || attempts[0].Trigger != webhook.Auto {
		t.Errorf("%+v", attempts)
	}
	if h := w.endpoint(e.ID); h.Pending != 0 || h.LastSuccessAt == 0 || h.LastStatus != 200 || h.FailingSince != 0 {
		t.Errorf("%+v", h)
	}
}

func TestRetriesFollowTheSchedule(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	r.says(500)
	e, _ := w.hook(r.URL)
	start := w.db.Now()
	w.happen(1)
	for n := 1; n <= webhook.MaxTries; n++ {
		w.eventually("attempt", func() bool { return w.one(e.ID).Attempts == n })
		w.quiet()
		d := w.one(e.ID)
		if n == webhook.MaxTries {
			if d.State != webhook.Failed || d.Status != 500 || d.Error != "http_5xx" {
				t.Errorf("%+v", d)
			}
			break
		}
		wait, planned := time.Duration(d.NextAt-d.LastAt)*time.Millisecond, webhook.Pauses()[n-1]
		if slack := time.Second; wait < planned*8/10-slack || wait > planned*12/10+slack {
			t.Errorf("after attempt %d: %s, planned %s", n, wait, planned)
		}
		// The breaker may make it later, never earlier.
		w.skip(max(wait, time.Duration(w.endpoint(e.ID).BreakerUntil-w.db.Now())*time.Millisecond) + 5*time.Millisecond)
	}
	if hours := float64(w.db.Now()-start) / 3.6e6; hours < 60 || hours > 92 {
		t.Errorf("given up after %.1f hours", hours)
	}
	first := r.calls()[0]
	for _, c := range r.calls() {
		if !bytes.Equal(c.body, first.body) || c.header.Get("webhook-id") != first.header.Get("webhook-id") {
			t.Error("another body or id")
		}
	}
	_, attempts, _, err := w.hooks.Delivery(w.q(), w.owner.OrgID, w.one(e.ID).ID)
	if err != nil || len(attempts) != webhook.MaxTries || attempts[0].At <= attempts[1].At {
		t.Errorf("%d attempts, %v", len(attempts), err)
	}
	if h := w.endpoint(e.ID); h.Failed != 1 || h.Pending != 0 {
		t.Errorf("%+v", h)
	}
}

func TestPauses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		tries, status int
		class         string
		retryAfter    time.Duration
		low, high     time.Duration
	}{
		{"first", 1, 500, "", 0, 4 * time.Second, 6 * time.Second},
		{"too many", 1, 429, "", 0, time.Minute, time.Minute},
		{"bad gateway", 1, 502, "", 0, time.Minute, time.Minute},
		{"gateway timeout", 1, 504, "", 0, time.Minute, time.Minute},
		{"timeout", 1, 0, "timeout", 0, time.Minute, time.Minute},
		{"asked for half an hour", 1, 503, "", 30 * time.Minute, 30 * time.Minute, 30 * time.Minute},
		{"asked for a day", 1, 503, "", 24 * time.Hour, time.Hour, time.Hour},
		{"asked for less", 5, 429, "", time.Second, 96 * time.Minute, 144 * time.Minute},
		{"late, asked for a week", 10, 503, "", 7 * 24 * time.Hour, 38 * time.Hour, 58 * time.Hour},
	} {
		for range 50 {
			if d := webhook.PauseAfter(c.tries, c.status, c.class, c.retryAfter); d < c.low || d > c.high {
				t.Errorf("%s: %s", c.name, d)
			}
		}
	}
}

func TestRetryAfterIsKept(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	r.does(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "1800")
		w.WriteHeader(429)
	})
	e, _ := w.hook(r.URL)
	w.happen(1)
	w.eventually("tried", func() bool { return w.one(e.ID).Attempts == 1 })
	if d := w.one(e.ID); d.NextAt-d.LastAt < 1800_000 || d.NextAt-d.LastAt > 1810_000 {
		t.Errorf("waits %d ms", d.NextAt-d.LastAt)
	}
}

func TestBreaker(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	r.says(500)
	e, _ := w.hook(r.URL)
	w.happen(60)
	w.eventually("open", func() bool { return w.endpoint(e.ID).BreakerUntil > w.db.Now() })
	w.quiet()
	if n := r.count(); n < 5 || n > 8 {
		t.Errorf("%d attempts before the breaker opened", n)
	}
	w.happen(1) // does not wake it
	for i, pause := range []time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, 30 * time.Minute} {
		w.quiet()
		before, until := r.count(), w.endpoint(e.ID).BreakerUntil
		if wait := time.Duration(until-w.db.Now()) * time.Millisecond; wait > pause || wait < pause-5*time.Second {
			t.Fatalf("pause %d is %s", i, wait)
		}
		w.skip(time.Duration(until-w.db.Now())*time.Millisecond + time.Millisecond)
		w.eventually("probed", func() bool { return w.endpoint(e.ID).BreakerUntil > until })
		w.quiet()
		if n := r.count() - before; n != 1 {
			t.Fatalf("%d probes", n)
		}
	}
	r.says(204)
	w.skip(31 * time.Minute)
	w.eventually("the breaker closes", func() bool { h := w.endpoint(e.ID); return h.BreakerUntil == 0 && h.LastSuccessAt > 0 })
	w.quiet()
	w.skip(30 * time.Hour) // the one that was probed with waits for its own next time
	w.eventually("all delivered", func() bool { return w.endpoint(e.ID).Pending == 0 })
	if h := w.endpoint(e.ID); h.BreakerUntil != 0 || h.FailuresInRow != 0 || h.Failed != 0 {
		t.Errorf("%+v", h)
	}
}

func TestGone(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	r.says(410)
	e, _ := w.hook(r.URL)
	w.happen(1)
	w.eventually("disabled", func() bool { return w.endpoint(e.ID).State == webhook.Disabled })
	w.happen(2)
	h := w.endpoint(e.ID)
	if h.DisabledReason != webhook.ReasonGone || h.Held != 3 || h.Pending != 0 || r.count() != 1 {
		t.Errorf("%+v, %d calls", h, r.count())
	}
	if held := w.list(e.ID, webhook.Held); len(held) != 3 || held[0].State != webhook.Held || len(w.list(e.ID, webhook.Pending)) != 0 {
		t.Errorf("%+v", held)
	}
	if a := w.actions(); a[0] != "SYSTEM webhook.disabled" {
		t.Error(a)
	}
	bad, err := w.hooks.Problems(w.q(), w.owner.OrgID)
	if err != nil || len(bad) != 1 {
		t.Errorf("%v %v", bad, err)
	}
	r.says(200)
	if _, err := w.hooks.Resume(context.Background(), w.owner, e.ID, true); err != nil {
		t.Fatal(err)
	}
	w.eventually("all sent", func() bool { return w.endpoint(e.ID).Pending == 0 && r.count() == 4 })
}

func TestDisabledAfterDaysOfFailure(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	r.says(503)
	e, _ := w.hook(r.URL)
	w.happen(2)
	for range 400 {
		w.quiet()
		if w.endpoint(e.ID).State != webhook.Active {
			break
		}
		h, n := w.endpoint(e.ID), r.count()
		if h.Pending == 0 {
			w.happen(1)
			w.quiet()
		}
		next := h.BreakerUntil
		for _, d := range w.list(e.ID, webhook.Pending) {
			next = max(next, d.NextAt)
		}
		if w.skip(max(time.Duration(next-w.db.Now())*time.Millisecond, 0) + time.Millisecond); h.Pending > 0 {
			w.eventually("tried", func() bool { return r.count() > n })
		}
	}
	h := w.endpoint(e.ID)
	if h.State != webhook.Disabled || h.DisabledReason != webhook.ReasonFailing {
		t.Fatalf("%+v", h)
	}
	if days := float64(w.db.Now()-h.FailingSince) / 86_400_000; days < 5 || r.count() < 20 {
		t.Errorf("after %.1f days and %d attempts", days, r.count())
	}
}
