package retention_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"badala/app/account"
	"badala/app/channel"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/inbox"
	"badala/app/media"
	"badala/app/retention"
)

// history is what a shop of TestWhatGoes has said and kept.
type history struct {
	first, last               inbox.Message
	waits, unsure             int64
	plain, again, canned, cry media.Media // a file of an old message, of a new one too, of a canned response, of one under way
	loose, planned            media.Media // not sent yet, needed by a broadcast
	carries                   int64
}

func (s *shop) history(t *testing.T) (v history) {
	w := s.w
	v.first = s.hear("wamid.old", "96550001111", "Is there quillwort?")
	_, err := w.inbox.AddNote(t.Context(), s.owner, v.first.ConversationID, inbox.NoteInput{Body: "a walrus of a man"})
	w.ok(err)
	v.plain, v.again, v.canned, v.cry, v.loose, v.planned = s.file("plain"), s.file("again"), s.file("canned"), s.file("cry"), s.file("loose"), s.file("planned")
	v.waits, v.unsure = s.say(v.first, "PENDING", 0), s.say(v.first, "UNCONFIRMED", v.cry.ID)
	s.say(v.first, "READ", v.again.ID)
	s.say(v.first, "FAILED", v.canned.ID)
	s.say(v.first, "READ", v.planned.ID)
	_, err = w.inbox.CreateCanned(t.Context(), s.owner, inbox.CannedInput{Shortcut: "map", Body: "here", MediaKeys: []string{v.canned.Key}})
	w.ok(err)
	w.write(func(tx *db.Tx) error {
		_, err := tx.Exec(`INSERT INTO broadcast (id, org_id, name, channel_id, template, language, given, state, created_at, updated_at) VALUES (?, ?, 'Eid', ?, 'eid', 'en', ?, 'SCHEDULED', 1, 1)`,
			tx.NewID(), s.owner.OrgID, v.first.ChannelID, `{"header":{"uploadKey":"`+v.planned.Key+`"}}`)
		return err
	})
	s.told("DELIVERED")
	s.told("PENDING")
	return v
}

// TestWhatGoes has both shops say and keep the same, and deletes in one of them.
func TestWhatGoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.mine.history(t), w.theirs.history(t)
	w.clock.skip(15 * day)
	a.carries, b.carries = w.mine.say(a.first, "DELIVERED", a.plain.ID), w.theirs.say(b.first, "DELIVERED", b.plain.ID)
	w.clock.skip(20 * day)
	a.last = w.mine.hear("wamid.new", "96550001111", "And marigold?")
	w.mine.say(a.first, "READ", a.again.ID)
	w.clock.skip(12 * day) // 47 days after the first, 32 after the file was sent

	org := w.mine.owner.OrgID
	steps := []struct {
		name string
		set  retention.Settings
		want retention.Report
	}{
		{"nothing is old enough", retention.Settings{RawDays: 365, WebhookDays: 30, MediaDays: 60, MessagesDays: 365}, retention.Report{Webhooks: 1}},
		{"received bodies", retention.Settings{RawDays: 20, WebhookDays: 30}, retention.Report{Raw: 1}},
		{"files", retention.Settings{RawDays: 20, WebhookDays: 7, MediaDays: 30}, retention.Report{Files: 1, Bytes: 5}},
		{"messages", retention.Settings{RawDays: 20, WebhookDays: 7, MessagesDays: 30}, retention.Report{Messages: 5, Notes: 1}},
		{"a second time", retention.Settings{RawDays: 20, WebhookDays: 7, MessagesDays: 30}, retention.Report{}},
	}
	for _, step := range steps {
		p, err := w.keep.Preview(t.Context(), org, step.set)
		w.ok(err)
		w.mine.set(step.set)
		got := w.mine.run()
		got.Planned, got.Started = 0, 0
		if got != step.want {
			t.Errorf("%s: %+v, want %+v", step.name, got, step.want)
		}
		if told := (retention.Report{Raw: p.Raw.Count, Webhooks: p.Webhooks.Count, Files: p.Files.Count, Bytes: p.Files.Bytes, Messages: p.Messages.Count, Notes: p.Notes}); told != got {
			t.Errorf("%s: %+v were foretold, %+v went", step.name, told, got)
		}
		if step.name == "files" {
			m, err := w.inbox.Message(w.q(), org, a.carries)
			w.ok(err)
			if m.Media == nil || m.Media.State != media.Lost || m.Media.Error != media.ReasonRetention || m.Media.FileName != "" {
				t.Errorf("the message shows %+v", m.Media)
			}
		}
	}
	w.settle()

	w.judgeMessages(t, a)
	w.judgeFiles(t, a, b)
	for rows, n := range map[string]int64{"message WHERE direction <> 'ACTIVITY'": 8, "webhook_event WHERE body <> ''": 2, "inbound WHERE body <> ''": 1,
		"conversation WHERE last_message_id <> 0": 1, "contact WHERE 1": 1} {
		if got := w.count(`SELECT count(*) FROM `+rows+` AND org_id = ?`, w.theirs.owner.OrgID); got != n {
			t.Errorf("%d rows of %s of the other shop, want %d", got, rows, n)
		}
	}
}

