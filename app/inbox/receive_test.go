package inbox_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/event"
	"badala/app/inbox"
	"badala/app/meta"
)

const nora = "46701740611"

// wrote posts one text of Nora's.
func (w *receiving) wrote(wamid, body string, at time.Time) {
	w.tb.Helper()
	w.post(bodyOf(w.tb, "messages", map[string]any{"messages": []any{textItem(wamid, nora, body, at)}}))
}

func TestRejected(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	body := fixture(t, "msg-text")
	for name, sig := range map[string]string{
		"none": "", "other secret": meta.Sign("another", body), "of other bytes": meta.Sign(fixtureSecret, body[:len(body)-1]),
	} {
		if err := w.inbox.Accept(context.Background(), body, sig); !errs.Is(err, errs.Unauthorized) {
			t.Errorf("%s: %v, want Unauthorized", name, err)
		}
	}
	n, err := db.Value[int](w.q(), `SELECT count(*) FROM inbound`)
	if err != nil || n != 0 || len(w.list()) != 0 {
		t.Errorf("%d raw bodies (%v), %d conversations", n, err, len(w.list()))
	}
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	w.fixtures("malformed-truncated", "unknown-field")
	if f := w.failures(); len(f) != 2 {
		t.Errorf("failures %v, want 2", f)
	}
	if n, err := db.Value[int](w.q(), `SELECT count(*) FROM inbound`); err != nil || n != 2 {
		t.Errorf("%d raw bodies (%v)", n, err)
	}
}

// TestOddItems posts a batch of a thousand with items that nobody can read.
func TestOddItems(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	var items []any
	for i := range 1000 {
		switch i {
		case 10:
			items = append(items, 42)
		case 20:
			items = append(items, map[string]any{"type": "text"})
		case 30:
			items = append(items, map[string]any{"id": "wamid.nobody", "type": "text", "text": map[string]string{"body": "x"}})
		case 40:
			items = append(items, map[string]any{"id": "wamid.odd", "from": nora, "timestamp": []int{1}, "type": "text", "text": "not an object"})
		default:
			items = append(items, textItem(fmt.Sprintf("wamid.%d", i), nora, fmt.Sprint(i), shortly))
		}
	}
	body := bodyOf(t, "messages", map[string]any{"messages": items})
	for range 3 {
		w.post(body)
	}
	if c := w.only(); c.UnreadCount != 997 {
		t.Errorf("%d messages, want 997", c.UnreadCount)
	}
	if f := w.failures(); len(f) != 3 || !strings.Contains(f[0], "message 10") {
		t.Errorf("failures %v", f)
	}
}

func TestReplay(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	other := w.org("Elsewhere")
	w.fixtures("batch-multi-entry")
	failed, err := w.channels.Failed(w.q(), w.owner.OrgID)
	noErr(t, err)
	if len(failed) != 1 || len(w.list()) != 2 {
		t.Fatalf("%d failed, %d conversations", len(failed), len(w.list()))
	}
	w.connect(w.owner, numberB, accountB, "447700900150", fixtureSecret)
	viewer := w.owner
	viewer.Role = account.Agent
	if err := w.inbox.Replay(context.Background(), viewer, failed[0].ID); !errs.Is(err, errs.Forbidden) {
		t.Errorf("an agent: %v", err)
	}
	if err := w.inbox.Replay(context.Background(), other, failed[0].ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("another organisation: %v", err)
	}
	noErr(t, w.inbox.Replay(context.Background(), w.owner, failed[0].ID))
	if f := w.failures(); len(f) != 0 || len(w.list()) != 3 {
		t.Errorf("failures %v, %d conversations", f, len(w.list()))
	}
	lines, err := db.Value[int](w.q(), `SELECT COUNT(*) FROM audit WHERE action = 'inbound.replay' AND target = 'inb' AND target_id = ? AND actor_id = ?`,
		failed[0].ID, w.owner.UserID)
	noErr(t, err)
	if lines != 1 {
		t.Errorf("%d audit lines, want the replay", lines)
	}
}

func TestSameBatchManyTimes(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	w.connect(w.owner, numberB, accountB, "447700900150", fixtureSecret)
	body := fixture(t, "batch-multi-entry")
	w.post(body)
	before := w.eventTypes()
	for range 49 {
		w.post(body)
	}
	if after := w.eventTypes(); !slices.Equal(before, after) {
		t.Errorf("repeats made events %v", after[len(before):])
	}
	total := 0
	for _, c := range w.list() {
		total += c.UnreadCount
	}
	if total != 4 || len(w.list()) != 3 {
		t.Errorf("%d messages in %d conversations, want 4 in 3", total, len(w.list()))
	}
}

