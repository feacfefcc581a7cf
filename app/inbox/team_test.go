package inbox_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/errs"
	"badala/app/inbox"
	"badala/app/meta/sim"
)

// TestSetTags sets, adds and removes tags, one event for each real change.
func TestSetTags(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.hello(s.phone, "hello")
	exact := func(names ...string) *[]string { return &names }
	for _, step := range []struct {
		name        string
		add, remove []string
		exact       *[]string
		want        []string
		changes     bool
	}{
		{"set", nil, nil, exact("VIP", "New"), []string{"New", "VIP"}, true},
		{"again, spelt otherwise", nil, nil, exact("vip", " NEW "), []string{"New", "VIP"}, false},
		{"add and remove", []string{"أحمر", "VIP"}, []string{"new", "none such"}, nil, []string{"VIP", "أحمر"}, true},
		{"nothing", nil, []string{"none such"}, nil, []string{"VIP", "أحمر"}, false},
		{"add what goes", []string{"Old"}, []string{"old"}, nil, []string{"VIP", "أحمر"}, false},
		{"none", nil, nil, exact(), nil, true},
	} {
		head := s.head()
		noErr(t, s.inbox.SetTags(t.Context(), s.agent, conv, step.add, step.remove, step.exact))
		var got []string
		for _, tag := range s.conversation(conv).Tags {
			got = append(got, tag.Name)
		}
		if !slices.Equal(got, step.want) {
			t.Errorf("%s: %q, want %q", step.name, got, step.want)
		}
		if changed := s.head() - head; changed != 0 != step.changes || changed > 1 {
			t.Errorf("%s: %d events", step.name, changed)
		}
	}
	err := s.inbox.SetTags(t.Context(), s.agent, conv, []string{""}, nil, nil)
	if !errs.Is(err, errs.Invalid) {
		t.Errorf("a tag without a name: %v", err)
	}
	if got := s.audited("conversation.tagged"); len(got) != 3 {
		t.Errorf("audit %q", got)
	}
}

// TestAuditLines has a line for each thing that a person or a key did, and
// none for what customers and the server do, nor for changes of nothing.
func TestAuditLines(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ctx := t.Context()
	conv := s.hello(s.phone, "secret words")
	program := account.Actor{OrgID: s.agent.OrgID, KeyID: 5, Role: account.Admin, Kind: account.KindAPI, IP: "192.0.2.7",
		Scopes: account.Scopes{account.ScopeMessages}}
	noErr(t, s.inbox.MarkRead(ctx, s.agent, conv))
	noErr(t, s.inbox.SaveDraft(ctx, s.agent, conv, inbox.Draft{Mode: "reply", Body: "secret words"}))
	until := s.later(time.Hour)
	for range 2 {
		noErr(t, s.inbox.Assign(ctx, program, conv, s.agent.UserID))
		noErr(t, s.inbox.SetTags(ctx, program, conv, []string{"VIP"}, nil, nil))
		noErr(t, s.inbox.Snooze(ctx, program, conv, until))
	}
	_, err := s.inbox.AddNote(ctx, program, conv, inbox.NoteInput{Body: "secret words"})
	noErr(t, err)
	m, err := s.inbox.Send(ctx, program, conv, inbox.SendInput{Type: "TEXT", Body: "secret words", ClientID: "one"})
	noErr(t, err)
	_, err = s.inbox.Send(ctx, program, conv, inbox.SendInput{Type: "TEXT", Body: "secret words", ClientID: "one"})
	noErr(t, err)
	noErr(t, s.inbox.Close(ctx, program, conv))
	noErr(t, s.inbox.Reopen(ctx, program, conv))
	s.messageOf(s.phone.SendText(shopNumber, "secret words"))
	want := []string{"conversation.reopened", "conversation.closed", "message.send", "note.add",
		"conversation.snoozed", "conversation.tagged", "conversation.assigned"}
	lines, _, err := s.accounts.Audit(ctx, s.agent, account.AuditFilter{KeyID: 5})
	noErr(t, err)
	var got []string
	for _, l := range lines {
		got = append(got, l.Action)
		if l.ActorKind != account.KindAPI || l.IP != "192.0.2.7" || l.Target == "" || l.TargetID == 0 {
			t.Errorf("line %+v", l)
		}
		if l.Action == "message.send" && (l.Target != "msg" || l.TargetID != m.ID) {
			t.Errorf("the send is %+v", l)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("lines %q, want %q", got, want)
	}
	s.audited("conversation.")
	s.audited("message.")
	s.audited("note.")
}

// TestAssignedSaysFromWhom reads what the log says of a change of hands.
func TestAssignedSaysFromWhom(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.hello(s.phone, "hello")
	sami := s.staff("Sami", "sami@shop.example", "Shop", account.Agent)
	for _, user := range []int64{s.agent.UserID, sami.UserID, 0} {
		noErr(t, s.inbox.Assign(t.Context(), s.agent, conv, user))
	}
	type data struct {
		AssigneeID         int64  `json:"assigneeId"`
		PreviousAssigneeID int64  `json:"previousAssigneeId"`
		Reason             string `json:"reason"`
	}
	want := []data{{s.agent.UserID, 0, "MANUAL"}, {sami.UserID, s.agent.UserID, "MANUAL"}, {0, sami.UserID, "MANUAL"}}
	var got []data
	for _, e := range s.eventsOf("conversation.assigned") {
		var d data
		noErr(t, json.Unmarshal(e.Data, &d))
		got = append(got, d)
	}
	if !slices.Equal(got, want) {
		t.Errorf("told %+v, want %+v", got, want)
	}
}

// TestRetryTellsTheStagesAnew fails a message that was sent, and sends it again.
func TestRetryTellsTheStagesAnew(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.hello(s.phone, "hello")
	s.sim.Misbehave(sim.Behaviour{FailLater: 1, FailCode: 131000})
	m := s.text(conv, "walnut")
	s.becomes(m.ID, inbox.StatusFailed)
	s.sim.Misbehave(sim.Behaviour{StatusBeforeAnswer: true})
	_, err := s.inbox.Retry(t.Context(), s.agent, m.ID)
	noErr(t, err)
	s.becomes(m.ID, inbox.StatusDelivered, inbox.StatusRead)
	if sent, failed := len(s.eventsOf("message.sent")), len(s.eventsOf("message.failed")); sent != 2 || failed != 1 {
		t.Errorf("sent %d times, failed %d", sent, failed)
	}
}
