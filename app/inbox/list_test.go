package inbox_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"badala/app/db"
	"badala/app/inbox"
)

// crowd has n customers write one message each, a minute apart, and gives
// their conversations, latest first.
func (w *receiving) crowd(n int) []inbox.Conversation {
	w.tb.Helper()
	var items []any
	for i := range n {
		at := shortly.Add(time.Duration(i-n) * time.Minute)
		items = append(items, textItem(fmt.Sprintf("wamid.%d", i), fmt.Sprintf("46701740%03d", i), fmt.Sprintf("message %d", i), at))
	}
	w.post(bodyOf(w.tb, "messages", map[string]any{"messages": items}))
	var all []inbox.Conversation
	for before := ""; ; {
		page, next, err := w.inbox.Conversations(w.q(), w.owner.OrgID, inbox.Filter{Take: 7, Before: before})
		noErr(w.tb, err)
		all = append(all, page...)
		if before = next; next == "" {
			return all
		}
	}
}

func (w *receiving) exec(sql string, args ...any) {
	w.tb.Helper()
	noErr(w.tb, w.db.Write(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec(sql, args...)
		return err
	}))
}

func TestListPages(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	all := w.crowd(30)
	if len(all) != 30 {
		t.Fatalf("%d conversations in pages of 7, want 30", len(all))
	}
	if !slices.IsSortedFunc(all, func(a, b inbox.Conversation) int { return int(b.LastMessageAt - a.LastMessageAt) }) {
		t.Error("not latest first")
	}
	for _, c := range all {
		if c.Contact.ID != c.ContactID || c.Contact.Phone == "" || c.LastPreview.Text == "" {
			t.Fatalf("incomplete %+v", c)
		}
	}
	if _, _, err := w.inbox.Conversations(w.q(), w.owner.OrgID, inbox.Filter{Before: "%%"}); err == nil {
		t.Error("a broken cursor is taken")
	}
}

func TestViewsAndFilters(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	all := w.crowd(12)
	tag := int64(77)
	w.exec(`INSERT INTO tag(id, org_id, name, name_text, colour, created_at) VALUES(?, ?, 'VIP', 'vip', 'red', 1)`, tag, w.owner.OrgID)
	w.exec(`INSERT INTO conversation_tag(conversation_id, tag_id, org_id) VALUES(?, ?, ?)`, all[0].ID, tag, w.owner.OrgID)
	w.exec(`UPDATE conversation SET assignee_id = ? WHERE id IN (?, ?)`, w.owner.UserID, all[1].ID, all[2].ID)
	w.exec(`UPDATE conversation SET assignee_id = 5 WHERE id = ?`, all[3].ID)
	w.exec(`UPDATE conversation SET status = 'CLOSED' WHERE id IN (?, ?)`, all[2].ID, all[4].ID)
	w.exec(`UPDATE conversation SET unread_count = 0 WHERE id IN (?, ?)`, all[1].ID, all[5].ID)
	for name, tt := range map[string]struct {
		f    inbox.Filter
		want int
	}{
		"everything":             {inbox.Filter{}, 12},
		"mine":                   {inbox.Filter{View: inbox.ViewMine, Viewer: w.owner.UserID}, 1},
		"unassigned":             {inbox.Filter{View: inbox.ViewUnassigned}, 8},
		"all open":               {inbox.Filter{View: inbox.ViewAll}, 10},
		"closed":                 {inbox.Filter{View: inbox.ViewClosed}, 2},
		"unread":                 {inbox.Filter{View: inbox.ViewAll, Unread: true}, 8},
		"unread and mine":        {inbox.Filter{View: inbox.ViewMine, Viewer: w.owner.UserID, Unread: true}, 0},
		"unread and unassigned":  {inbox.Filter{View: inbox.ViewUnassigned, Unread: true}, 7},
		"of a colleague":         {inbox.Filter{AssigneeID: 5}, 1},
		"tagged":                 {inbox.Filter{TagID: tag}, 1},
		"of the channel":         {inbox.Filter{ChannelID: w.channel.ID}, 12},
		"of another channel":     {inbox.Filter{ChannelID: 1}, 0},
		"by number":              {inbox.Filter{Search: "46701740003"}, 1},
		"by the end of a number": {inbox.Filter{Search: "740 005"}, 1},
		"by message":             {inbox.Filter{Search: "message 11"}, 1},
		"by message, closed":     {inbox.Filter{Search: "message", View: inbox.ViewClosed}, 2},
		"by nothing":             {inbox.Filter{Search: `"*zorg`}, 0},
	} {
		got, _, err := w.inbox.Conversations(w.q(), w.owner.OrgID, tt.f)
		if err != nil || len(got) != tt.want {
			t.Errorf("%s: %d (%v), want %d", name, len(got), err, tt.want)
		}
	}
	c, err := w.inbox.Conversation(w.q(), w.owner.OrgID, all[0].ID)
	if err != nil || len(c.Tags) != 1 || c.Tags[0].Name != "VIP" {
		t.Errorf("tags %+v, %v", c.Tags, err)
	}
	n, err := w.inbox.Counts(w.q(), w.owner.OrgID, w.owner.UserID)
	want := inbox.Counts{Mine: 1, Unassigned: 8, All: 10, Waiting: 10, MineUnread: 0, UnassignedUnread: 7, AllUnread: 8}
	if err != nil || n != want {
		t.Errorf("counts %+v, %v, want %+v", n, err, want)
	}
}