// judgeMessages looks at what is found and shown of the messages.
func (w *world) judgeMessages(t *testing.T, a history) {
	org := w.mine.owner.OrgID
	for text, want := range map[string]int{"quillwort": 0, "walrus": 0, "marigold": 1} {
		hits, err := w.inbox.Search(w.q(), org, text, 0)
		if err != nil || len(hits) != want {
			t.Errorf("%q is found %d times, %v", text, len(hits), err)
		}
	}
	if hits, err := w.inbox.Search(w.q(), w.theirs.owner.OrgID, "quillwort", 0); err != nil || len(hits) != 1 {
		t.Errorf("in the other shop %d are found, %v", len(hits), err)
	}
	left, err := w.inbox.Messages(w.q(), org, a.first.ConversationID, inbox.Page{})
	w.ok(err)
	var ids []int64
	for _, m := range left {
		if m.Direction != inbox.Activity {
			ids = append(ids, m.ID)
		}
	}
	if want := fmt.Sprint([]int64{a.waits, a.unsure, a.last.ID, ids[len(ids)-1]}); fmt.Sprint(ids) != want || len(ids) != 4 {
		t.Errorf("left are %v, want %v", ids, want)
	}
	if c, err := w.inbox.Conversation(w.q(), org, a.first.ConversationID); err != nil || c.UnreadCount != 1 || c.LastMessageAt == 0 {
		t.Errorf("%+v %v", c, err)
	}
}

// judgeFiles looks at which files are left of both shops.
func (w *world) judgeFiles(t *testing.T, a, b history) {
	for name, v := range map[string]struct {
		file media.Media
		here bool
	}{"old": {a.plain, false}, "used again": {a.again, true}, "of a canned response": {a.canned, true}, "of what is under way": {a.cry, true},
		"not sent": {a.loose, true}, "of a broadcast": {a.planned, true}, "of the other shop": {b.plain, true}} {
		m, err := media.ByID(w.q(), v.file.OrgID, v.file.ID)
		if here := err == nil && m.State == media.Ready; here != v.here {
			t.Errorf("the file %s is here: %v, %v", name, here, err)
		}
	}
	if n := w.count(`SELECT count(*) FROM media_chunk WHERE media_id = ?`, a.plain.ID); n != 0 {
		t.Error("its bytes are still here")
	}
}

// TestQuietThread has everything of a conversation go: it keeps its place and
// shows nothing of what was said.
func TestQuietThread(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.mine.hear("wamid.old", "96550001111", "Is there quillwort?")
	w.ok(w.inbox.SaveDraft(t.Context(), w.mine.owner, m.ConversationID, inbox.Draft{Mode: "reply", Body: "Yes", ReplyTo: m.ID}))
	before, err := w.inbox.Conversation(w.q(), w.mine.owner.OrgID, m.ConversationID)
	w.ok(err)
	w.clock.skip(31 * day)
	w.mine.set(retention.Settings{RawDays: 30, WebhookDays: 7, MessagesDays: 30})
	if r := w.mine.run(); r.Messages != 1 {
		t.Errorf("%+v", r)
	}
	c, err := w.inbox.Conversation(w.q(), w.mine.owner.OrgID, m.ConversationID)
	w.ok(err)
	if c.LastPreview != (inbox.Preview{Type: inbox.TypeText, Direction: before.LastPreview.Direction}) || c.LastMessageID != 0 || c.UnreadCount != 0 || c.LastMessageAt != before.LastMessageAt {
		t.Errorf("%+v", c)
	}
	if n := w.count(`SELECT count(*) FROM draft WHERE reply_to <> 0`); n != 0 {
		t.Error("a draft answers what is gone")
	}
	if again := w.mine.hear("wamid.back", "96550001111", "Hello again"); again.ConversationID != m.ConversationID {
		t.Error("who writes again has another conversation")
	}
}

