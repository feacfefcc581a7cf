package channel_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/channel"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/meta/sim"
	"badala/app/template"
)

// sync reads the templates of a number's account.
func (b *bench) sync(who account.Actor, c channel.Channel) channel.SyncResult {
	b.Helper()
	b.clock.now = b.clock.now.Add(10 * time.Minute)
	r, err := b.s.SyncTemplates(b.Context(), who, c.ID)
	if err != nil {
		b.Fatal(err)
	}
	return r
}

func draftOf(t testing.TB, name string, components string) template.Draft {
	t.Helper()
	spec, err := template.Parse("", json.RawMessage(components))
	if err != nil {
		t.Fatal(err)
	}
	return template.Draft{Name: name, Language: "en_US", Category: template.Utility, Spec: spec}
}

func wantCode(t testing.TB, err error, kind errs.Kind, code string) {
	t.Helper()
	if e := errs.As(err); e == nil || e.Kind != kind || e.Code != code {
		t.Errorf("error %v, want kind %d code %q", err, kind, code)
	}
}

func TestSyncTemplates(t *testing.T) {
	b := open(t, channel.Options{})
	c := b.create(b.owner, draftA)
	n := len(sim.SampleTemplates())
	if r := b.sync(b.owner, c); r != (channel.SyncResult{Total: n, Added: n}) {
		t.Errorf("first: %+v", r)
	}
	if r := b.sync(b.owner, c); r != (channel.SyncResult{Total: n}) {
		t.Errorf("again: %+v", r)
	}
	v := b.template(c, "visit_reminder")
	if v.Status != "APPROVED" || v.Format != "NAMED" || v.Quality != "GREEN" || v.Usable() != nil || v.SyncedAt == 0 {
		t.Errorf("%+v", v)
	}
	if err := b.sim.SetTemplate(numberA, "visit_reminder", "en_US", sim.TemplateChange{Status: "PAUSED", Quality: "RED"}); err != nil {
		t.Fatal(err)
	}
	b.deleteAtMeta(c, "shipping_update", "fr")
	if r := b.sync(b.owner, c); r != (channel.SyncResult{Total: n - 1, Changed: 1, Gone: 1}) {
		t.Errorf("after changes: %+v", r)
	}
	if v := b.template(c, "visit_reminder"); v.Status != "PAUSED" || v.Quality != "RED" || v.Usable() == nil {
		t.Errorf("%+v", v)
	}
	gone, err := b.s.Template(b.q(), 7, c.ID, "shipping_update", "fr")
	if err != nil || gone.Status != channel.TemplateDeleted {
		t.Errorf("gone: %+v %v", gone, err)
	}
	b.clock.now = b.clock.now.Add(31 * 24 * time.Hour)
	b.sync(b.owner, c)
	if _, err := b.s.Template(b.q(), 7, c.ID, "shipping_update", "fr"); !errs.Is(err, errs.NotFound) {
		t.Errorf("after 30 days: %v", err)
	}
	if read, err := b.s.TemplatesRead(b.q(), 7, c.ID); err != nil || read.SyncedAt == 0 || read.Error != "" {
		t.Errorf("%+v %v", read, err)
	}
	_, err = b.s.SyncTemplates(b.Context(), account.Actor{OrgID: 7, Role: account.Supervisor, Kind: account.KindUser}, c.ID)
	wantCode(t, err, errs.Forbidden, "forbidden")
}

// deleteAtMeta removes one language of a template behind our back.
func (b *bench) deleteAtMeta(c channel.Channel, name, language string) {
	b.Helper()
	v, err := b.s.Template(b.q(), c.OrgID, c.ID, name, language)
	if err != nil {
		b.Fatal(err)
	}
	if err := b.meta.DeleteTemplate(b.Context(), c.Creds(), c.WABAID, name, v.MetaID); err != nil {
		b.Fatal(err)
	}
}

// TestSyncIsOlderThanNews keeps what a webhook told after Meta was asked.
func TestSyncIsOlderThanNews(t *testing.T) {
	b := open(t, channel.Options{})
	c := b.create(b.owner, draftA)
	b.sync(b.owner, c)
	b.clock.now = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	b.must(c, "template-status-paused", 365*24*time.Hour)
	if _, err := b.s.SyncTemplates(b.Context(), b.owner, c.ID); err != nil {
		t.Fatal(err)
	}
	if v := b.template(c, "autumn_offer_v2"); v.Status != "PAUSED" || v.Reason == "" {
		t.Errorf("%+v", v)
	}
}