func TestThreadPages(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	var items []any
	for i := range 25 {
		items = append(items, textItem(fmt.Sprintf("wamid.%d", i), nora, fmt.Sprint(i), shortly.Add(time.Duration(i/3-20)*time.Second)))
	}
	w.post(bodyOf(t, "messages", map[string]any{"messages": items}))
	conv := w.only().ID
	var back []string
	for before := ""; ; {
		page, err := w.inbox.Messages(w.q(), w.owner.OrgID, conv, inbox.Page{Before: before, Take: 4})
		noErr(t, err)
		if len(page) == 0 {
			break
		}
		before = page[0].Cursor()
		for _, m := range slices.Backward(page) {
			back = append(back, m.Body)
		}
	}
	slices.Reverse(back)
	var forth []string
	for after := (inbox.Message{}).Cursor(); ; {
		page, err := w.inbox.Messages(w.q(), w.owner.OrgID, conv, inbox.Page{After: after, Take: 4})
		noErr(t, err)
		if len(page) == 0 {
			break
		}
		after = page[len(page)-1].Cursor()
		for _, m := range page {
			forth = append(forth, m.Body)
		}
	}
	if len(back) != 25 || !slices.Equal(back, forth) {
		t.Errorf("back %v, forth %v", back, forth)
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	all := w.crowd(3)
	first, err := w.inbox.Changes(w.q(), w.owner.OrgID, 0, all[0].ID)
	noErr(t, err)
	if len(first.Conversations) != 3 || len(first.Messages) != 1 || first.More {
		t.Fatalf("%+v", first)
	}
	if again, err := w.inbox.Changes(w.q(), w.owner.OrgID, first.Head, all[0].ID); err != nil || len(again.Conversations) != 0 || again.Head != first.Head {
		t.Errorf("%+v, %v", again, err)
	}
	w.post(bodyOf(t, "messages", map[string]any{"messages": []any{
		textItem("wamid.new", strings.TrimPrefix(all[1].Contact.Phone, "+"), "again", shortly)}}))
	then, err := w.inbox.Changes(w.q(), w.owner.OrgID, first.Head, all[0].ID)
	if err != nil || !slices.Equal(then.Conversations, []int64{all[1].ID}) || len(then.Messages) != 0 || then.Head <= first.Head {
		t.Errorf("%+v, %v", then, err)
	}
	// A long absence comes in pieces.
	for i := range 700 {
		w.wrote(fmt.Sprint("wamid.many", i), "x", shortly)
	}
	seen, head := 0, then.Head
	for more := true; more; {
		piece, err := w.inbox.Changes(w.q(), w.owner.OrgID, head, w.search(nora)[0].ID)
		noErr(t, err)
		seen += len(piece.Messages)
		head, more = piece.Head, piece.More
	}
	if seen != 700 {
		t.Errorf("%d messages in pieces, want 700", seen)
	}
}

// TestPlans keeps the hot queries on their indexes.
func TestPlans(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	w.crowd(20)
	type query struct {
		sql  string
		args []any
	}
	var all, counts []query
	yes, no := true, false
	for _, f := range []inbox.Filter{
		{}, {AssigneeID: 7}, {AssigneeID: inbox.Nobody}, {Unread: true}, {ChannelID: 3}, {TagID: 4},
		{Unread: true, AssigneeID: 7}, {ChannelID: 3, TagID: 4, Unread: true}, {Snoozed: &no}, {Snoozed: &yes},
		{Snoozed: &yes, AssigneeID: inbox.Nobody, Unread: true}, {View: inbox.ViewMine, Viewer: 7}, {View: inbox.ViewSnoozed, ChannelID: 3},
		{View: inbox.ViewMine, Viewer: 7, Sort: inbox.SortWaiting}, {View: inbox.ViewAll, Unread: true, Sort: inbox.SortWaiting},
	} {
		for _, before := range []string{"", "a.b"} {
			f.Before = before
			sql, args, err := f.ListQuery(1, inbox.Open)
			noErr(t, err)
			all = append(all, query{sql, args})
		}
		if f.Before = ""; f.TagID == 0 {
			sql, args, err := f.CountQuery(1, inbox.Open)
			noErr(t, err)
			counts = append(counts, query{sql, args})
		}
	}
	for _, f := range []inbox.Filter{
		{View: inbox.ViewWaiting}, {View: inbox.ViewWaiting, AssigneeID: 7, Unread: true, ChannelID: 3}, {View: inbox.ViewClosing}, {View: inbox.ViewClosing, AssigneeID: inbox.Nobody},
	} {
		for _, before := range []string{"", map[string]string{inbox.ViewWaiting: "w-", inbox.ViewClosing: "c-"}[f.View] + "a.b"} {
			f.Before = before
			sql, args, err := f.ListQuery(1, inbox.Open)
			noErr(t, err)
			all = append(all, query{sql, args})
		}
		f.Before = ""
		sql, args, err := f.CountQuery(1, inbox.Open)
		noErr(t, err)
		counts = append(counts, query{sql, args})
	}
	for _, sql := range slices.Concat(inbox.ThreadQueries, inbox.CountQueries, inbox.WaitingQueries, inbox.PersonQueries) {
		args := make([]any, strings.Count(sql, "?"))
		for i := range args {
			args[i] = 1
		}
		all = append(all, query{sql, args})
	}
	for _, one := range slices.Concat(all, counts) {
		plan, err := db.All(w.q(), func(r *db.Rows, s *string) error {
			var id, parent, n int
			return r.Scan(&id, &parent, &n, s)
		}, `EXPLAIN QUERY PLAN `+one.sql, one.args...)
		noErr(t, err)
		if slices.Contains(inbox.PersonQueries, one.sql) && !strings.Contains(strings.Join(plan, "\n"), "contact_id=?") {
			t.Errorf("%s reads the conversations of everybody: %s", one.sql, plan)
		}
		for _, step := range plan {
			// Counting scans what a limited subquery found.
			if strings.Contains(step, "TEMP B-TREE") || strings.HasPrefix(step, "SCAN") && step != "SCAN (subquery-1)" && !strings.HasPrefix(step, "SCAN json_each") {
				t.Errorf("%s\nin %s", step, one.sql)
			}
			if strings.HasPrefix(one.sql, "SELECT count(*)") && strings.HasPrefix(step, "SEARCH") && !strings.Contains(step, "COVERING") {
				t.Errorf("%s reads rows\nin %s", step, one.sql)
			}
		}
	}
}
