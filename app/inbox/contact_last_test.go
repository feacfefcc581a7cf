package inbox_test

import (
	"testing"

	"badala/app/contact"
	"badala/app/db"
)

// TestLastMessageOfContact follows when something was last said with somebody,
// which their row keeps for lists.
func TestLastMessageOfContact(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	w.wrote("wamid.1", "hello", shortly)
	org := w.owner.OrgID
	c, err := w.inbox.Contacts.ByID(w.q(), org, w.only().ContactID)
	if err != nil {
		t.Fatal(err)
	}
	if c.LastMessageAt == 0 || c.LastMessageAt != w.only().LastMessageAt {
		t.Errorf("%d, the conversation has %d", c.LastMessageAt, w.only().LastMessageAt)
	}
	for at, want := range map[int64]int{c.LastMessageAt: 1, c.LastMessageAt + 1: 0} {
		list, _, err := w.inbox.Contacts.List(w.q(), org, contact.Filter{TalkedFrom: at, ChannelID: w.only().ChannelID, Sort: contact.SortTalked})
		if err != nil || len(list) != want {
			t.Errorf("%d since %d: %v", len(list), at, err)
		}
	}
	if err := w.db.Write(t.Context(), func(tx *db.Tx) error { return contact.SetTalkedTx(tx, org+1, c.ID, 1) }); err != nil {
		t.Fatal(err)
	}
	if c, err = w.inbox.Contacts.ByID(w.q(), org, c.ID); err != nil || c.LastMessageAt == 1 {
		t.Error("another organisation changed it", err)
	}
}
