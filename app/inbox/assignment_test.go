package inbox_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/inbox"
)

// colleague adds somebody to the owner's organisation.
func (w *receiving) colleague(name string, role account.Role) account.Actor {
	w.tb.Helper()
	a := account.Actor{OrgID: w.owner.OrgID, Role: role, Name: name, Kind: account.KindUser}
	noErr(w.tb, w.db.Write(w.tb.Context(), func(tx *db.Tx) error {
		a.UserID = tx.NewID()
		if _, err := tx.Exec(`INSERT INTO user (id, email, name, created_at, updated_at) VALUES (?, ?, ?, 1, 1)`, a.UserID, name+"@shop.example", name); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT INTO member (org_id, user_id, role, active, created_at, updated_at) VALUES (?, ?, ?, 1, 1, 1)`, a.OrgID, a.UserID, role)
		return err
	}))
	return a
}

// access gives a member access or takes it away.
func (w *receiving) access(a account.Actor, active bool) {
	w.tb.Helper()
	noErr(w.tb, w.db.Write(w.tb.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE member SET active = ? WHERE org_id = ? AND user_id = ?`, active, a.OrgID, a.UserID)
		return err
	}))
}

var wamids = func() func() string {
	next := make(chan int, 1)
	next <- 0
	return func() string { n := <-next; next <- n + 1; return fmt.Sprintf("wamid.given%d", n) }
}()

// write has a customer write and gives the conversation.
func (w *receiving) write(phone string) inbox.Conversation {
	w.tb.Helper()
	w.post(bodyOf(w.tb, "messages", map[string]any{
		"contacts": []any{map[string]any{"wa_id": phone, "profile": map[string]string{"name": "Customer"}}},
		"messages": []any{textItem(wamids(), phone, "hello", w.clock.Now())},
	}))
	all, _, err := w.inbox.Conversations(w.q(), w.owner.OrgID, inbox.Filter{Search: phone})
	noErr(w.tb, err)
	if len(all) != 1 {
		w.tb.Fatalf("%d conversations with %s", len(all), phone)
	}
	return all[0]
}

// strangers has so many new customers write, and counts who got them.
func (w *receiving) strangers(from, n int) map[int64]int {
	w.tb.Helper()
	got := map[int64]int{}
	for i := range n {
		got[w.write(fmt.Sprintf("9665%08d", from+i)).AssigneeID]++
	}
	return got
}

func (w *receiving) set(p inbox.AssignmentPatch) inbox.Assignment {
	w.tb.Helper()
	a, err := w.inbox.SetAssignment(w.tb.Context(), w.owner, w.channel.ID, p)
	noErr(w.tb, err)
	return a
}

func ids(all ...account.Actor) *[]int64 {
	out := []int64{}
	for _, a := range all {
		out = append(out, a.UserID)
	}
	return &out
}

// reasons are why a conversation changed hands, oldest first.
func (w *receiving) reasons(conv int64) []string {
	w.tb.Helper()
	all, err := w.events.Since(w.q(), w.owner.OrgID, 0, 100_000)
	noErr(w.tb, err)
	var out []string
	for _, e := range all {
		if e.Type != "conversation.assigned" || e.ConversationID != conv {
			continue
		}
		var data struct{ Reason string }
		noErr(w.tb, json.Unmarshal(e.Data, &data))
		out = append(out, data.Reason)
	}
	return out
}

func TestTurnsAreEvenWhoeverComesAndGoes(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	a, b, c := w.colleague("Aisha", account.Agent), w.colleague("Bader", account.Agent), w.colleague("Dalal", account.Supervisor)
	if got := w.strangers(0, 2); got[0] != 2 {
		t.Errorf("without a setting somebody got %v", got)
	}
	w.set(inbox.AssignmentPatch{Mode: new(inbox.AssignRoundRobin), Members: ids(a, b)})
	if got := w.strangers(100, 7); got[a.UserID] != 4 || got[b.UserID] != 3 {
		t.Errorf("two took %v", got)
	}
	w.set(inbox.AssignmentPatch{Members: ids(a, b, c)}) // one more: no catching up
	if got := w.strangers(200, 6); got[a.UserID] != 2 || got[b.UserID] != 2 || got[c.UserID] != 2 {
		t.Errorf("three took %v", got)
	}
	w.access(b, false) // away for a while: no catching up either
	if got := w.strangers(300, 6); got[a.UserID]+got[c.UserID] != 6 || got[a.UserID] != 3 {
		t.Errorf("without Bader %v", got)
	}
	w.access(b, true)
	if got := w.strangers(400, 9); got[a.UserID] != 3 || got[b.UserID] != 3 || got[c.UserID] != 3 {
		t.Errorf("with Bader again %v", got)
	}
	for _, turn := range w.set(inbox.AssignmentPatch{}).Members {
		if want := map[int64]int{a.UserID: 12, b.UserID: 8, c.UserID: 8}[turn.UserID]; turn.Given != want {
			t.Errorf("%d has %d, want %d", turn.UserID, turn.Given, want)
		}
	}
}