// TestSlices holds that one Write takes few messages.
func TestSlices(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	m := w.mine.hear("wamid.old", "96550001111", "Is there quillwort?")
	w.write(func(tx *db.Tx) error {
		for range 1200 {
			if _, err := tx.Exec(`INSERT INTO message (id, org_id, conversation_id, channel_id, direction, type, body, status, at, created_at)
				VALUES (?, ?, ?, ?, 'OUTBOUND', 'TEXT', 'x', 'READ', ?, ?)`, tx.NewID(), m.OrgID, m.ConversationID, m.ChannelID, tx.Now(), tx.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	w.clock.skip(31 * day)
	var writes, all int64
	w.ok(w.inbox.DropOld(t.Context(), m.OrgID, w.db.Now()-30*day.Milliseconds(), func(_ *db.Tx, n inbox.Old) error {
		if n.Messages > 500 {
			t.Errorf("%d in one Write", n.Messages)
		}
		writes, all = writes+1, all+n.Messages
		return nil
	}))
	if all != 1201 || writes < 3 {
		t.Errorf("%d in %d Writes", all, writes)
	}
}

func TestSet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, who := t.Context(), w.mine.owner
	if v, err := w.keep.Settings(w.q(), who.OrgID); err != nil || v != retention.Defaults() {
		t.Errorf("%+v %v", v, err)
	}
	good := retention.Settings{RawDays: 30, WebhookDays: 7, MessagesDays: 60}
	for name, c := range map[string]struct {
		v     retention.Settings
		wrong string
	}{
		"all":         {retention.Settings{RawDays: 0, WebhookDays: 31, MediaDays: 29, MessagesDays: -1}, "mediaDays messagesDays rawDays webhookDays"},
		"raw longer":  {retention.Settings{RawDays: 90, WebhookDays: 7, MessagesDays: 60}, "rawDays"},
		"files later": {retention.Settings{RawDays: 30, WebhookDays: 7, MediaDays: 90, MessagesDays: 60}, "mediaDays"},
	} {
		err := w.keep.Set(ctx, who, c.v, true)
		var fields []string
		if e := errs.As(err); e != nil {
			for _, d := range e.Details {
				field, _, _ := strings.Cut(d, ":")
				fields = append(fields, field)
			}
		}
		if strings.Join(fields, " ") != c.wrong {
			t.Errorf("%s: %v", name, err)
		}
	}
	agent, key := who, who
	agent.Role, key.KeyID, key.Scopes = account.Supervisor, 1, account.AllScopes[:]
	for _, a := range []account.Actor{agent, key} {
		if err := w.keep.Set(ctx, a, good, true); !errs.Is(err, errs.Forbidden) {
			t.Error(err)
		}
	}
	if err := w.keep.Set(ctx, who, good, false); errs.As(err) == nil || errs.As(err).Code != "confirm_retention" {
		t.Errorf("unconfirmed: %v", err)
	}
	w.ok(w.keep.Set(ctx, who, good, true))
	longer := good
	longer.MessagesDays, longer.RawDays = 90, 5
	w.ok(w.keep.Set(ctx, who, longer, false)) // nothing goes sooner but bodies
	if n := w.count(`SELECT count(*) FROM audit WHERE org_id = ? AND action = 'retention.update'`, who.OrgID); n != 2 {
		t.Errorf("%d lines of the audit log", n)
	}
	if v, err := w.keep.Settings(w.q(), w.theirs.owner.OrgID); err != nil || v != retention.Defaults() {
		t.Errorf("the other shop: %+v %v", v, err)
	}
}

// TestNight runs the schedule: every organisation has its turn, and the bodies
// of several go with the shortest of them.
func TestNight(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.mine.hear("wamid.1", "96550001111", "one")
	w.theirs.hear("wamid.2", "96550001111", "two")
	w.write(func(tx *db.Tx) error {
		_, err := w.channels.KeepRawTx(tx, []byte("{}"), channel.Signed{})
		return err
	})
	w.theirs.set(retention.Settings{RawDays: 90, WebhookDays: 7})
	w.clock.skip(31 * day)
	w.ok(w.queue.RunNow(context.Background(), "retention.run", func(*db.Tx) error { return nil }))
	w.settle()
	for s, want := range map[*shop]int64{w.mine: 1, w.theirs: 0} {
		if r, err := w.keep.LastRun(w.q(), s.owner.OrgID); err != nil || r.Raw != want || r.Finished == 0 {
			t.Errorf("%+v, want %d bodies, %v", r, want, err)
		}
	}
	if n := w.count(`SELECT count(*) FROM inbound`); n != 1 {
		t.Errorf("%d bodies are left", n)
	}
}

// TestPlans holds that counting and deleting read along indexes.
func TestPlans(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, query := range map[string]string{
		"conversations": `SELECT id FROM conversation INDEXED BY conversation_channel WHERE org_id = 1 AND channel_id = 2 AND id > 3 ORDER BY id LIMIT 4`,
		"bodies":        `SELECT id FROM inbound INDEXED BY inbound_age WHERE org_id = 1 AND received_at < 2 ORDER BY received_at LIMIT 3`,
		"events":        `SELECT e.id FROM webhook_event e INDEXED BY webhook_event_body WHERE e.org_id = 1 AND e.body <> '' AND e.created_at >= 1 AND e.created_at < 2 AND (e.created_at, e.id) > (1, 2) ORDER BY e.created_at, e.id LIMIT 5`,
		"files":         `SELECT f.id FROM media f INDEXED BY media_ready WHERE f.org_id = 1 AND f.state = 'READY' AND f.id > 3 ORDER BY f.id LIMIT 4`,
		"mentions":      `DELETE FROM mention WHERE message_id IN (1, 2)`,
	} {
		plan, err := db.All(w.q(), func(r *db.Rows, s *string) error {
			var id, parent, unused int
			return r.Scan(&id, &parent, &unused, s)
		}, `EXPLAIN QUERY PLAN `+query)
		w.ok(err)
		if all := strings.Join(plan, "; "); strings.Contains(all, "SCAN") || strings.Contains(all, "TEMP B-TREE") {
			t.Errorf("%s: %s", name, all)
		}
	}
}
