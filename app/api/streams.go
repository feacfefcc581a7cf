package api

import (
	"sync"
	"time"

	"badala/app/errs"
)

// streams counts the open streams of each caller and ends them all at shutdown.
type streams struct {
	closed chan struct{}

	mu   sync.Mutex
	done bool
	by   map[int64]int
}

func newStreams() *streams { return &streams{closed: make(chan struct{}), by: map[int64]int{}} }

// join counts a stream; the caller must leave it again.
func (s *streams) join(caller int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.done:
		return errs.New(errs.Unavailable, "the server is stopping")
	case s.by[caller] >= maxStreams:
		return &errs.Error{Kind: errs.TooMany, Code: "too_many", Message: "at most 10 streams at once; close one first", RetryAfter: 30 * time.Second}
	}
	s.by[caller]++
	return nil
}

func (s *streams) leave(caller int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.by[caller]--; s.by[caller] <= 0 {
		delete(s.by, caller)
	}
}

// Close ends every stream and lets no new one begin. Other calls go on.
func (a *API) Close() {
	a.streams.mu.Lock()
	defer a.streams.mu.Unlock()
	if !a.streams.done {
		a.streams.done = true
		close(a.streams.closed)
	}
}