func TestEveryAssignmentSaysWhy(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	a := w.colleague("Aisha", account.Agent)
	w.set(inbox.AssignmentPatch{Mode: new(inbox.AssignRoundRobin), Members: ids(a)})
	conv := w.write("966500000001")
	thread := w.thread(conv.ID)
	last := thread[len(thread)-1]
	if last.Type != inbox.ActivityAssigned || last.Extra().Reason != "ROUND_ROBIN" || last.Extra().Assignee != a.UserID || last.SentByKind != inbox.SentByAutomation {
		t.Errorf("the line is %+v", last)
	}
	if len(thread) != 2 || thread[0].Direction != inbox.Inbound {
		t.Errorf("the thread has %d entries", len(thread))
	}
	if got := w.reasons(conv.ID); !slices.Equal(got, []string{"ROUND_ROBIN"}) {
		t.Errorf("reasons %q", got)
	}
	lines, _, err := w.accounts.Audit(t.Context(), w.owner, account.AuditFilter{Action: "channel.assignment"})
	noErr(t, err)
	if len(lines) != 1 || !strings.Contains(string(lines[0].After), `"mode":"ROUND_ROBIN"`) || strings.Contains(string(lines[0].After), "maxOpen") {
		t.Errorf("audit %+v", lines)
	}
	w.set(inbox.AssignmentPatch{Members: ids(a)})
	if lines, _, err = w.accounts.Audit(t.Context(), w.owner, account.AuditFilter{Action: "channel.assignment"}); err != nil || len(lines) != 1 {
		t.Errorf("a change of nothing left %d lines: %v", len(lines), err)
	}
}

func TestWhatSomebodyHasStaysTheirs(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	ctx := t.Context()
	a, b, c := w.colleague("Aisha", account.Agent), w.colleague("Bader", account.Agent), w.colleague("Dalal", account.Agent)
	w.set(inbox.AssignmentPatch{Mode: new(inbox.AssignRoundRobin), Members: ids(a, b)})
	conv := w.write("966500000001")
	noErr(t, w.inbox.Assign(ctx, a, conv.ID, c.UserID)) // by hand, to somebody outside
	if got := w.write("966500000001"); got.AssigneeID != c.UserID {
		t.Error("the next message took it away")
	}
	noErr(t, w.inbox.Close(ctx, c, conv.ID))
	if got := w.write("966500000001"); got.AssigneeID != c.UserID || got.IsClosed() {
		t.Errorf("reopened it is with %d", got.AssigneeID)
	}
	noErr(t, w.inbox.Close(ctx, c, conv.ID))
	w.access(c, false)
	if got := w.write("966500000001"); got.AssigneeID != b.UserID {
		t.Errorf("with its owner gone it is with %d, not Bader", got.AssigneeID)
	}
	noErr(t, w.inbox.Assign(ctx, a, conv.ID, 0))
	if got := w.write("966500000001"); got.AssigneeID != 0 {
		t.Error("taken back by hand, it was given out again")
	}
	if got := w.reasons(conv.ID); !slices.Equal(got, []string{"ROUND_ROBIN", "MANUAL", "ROUND_ROBIN", "MANUAL"}) {
		t.Errorf("reasons %q", got)
	}
	// Nobody there at all: it goes to where everybody sees it.
	other := w.write("966500000002")
	noErr(t, w.inbox.Assign(ctx, a, other.ID, b.UserID))
	noErr(t, w.inbox.Close(ctx, b, other.ID))
	w.access(a, false)
	w.access(b, false)
	if got := w.write("966500000002"); got.AssigneeID != 0 {
		t.Errorf("with nobody there it is with %d", got.AssigneeID)
	}
}

func TestFullHandsGetNothing(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	ctx := t.Context()
	a, b := w.colleague("Aisha", account.Agent), w.colleague("Bader", account.Agent)
	w.set(inbox.AssignmentPatch{Mode: new(inbox.AssignRoundRobin), Members: ids(a, b), MaxOpen: new(2)})
	if got := w.strangers(0, 6); got[a.UserID] != 2 || got[b.UserID] != 2 || got[0] != 2 {
		t.Fatalf("with two each: %v", got)
	}
	first := w.write(fmt.Sprintf("9665%08d", 0))
	noErr(t, w.inbox.Close(ctx, a, first.ID))
	if got := w.write(fmt.Sprintf("9665%08d", 4)); got.AssigneeID != a.UserID {
		t.Errorf("the place that became free went to %d", got.AssigneeID)
	}
	// A greater limit takes the last one that waits; none waits twice.
	w.set(inbox.AssignmentPatch{MaxOpen: new(5)})
	last := w.write(fmt.Sprintf("9665%08d", 5))
	if last.AssigneeID == 0 || len(w.reasons(last.ID)) != 1 {
		t.Errorf("the last is with %d, %q", last.AssigneeID, w.reasons(last.ID))
	}
	if n, err := db.Value[int](w.q(), `SELECT count(*) FROM assignment_wait`); err != nil || n != 0 {
		t.Errorf("%d still wait: %v", n, err)
	}
}

