package inbox_test

import (
	"context"
	"testing"

	"badala/app/contact"
	"badala/app/db"
	"badala/app/inbox"
)

// TestMergeIsTold makes one of two conversations whose people turn out to be
// one: what the thread that stays takes over is told like any other change.
func TestMergeIsTold(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name               string
		status             string // of the thread that stays
		aside, otherAside  int64
		reopened, assigned int
		want               int64 // until when it is put aside then
	}{
		{"a closed one", inbox.Closed, 0, 0, 1, 1, 0},
		{"an open one", inbox.Open, 0, 0, 0, 1, 0},
		{"one that is put aside", inbox.Open, 1 << 50, 0, 0, 1, 0},
		{"two that are put aside", inbox.Open, 1 << 50, 1 << 49, 0, 1, 1 << 49},
		{"a closed one, the other put aside", inbox.Closed, 0, 1 << 49, 1, 1, 1 << 49},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newReceiving(t)
			w.wrote("wamid.1", "hello", shortly)
			stays, org := w.only(), w.owner.OrgID
			const user = "SE.20994417750316628845"
			noErr(t, w.db.Write(context.Background(), func(tx *db.Tx) error {
				other, _, err := w.contacts.EnsureTx(tx, org, contact.Identity{WaUserID: user, ProfileName: "Nora"}, contact.FromWhatsApp)
				if err != nil {
					return err
				}
				if _, err := tx.Exec(`UPDATE conversation SET status = ?, snoozed_until = ? WHERE id = ?`, tt.status, tt.aside, stays.ID); err != nil {
					return err
				}
				_, err = tx.Exec(`INSERT INTO conversation (id, org_id, channel_id, contact_id, status, assignee_id, snoozed_until, created_at)
					VALUES (?, ?, ?, ?, 'OPEN', ?, ?, ?)`, tx.NewID(), org, stays.ChannelID, other.ID, w.owner.UserID, tt.otherAside, tx.Now())
				return err
			}))
			reopened, assigned := w.count("conversation.reopened"), w.count("conversation.assigned")
			noErr(t, w.db.Write(context.Background(), func(tx *db.Tx) error {
				_, _, err := w.contacts.MoveTx(tx, org, contact.Identity{Phone: nora}, contact.Identity{Phone: "46701740999", WaUserID: user})
				return err
			}))
			c := w.only()
			if c.ID != stays.ID || c.Status != inbox.Open || c.AssigneeID != w.owner.UserID || c.SnoozedUntil != tt.want {
				t.Errorf("became %+v", c)
			}
			if n := w.count("conversation.reopened") - reopened; n != tt.reopened {
				t.Errorf("reopened %d times", n)
			}
			if n := w.count("conversation.assigned") - assigned; n != tt.assigned {
				t.Errorf("assigned %d times", n)
			}
		})
	}
}
