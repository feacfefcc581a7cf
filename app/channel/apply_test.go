package channel_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"badala/app/channel"
	"badala/app/db"
	"badala/app/meta"
)

// apply gives the changes of a fixture to the number, at another time if later is not 0.
func (b *bench) apply(c channel.Channel, name string, later time.Duration) error {
	b.Helper()
	hook, err := meta.ParseWebhook(fixture(b, name))
	if err != nil {
		b.Fatal(err)
	}
	return b.db.Write(context.Background(), func(tx *db.Tx) error {
		for _, e := range hook.Entries {
			for _, change := range e.Changes {
				if !change.Time.IsZero() {
					change.Time = change.Time.Add(later)
				}
				if err := b.s.ApplyTx(tx, c, change); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (b *bench) must(c channel.Channel, name string, later time.Duration) channel.Channel {
	b.Helper()
	if err := b.apply(c, name, later); err != nil {
		b.Fatal(name, err)
	}
	return b.get(c)
}

func (b *bench) template(c channel.Channel, name string) channel.Template {
	b.Helper()
	all, err := b.s.Templates(b.q(), c.OrgID, c.ID)
	if err != nil {
		b.Fatal(err)
	}
	for _, v := range all {
		if v.Name == name {
			return v
		}
	}
	b.Fatal("no template", name)
	return channel.Template{}
}

func TestTemplateNews(t *testing.T) {
	b := open(t, channel.Options{})
	c := b.create(b.owner, draftA)
	b.must(c, "template-status-approved", 0)
	v := b.template(c, "visit_reminder")
	if v.Status != "APPROVED" || v.Category != "UTILITY" || v.MetaID != "1948820334417726" || v.Language != "en_US" {
		t.Errorf("%+v", v)
	}
	b.must(c, "template-category-upcoming", 0)
	if v := b.template(c, "visit_reminder"); v.Category != "UTILITY" || v.NextCategory != "MARKETING" || v.NextCategoryAt == 0 {
		t.Errorf("announced: %+v", v)
	}
	b.must(c, "template-category-changed", 0)
	b.must(c, "template-category-upcoming", 0) // late, and again
	if v := b.template(c, "visit_reminder"); v.Category != "MARKETING" || v.NextCategory != "" {
		t.Errorf("done: %+v", v)
	}
	b.write(func(tx *db.Tx) error { // what was to be done before
		_, err := tx.Exec(`DELETE FROM job`)
		return err
	})
	b.must(c, "template-components", 0)
	if v := b.template(c, "visit_reminder"); v.Status != "APPROVED" {
		t.Errorf("%+v", v)
	}
	if n, err := db.Value[int](b.q(), `SELECT count(*) FROM job WHERE kind = 'channel.templates'`); err != nil || n != 1 {
		t.Errorf("%d jobs that read the templates, %v", n, err)
	}
	b.must(c, "template-status-paused", 0)
	b.must(c, "template-quality", 0)
	if v := b.template(c, "autumn_offer_v2"); v.Status != "PAUSED" || v.Quality != "YELLOW" || v.Reason == "" {
		t.Errorf("%+v", v)
	}
	b.must(c, "template-status-rejected", 0)
	b.must(c, "template-status-disabled", 0)
}

func TestTemplateNewsOutOfOrder(t *testing.T) {
	b := open(t, channel.Options{})
	c := b.create(b.owner, draftA)
	b.must(c, "template-status-paused", 0)
	news := len(b.happened("channel.updated"))
	b.must(c, "template-status-paused", 0)
	b.must(c, "template-status-paused", -time.Minute)
	if len(b.happened("channel.updated")) != news {
		t.Error("old news was told again")
	}
	change := meta.Change{Field: "message_template_status_update", WABAID: accountA, Time: time.Unix(1795167000, 0),
		Raw: []byte(`{"event":"APPROVED","message_template_id":1948820334418955,"message_template_name":"autumn_offer_v2","message_template_language":"en-US"}`)}
	b.write(func(tx *db.Tx) error { return b.s.ApplyTx(tx, c, change) })
	if v := b.template(c, "autumn_offer_v2"); v.Status != "PAUSED" {
		t.Error("an older approval won:", v.Status)
	}
	change.Time = time.Unix(1795169000, 0)
	b.write(func(tx *db.Tx) error { return b.s.ApplyTx(tx, c, change) })
	if v := b.template(c, "autumn_offer_v2"); v.Status != "APPROVED" {
		t.Error("a newer approval lost:", v.Status)
	}
	if all, _ := b.s.Templates(b.q(), 7, c.ID); len(all) != 1 {
		t.Error("en-US and en_US are two templates")
	}
	quality := meta.Change{Field: "message_template_status_update", WABAID: accountA, Time: time.Unix(1795169100, 0),
		Raw: []byte(`{"previous_quality_score":"GREEN","new_quality_score":"RED","message_template_name":"autumn_offer_v2","message_template_language":"en_US"}`)}
	b.write(func(tx *db.Tx) error { return b.s.ApplyTx(tx, c, quality) })
	if v := b.template(c, "autumn_offer_v2"); v.Quality != "RED" || v.Status != "APPROVED" {
		t.Errorf("quality under the wrong name: %+v", v)
	}
}

func TestNumberAndAccountNews(t *testing.T) {
	b := open(t, channel.Options{})
	c := b.create(b.owner, draftA)
	if got := b.must(c, "phone-quality", 0); got.Tier != "TIER_UNLIMITED" || got.Throughput != "HIGH" {
		t.Errorf("%+v", got)
	}
	if got := b.must(c, "business-capability", 0); got.Tier != "TIER_10K" {
		t.Errorf("%+v", got)
	}
	if got := b.must(c, "phone-name", 0); got.VerifiedName != "Walnut Works Ltd" || got.Health.NameDecision != "APPROVED" {
		t.Errorf("%+v", got)
	}
	if got := b.must(c, "security-pin", 0); got.Health.Security == nil || got.Health.Security.Kind != "PIN_CHANGED" {
		t.Errorf("%+v", got.Health)
	}
	if got := b.must(c, "account-alert", 0); got.Health.Alert == nil || got.Health.Alert.Level != "WARNING" {
		t.Errorf("%+v", got.Health)
	}
	got := b.must(c, "account-update-restriction", 0)
	if len(got.Health.Restrictions) != 2 || got.Health.TemplatesHeldUntil() != 1795424400000 || !got.CanSend() {
		t.Errorf("%+v", got.Health)
	}
	if got := b.must(c, "account-update-ban", 0); got.Health.Ban != "SCHEDULE_FOR_DISABLE" || got.Health.BanDate == "" || !got.CanSend() {
		t.Errorf("%+v", got)
	}
	if got := b.must(c, "value-errors", 0); got.Health.Error == nil || got.Health.Error.Code != 130429 {
		t.Errorf("%+v", got.Health)
	}
	if got := b.must(c, "account-update-partner-removed", 0); got.State != channel.Disconnected || got.CanSend() {
		t.Errorf("%+v", got)
	}
	if !contains(b.happened("channel.health"), "PRIMARY_INACTIVITY") {
		t.Error("not told:", b.happened("channel.health"))
	}
	if err := b.apply(c, "unknown-field", 0); err == nil {
		t.Error("an unknown field was taken for known")
	}
}

func TestNewsOfAnotherNumber(t *testing.T) {
	b := open(t, channel.Options{})
	sister := draftA
	sister.PhoneNumber, sister.PhoneNumberID = "+12125550177", "601448210099999"
	c := b.create(b.owner, sister)
	if got := b.must(c, "phone-name", 0); got.VerifiedName != "" {
		t.Error("took another number's name")
	}
	if got := b.must(c, "account-alert", 0); got.Health.Alert != nil {
		t.Error("took another number's alert")
	}
}

func TestBanAndRestrictionStopSending(t *testing.T) {
	b := open(t, channel.Options{})
	c := b.create(b.owner, draftA)
	var resumed []int64
	b.s.OnResume(func(_ *db.Tx, id int64) error { resumed = append(resumed, id); return nil })
	tell := func(at int64, raw string) channel.Channel {
		change := meta.Change{Field: "account_update", WABAID: accountA, Time: time.Unix(at, 0), Raw: []byte(raw)}
		b.write(func(tx *db.Tx) error { return b.s.ApplyTx(tx, c, change) })
		return b.get(c)
	}
	if got := tell(1000, `{"event":"DISABLED_UPDATE","ban_info":{"waba_ban_state":"DISABLE","waba_ban_date":"November 27, 2026"}}`); got.CanSend() || got.PausedReason != channel.ReasonBanned {
		t.Errorf("%+v", got)
	}
	if got := tell(2000, `{"event":"DISABLED_UPDATE","ban_info":{"waba_ban_state":"REINSTATE"}}`); !got.CanSend() || got.Health.Ban != "" {
		t.Errorf("%+v", got)
	}
	until := b.clock.now.Add(time.Hour).Unix()
	raw := `{"event":"ACCOUNT_RESTRICTION","restriction_info":[{"restriction_type":"RESTRICTED_CUSTOMER_INITIATED_MESSAGING","expiration":` + strconv.FormatInt(until, 10) + `}]}`
	if got := tell(3000, raw); got.CanSend() || got.PausedReason != channel.ReasonRestricted || got.PausedUntil != until*1000 {
		t.Errorf("%+v", got)
	}
	if len(resumed) != 1 {
		t.Error(resumed)
	}
	if err := b.s.Resume(context.Background(), b.owner, c.ID); err != nil || !b.get(c).CanSend() {
		t.Error(err)
	}
	if len(resumed) != 2 {
		t.Error(resumed)
	}
}

func TestPause(t *testing.T) {
	b := open(t, channel.Options{})
	c := b.create(b.owner, draftA)
	for range 2 {
		b.write(func(tx *db.Tx) error { return b.s.PauseTx(tx, c.ID, "meta.190") })
	}
	if got := b.get(c); got.State != channel.Paused || got.PausedReason != "meta.190" {
		t.Errorf("%+v", got)
	}
	if n := len(b.happened("channel.health")); n != 1 {
		t.Error("told", n, "times")
	}
	if _, err := b.s.Update(context.Background(), b.owner, c.ID, channel.Draft{AccessToken: "token-a", Name: "x"}); err != nil {
		t.Fatal(err)
	}
	if b.get(c).CanSend() {
		t.Error("resumed without new credentials")
	}
	b.write(func(tx *db.Tx) error { return b.s.ResumeTx(tx, c.ID) })
	if got := b.get(c); got.State != channel.Connecting || got.PausedReason != "" {
		t.Errorf("%+v", got)
	}
}
