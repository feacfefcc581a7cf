package inbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"badala/app/db"
	"badala/app/inbox"
)

// statusItem is one status for a body.
func statusItem(wamid, status string, at time.Time, more map[string]any) map[string]any {
	st := map[string]any{"id": wamid, "status": status, "timestamp": unixText(at), "recipient_id": nora}
	for k, v := range more {
		st[k] = v
	}
	return st
}

func statuses(tb testing.TB, items ...any) []byte {
	return bodyOf(tb, "messages", map[string]any{"statuses": items})
}

// TestStatusesInAnyOrder ends every permutation of the statuses of a message,
// each twice, before or after the message, in one state.
func TestStatusesInAnyOrder(t *testing.T) {
	t.Parallel()
	failure := map[string]any{"errors": []any{map[string]any{"code": 131026, "title": "Undeliverable"}}}
	stages := map[string]map[string]any{
		"sent":      statusItem("wamid.out", "sent", shortly.Add(1*time.Second), nil),
		"delivered": statusItem("wamid.out", "delivered", shortly.Add(2*time.Second), nil),
		"read":      statusItem("wamid.out", "read", shortly.Add(3*time.Second), nil),
		"played":    statusItem("wamid.out", "played", shortly.Add(4*time.Second), nil),
		"failed":    statusItem("wamid.out", "failed", shortly.Add(5*time.Second), failure),
	}
	for want, set := range map[string][]string{
		"SENT 0": {"sent"}, "DELIVERED 0": {"sent", "delivered"}, "READ 0": {"sent", "delivered", "read", "played"},
		"FAILED 131026": {"sent", "failed"}, "DELIVERED 0 ": {"sent", "delivered", "failed"}, "READ 0 ": {"sent", "read", "failed"},
	} {
		permute(set, func(order []string) {
			for _, early := range []bool{false, true} {
				name := fmt.Sprint(order, early)
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					w := newReceiving(t)
					w.clock.set(shortly.Add(time.Minute))
					w.wrote("wamid.in", "hello", shortly.Add(-time.Hour))
					c := w.only()
					if !early {
						w.outbound(c, "wamid.out", inbox.StatusPending, 0)
					}
					for range 2 {
						for _, s := range order {
							w.post(statuses(t, stages[s]))
						}
					}
					if early {
						w.outbound(c, "wamid.out", inbox.StatusPending, 0)
					}
					w.expectStatus(t, c.ID, strings.TrimSpace(want), set)
				})
			}
		})
	}
}

func permute(set []string, do func([]string)) {
	var walk func(rest, taken []string)
	walk = func(rest, taken []string) {
		if len(rest) == 0 {
			do(slices.Clone(taken))
		}
		for i := range rest {
			walk(slices.Concat(rest[:i], rest[i+1:]), append(slices.Clone(taken), rest[i]))
		}
	}
	walk(set, nil)
}

func (w *receiving) expectStatus(t *testing.T, conv int64, want string, set []string) {
	t.Helper()
	m := w.thread(conv)[1]
	if got := fmt.Sprintf("%s %d", m.Status, m.Error.Code); got != want {
		t.Errorf("state %q, want %q", got, want)
	}
	if c := w.only(); c.LastPreview.Status != m.Status {
		t.Errorf("preview says %s", c.LastPreview.Status)
	}
	for stage, at := range map[string]int64{"sent": m.SentAt, "delivered": m.DeliveredAt, "read": m.ReadAt} {
		events := w.count("message." + stage)
		if known := slices.Contains(set, stage); known != (at != 0) || events > 1 || known && events != 1 {
			t.Errorf("%s at %d, %d events", stage, at, events)
		}
	}
	if n := w.count("message.failed"); n > 1 {
		t.Errorf("%d failures told", n)
	}
}

// TestStatusFindsMessageByToken resolves a send whose answer was lost.
func TestStatusFindsMessageByToken(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	w.wrote("wamid.in", "hello", shortly)
	c := w.only()
	id := w.outbound(c, "", inbox.StatusUnconfirmed, 0)
	var token string
	noErr(t, w.db.Write(context.Background(), func(tx *db.Tx) (err error) {
		token, err = inbox.Token(tx, id)
		return err
	}))
	w.post(statuses(t,
		statusItem("wamid.lost", "delivered", shortly, map[string]any{"biz_opaque_callback_data": token}),
		statusItem("wamid.other", "read", shortly, map[string]any{"biz_opaque_callback_data": "b1.elsewhere.1.1"})))
	m, err := w.inbox.Message(w.q(), w.owner.OrgID, id)
	if err != nil || m.Status != inbox.StatusDelivered || m.WaID != "wamid.lost" {
		t.Errorf("%s %q, %v", m.Status, m.WaID, err)
	}
}

func TestForeignStatus(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	w.wrote("wamid.in", "hello", shortly)
	w.sent(w.only(), "wamid.out")
	b := bodyOf(t, "messages", map[string]any{
		"metadata": map[string]string{"phone_number_id": "999999999999999"},
		"statuses": []any{statusItem("wamid.out", "read", shortly, nil)},
	})
	w.post(b)
	if m := w.thread(w.only().ID)[1]; m.Status != inbox.StatusSent {
		t.Errorf("status %s", m.Status)
	}
}

func TestGroupStatuses(t *testing.T) {
	t.Parallel()
	w := newReceiving(t)
	w.fixtures("msg-group-text")
	var wamid struct {
		Entry []struct {
			Changes []struct {
				Value struct{ Statuses []struct{ ID string } }
			}
		}
	}
	noErr(t, json.Unmarshal(fixture(t, "status-group-read"), &wamid))
	w.clock.set(shortly.Add(-4 * time.Hour))
	w.sent(w.only(), wamid.Entry[0].Changes[0].Value.Statuses[0].ID)
	w.clock.set(shortly)
	w.fixtures("status-group-read")
	for _, m := range w.thread(w.only().ID) {
		if m.Direction == inbox.Outbound && m.Status != inbox.StatusRead {
			t.Errorf("status %s", m.Status)
		}
	}
}
