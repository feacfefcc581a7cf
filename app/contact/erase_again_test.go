package contact_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"badala/app/contact"
	"badala/app/db"
)

// TestEraseAgain brings back two contacts who were one when that was erased.
// However often it is cut off, in the end neither is left, and who came later is.
func TestEraseAgain(t *testing.T) {
	b := open(t)
	gone, _ := b.upsert(contact.Patch{Phone: new("+46701740611")})
	if err := b.s.Erase(t.Context(), boss, gone.ID); err != nil {
		t.Fatal(err)
	}
	key, past, err := contact.PastErasures(b.q())
	if err != nil || len(past) != 1 || len(past[0].Digests) != 1 {
		t.Fatal(past, err)
	}
	listed, _ := b.upsert(contact.Patch{Phone: new("+46701740622")})
	same, _ := b.upsert(contact.Patch{Phone: new("+46701740611")})
	other, _ := b.upsert(contact.Patch{Phone: new("+46701740633")})
	at := b.db.Now() + time.Hour.Milliseconds()
	list := []contact.PastErasure{
		{Org: org, Contact: listed.ID, At: at, Digests: past[0].Digests},
		{Org: org + 1, Contact: other.ID, At: at},
	}
	var tried []int64
	b.s.OnErase(func(_ *db.Tx, _, id int64) error {
		if tried = append(tried, id); !slices.Contains(tried[:len(tried)-1], id) {
			return errors.New("cut off")
		}
		return nil
	})
	for range 2 {
		if _, err := b.s.Reapply(t.Context(), key, list); err == nil {
			t.Fatal("nothing was cut off")
		}
	}
	if n, err := b.s.Reapply(t.Context(), key, list); err != nil || n != 1 {
		t.Error(n, err)
	}
	all, _, err := b.s.List(b.q(), org, contact.Filter{})
	if err != nil || len(all) != 1 || all[0].ID != other.ID {
		t.Error(same.ID, all, err)
	}
	if n, err := b.s.Reapply(t.Context(), key, list); err != nil || n != 0 || len(tried) != 4 {
		t.Error(n, err, tried)
	}
}