func TestOrder(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	order := rand.New(rand.NewPCG(1, 2)).Perm(20)
	for _, i := range order {
		w.wrote(fmt.Sprintf("wamid.%02d", i), fmt.Sprintf("line %02d", i), shortly.Add(time.Duration(i-30)*time.Second))
	}
	c := w.only()
	for i, m := range w.thread(c.ID) {
		if m.Body != fmt.Sprintf("line %02d", i) {
			t.Fatalf("place %d holds %q", i, m.Body)
		}
	}
	if c.LastPreview.Text != "line 19" || c.UnreadCount != 20 {
		t.Errorf("preview %q, %d unread", c.LastPreview.Text, c.UnreadCount)
	}
}

func TestWindow(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	w.wrote("wamid.late", "three days old", shortly.Add(-72*time.Hour))
	if c := w.only(); c.WindowOpen(shortly.UnixMilli()) || c.WindowExpiresAt == 0 {
		t.Errorf("window until %d at %d", c.WindowExpiresAt, shortly.UnixMilli())
	}
	w.wrote("wamid.fast", "from the future", shortly.Add(time.Hour))
	if c := w.only(); c.WindowExpiresAt != shortly.Add(24*time.Hour).UnixMilli() {
		t.Errorf("window until %d", c.WindowExpiresAt)
	}
}

func TestReopen(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	w.wrote("wamid.1", "hello", shortly.Add(-time.Hour))
	c := w.only()
	w.close(c.ID)
	w.fixtures("status-read", "msg-system-number-change")
	if c := w.only(); c.Status != inbox.Closed {
		t.Fatal("opened by what is no message")
	}
	w.wrote("wamid.2", "me again", shortly)
	c = w.only()
	if c.Status != inbox.Open || w.count("conversation.reopened") != 1 {
		t.Errorf("status %s, events %v", c.Status, w.eventTypes())
	}
	all := w.thread(c.ID)
	if n := len(all); all[n-2].Type != inbox.ActivityReopened || all[n-1].Body != "me again" {
		t.Errorf("thread ends %s, %s", all[n-2].Type, all[n-1].Type)
	}
}