func TestRulesByTag(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	ctx := t.Context()
	a, b, c := w.colleague("Aisha", account.Agent), w.colleague("Bader", account.Agent), w.colleague("Dalal", account.Agent)
	setting := w.set(inbox.AssignmentPatch{Mode: new(inbox.AssignByTag), Members: ids(c),
		Rules: &[]inbox.RuleInput{{Tag: "VIP", AssigneeID: a.UserID}, {Tag: "شحن", AssigneeID: b.UserID}}})
	conv := w.write("966500000001")
	if conv.AssigneeID != 0 {
		t.Fatal("no rule fits, and somebody got it")
	}
	noErr(t, w.inbox.AddTag(ctx, c, conv.ID, "Other"))
	noErr(t, w.inbox.AddTag(ctx, c, conv.ID, "شحن"))
	if got := w.write("966500000001"); got.AssigneeID != b.UserID {
		t.Errorf("the tag gave it to %d", got.AssigneeID)
	}
	noErr(t, w.inbox.AddTag(ctx, c, conv.ID, "vip"))
	if got := w.write("966500000001"); got.AssigneeID != b.UserID {
		t.Error("a tag took a conversation from somebody")
	}
	// The contact's tags count, and the first rule wins.
	_, err := w.contacts.AddTag(ctx, w.owner, conv.ContactID, "VIP")
	noErr(t, err)
	noErr(t, w.inbox.Close(ctx, b, conv.ID))
	w.access(b, false)
	if got := w.write("966500000001"); got.AssigneeID != a.UserID {
		t.Errorf("the first rule gives it to %d", got.AssigneeID)
	}
	if got := w.reasons(conv.ID); !slices.Equal(got, []string{"TAG_RULE", "TAG_RULE"}) {
		t.Errorf("reasons %q", got)
	}
	w.set(inbox.AssignmentPatch{Fallback: &inbox.Fallback{Kind: inbox.AssignPerson, AssigneeID: c.UserID}})
	byPerson := w.write("966500000003")
	w.set(inbox.AssignmentPatch{Fallback: &inbox.Fallback{Kind: inbox.AssignRoundRobin}, Members: ids(a)})
	inTurn := w.write("966500000004")
	if byPerson.AssigneeID != c.UserID || inTurn.AssigneeID != a.UserID {
		t.Errorf("fallbacks %d, %d", byPerson.AssigneeID, inTurn.AssigneeID)
	}
	if got := w.reasons(inTurn.ID); !slices.Equal(got, []string{"FALLBACK"}) {
		t.Errorf("reasons %q", got)
	}
	if user, reason, err := w.inbox.WouldGet(w.q(), w.owner.OrgID, w.channel.ID, setting.Rules[0].Tag.ID); err != nil || user != a.UserID || reason != "TAG_RULE" {
		t.Errorf("VIP would go to %d, %s: %v", user, reason, err)
	}
	noErr(t, w.contacts.DeleteTag(ctx, w.owner, setting.Rules[0].Tag.ID))
	if got := w.set(inbox.AssignmentPatch{}); len(got.Rules) != 1 || got.Rules[0].Tag.Name != "شحن" {
		t.Errorf("rules %+v", got.Rules)
	}
}

func TestWrongAssignmentsAreRefused(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	a, viewer := w.colleague("Aisha", account.Agent), w.colleague("Vera", account.Viewer)
	for want, p := range map[string]inbox.AssignmentPatch{
		"mode":                {Mode: new("EVERY")},
		"memberIds":           {Mode: new(inbox.AssignRoundRobin)},
		"memberIds[1]":        {Members: ids(a, viewer)},
		"rules[0].assigneeId": {Rules: &[]inbox.RuleInput{{Tag: "VIP", AssigneeID: 7}}},
		"rules[0].tag":        {Rules: &[]inbox.RuleInput{{Tag: " ", AssigneeID: a.UserID}}},
		"fallback":            {Fallback: &inbox.Fallback{Kind: "SOMEBODY"}},
		"fallback.assigneeId": {Fallback: &inbox.Fallback{Kind: inbox.AssignPerson, AssigneeID: viewer.UserID}},
		"maxOpen":             {MaxOpen: new(-1)},
	} {
		_, err := w.inbox.SetAssignment(t.Context(), w.owner, w.channel.ID, p)
		if !errs.Is(err, errs.Invalid) || !strings.HasPrefix(errs.As(err).Details[0], want+": ") {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, err := w.inbox.SetAssignment(t.Context(), a, w.channel.ID, inbox.AssignmentPatch{}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("an agent: %v", err)
	}
	if _, err := w.inbox.SetAssignment(t.Context(), w.owner, 7, inbox.AssignmentPatch{}); !errs.Is(err, errs.NotFound) {
		t.Errorf("no such channel: %v", err)
	}
}
