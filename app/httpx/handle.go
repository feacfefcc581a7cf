// Package httpx is the plumbing that the HTTP faces share: handlers that return
// errors, request ids, the client's address, host check, limits and the server's
// timeouts.
package httpx

import (
	"math"
	"net/http"
	"strconv"
	"time"

	"badala/app/errs"
)

// Renderer answers a request that failed in the way its face does.
type Renderer func(w http.ResponseWriter, r *http.Request, err error)

// Handle makes a handler of one that returns an error. The renderer alone
// decides what the client sees and what is logged.
func Handle(render Renderer, fn func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := fn(w, r); err != nil {
			render(w, r, err)
		}
	})
}

// Status is the HTTP status of an error: its kind's, or 413 for a body over the limit.
func Status(err error) int {
	if tooLarge(err) {
		return http.StatusRequestEntityTooLarge
	}
	return errs.KindOf(err).Status()
}

// RetryAfter sets the header of a failure that says when to come back.
func RetryAfter(h http.Header, err error) {
	if e := errs.As(err); e != nil && e.RetryAfter > 0 {
		h.Set("Retry-After", Seconds(e.RetryAfter))
	}
}

// Seconds is a waiting time as Retry-After wants it: whole seconds, rounded up.
func Seconds(d time.Duration) string { return strconv.Itoa(int(math.Ceil(d.Seconds()))) }
