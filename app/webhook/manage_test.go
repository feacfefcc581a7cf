package webhook_test

import (
	"bytes"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/webhook"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

func TestCreateChecks(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, webhook.Options{Allow: []string{"127.0.0.1:5678"}, OwnPorts: []uint16{8080}}, "")
	ok := webhook.Input{URL: "https://example.com/hook", Events: []string{"message.received"}}
	for name, c := range map[string]struct {
		change func(*webhook.Input)
		want   string
	}{
		"plain http":         {func(in *webhook.Input) { in.URL = "http://example.com/hook" }, "url: must start with https://"},
		"credentials":        {func(in *webhook.Input) { in.URL = "https://me:pw@example.com/" }, "url: must not carry a user name or password; enter them in their own fields"},
		"no address":         {func(in *webhook.Input) { in.URL = "example" }, "url: is not an address"},
		"private address":    {func(in *webhook.Input) { in.URL = "https://10.0.0.7/" }, "url: 10.0.0.7:443 may not be reached: it is not a public address; the operator can allow private targets with BADALA_WEBHOOK_ALLOW"},
		"metadata service":   {func(in *webhook.Input) { in.URL = "https://169.254.169.254/" }, "url: 169.254.169.254:443 may not be reached: it is never a target; the operator can allow private targets with BADALA_WEBHOOK_ALLOW"},
		"another local port": {func(in *webhook.Input) { in.URL = "http://127.0.0.1:5679/" }, "url: must start with https://"},
		"fragment":           {func(in *webhook.Input) { in.URL += "#x" }, "url: must not have a part after #"},
		"no events":          {func(in *webhook.Input) { in.Events = nil }, "events: choose at least one"},
		"unknown event":      {func(in *webhook.Input) { in.Events = []string{"message.eaten"} }, `events: there is no event "message.eaten"`},
		"rate":               {func(in *webhook.Input) { in.RatePerSecond = 1001 }, "ratePerSecond: 0 for no limit, or 1 to 1000"},
		"our header":         {func(in *webhook.Input) { in.Headers = map[string]string{"Webhook-Id": "x"} }, `headers: "Webhook-Id" is set by the server`},
		"our other header":   {func(in *webhook.Input) { in.Headers = map[string]string{"x-badala-signature": "x"} }, `headers: "x-badala-signature" is set by the server`},
		"split header":       {func(in *webhook.Input) { in.Headers = map[string]string{"X-A": "b\r\nX-C: d"} }, `headers: "X-A" is not a header`},
		"password alone":     {func(in *webhook.Input) { in.Password = "pw" }, "username: is required with a password"},
	} {
		in := ok
		c.change(&in)
		_, _, err := w.hooks.Create(t.Context(), w.owner, in)
		if e := errs.As(err); e == nil || e.Kind != errs.Invalid || len(e.Details) != 1 || e.Details[0] != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	in := webhook.Input{URL: "nowhere", Events: []string{"x"}, RatePerSecond: -1}
	if _, _, err := w.hooks.Create(t.Context(), w.owner, in); errs.As(err) == nil || len(errs.As(err).Details) != 3 {
		t.Errorf("not every wrong field is named: %v", err)
	}
	agent := w.owner
	agent.Role = account.Agent
	if _, _, err := w.hooks.Create(t.Context(), agent, ok); !errs.Is(err, errs.Forbidden) {
		t.Error(err)
	}
	for range 20 {
		if _, _, err := w.hooks.Create(t.Context(), w.owner, ok); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := w.hooks.Create(t.Context(), w.owner, ok); !errs.Is(err, errs.Conflict) {
		t.Errorf("the 21st: %v", err)
	}
}

func TestCredentialsAndHeaders(t *testing.T) {
	t.Parallel()
	w, r := newWorldWith(t, webhook.Options{SecretKey: strings.Repeat("0f", 32)}, ""), newReceiver(t)
	e, secret, err := w.hooks.Create(t.Context(), w.owner, webhook.Input{URL: r.URL, Events: []string{"broadcast.finished"},
		Username: "crm", Password: "hush-hush", Headers: map[string]string{"X-Tenant": "shop-7"}})
	w.ok(err)
	w.happen(1)
	// Noted, too: what a stop cuts off before that is sent again.
	w.eventually("delivered and noted", func() bool { return r.count() == 1 && len(w.list(e.ID, webhook.Delivered)) == 1 })
	req := http.Request{Header: r.calls()[0].header}
	if user, pw, _ := req.BasicAuth(); user != "crm" || pw != "hush-hush" || req.Header.Get("X-Tenant") != "shop-7" {
		t.Errorf("%v", req.Header)
	}
	w.restart()
	w.happen(1)
	w.eventually("delivered after a restart", func() bool { return r.count() == 2 })
	if got := w.endpoint(e.ID); got.Username != "crm" || got.Headers["X-Tenant"] != "shop-7" {
		t.Errorf("%+v", got)
	}
	w.close()
	file, err := os.ReadFile(w.path)
	w.ok(err)
	for _, plain := range []string{secret, "hush-hush", "shop-7"} {
		if bytes.Contains(file, []byte(plain)) {
			t.Errorf("%q lies plain in the file", plain)
		}
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	e, old := w.hook(r.URL)
	sent := 0
	expect := func(stage, badala string, standard ...string) {
		t.Helper()
		sent++
		w.happen(1)
		w.eventually(stage, func() bool { return r.count() == sent })
		c := r.calls()[sent-1]
		if n := len(strings.Fields(c.header.Get("webhook-signature"))); n != len(standard) {
			t.Errorf("%s: %d signatures", stage, n)
		}
		for _, secret := range standard {
			v, err := standardwebhooks.NewWebhook(secret)
			w.ok(err)
			if err := v.VerifyIgnoringTimestamp(c.body, c.header); err != nil {
				t.Errorf("%s: %v", stage, err)
			}
		}
		at := c.header.Get("X-Badala-Timestamp")
		var unix int64
		for _, b := range at {
			unix = unix*10 + int64(b-'0')
		}
		if got := c.header["X-Badala-Signature"]; len(got) != 1 || got[0] != webhook.Sign(badala, unix, c.body) {
			t.Errorf("%s: X-Badala-Signature %q", stage, got)
		}
	}
	expect("at first", old, old)
	fresh, err := w.hooks.StageSecret(t.Context(), w.owner, e.ID)
	w.ok(err)
	expect("staged", old, old, fresh)
	p, err := w.hooks.PromoteSecret(t.Context(), w.owner, e.ID, webhook.KeepOld)
	if err != nil || p.PreviousUntil == 0 || p.StagedAt != 0 {
		t.Fatal(p, err)
	}
	expect("promoted", fresh, fresh, old)
	w.skip(webhook.KeepOld + time.Minute)
	expect("a day later", fresh, fresh)
	if _, err := w.hooks.PromoteSecret(t.Context(), w.owner, e.ID, 0); !errs.Is(err, errs.Conflict) {
		t.Error(err)
	}
	if _, err := w.hooks.StageSecret(t.Context(), w.owner, e.ID); err != nil {
		t.Fatal(err)
	}
	if c, err := w.hooks.CancelSecret(t.Context(), w.owner, e.ID); err != nil || c.StagedAt != 0 {
		t.Error(c, err)
	}
	expect("cancelled", fresh, fresh)
	if _, err := w.hooks.PromoteSecret(t.Context(), w.owner, e.ID, 8*24*time.Hour); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}

func TestHeldAndSkipped(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	e, _ := w.hook(r.URL)
	paused := webhook.Paused
	if _, err := w.hooks.Update(t.Context(), w.owner, e.ID, webhook.Patch{State: &paused}); err != nil {
		t.Fatal(err)
	}
	w.happen(700)
	if h := w.endpoint(e.ID); h.State != webhook.Paused || h.Held != 700 || h.Pending != 0 {
		t.Errorf("%+v", h)
	}
	if _, err := w.hooks.Resume(t.Context(), w.owner, e.ID, false); err != nil {
		t.Fatal(err)
	}
	w.happen(1)
	w.eventually("skipped, and the new one delivered", func() bool {
		h := w.endpoint(e.ID)
		return h.Expired == 700 && h.Pending == 0 && r.count() == 1
	})
	if _, err := w.hooks.Update(t.Context(), w.owner, e.ID, webhook.Patch{State: &paused}); err != nil {
		t.Fatal(err)
	}
	w.happen(3)
	active := webhook.Active
	if _, err := w.hooks.Update(t.Context(), w.owner, e.ID, webhook.Patch{State: &active}); err != nil {
		t.Fatal(err)
	}
	w.eventually("what was held is sent", func() bool { return r.count() == 4 && w.endpoint(e.ID).Pending == 0 })
	// One that was skipped can still be sent by hand.
	skipped := w.list(e.ID, webhook.Expired)[0]
	w.ok(w.hooks.Redeliver(t.Context(), w.owner, e.ID, skipped.ID))
	w.eventually("sent by hand", func() bool { return r.count() == 5 && w.endpoint(e.ID).Expired == 699 })
	want := []string{"USER webhook.redeliver", "USER webhook.resume", "USER webhook.pause", "USER webhook.resume", "USER webhook.pause", "USER webhook.create"}
	if got := w.actions(); strings.Join(got[:len(want)], ",") != strings.Join(want, ",") {
		t.Errorf("%q", got)
	}
}

func TestRedeliver(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	e, _ := w.hook(r.URL)
	w.happen(1)
	w.eventually("delivered", func() bool { return w.one(e.ID).State == webhook.Delivered })
	w.clock.ahead.Add(int64(time.Minute))
	w.ok(w.hooks.Redeliver(t.Context(), w.owner, e.ID, w.one(e.ID).ID))
	w.eventually("delivered again", func() bool { d := w.one(e.ID); return d.State == webhook.Delivered && d.Attempts == 2 })
	a, b := r.calls()[0], r.calls()[1]
	if !bytes.Equal(a.body, b.body) || a.header.Get("webhook-id") != b.header.Get("webhook-id") || a.header.Get("webhook-timestamp") == b.header.Get("webhook-timestamp") {
		t.Error("another id or body, or an old timestamp")
	}
	_, attempts, _, err := w.hooks.Delivery(w.q(), w.owner.OrgID, w.one(e.ID).ID)
	if err != nil || len(attempts) != 2 || attempts[0].Trigger != webhook.Manual || attempts[1].Trigger != webhook.Auto {
		t.Errorf("%+v %v", attempts, err)
	}
}

func TestRedeliverFailed(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	e, _ := w.hook(r.URL)
	paused := webhook.Paused
	_, err := w.hooks.Update(t.Context(), w.owner, e.ID, webhook.Patch{State: &paused})
	w.ok(err)
	w.happen(600)
	since := w.db.Now()
	w.ok(w.db.Write(t.Context(), func(tx *db.Tx) error {
		if _, err := tx.Exec(`UPDATE webhook_delivery SET state = 'FAILED' WHERE webhook_id = ?`, e.ID); err != nil {
			return err
		}
		_, err := tx.Exec(`UPDATE webhook_health SET open = 0, failed = 600 WHERE webhook_id = ?`, e.ID)
		return err
	}))
	w.clock.ahead.Add(int64(time.Second))
	if n, err := w.hooks.RedeliverFailed(t.Context(), w.owner, e.ID, since+500); err != nil || n != 0 {
		t.Error(n, err)
	}
	_, err = w.hooks.Resume(t.Context(), w.owner, e.ID, true)
	w.ok(err)
	if n, err := w.hooks.RedeliverFailed(t.Context(), w.owner, e.ID, since-3600_000); err != nil || n != 600 {
		t.Error(n, err)
	}
	w.eventually("all delivered", func() bool { h := w.endpoint(e.ID); return h.Failed == 0 && h.Pending == 0 && r.count() == 600 })
}

func TestTestDelivery(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	r.does(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write([]byte("short and stout"))
	})
	e, _ := w.hook(r.URL, "message.received")
	for i, info := range webhook.Events {
		a, err := w.hooks.Test(t.Context(), w.owner, e.ID, info.Name)
		if err != nil || a.Status != 418 || a.Response != "short and stout" || a.Trigger != webhook.Tried || a.Error != "http_4xx" {
			t.Errorf("%s: %+v %v", info.Name, a, err)
		}
		if env := r.calls()[i].envelope(t); !env.Test || env.Event != info.Name || len(env.Data) < 3 {
			t.Errorf("%s", r.calls()[i].body)
		}
	}
	if h := w.endpoint(e.ID); h.Failed != 0 || h.Pending != 0 || h.FailingSince != 0 {
		t.Errorf("a test counts: %+v", h)
	}
	d := w.list(e.ID, webhook.Failed)
	if len(d) != len(webhook.Events) || !d[0].Test {
		t.Errorf("%+v", d)
	}
	if err := w.hooks.Redeliver(t.Context(), w.owner, e.ID, d[0].ID); !errs.Is(err, errs.Conflict) {
		t.Error(err)
	}
	if _, err := w.hooks.Test(t.Context(), w.owner, e.ID, "message.eaten"); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}

func TestTenantsAreApart(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	e, _ := w.hook(r.URL)
	theirs, _, err := w.hooks.Create(t.Context(), w.other, webhook.Input{URL: r.URL, Events: []string{"broadcast.finished"}})
	w.ok(err)
	w.happen(1)
	w.eventually("delivered", func() bool { return w.one(e.ID).State == webhook.Delivered })
	if got := r.calls()[0].envelope(t); r.count() != 1 || got.OrgID != db.FormatID("org", w.owner.OrgID) {
		t.Errorf("%d calls", r.count())
	}
	d := w.one(e.ID)
	ctx := t.Context()
	url := "https://example.com"
	for name, err := range map[string]error{
		"endpoint":   second(w.hooks.Endpoint(w.q(), w.other.OrgID, e.ID)),
		"update":     second(w.hooks.Update(ctx, w.other, e.ID, webhook.Patch{URL: &url})),
		"resume":     second(w.hooks.Resume(ctx, w.other, e.ID, true)),
		"stage":      second(w.hooks.StageSecret(ctx, w.other, e.ID)),
		"promote":    second(w.hooks.PromoteSecret(ctx, w.other, e.ID, 0)),
		"cancel":     second(w.hooks.CancelSecret(ctx, w.other, e.ID)),
		"test":       second(w.hooks.Test(ctx, w.other, e.ID, "message.received")),
		"redeliver":  w.hooks.Redeliver(ctx, w.other, e.ID, d.ID),
		"by another": w.hooks.Redeliver(ctx, w.other, theirs.ID, d.ID),
		"all failed": second(w.hooks.RedeliverFailed(ctx, w.other, e.ID, 0)),
		"delete":     w.hooks.Delete(ctx, w.other, e.ID),
		"deliveries": third(w.hooks.Deliveries(w.q(), w.other.OrgID, e.ID, webhook.Filter{})),
		"delivery":   fourth(w.hooks.Delivery(w.q(), w.other.OrgID, d.ID)),
	} {
		if !errs.Is(err, errs.NotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if all, err := w.hooks.Endpoints(w.q(), w.other.OrgID); err != nil || len(all) != 1 || all[0].ID != theirs.ID {
		t.Errorf("%v %v", all, err)
	}
}

func second[A any](_ A, err error) error                 { return err }
func third[A, B any](_ A, _ B, err error) error          { return err }
func fourth[A, B, C any](_ A, _ B, _ C, err error) error { return err }

func TestDelete(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	r.says(500)
	e, _ := w.hook(r.URL)
	w.happen(600)
	w.ok(w.hooks.Delete(t.Context(), w.owner, e.ID))
	w.eventually("deliveries are gone", func() bool {
		left, err := db.Value[int](w.q(), `SELECT (SELECT count(*) FROM webhook_delivery) + (SELECT count(*) FROM webhook_attempt) + (SELECT count(*) FROM webhook_health)`)
		return err == nil && left == 0
	})
	w.happen(1)
	w.quiet()
	if _, err := w.hooks.Endpoint(w.q(), w.owner.OrgID, e.ID); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
}

func TestPagesOfDeliveries(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	e, _ := w.hook(r.URL)
	w.happen(25)
	w.eventually("delivered", func() bool { return w.endpoint(e.ID).Pending == 0 })
	r.says(400)
	w.happen(5)
	seen, cursor := map[int64]bool{}, ""
	last := int64(1<<63 - 1)
	for pages := 0; ; pages++ {
		page, next, err := w.hooks.Deliveries(w.q(), w.owner.OrgID, e.ID, webhook.Filter{Take: 7, Cursor: cursor})
		w.ok(err)
		for _, d := range page {
			if d.ID >= last {
				t.Error("not newest first")
			}
			last = d.ID
			seen[d.ID] = true
		}
		if cursor = next; cursor == "" {
			if pages != 4 {
				t.Errorf("%d pages", pages+1)
			}
			break
		}
	}
	if len(seen) != 30 || len(w.list(e.ID, webhook.Delivered)) != 25 || len(w.list(e.ID, webhook.Pending)) != 5 {
		t.Errorf("%d deliveries", len(seen))
	}
	if _, _, err := w.hooks.Deliveries(w.q(), w.owner.OrgID, e.ID, webhook.Filter{State: "LOST"}); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}