// TestTemplatesAreOfTheAccount shares templates among the numbers of an account,
// and among no others.
func TestTemplatesAreOfTheAccount(t *testing.T) {
	b := open(t, channel.Options{})
	b.sim.AddNumber(sim.Number{PhoneNumberID: "601448210099999", WABAID: accountA, DisplayPhoneNumber: "+1 212-555-0149", AccessToken: "token-a", AppSecret: secretA, AppID: "900100200300"})
	first := b.create(b.owner, draftA)
	d := draftA
	d.PhoneNumberID, d.PhoneNumber = "601448210099999", "+12125550149"
	second := b.create(b.owner, d)
	stranger := b.create(boss(8), draftB)
	b.sync(b.owner, first)
	if all, err := b.s.Templates(b.q(), 7, second.ID); err != nil || len(all) != len(sim.SampleTemplates()) {
		t.Errorf("the second number has %d, %v", len(all), err)
	}
	if all, err := b.s.Templates(b.q(), 8, stranger.ID); err != nil || len(all) != 0 {
		t.Errorf("a stranger has %d, %v", len(all), err)
	}
	v := b.template(first, "hello_world")
	if _, err := b.s.TemplateByID(b.q(), 8, stranger.ID, v.ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("a stranger reads %v", err)
	}
}

// TestSyncJobs reads every account in a job of its own: a dead token harms
// nobody else.
func TestSyncJobs(t *testing.T) {
	b := open(t, channel.Options{})
	bad, good := b.create(b.owner, draftA), b.create(boss(8), draftB)
	b.sim.AddNumber(sim.Number{PhoneNumberID: numberA, WABAID: accountA, DisplayPhoneNumber: "+12125550142", AccessToken: "renewed", AppSecret: secretA, AppID: "900100200300"})
	if err := b.queue.RunNow(b.Context(), "channel.templates", func(*db.Tx) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if n, err := db.Value[int](b.q(), `SELECT count(*) FROM job WHERE kind = 'channel.templates'`); err != nil || n != 4 { // and one each since they were connected
		t.Fatalf("%d jobs, %v", n, err)
	}
	b.work(func() bool {
		all, err := b.s.Templates(b.q(), 8, good.ID)
		read, err2 := b.s.TemplatesRead(b.q(), 7, bad.ID)
		return err == nil && err2 == nil && len(all) > 0 && read.Error != ""
	})
	if all, err := b.s.Templates(b.q(), 7, bad.ID); err != nil || len(all) != 0 {
		t.Errorf("%d templates with a dead token, %v", len(all), err)
	}
}

// work runs the queue until done, with all waits over.
func (b *bench) work(done func() bool) {
	b.Helper()
	b.clock.now = b.clock.now.Add(time.Hour)
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- b.queue.Run(ctx) }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(10 * time.Second); !done(); <-tick.C {
		if time.Now().After(end) {
			b.Error("not in time")
			break
		}
	}
	stop()
	if err := <-ended; err != nil {
		b.Error(err)
	}
}

func TestFreshTemplate(t *testing.T) {
	b := open(t, channel.Options{})
	c := b.create(b.owner, draftA)
	v, err := b.s.FreshTemplate(b.Context(), 7, c.ID, "visit_reminder", "en-US")
	if err != nil || v.Usable() != nil {
		t.Fatalf("%+v %v", v, err)
	}
	_, err = b.s.FreshTemplate(b.Context(), 7, c.ID, "shipping_update", "de")
	wantCode(t, err, errs.Unprocessable, "template_unknown")
	if e := errs.As(err); !slices.Equal(e.Details, []string{"templateLanguage: this template exists in en_US, fr"}) {
		t.Errorf("%q", e.Details)
	}
	if _, err := b.s.FreshTemplate(b.Context(), 8, c.ID, "visit_reminder", "en_US"); !errs.Is(err, errs.NotFound) {
		t.Errorf("a stranger: %v", err)
	}
}

