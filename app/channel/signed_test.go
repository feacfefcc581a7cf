package channel_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"badala/app/channel"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/meta"
)

func TestVerify(t *testing.T) {
	b := open(t, channel.Options{})
	ctx := context.Background()
	text := fixture(t, "msg-text")
	if _, err := b.s.Verify(ctx, text, meta.Sign(secretA, text)); !errs.Is(err, errs.Forbidden) {
		t.Error("without any secret:", err)
	}
	a := b.create(b.owner, draftA)
	other := b.create(boss(8), draftB)
	template, batch, foreign, broken := fixture(t, "template-status-approved"), fixture(t, "batch-multi-entry"), fixture(t, "dashboard-test"), fixture(t, "malformed-truncated")
	for _, c := range []struct {
		name   string
		body   []byte
		secret string
		kind   errs.Kind // 0: accepted
		want   []int64
		org    int64
	}{
		{"good", text, secretA, 0, []int64{a.ID}, 7},
		{"unknown secret", text, "nobody's", errs.Unauthorized, nil, 0},
		{"another organisation's secret", text, secretB, errs.Unauthorized, nil, 0},
		{"account field", template, secretA, 0, []int64{a.ID}, 7},
		{"account field, wrong secret", template, secretB, errs.Unauthorized, nil, 0},
		{"batch of two apps touches its own only", batch, secretA, 0, []int64{a.ID}, 7},
		{"batch signed by the other", batch, secretB, 0, []int64{other.ID}, 8},
		{"dashboard test", foreign, secretB, 0, nil, 8},
		{"dashboard test, wrong secret", foreign, "nobody's", errs.Unauthorized, nil, 0},
		{"malformed", broken, secretA, 0, nil, 7},
		{"malformed, wrong secret", broken, "nobody's", errs.Unauthorized, nil, 0},
	} {
		got, err := b.s.Verify(ctx, c.body, meta.Sign(c.secret, c.body))
		if c.kind != 0 {
			if !errs.Is(err, c.kind) {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if err != nil || len(got.Channels) != len(c.want) || got.OrgID != c.org || len(c.want) > 0 && got.Channels[0].ID != c.want[0] {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
	}
	for _, header := range []string{"", "sha256=", meta.Sign(secretA, text)[7:], meta.Sign("verify-a", text), meta.Sign("token-a", text)} {
		if _, err := b.s.Verify(ctx, text, header); !errs.Is(err, errs.Unauthorized) {
			t.Errorf("header %q: %v", header, err)
		}
	}
	signed, err := b.s.Verify(ctx, batch, meta.Sign(secretA, batch))
	if err != nil || len(signed.For(numberB, accountB)) != 0 || len(signed.For("", accountB)) != 0 || len(signed.For(numberA, accountA)) != 1 {
		t.Error("one secret reaches another's number:", err)
	}
}

func TestVerifyFollowsChanges(t *testing.T) {
	b := open(t, channel.Options{})
	ctx := context.Background()
	a := b.create(b.owner, draftA)
	body := fixture(t, "msg-text")
	if _, err := b.s.Verify(ctx, body, meta.Sign(secretA, body)); err != nil {
		t.Fatal(err)
	}
	if err := b.s.Delete(ctx, b.owner, a.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := b.s.Verify(ctx, body, meta.Sign(secretA, body)); !errs.Is(err, errs.Forbidden) {
		t.Error("a removed number still verifies:", err)
	}
	if _, err := b.s.ByID(b.q(), 7, a.ID); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
	if again := b.create(b.owner, draftA); again.ID != a.ID {
		t.Error("the number came back as another one")
	}
	if _, err := b.s.Verify(ctx, body, meta.Sign(secretA, body)); err != nil {
		t.Error(err)
	}
}

func TestRaw(t *testing.T) {
	b := open(t, channel.Options{})
	ctx := context.Background()
	a := b.create(b.owner, draftA)
	body := fixture(t, "msg-text")
	keep := func() (raw int64, signed channel.Signed) {
		signed, err := b.s.Verify(ctx, body, meta.Sign(secretA, body))
		if err != nil {
			t.Fatal(err)
		}
		b.write(func(tx *db.Tx) (err error) {
			raw, err = b.s.KeepRawTx(tx, body, signed)
			return err
		})
		return raw, signed
	}
	raw, _ := keep()
	got := b.get(a)
	if got.State != channel.Active || got.FirstWebhookAt != b.db.Now() || got.LastWebhookAt != b.db.Now() {
		t.Errorf("%+v", got)
	}
	if v, err := b.s.Raw(b.q(), 7, raw); err != nil || !bytes.Equal(v.Body, body) || v.State != "APPLIED" || v.Summary != "messages: text" {
		t.Errorf("%+v %v", v, err)
	}
	if _, err := b.s.Raw(b.q(), 8, raw); !errs.Is(err, errs.NotFound) {
		t.Error("another organisation reads it:", err)
	}
	b.write(func(tx *db.Tx) error { return b.s.FailRawTx(tx, raw, errors.New("a bug")) })
	if all, err := b.s.Failed(b.q(), 7); err != nil || len(all) != 1 || all[0].Error != "a bug" || all[0].Attempts != 1 {
		t.Error(all, err)
	}
	if _, _, err := b.s.ReplayRaw(ctx, 8, raw); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
	again, signed, err := b.s.ReplayRaw(ctx, 7, raw)
	if err != nil || !bytes.Equal(again, body) || len(signed.For(numberA, accountA)) != 1 {
		t.Error(signed, err)
	}
	b.write(func(tx *db.Tx) error { return b.s.DoneRawTx(tx, raw) })
	if n, err := b.s.FailedCount(b.q(), 7); err != nil || n != 0 {
		t.Error(n, err)
	}
	if _, _, err := b.s.ReplayRaw(ctx, 7, raw); !errs.Is(err, errs.NotFound) {
		t.Error("replayed twice:", err)
	}
	b.clock.now = b.clock.now.Add(30 * time.Second)
	keep()
	if got := b.get(a); got.LastWebhookAt != b.db.Now() {
		t.Error("the newest webhook is not told")
	}
	b.clock.now = b.clock.now.Add(31 * 24 * time.Hour)
	kept, _ := keep()
	before, gone := b.db.Now()-30*24*time.Hour.Milliseconds(), int64(0)
	if n, first, err := channel.RawBetween(b.q(), 7, 0, before); err != nil || n != 2 || first == 0 {
		t.Error(n, first, err)
	}
	if err := b.s.DropRaw(ctx, 7, before, func(_ *db.Tx, n int64) error { gone += n; return nil }); err != nil || gone != 2 {
		t.Error(gone, err)
	}
	if _, err := b.s.Raw(b.q(), 7, kept); err != nil {
		t.Error(err)
	}
}

func TestDashboardTestIsKept(t *testing.T) {
	b := open(t, channel.Options{})
	a := b.create(b.owner, draftA)
	body := fixture(t, "dashboard-test")
	signed, err := b.s.Verify(context.Background(), body, meta.Sign(secretA, body))
	if err != nil {
		t.Fatal(err)
	}
	var raw int64
	b.write(func(tx *db.Tx) (err error) {
		raw, err = b.s.KeepRawTx(tx, body, signed)
		return err
	})
	b.write(func(tx *db.Tx) error { return b.s.DoneRawTx(tx, raw) })
	if v, err := b.s.Raw(b.q(), 7, raw); err != nil || v.State != "IGNORED" {
		t.Error(v.State, err)
	}
	if b.get(a).FirstWebhookAt != 0 {
		t.Error("a test of the dashboard is no webhook of the number")
	}
}

func TestVerifyChallenge(t *testing.T) {
	b := open(t, channel.Options{})
	ctx := context.Background()
	if b.s.VerifyChallenge(ctx, "") {
		t.Error("an empty token")
	}
	a := b.create(b.owner, draftA)
	for token, want := range map[string]bool{"verify-a": true, "verify-b": false, "": false, secretA: false} {
		if got := b.s.VerifyChallenge(ctx, token); got != want {
			t.Errorf("%q: %v", token, got)
		}
	}
	if b.get(a).VerifiedAt == 0 {
		t.Error("not noted")
	}
}
