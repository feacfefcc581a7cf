package inbox_test

import (
	"context"
	"encoding/json"
	"testing"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/inbox"
)

// TestNoChangeNothingRecorded does everything twice: the second time changes
// nothing and the log stays as it was.
func TestNoChangeNothingRecorded(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.hello(s.phone, "Hi")
	ctx := context.Background()
	tag := func(do func(id int64) error) func() error {
		return func() error {
			c := s.conversation(conv)
			if len(c.Tags) == 0 {
				return nil
			}
			return do(c.Tags[0].ID)
		}
	}
	steps := []struct {
		name, event string
		do          func() error
	}{
		{"read", "conversation.updated", func() error { return s.inbox.MarkRead(ctx, s.agent, conv) }},
		{"unread", "conversation.updated", func() error { return s.inbox.MarkUnread(ctx, s.agent, conv) }},
		{"assign", "conversation.assigned", func() error { return s.inbox.Assign(ctx, s.agent, conv, s.agent.UserID) }},
		{"unassign", "conversation.assigned", func() error { return s.inbox.Assign(ctx, s.agent, conv, 0) }},
		{"close", "conversation.closed", func() error { return s.inbox.Close(ctx, s.agent, conv) }},
		{"reopen", "conversation.reopened", func() error { return s.inbox.Reopen(ctx, s.agent, conv) }},
		{"tag", "conversation.updated", func() error { return s.inbox.AddTag(ctx, s.agent, conv, "VIP") }},
		{"untag", "conversation.updated", tag(func(id int64) error { return s.inbox.RemoveTag(ctx, s.agent, conv, id) })},
	}
	for _, step := range steps {
		before := s.head()
		noErr(t, step.do())
		once := s.head()
		last, err := s.events.Since(s.q(), s.agent.OrgID, once-1, 1)
		if err != nil || once != before+1 || last[0].Type != step.event || last[0].ActorID != s.agent.UserID {
			t.Errorf("%s: %d events, last %+v, %v", step.name, once-before, last, err)
		}
		if rev := s.conversation(conv).Rev; rev != once {
			t.Errorf("%s: revision %d, log %d", step.name, rev, once)
		}
		noErr(t, step.do())
		if s.head() != once {
			t.Errorf("%s: a second time was recorded", step.name)
		}
	}
	lines := 0
	thread, err := s.inbox.Messages(s.q(), s.agent.OrgID, conv, inbox.Page{Take: 50})
	noErr(t, err)
	for _, m := range thread {
		if m.Direction == inbox.Activity {
			lines++
		}
	}
	if lines != 4 {
		t.Errorf("%d activity lines, want 4", lines)
	}
	s.eventually("the read receipt", func() bool { return len(s.sim.Reads()) == 1 })
}

func TestAssign(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.hello(s.phone, "Hi")
	sami := s.staff("Sami", "sami@shop.example", "Shop", "AGENT")
	noErr(t, s.inbox.Assign(t.Context(), s.agent, conv, s.agent.UserID))
	noErr(t, s.inbox.Assign(t.Context(), s.agent, conv, sami.UserID))
	all := s.eventsOf("conversation.assigned")
	var data struct {
		AssigneeID, PreviousAssigneeID int64
		Reason                         string
	}
	noErr(t, json.Unmarshal(all[len(all)-1].Data, &data))
	if data.AssigneeID != sami.UserID || data.PreviousAssigneeID != s.agent.UserID || data.Reason != "MANUAL" {
		t.Errorf("data %+v", data)
	}
	wantCode(t, s.inbox.Assign(t.Context(), s.agent, conv, s.other.UserID), errs.Invalid, "not_a_member")
	noErr(t, s.accounts.Disable(t.Context(), s.agent, sami.UserID))
	noErr(t, s.inbox.Assign(t.Context(), s.agent, conv, 0))
	wantCode(t, s.inbox.Assign(t.Context(), s.agent, conv, sami.UserID), errs.Invalid, "not_a_member")
	if err := s.inbox.Assign(t.Context(), s.other, conv, s.other.UserID); !errs.Is(err, errs.NotFound) {
		t.Errorf("another organisation: %v", err)
	}
}

