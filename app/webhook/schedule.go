package webhook

import (
	"math/rand/v2"
	"time"
)

// pauses are the waits after each attempt but the last: eleven attempts over
// 75.6 hours.
var pauses = [...]time.Duration{
	5 * time.Second, time.Minute, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour,
	5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

// maxTries is how often a delivery is tried before it has failed.
const maxTries = len(pauses) + 1

// pauseAfter is the wait after failure number tries (1 for the first): the
// planned one ±20 %, a minute at least when the endpoint is overloaded, and
// what Retry-After asks for, between the planned one and twice it or an hour.
func pauseAfter(tries int, a answer) time.Duration {
	d := pauses[min(max(tries, 1), len(pauses))-1]
	planned := d - d/5 + rand.N(d*2/5+1)
	if a.status == 429 || a.status == 502 || a.status == 504 || a.class == classTimeout {
		planned = max(planned, time.Minute)
	}
	if a.retryAfter > 0 {
		planned = min(max(a.retryAfter, planned), max(2*planned, time.Hour))
	}
	return planned
}

// breakerAfter failures in a row, an endpoint is left alone for the first of
// breakerPauses, then tried once, left alone for the next, and so on.
const breakerAfter = 5

var breakerPauses = [...]time.Duration{time.Minute, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute}

// When an endpoint is disabled: no success for so long, after so many
// attempts, and at least one delivery given up.
const (
	disableAfter    = 120 * time.Hour
	disableAttempts = 20
)
