package inbox

import (
	"context"
	"sync"
	"time"

	"badala/app/db"
	"badala/app/event"
)

// verdictWait is how long a synchronous send waits for Meta.
const verdictWait = 30 * time.Second

// waiters are the callers that wait for the first verdict on a message.
type waiters struct {
	mu sync.Mutex
	by map[int64][]chan struct{}
}

func (w *waiters) add(msg int64) (ch chan struct{}, cancel func()) {
	ch = make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.by == nil {
		w.by = map[int64][]chan struct{}{}
	}
	w.by[msg] = append(w.by[msg], ch)
	return ch, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		var rest []chan struct{}
		for _, c := range w.by[msg] {
			if c != ch {
				rest = append(rest, c)
			}
		}
		if len(rest) == 0 {
			delete(w.by, msg)
			return
		}
		w.by[msg] = rest
	}
}

// wake tells all who wait for msg that there is something to tell.
func (w *waiters) wake(msg int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, ch := range w.by[msg] {
		select {
		case ch <- struct{}{}:
		default:
		}
	}
}

// awaitVerdict returns once a message is no longer PENDING, once its job tells
// that it has to wait, or when the caller has waited long enough.
func (s *Service) awaitVerdict(ctx context.Context, org, msg int64) {
	ctx, cancel := context.WithTimeout(ctx, verdictWait)
	defer cancel()
	told, forget := s.waiting.add(msg)
	defer forget()
	m, err := messageRow(s.DB.Read(ctx), org, msg)
	if err != nil || m.Status != StatusPending || m.Outcome != "" {
		return
	}
	select {
	case <-told:
	case <-ctx.Done():
	}
}

// sendEventTx hears every event. News of a message that its sender waits for
// wake them, a file that has arrived lets the next message go, and a reaction
// that failed is taken back.
func (s *Service) sendEventTx(tx *db.Tx, e event.Event) error {
	switch e.Type {
	case "message.sent", "message.failed", "message.delivered", "message.read":
	default:
		return nil
	}
	tx.AfterCommit(func() { s.waiting.wake(e.MessageID) })
	if e.Type == "message.failed" {
		return s.unreactTx(tx, e.OrgID, e.MessageID)
	}
	if e.ActorKind == "META" && s.pace.waitsFor(e.ConversationID, e.MessageID) {
		tx.AfterCommit(func() { s.pace.settled(e.ConversationID, e.MessageID) })
		return s.Queue.Wake(tx, sendKind.Name, sendLane(e.ConversationID))
	}
	return nil
}