func (w *receiving) close(conv int64) {
	w.tb.Helper()
	noErr(w.tb, w.db.Write(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE conversation SET status = 'CLOSED' WHERE id = ?`, conv)
		return err
	}))
}

func TestReplyIsLinked(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	w.wrote("wamid.first", "first", shortly.Add(-time.Hour))
	reply := textItem("wamid.reply", nora, "about the first", shortly)
	reply["context"] = map[string]any{"from": nora, "id": "wamid.first"}
	foreign := textItem("wamid.foreign", "13105550117", "not mine", shortly)
	foreign["context"] = map[string]any{"from": nora, "id": "wamid.first"}
	early := textItem("wamid.early", nora, "about what is not here yet", shortly)
	early["context"] = map[string]any{"from": nora, "id": "wamid.later"}
	w.post(bodyOf(t, "messages", map[string]any{"messages": []any{reply, foreign, early, textItem("wamid.later", nora, "here", shortly)}}))
	quotes := map[string]string{}
	for _, c := range w.list() {
		for _, m := range w.thread(c.ID) {
			if m.Reply != nil {
				quotes[m.Body] = m.Reply.Preview.Text
			}
		}
	}
	want := map[string]string{"about the first": "first", "about what is not here yet": "here"}
	if fmt.Sprint(quotes) != fmt.Sprint(want) {
		t.Errorf("quotes %v, want %v", quotes, want)
	}
}

func reactionItem(wamid, target, emoji string, at time.Time) map[string]any {
	r := map[string]any{"message_id": target}
	if emoji != "" {
		r["emoji"] = emoji
	}
	return map[string]any{"id": wamid, "from": nora, "timestamp": unixText(at), "type": "reaction", "reaction": r}
}

func TestReactions(t *testing.T) {
	t.Parallel()
	put := reactionItem("wamid.r1", "wamid.target", "❤️", shortly.Add(-2*time.Minute))
	change := reactionItem("wamid.r2", "wamid.target", "👍", shortly.Add(-time.Minute))
	remove := reactionItem("wamid.r3", "wamid.target", "", shortly)
	target := textItem("wamid.target", nora, "react to this", shortly.Add(-time.Hour))
	for name, tt := range map[string]struct {
		items []any
		want  string
	}{
		"after its target":      {[]any{target, put}, "❤️"},
		"before its target":     {[]any{put, target}, "❤️"},
		"changed":               {[]any{target, put, change}, "👍"},
		"changed, out of order": {[]any{change, put, target}, "👍"},
		"removed":               {[]any{target, put, remove}, ""},
		"removed before put":    {[]any{target, remove, put}, ""},
		"all before the target": {[]any{remove, change, put, target}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newReceiving(t)
			for range 2 {
				w.post(bodyOf(t, "messages", map[string]any{"messages": tt.items}))
			}
			c := w.only()
			got := ""
			for _, r := range w.thread(c.ID)[0].Reactions {
				got += r.Emoji
			}
			if got != tt.want || c.UnreadCount != 1 || len(w.thread(c.ID)) != 1 {
				t.Errorf("reactions %q, want %q; %d unread", got, tt.want, c.UnreadCount)
			}
		})
	}
}

func TestReactionOfStranger(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	w.wrote("wamid.target", "mine", shortly)
	strange := reactionItem("wamid.r", "wamid.target", "😈", shortly)
	strange["from"] = "13105550117"
	w.post(bodyOf(t, "messages", map[string]any{"messages": []any{strange}}))
	if r := w.thread(w.only().ID)[0].Reactions; len(r) != 0 {
		t.Errorf("reactions %+v", r)
	}
}

func TestEditAndRevoke(t *testing.T) {
	t.Parallel()
	const target = "wamid.HBgLNDY3MDE3NDA2MTEVAgASGBQzQTc3OTY2RjFDOUIwQkE3RENDQQA="
	w := newReceiving(t)
	w.fixtures("msg-edit") // parked
	w.wrote(target, "Is the walnut desk back?", shortly.Add(-time.Hour))
	c := w.only()
	m := w.thread(c.ID)[0]
	if m.Body != "Is the walnut desk (140 cm) back in stock?" || !m.Edited || c.LastPreview.Text != m.Body {
		t.Errorf("%q edited %v, preview %q", m.Body, m.Edited, c.LastPreview.Text)
	}
	if got := w.search("140"); len(got) != 1 {
		t.Errorf("the new text is not found")
	}
	w.fixtures("msg-revoke", "msg-edit")
	m = w.thread(c.ID)[0]
	if !m.Deleted || m.Body != "" || w.only().LastPreview.Text != "" {
		t.Errorf("deleted %v, body %q", m.Deleted, m.Body)
	}
	if got := w.search("walnut"); len(got) != 0 {
		t.Errorf("a deleted text is found")
	}
	if c := w.only(); c.UnreadCount != 1 {
		t.Errorf("%d unread", c.UnreadCount)
	}
}

func (w *receiving) search(text string) []inbox.Conversation {
	w.tb.Helper()
	all, _, err := w.inbox.Conversations(w.q(), w.owner.OrgID, inbox.Filter{Search: text})
	noErr(w.tb, err)
	return all
}

func TestNumberChange(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	w.fixtures("msg-text-ad-referral") // Dana
	before := w.only()
	w.fixtures("msg-system-number-change", "msg-system-number-change")
	c := w.only()
	if c.ContactID != before.ContactID || c.Contact.Phone != "+13105550163" || c.Contact.UserID != "US.66820119345507712284" {
		t.Errorf("contact %+v", c.Contact)
	}
	if c.UnreadCount != before.UnreadCount || c.WindowExpiresAt != before.WindowExpiresAt || c.LastMessageID != before.LastMessageID {
		t.Errorf("changed by a system message: %+v", c)
	}
	all := w.thread(c.ID)
	if len(all) != 2 || all[1].Type != inbox.ActivityNumberChanged || all[1].Extra().Change.To != "+13105550163" {
		t.Fatalf("thread %+v", all)
	}
	w.post(bodyOf(t, "messages", map[string]any{"messages": []any{textItem("wamid.new", "13105550163", "new number", shortly)}}))
	w.post(bodyOf(t, "messages", map[string]any{"messages": []any{textItem("wamid.old", "13105550117", "old number", shortly)}}))
	if len(w.thread(w.only().ID)) != 4 {
		t.Errorf("numbers lead to several conversations")
	}
}

func TestUserIDChange(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	w.fixtures("msg-bsuid-only", "msg-system-user-id-change")
	c := w.only()
	if c.Contact.UserID != "SA.20994417750316628845" || len(w.thread(c.ID)) != 2 || c.UnreadCount != 1 {
		t.Errorf("contact %+v, %d unread", c.Contact, c.UnreadCount)
	}
}

// TestNumberForms lets the spellings of one number meet in one contact.
func TestNumberForms(t *testing.T) {
	t.Parallel()
	for name, forms := range map[string][2]string{
		"Brazil":    {"5511987654321", "551187654321"},
		"Mexico":    {"5215512345678", "525512345678"},
		"Argentina": {"5491123456789", "541123456789"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newReceiving(t)
			for i, form := range forms {
				w.post(bodyOf(t, "messages", map[string]any{"messages": []any{textItem(fmt.Sprint("wamid.", i), form, form, shortly)}}))
			}
			if c := w.only(); c.UnreadCount != 2 {
				t.Errorf("%d unread", c.UnreadCount)
			}
		})
	}
}

func TestGroup(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	w.fixtures("msg-text-arabic-emoji", "msg-group-text")
	for _, c := range w.list() {
		if all := w.thread(c.ID); len(all) != 1 {
			t.Errorf("%d messages", len(all))
		}
		if c.GroupID != "" && c.WindowExpiresAt != 0 {
			t.Errorf("a group opened a window")
		}
	}
	if len(w.list()) != 2 {
		t.Errorf("%d conversations, want the person's and the group's", len(w.list()))
	}
}

func TestCall(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	w.fixtures("call-connect", "call-connect")
	c := w.only()
	all := w.thread(c.ID)
	if len(all) != 1 || all[0].Type != inbox.ActivityCall || c.UnreadCount != 1 {
		t.Errorf("thread %+v, %d unread", all, c.UnreadCount)
	}
	if c.WindowExpiresAt == 0 || w.count("message.received") != 0 {
		t.Errorf("window %d, events %v", c.WindowExpiresAt, w.eventTypes())
	}
}

func TestEcho(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	w.fixtures("echo-text")
	c := w.only()
	m := w.thread(c.ID)[0]
	if m.Direction != inbox.Outbound || m.SentByKind != inbox.SentByPhone || m.Status != inbox.StatusSent {
		t.Errorf("%+v", m)
	}
	if c.UnreadCount != 0 || c.WindowExpiresAt != 0 || c.Contact.Phone != "+13105550117" {
		t.Errorf("%d unread, window %d", c.UnreadCount, c.WindowExpiresAt)
	}
}

func TestHistory(t *testing.T) {
	t.Parallel()
	for _, order := range [][]string{{"history-chunk", "history-media"}, {"history-media", "history-chunk"}} {
		t.Run(order[0], func(t *testing.T) {
			t.Parallel()
			w := newReceiving(t)
			w.fixtures(order...)
			c := w.only()
			all := w.thread(c.ID)
			if len(all) != 3 || all[2].Type != inbox.TypeImage || all[2].Caption != "The corner" || all[2].Media == nil {
				t.Fatalf("thread %+v", all)
			}
			if all[1].Direction != inbox.Outbound || all[1].Status != inbox.StatusRead {
				t.Errorf("ours: %+v", all[1])
			}
			if c.UnreadCount != 0 || c.WindowExpiresAt != 0 || c.Status != inbox.Closed {
				t.Errorf("%d unread, window %d, %s", c.UnreadCount, c.WindowExpiresAt, c.Status)
			}
			for _, e := range w.eventTypes() {
				if e == "message.received" || e == "message.sent" || e == "conversation.created" {
					t.Errorf("event %s", e)
				}
			}
		})
	}
}

func TestConsent(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	w.fixtures("msg-text", "user-preferences-stop")
	if c := w.only().Contact.Consent; c == nil || *c {
		t.Errorf("consent %v after stop", c)
	}
	w.fixtures("user-preferences-resume", "user-preferences-stop")
	if c := w.only().Contact.Consent; c != nil && !*c {
		t.Errorf("an older stop won")
	}
	if w.only().UnreadCount != 1 {
		t.Errorf("unread by a preference")
	}
}

func TestNumberErrors(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	w.fixtures("value-errors")
	if w.count("channel.health") != 1 {
		t.Errorf("events %v", w.eventTypes())
	}
}

// TestMediaEvents holds message.received back until the file is here.
func TestMediaEvents(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	w.fixtures("msg-document")
	if w.count("message.received") != 0 || w.count("message.updated") != 1 {
		t.Errorf("events %v", w.eventTypes())
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	news, cancel := w.events.Subscribe(w.owner.OrgID)
	defer cancel()
	go func() { done <- w.queue.Run(ctx) }()
	deadline := time.After(20 * time.Second)
	for w.count("message.received") == 0 {
		select {
		case <-news:
		case <-deadline:
			t.Fatal("message.received never came")
		}
	}
	stop()
	noErr(t, <-done)
	m := w.thread(w.only().ID)[0]
	if !m.Announced || m.Media.State != "READY" || w.count("message.received") != 1 {
		t.Errorf("announced %v, media %s, events %v", m.Announced, m.Media.State, w.eventTypes())
	}
}

func TestTwoOrganisations(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	other := w.org("Rivals")
	w.connect(other, numberB, accountB, "447700900150", "rival-secret")
	w.fixtures("msg-text")
	body := fixture(t, "batch-multi-entry")
	if err := w.inbox.Accept(context.Background(), body, meta.Sign(fixtureSecret, body)); err != nil {
		t.Fatal(err)
	}
	theirs, _, err := w.inbox.Conversations(w.q(), other.OrgID, inbox.Filter{})
	if err != nil || len(theirs) != 0 {
		t.Fatalf("secret A touched number B: %v, %v", theirs, err)
	}
	// The same person and the same wamid at another number are another message.
	own := bytes.ReplaceAll(bytes.ReplaceAll(fixture(t, "msg-text"), []byte(numberA), []byte(numberB)), []byte(accountA), []byte(accountB))
	noErr(t, w.inbox.Accept(context.Background(), own, meta.Sign("rival-secret", own)))
	theirs, _, err = w.inbox.Conversations(w.q(), other.OrgID, inbox.Filter{Search: "walnut"})
	if err != nil || len(theirs) != 1 {
		t.Fatalf("theirs %v, %v", theirs, err)
	}
	mine := w.search("walnut")
	if len(mine) != 1 || mine[0].ID == theirs[0].ID || mine[0].ContactID == theirs[0].ContactID {
		t.Errorf("mine %v", mine)
	}
	for what, err := range map[string]error{
		"conversation": second(w.inbox.Conversation(w.q(), w.owner.OrgID, theirs[0].ID)),
		"message":      second(w.inbox.Message(w.q(), w.owner.OrgID, theirs[0].LastMessageID)),
	} {
		if !errs.Is(err, errs.NotFound) {
			t.Errorf("%s of another organisation: %v", what, err)
		}
	}
	if all, err := w.inbox.Messages(w.q(), w.owner.OrgID, theirs[0].ID, inbox.Page{}); err != nil || len(all) != 0 {
		t.Errorf("thread of another organisation: %d, %v", len(all), err)
	}
	changed, err := w.inbox.Changes(w.q(), w.owner.OrgID, 0, theirs[0].ID)
	if err != nil || slices.Contains(changed.Conversations, theirs[0].ID) || len(changed.Messages) != 0 {
		t.Errorf("changes %+v, %v", changed, err)
	}
}

func second[T any](_ T, err error) error { return err }

// TestFailureKeepsTheRest lets one item of a batch break in the database.
func TestFailureKeepsTheRest(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	var bad int
	w.events.OnRecord(func(tx *db.Tx, e event.Event) error {
		if e.Type != "message.received" {
			return nil
		}
		body, err := db.Value[string](tx, `SELECT count(*) FROM message WHERE org_id = ?`, e.OrgID)
		if err == nil && body == "2" && bad < 4 {
			bad++
			panic("a bug of ours")
		}
		return err
	})
	var items []any
	for i := range 5 {
		items = append(items, textItem(fmt.Sprintf("wamid.%d", i), nora, fmt.Sprint(i), shortly))
	}
	body := bodyOf(t, "messages", map[string]any{"messages": items})
	w.post(body)
	if n := w.only().UnreadCount; n != 2 {
		t.Errorf("%d messages beside the bug, want 2", n)
	}
	failed, err := w.channels.Failed(w.q(), w.owner.OrgID)
	noErr(t, err)
	if len(failed) != 1 || !strings.Contains(failed[0].Error, "a bug of ours") {
		t.Fatalf("failed %+v", failed)
	}
	bad = 100
	noErr(t, w.inbox.Replay(context.Background(), w.owner, failed[0].ID))
	if n := w.only().UnreadCount; n != 5 {
		t.Errorf("%d messages after the replay, want 5", n)
	}
}

func TestStateSync(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	w.fixtures("echo-text", "app-state-sync")
	if c := w.only().Contact; c.Name != "Dana Whitfield" {
		t.Errorf("name %q", c.Name)
	}
}
