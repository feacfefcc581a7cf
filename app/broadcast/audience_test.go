package broadcast_test

import (
	"testing"

	"badala/app/broadcast"
	"badala/app/contact"
)

func TestCountTellsWhoIsLeftOutAndWhy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids := w.people(6, "vip")
	w.consent(ids[0], new(false))
	w.consent(ids[1], new(true))
	a := broadcast.Audience{Tags: []string{"VIP"}, ContactIDs: []int64{ids[2], 99}, Numbers: []string{phoneOf(3) + "\nnonsense; +965 5999 9999", "+96559999999"}}
	c, err := w.Count(t.Context(), w.boss.OrgID, a)
	noErr(t, err)
	// Six by the tag, one of them again, an unknown id, one of them by number,
	// no number at all, and a new number twice.
	if c.Total != 9 || c.Sendable != 6 {
		t.Errorf("%+v", c)
	}
	for why, n := range map[string]int{broadcast.SkipOptedOut: 1, broadcast.SkipDuplicate: 3, broadcast.SkipGone: 1, broadcast.SkipNotNumber: 1} {
		if c.LeftOut[why] != n {
			t.Errorf("%s: %d, want %d", why, c.LeftOut[why], n)
		}
	}
	if c.Countries["KW"] != 6 || len(c.Sample) != 5 {
		t.Errorf("%+v", c)
	}
	noErr(t, w.SetSettings(t.Context(), w.boss, broadcast.Settings{ExplicitConsent: true, Currency: "KWD"}))
	c, err = w.Count(t.Context(), w.boss.OrgID, a)
	noErr(t, err)
	if c.Sendable != 1 || c.LeftOut[broadcast.SkipNoConsent] != 5 {
		t.Errorf("with consent asked for: %+v", c)
	}
}

func TestAudienceNeedsAConditionOrAWord(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people(3)
	for _, a := range []struct {
		audience broadcast.Audience
		want     int
	}{
		{broadcast.Audience{}, 0},
		{broadcast.Audience{Everyone: true}, 3},
		{broadcast.Audience{Search: "Person1"}, 1},
		{broadcast.Audience{Tags: []string{"nobody has it"}}, 0},
		{broadcast.Audience{Source: contact.FromPerson}, 3},
		{broadcast.Audience{Consent: new(true)}, 0},
	} {
		c, err := w.Count(t.Context(), w.boss.OrgID, a.audience)
		noErr(t, err)
		if c.Sendable != a.want {
			t.Errorf("%+v picks %d, want %d", a.audience, c.Sendable, a.want)
		}
	}
	in := w.input(broadcast.Audience{})
	b := w.create(in)
	if _, err := w.Start(t.Context(), w.boss, b.ID); err == nil {
		t.Error("a broadcast to nobody has begun")
	}
}

func TestTagsAllOrAny(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i, tags := range [][]string{{"a"}, {"b"}, {"a", "b"}, {"c"}} {
		_, _, err := w.folks.Upsert(t.Context(), w.boss, contact.UpsertInput{Patch: contact.Patch{Phone: new(phoneOf(i)), Tags: &tags}})
		noErr(t, err)
	}
	for _, c := range []struct {
		any  bool
		want int
	}{{false, 1}, {true, 3}} {
		got, err := w.Count(t.Context(), w.boss.OrgID, broadcast.Audience{Tags: []string{"a", "b"}, AnyTag: c.any})
		noErr(t, err)
		if got.Sendable != c.want {
			t.Errorf("any %v: %d, want %d", c.any, got.Sendable, c.want)
		}
	}
}

func TestPreviewWritesToRealRecipients(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.people(2)
	in := w.input(broadcast.Audience{Everyone: true, Numbers: []string{"+96559999999"}})
	all, err := w.Preview(t.Context(), w.boss.OrgID, in)
	noErr(t, err)
	if len(all) != 3 || all[0].Shown.Body != "Hello Person1, see you on Monday." || all[2].Shown.Body != "Hello friend, see you on Monday." {
		t.Errorf("%+v", all)
	}
	in.Given.Variables.Named["first_name"] = "{{company}}"
	all, err = w.Preview(t.Context(), w.boss.OrgID, in)
	noErr(t, err)
	if len(all[0].Missing) != 1 {
		t.Errorf("%+v", all[0])
	}
	in.Given.Variables.Named["first_name"] = "{{shoe size}}"
	if _, err := w.Create(t.Context(), w.boss, in); err == nil {
		t.Error("a field that contacts do not have was taken")
	}
}