func TestNotes(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.hello(s.phone, "Hi")
	sami := s.staff("Sami", "sami@shop.example", "Shop", "AGENT")
	in := inbox.NoteInput{Body: "Ask @[" + db.FormatID("user", sami.UserID) + "], twice @[" + db.FormatID("user", sami.UserID) + "]", ClientID: "n1"}
	n, err := s.inbox.AddNote(t.Context(), s.agent, conv, in)
	noErr(t, err)
	again, err := s.inbox.AddNote(t.Context(), s.agent, conv, in)
	noErr(t, err)
	if n.ID != again.ID || n.Direction != inbox.Note || len(n.Extra().Mentions) != 1 || n.Extra().Mentions[0] != sami.UserID {
		t.Errorf("note %+v", n)
	}
	if rows, err := db.Value[int](s.q(), `SELECT count(*) FROM mention WHERE user_id = ? AND message_id = ?`, sami.UserID, n.ID); err != nil || rows != 1 {
		t.Errorf("%d mentions, %v", rows, err)
	}
	if len(s.eventsOf("note.added")) != 1 || len(s.sim.Sends()) != 0 {
		t.Error("a note left the house, or was recorded twice")
	}
	if c := s.conversation(conv); c.LastMessageID == n.ID || c.AssigneeID != 0 {
		t.Errorf("conversation %+v", c)
	}
	for name, body := range map[string]string{
		"stranger": "@[" + db.FormatID("user", s.other.UserID) + "]", "nobody": "@[user_X]", "empty": " ",
	} {
		if _, err := s.inbox.AddNote(t.Context(), s.agent, conv, inbox.NoteInput{Body: body}); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDrafts(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.hello(s.phone, "Hi")
	sami := s.staff("Sami", "sami@shop.example", "Shop", "AGENT")
	save := func(d inbox.Draft) {
		t.Helper()
		noErr(t, s.inbox.SaveDraft(t.Context(), s.agent, conv, d))
	}
	save(inbox.Draft{Mode: inbox.DraftReply, Body: "Dear Hu"})
	save(inbox.Draft{Mode: inbox.DraftReply, Body: "Dear Huda"})
	save(inbox.Draft{Mode: inbox.DraftNote, Body: "Careful"})
	mine, err := s.inbox.Drafts(s.q(), s.agent, conv)
	if err != nil || mine[inbox.DraftReply].Body != "Dear Huda" || mine[inbox.DraftNote].Body != "Careful" {
		t.Errorf("drafts %+v, %v", mine, err)
	}
	if theirs, err := s.inbox.Drafts(s.q(), sami, conv); err != nil || len(theirs) != 0 {
		t.Errorf("a teammate sees %+v, %v", theirs, err)
	}
	save(inbox.Draft{Mode: inbox.DraftReply, Body: " "})
	if mine, err = s.inbox.Drafts(s.q(), s.agent, conv); err != nil || len(mine) != 1 {
		t.Errorf("drafts %+v, %v", mine, err)
	}
	_, err = s.inbox.AddNote(t.Context(), s.agent, conv, inbox.NoteInput{Body: "Careful"})
	noErr(t, err)
	save(inbox.Draft{Mode: inbox.DraftReply, Body: "Dear Huda"})
	s.text(conv, "Dear Huda")
	if mine, err = s.inbox.Drafts(s.q(), s.agent, conv); err != nil || len(mine) != 0 {
		t.Errorf("drafts left after sending: %+v, %v", mine, err)
	}
	if err := s.inbox.SaveDraft(t.Context(), s.other, conv, inbox.Draft{Mode: inbox.DraftReply, Body: "x"}); !errs.Is(err, errs.NotFound) {
		t.Errorf("another organisation: %v", err)
	}
}

// TestViewerChangesNothing has somebody who may only look try everything.
func TestViewerChangesNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	conv := s.hello(s.phone, "Hi")
	viewer := s.staff("Vera", "vera@shop.example", "Shop", "VIEWER")
	before := s.head()
	ctx := t.Context()
	for name, err := range map[string]error{
		"unread": s.inbox.MarkUnread(ctx, viewer, conv),
		"close":  s.inbox.Close(ctx, viewer, conv),
		"assign": s.inbox.Assign(ctx, viewer, conv, viewer.UserID),
		"tag":    s.inbox.AddTag(ctx, viewer, conv, "x"),
		"draft":  s.inbox.SaveDraft(ctx, viewer, conv, inbox.Draft{Mode: inbox.DraftReply, Body: "x"}),
	} {
		if !errs.Is(err, errs.Forbidden) {
			t.Errorf("%s: %v", name, err)
		}
	}
	noErr(t, s.inbox.MarkRead(ctx, viewer, conv))
	if s.head() != before || s.conversation(conv).UnreadCount != 1 {
		t.Error("a viewer changed something")
	}
}
