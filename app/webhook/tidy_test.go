package webhook_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"badala/app/db"
	"badala/app/webhook"
)

func TestTidy(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	e, _ := w.hook(r.URL)
	w.happen(3)
	w.eventually("delivered", func() bool { return len(w.list(e.ID, webhook.Delivered)) == 3 })
	paused := webhook.Paused
	_, err := w.hooks.Update(t.Context(), w.owner, e.ID, webhook.Patch{State: &paused})
	w.ok(err)
	w.happen(2)
	bodies := func() int {
		n, err := db.Value[int](w.q(), `SELECT count(*) FROM webhook_event WHERE body <> ''`)
		w.ok(err)
		return n
	}
	w.clock.ahead.Add(int64(8 * 24 * time.Hour))
	week, gone := w.db.Now()-7*24*time.Hour.Milliseconds(), int64(0)
	if n, first, err := webhook.BodiesBetween(w.q(), w.owner.OrgID, 0, week); err != nil || n != 3 || first == 0 {
		t.Errorf("%d bodies to go, the first of %d: %v", n, first, err)
	}
	for _, org := range []int64{w.other.OrgID, w.owner.OrgID} {
		w.ok(w.hooks.DropBodies(t.Context(), org, week, func(_ *db.Tx, n int64) error { gone += n; return nil }))
		if org == w.other.OrgID && gone != 0 {
			t.Errorf("%d bodies of somebody else went", gone)
		}
	}
	if n := bodies(); n != 2 || gone != 3 {
		t.Errorf("%d bodies after a week, 2 are still to be sent", n)
	}
	if err := w.hooks.Redeliver(t.Context(), w.owner, e.ID, w.list(e.ID, webhook.Delivered)[0].ID); err == nil {
		t.Error("sent again without a body")
	}
	w.clock.ahead.Add(int64(23 * 24 * time.Hour))
	w.ok(w.hooks.Tidy(t.Context()))
	if h := w.endpoint(e.ID); h.Held != 0 || len(w.list(e.ID, "")) != 0 || h.Expired != 0 || bodies() != 0 {
		t.Errorf("after a month: %+v, %d deliveries", h, len(w.list(e.ID, "")))
	}
	w.clock.ahead.Add(int64(24 * time.Hour))
	w.ok(w.hooks.Tidy(t.Context()))
	if left, err := db.Value[int](w.q(), `SELECT count(*) FROM webhook_event`); err != nil || left != 0 {
		t.Error(left, err)
	}
}

func TestTooLongABacklog(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	e, _ := w.hook(r.URL)
	paused := webhook.Paused
	_, err := w.hooks.Update(t.Context(), w.owner, e.ID, webhook.Patch{State: &paused})
	w.ok(err)
	w.backlog(e.ID, 100_600)
	w.ok(w.hooks.Tidy(t.Context()))
	h := w.endpoint(e.ID)
	if h.Held != 100_000 || h.Expired != 600 {
		t.Errorf("%+v", h)
	}
	oldest, err := db.Value[int64](w.q(), `SELECT min(id) FROM webhook_delivery WHERE state = 'PENDING'`)
	w.ok(err)
	if n, err := db.Value[int](w.q(), `SELECT count(*) FROM webhook_delivery WHERE id < ? AND state = 'EXPIRED'`, oldest); err != nil || n != 600 {
		t.Errorf("%d of the oldest are expired, %v", n, err)
	}
	// Lists of so many stay fast: each state is a range of one index.
	if all := w.list(e.ID, webhook.Held); len(all) != 200 {
		t.Errorf("%d", len(all))
	}
}

// TestPlans holds that no statement of delivery reads more than it needs.
func TestPlans(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, query := range map[string]string{
		"due":    `SELECT id FROM webhook_delivery INDEXED BY webhook_delivery_due WHERE webhook_id = 1 AND state = 'PENDING' AND next_at <= 2 AND id > 0 ORDER BY next_at, id LIMIT 256`,
		"next":   `SELECT next_at FROM webhook_delivery INDEXED BY webhook_delivery_due WHERE webhook_id = 1 AND state = 'PENDING' AND id > 0 ORDER BY next_at LIMIT 1`,
		"probe":  `SELECT id FROM webhook_delivery WHERE webhook_id = 1 AND state = 'PENDING' AND id > 0 AND next_at <= 2 ORDER BY id LIMIT 1`,
		"list":   `SELECT d.id, d.event FROM webhook_delivery d WHERE d.webhook_id = 1 AND d.state = 'FAILED' AND d.id < 9 AND d.org_id = 1 ORDER BY d.id DESC LIMIT 51`,
		"expire": `SELECT id FROM webhook_delivery WHERE webhook_id = 1 AND state = 'PENDING' AND id <= 9 ORDER BY id LIMIT 500`,
		"prune":  `SELECT id FROM webhook_delivery WHERE id < 9 ORDER BY id LIMIT 500`,
		"erase":  `SELECT d.id FROM webhook_event e JOIN webhook_delivery d ON d.id BETWEEN e.first_delivery AND e.last_delivery AND d.event_id = e.id WHERE e.contact_id = 1 AND e.contact_id <> 0 AND e.org_id = 1`,
	} {
		plan, err := db.All(w.db.Read(context.Background()), func(r *db.Rows, s *string) error {
			var id, parent, unused int
			return r.Scan(&id, &parent, &unused, s)
		}, `EXPLAIN QUERY PLAN `+query)
		w.ok(err)
		all := strings.Join(plan, "; ")
		if strings.Contains(all, "SCAN") || strings.Contains(all, "TEMP B-TREE") {
			t.Errorf("%s: %s", name, all)
		}
	}
}
