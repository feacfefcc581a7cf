package web

import (
	"sync"

	"badala/app/account"
	"badala/app/db"
	"badala/app/inbox"
)

// maxCounted bounds the memory of counts; beyond it all are forgotten.
const maxCounted = 10_000

// counts remembers what was counted for whom and at which head of the log:
// while nothing happens every page shows the same numbers, and counting is
// half of what a page costs.
type counts struct {
	mu    sync.Mutex
	known map[viewer]counted
}

type viewer struct{ org, user int64 }

type counted struct {
	head int64
	inbox.Counts
}

// of counts for a viewer, not earlier than head.
func (m *counts) of(q db.Q, in *inbox.Service, who account.Actor, head int64) (inbox.Counts, error) {
	key := viewer{who.OrgID, who.UserID}
	m.mu.Lock()
	last, ok := m.known[key]
	m.mu.Unlock()
	if ok && last.head == head {
		return last.Counts, nil
	}
	n, err := in.Counts(q, who.OrgID, who.UserID)
	if err != nil {
		return n, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil || len(m.known) >= maxCounted {
		m.known = map[viewer]counted{}
	}
	m.known[key] = counted{head, n}
	return n, nil
}
