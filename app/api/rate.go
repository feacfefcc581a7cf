package api

import (
	"sync"
	"time"

	"badala/app/errs"
)

// How many calls a minute one token may make.
const (
	callsPerMinute    = 600
	searchesPerMinute = 60
)

// rates lets each token make so many calls a minute, with as many at once.
type rates struct {
	perMinute float64

	mu sync.Mutex
	by map[int64]*bucket
}

type bucket struct {
	left float64
	at   int64
}

// maxBuckets bounds the memory of rates; full buckets are forgotten first.
const maxBuckets = 10_000

func newRates(perMinute float64) *rates { return &rates{perMinute: perMinute, by: map[int64]*bucket{}} }

// take uses one call of the token up, or says when to come back.
func (r *rates) take(token, now int64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.by[token]
	if b == nil {
		if len(r.by) >= maxBuckets {
			r.forget(now)
		}
		b = &bucket{left: r.perMinute, at: now}
		r.by[token] = b
	}
	b.left = min(r.perMinute, b.left+float64(now-b.at)*r.perMinute/60_000)
	b.at = now
	if b.left < 1 {
		wait := time.Duration((1 - b.left) * 60_000 / r.perMinute * float64(time.Millisecond))
		return &errs.Error{Kind: errs.TooMany, Code: "too_many", Message: "too many calls with this token", RetryAfter: max(wait, time.Second)}
	}
	b.left--
	return nil
}

// forget drops what has not been used for a minute: its bucket is full again.
func (r *rates) forget(now int64) {
	for id, b := range r.by {
		if now-b.at >= 60_000 {
			delete(r.by, id)
		}
	}
}