func TestWriteTemplates(t *testing.T) {
	b := open(t, channel.Options{})
	c := b.create(b.owner, draftA)
	b.sync(b.owner, c)
	ctx := b.Context()
	body := `[{"type":"BODY","text":"Hello {{1}}, it is ready.","example":{"body_text":[["Ana"]]}}]`
	v, err := b.s.CreateTemplate(ctx, b.owner, c.ID, draftOf(t, "desk_ready", body))
	if err != nil || v.Status != "PENDING" || v.MetaID == "" || v.Category != "UTILITY" || v.Format != "POSITIONAL" {
		t.Fatalf("%+v %v", v, err)
	}
	_, err = b.s.CreateTemplate(ctx, b.owner, c.ID, draftOf(t, "desk_ready", body))
	wantCode(t, err, errs.Conflict, "template_exists")
	_, err = b.s.EditTemplate(ctx, b.owner, c.ID, v.ID, draftOf(t, "x", body))
	wantCode(t, err, errs.Conflict, "template_locked")
	_, err = b.s.CreateTemplate(ctx, b.owner, c.ID, draftOf(t, "Bad Name", `[{"type":"BODY","text":"{{1}}"}]`))
	if e := errs.As(err); e == nil || e.Kind != errs.Invalid || !strings.HasPrefix(e.Details[0], "name: ") {
		t.Errorf("%v", err)
	}
	hello := b.template(c, "hello_world")
	hello, err = b.s.EditTemplate(ctx, b.owner, c.ID, hello.ID, draftOf(t, "x", `[{"type":"BODY","text":"Good morning."}]`))
	if err != nil || hello.Status != "PENDING" || !strings.Contains(string(hello.Components), "Good morning.") {
		t.Errorf("%+v %v", hello, err)
	}
	marketing := draftOf(t, "x", body)
	marketing.Category = template.Marketing
	_, err = b.s.EditTemplate(ctx, b.owner, c.ID, b.template(c, "visit_reminder").ID, marketing)
	if e := errs.As(err); e == nil || e.Kind != errs.Invalid {
		t.Errorf("the category of an approved one: %v", err)
	}
	if name, err := b.s.DuplicateName(b.q(), 7, c.ID, "autumn_offer"); err != nil || name != "autumn_offer_2" {
		t.Errorf("%s %v", name, err)
	}
	if err := b.s.DeleteTemplate(ctx, b.owner, c.ID, b.template(c, "shipping_update").ID, true); err != nil {
		t.Error(err)
	}
	all, err := b.s.FindTemplates(b.q(), 7, c.ID, channel.TemplateFilter{Search: "shipping"})
	if err != nil || len(all) != 0 {
		t.Errorf("%d left, %v", len(all), err)
	}
	b.sim.AddNumber(sim.Number{PhoneNumberID: numberA, WABAID: accountA, DisplayPhoneNumber: "+12125550142", AccessToken: "renewed", AppSecret: secretA, AppID: "900100200300"})
	_, err = b.s.CreateTemplate(ctx, b.owner, c.ID, draftOf(t, "one_more", body))
	wantCode(t, err, errs.Upstream, "meta_refused")
	_, err = b.s.CreateTemplate(ctx, account.Actor{OrgID: 7, Role: account.Agent, Kind: account.KindUser}, c.ID, draftOf(t, "one_more", body))
	wantCode(t, err, errs.Forbidden, "forbidden")
	if lines := b.audit(); !contains(lines, "template.create") || !contains(lines, "template.update") || strings.Count(strings.Join(lines, "\n"), "template.delete") != 2 {
		t.Errorf("%q", lines)
	}
}

func (b *bench) audit() []string {
	b.Helper()
	all, err := db.All(b.q(), func(r *db.Rows, v *string) error { return r.Scan(v) }, `SELECT action || ' ' || detail FROM audit ORDER BY id`)
	if err != nil {
		b.Fatal(err)
	}
	return all
}

// TestSamples uploads the example file of a header, to the app that the token
// is of when the number names none.
func TestSamples(t *testing.T) {
	b := open(t, channel.Options{})
	c := b.create(b.owner, draftA)
	d := draftOf(t, "with_picture", `[{"type":"HEADER","format":"IMAGE","example":{"header_handle":["an-upload-key"]}},{"type":"BODY","text":"Look."}]`)
	_, err := b.s.CreateTemplate(b.Context(), b.owner, c.ID, d)
	if e := errs.As(err); e == nil || e.Kind != errs.Invalid {
		t.Errorf("without a source: %v", err)
	}
	b.s.OnSample(func(_ context.Context, org int64, kind, name string) (channel.Sample, error) {
		if org != 7 || kind != "image" || name != "an-upload-key" {
			t.Errorf("asked for %s %s of %d", kind, name, org)
		}
		return channel.Sample{Body: closer{strings.NewReader("jpeg")}, ContentType: "image/jpeg", FileName: "a.jpg", Size: 4}, nil
	})
	v, err := b.s.CreateTemplate(b.Context(), b.owner, c.ID, d)
	if err != nil || strings.Contains(string(v.Components), "an-upload-key") {
		t.Errorf("%s %v", v.Components, err)
	}
}

type closer struct{ *strings.Reader }

func (closer) Close() error { return nil }

func TestTemplateStatusOfASend(t *testing.T) {
	b := open(t, channel.Options{})
	c := b.create(b.owner, draftA)
	b.sync(b.owner, c)
	b.write(func(tx *db.Tx) error {
		return b.s.SetTemplateStatusTx(tx, 7, c.ID, "hello_world", "en_US", channel.TemplatePaused, "quality")
	})
	if v := b.template(c, "hello_world"); v.Status != "PAUSED" || v.Reason != "quality" {
		t.Errorf("%+v", v)
	}
	b.write(func(tx *db.Tx) error {
		return b.s.SetTemplateStatusTx(tx, 7, c.ID, "nothing", "en_US", channel.TemplatePaused, "")
	})
	if got := b.happened("channel.updated"); !contains(got, "hello_world PAUSED") {
		t.Errorf("%q", got)
	}
}
