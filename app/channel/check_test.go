package channel_test

import (
	"context"
	"log/slog"
	"testing"

	"badala/app/account"
	"badala/app/channel"
	"badala/app/errs"
	"badala/app/meta"
	"badala/app/queue"
)

func TestCredentials(t *testing.T) {
	b := open(t, channel.Options{})
	ctx := context.Background()
	good := channel.Draft{PhoneNumberID: numberA, WABAID: accountA, AccessToken: "token-a", AppSecret: secretA}
	with := func(change func(*channel.Draft)) channel.Draft {
		d := good
		change(&d)
		return d
	}
	for _, c := range []struct {
		name  string
		draft channel.Draft
		step  string // the one that is wrong; "": none
		key   string
	}{
		{"all right", good, "", ""},
		{"with app id", with(func(d *channel.Draft) { d.AppID = "900100200300" }), "", ""},
		{"nothing yet", channel.Draft{}, "", ""},
		{"token", with(func(d *channel.Draft) { d.AccessToken = "old" }), channel.StepToken, "check.access_token.invalid"},
		{"token of another number", with(func(d *channel.Draft) { d.AccessToken = "token-b" }), channel.StepToken, "check.access_token.invalid"},
		{"token with a space", with(func(d *channel.Draft) { d.AccessToken = "tok en" }), channel.StepToken, "check.access_token.shape"},
		{"secret", with(func(d *channel.Draft) { d.AppSecret = "wrong" }), channel.StepSecret, "check.app_secret.wrong"},
		{"secret, with app id", with(func(d *channel.Draft) { d.AppID, d.AppSecret = "900100200300", "wrong" }), channel.StepSecret, "check.app_secret.wrong"},
		{"token of another app", with(func(d *channel.Draft) { d.AppID, d.AppSecret = "900100200301", secretB }), channel.StepToken, "check.access_token.other_app"},
		{"number id unknown", with(func(d *channel.Draft) { d.PhoneNumberID = "111222333444" }), channel.StepNumber, "check.phone_number_id.missing"},
		{"phone number for its id", with(func(d *channel.Draft) { d.PhoneNumberID = "+1 212-555-0142" }), channel.StepNumber, "check.phone_number_id.shape"},
		{"ids swapped", with(func(d *channel.Draft) { d.PhoneNumberID, d.WABAID = accountA, numberA }), channel.StepNumber, "check.phone_number_id.swapped"},
		{"account unknown", with(func(d *channel.Draft) { d.WABAID = "111222333444" }), channel.StepAccount, "check.waba_id.missing"},
		{"account is the number", with(func(d *channel.Draft) { d.WABAID = numberA }), channel.StepAccount, "check.waba_id.same"},
	} {
		results, err := b.s.TestCredentials(ctx, b.owner, c.draft)
		if err != nil {
			t.Fatal(err)
		}
		var wrong []channel.CheckResult
		for _, r := range results {
			if !r.OK && !r.Unsure {
				wrong = append(wrong, r)
			}
		}
		if c.step == "" {
			if len(wrong) > 0 {
				t.Errorf("%s: %+v", c.name, wrong)
			}
			continue
		}
		if len(wrong) == 0 || wrong[0].Step != c.step || wrong[0].Message != c.key || wrong[0].Remedy != c.key+".fix" {
			t.Errorf("%s: %+v", c.name, results)
		}
	}
	agent := b.owner
	agent.Role = account.Agent
	if _, err := b.s.TestCredentials(ctx, agent, good); !errs.Is(err, errs.Forbidden) {
		t.Error(err)
	}
}

func TestCredentialsUnreachable(t *testing.T) {
	b := open(t, channel.Options{})
	log := slog.New(slog.DiscardHandler)
	s, err := channel.New(context.Background(), b.db, b.events, queue.New(b.db, log), meta.New("http://127.0.0.1:1", ""), log, channel.Options{})
	if err != nil {
		t.Fatal(err)
	}
	results, err := s.TestCredentials(context.Background(), b.owner, draftA)
	if err != nil || len(results) != 1 || !results[0].Unsure || results[0].Message != "check.unreachable" {
		t.Errorf("%+v %v", results, err)
	}
	c, results, err := s.Connect(context.Background(), b.owner, draftA)
	if err != nil || c.ID == 0 || c.SubscribedAt != 0 || results[len(results)-1].Message != "check.subscribe.failed" {
		t.Errorf("an unreachable Meta kept the number out: %+v %v", results, err)
	}
}

func TestConnect(t *testing.T) {
	b := open(t, channel.Options{PublicURL: "https://inbox.example.com/"})
	ctx := context.Background()
	bad := draftA
	bad.AppSecret = "wrong"
	if _, results, err := b.s.Connect(ctx, b.owner, bad); !errs.Is(err, errs.Unprocessable) || len(results) == 0 || len(errs.As(err).Details) != 1 {
		t.Error(results, err)
	}
	if list, _ := b.s.List(b.q(), 7); len(list) != 0 {
		t.Error("stored although refused")
	}
	draft := channel.Draft{PhoneNumberID: numberA, WABAID: accountA, AccessToken: " token-a\n", AppSecret: secretA}
	c, results, err := b.s.Connect(ctx, b.owner, draft)
	if err != nil {
		t.Fatal(err)
	}
	if c.Name != "Walnut Works" || c.PhoneNumber != "+12125550142" || c.State != channel.Connecting || !c.CanSend() || c.SubscribedAt == 0 ||
		c.Quality != "GREEN" || c.Tier != "TIER_2K" || len(c.VerifyToken) < 20 {
		t.Errorf("%+v", c)
	}
	if last := results[len(results)-1]; last.Step != channel.StepSubscribe || !last.OK {
		t.Errorf("%+v", results)
	}
	if b.s.WebhookURL() != "https://inbox.example.com/webhooks/whatsapp" {
		t.Error(b.s.WebhookURL())
	}
	for _, who := range []account.Actor{b.owner, boss(8)} {
		if _, _, err := b.s.Connect(ctx, who, draft); !errs.Is(err, errs.Conflict) {
			t.Error(err)
		}
	}
	if _, err := b.s.ByID(b.q(), 8, c.ID); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
}

func TestCreateValidates(t *testing.T) {
	b := open(t, channel.Options{})
	_, err := b.s.Create(context.Background(), b.owner, channel.Draft{PhoneNumberID: "x", PhoneNumber: "call me"})
	if e := errs.As(err); e == nil || e.Kind != errs.Invalid || len(e.Details) != 5 {
		t.Error(err)
	}
}

func TestUpdate(t *testing.T) {
	b := open(t, channel.Options{})
	ctx := context.Background()
	c := b.create(b.owner, draftA)
	if _, err := b.s.Update(ctx, b.owner, c.ID, channel.Draft{AccessToken: "stolen"}); !errs.Is(err, errs.Unprocessable) {
		t.Error(err)
	}
	if _, err := b.s.Update(ctx, b.owner, c.ID, channel.Draft{PhoneNumberID: numberB}); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
	got, err := b.s.Update(ctx, b.owner, c.ID, channel.Draft{Name: "Shop"})
	if err != nil || got.Name != "Shop" || got.AccessToken != "token-a" {
		t.Errorf("%+v %v", got, err)
	}
	before := len(b.happened("channel.updated"))
	if _, err := b.s.Update(ctx, b.owner, c.ID, channel.Draft{Name: "Shop"}); err != nil || len(b.happened("channel.updated")) != before {
		t.Error("an event for nothing", err)
	}
	if _, err := b.s.Update(ctx, boss(8), c.ID, channel.Draft{Name: "x"}); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
}
