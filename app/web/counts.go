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

// countsFresh is how long counts are shown while nothing happens: windows end by
// themselves.
const countsFresh = 60_000 // ms

type counted struct {
	head, at int64
	inbox.Counts
	late []int64 // those that the viewer was told of
}

// of counts for a viewer, not earlier than head.
func (m *counts) of(q db.Q, in *inbox.Service, who account.Actor, head int64) (counted, error) {
	key := viewer{who.OrgID, who.UserID}
	m.mu.Lock()
	last, ok := m.known[key]
	m.mu.Unlock()
	now := in.DB.Now()
	if ok && last.head == head && now >= last.at && now-last.at < countsFresh {
		return last, nil
	}
	n := counted{head: head, at: now}
	var err error
	if n.Counts, err = in.Counts(q, who.OrgID, who.UserID); err != nil {
		return n, err
	}
	if n.late, err = in.Late(q, who); err != nil {
		return n, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil || len(m.known) >= maxCounted {
		m.known = map[viewer]counted{}
	}
	m.known[key] = n
	return n, nil
}
