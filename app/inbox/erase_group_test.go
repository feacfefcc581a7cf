package inbox_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
)

// group posts a message of somebody in a group.
func (w *receiving) group(item map[string]any, more map[string]any) {
	w.tb.Helper()
	item["group_id"] = "Y2FwaV9ncm91cDoxOTUwNTU1MDA3OToxMjAzNjMzOTQz"
	for k, v := range more {
		item[k] = v
	}
	w.post(bodyOf(w.tb, "messages", map[string]any{"messages": []any{item}}))
}

// work runs the jobs that are due.
func (w *receiving) work() {
	w.tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := w.queue.Run(ctx); err != nil {
			w.tb.Error(err)
		}
	})
	wait, stop := context.WithTimeout(ctx, patience)
	defer stop()
	noErr(w.tb, w.queue.Idle(wait))
	cancel()
	running.Wait()
}

// A group stays when one of its people is erased: what the others wrote is theirs.
func TestEraseInGroup(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	at := shortly.Add(-time.Minute)
	w.group(textItem("wamid.GROUP-A", "46701740611", "quillwort", at), nil)
	w.group(textItem("wamid.GROUP-B", "46701740622", "I like it", at.Add(time.Second)), map[string]any{"context": map[string]any{"from": "46701740611", "id": "wamid.GROUP-A"}})
	w.group(map[string]any{"id": "wamid.GROUP-C", "from": "46701740611", "timestamp": unixText(at), "type": "reaction",
		"reaction": map[string]any{"message_id": "wamid.GROUP-B", "emoji": "👍"}}, nil)
	w.group(textItem("wamid.GROUP-D", "46701740611", "marzipan", at.Add(2*time.Second)), nil)
	conv := w.only()
	if all := w.thread(conv.ID); len(all) != 3 || all[1].Reply == nil || len(all[1].Reactions) != 1 {
		t.Fatalf("before: %+v", all)
	}
	noErr(t, w.contacts.Erase(context.Background(), w.owner, conv.ContactID))
	now := w.only()
	if now.ContactID == conv.ContactID || now.Contact.Phone != "+46701740622" {
		t.Errorf("the group belongs to %+v", now.Contact)
	}
	w.work()
	all := w.thread(conv.ID)
	if len(all) != 3 || all[0].Body != "" || !all[0].Deleted || all[1].Body != "I like it" || all[1].ReplyWamid != "" || len(all[1].Reactions) != 0 || all[2].Body != "" {
		t.Errorf("%+v", all)
	}
	if c := w.only(); c.LastPreview.Text != "" {
		t.Errorf("the list shows %q", c.LastPreview.Text)
	}
	if n, err := db.Value[int](w.q(), `SELECT COUNT(*) FROM inbound WHERE instr(body, '46701740611') > 0`); err != nil || n != 0 {
		t.Errorf("%d bodies: %v", n, err)
	}
	// The other one is the last: with them the group goes.
	noErr(t, w.contacts.Erase(context.Background(), w.owner, now.ContactID))
	if all := w.list(); len(all) != 0 {
		t.Errorf("%+v", all)
	}
	w.work()
	if n, err := db.Value[int](w.q(), `SELECT COUNT(*) FROM message WHERE body <> '' OR wa_id <> ''`); err != nil || n != 0 {
		t.Errorf("%d messages tell something: %v", n, err)
	}
}

// A contact that never wrote has no conversation, and a job all the same:
// bodies may name them.
func TestEraseOfOneWhoNeverWrote(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	c, _, err := w.contacts.Upsert(context.Background(), w.owner, contact.UpsertInput{Patch: contact.Patch{Phone: new("+46701740611")}})
	noErr(t, err)
	noErr(t, w.db.Write(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec(`INSERT INTO inbound(id, org_id, channel_id, received_at, state, body) VALUES(1, ?, 0, 1, 'FAILED', CAST('{"wa_id":"46701740611"}' AS BLOB)), (2, ?, 0, 1, 'FAILED', CAST('{"wa_id":"46701740612"}' AS BLOB))`, w.owner.OrgID, w.owner.OrgID)
		return err
	}))
	noErr(t, w.contacts.Erase(context.Background(), w.owner, c.ID))
	w.work()
	if left, err := w.channels.Failed(w.q(), w.owner.OrgID); err != nil || len(left) != 1 || left[0].ID != 2 {
		t.Errorf("%+v %v", left, err)
	}
	if _, err := w.inbox.ConversationsOf(w.q(), w.owner.OrgID, c.ID); err != nil {
		t.Error(err)
	}
	if err := w.contacts.Erase(context.Background(), w.owner, c.ID); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
}
