package httpx

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Front is what every request passes first.
type Front struct {
	Log *slog.Logger
	// PublicURL, if set, is the only host that is answered: another gets 421.
	PublicURL string
	// AllowLoopback also answers localhost and loopback addresses.
	AllowLoopback bool
	// Refuse answers what goes no further, in the way of the address's face; nil
	// is plain text.
	Refuse func(w http.ResponseWriter, r *http.Request, status int, message string)
	// Observe is told of every answer, 0 for one that was cut; nil is nobody.
	Observe func(r *http.Request, status int, took time.Duration)
}

// Wrap puts request ids, the host check, the access log and panic recovery
// before next. The log has the route's pattern, never the path or the query:
// both may hold tokens.
func (f Front) Wrap(next http.Handler) http.Handler {
	host := hostOf(f.PublicURL)
	boot := rand.Text()[:8] + "-"
	var count atomic.Int64
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := boot + strconv.FormatInt(count.Add(1), 36)
		w.Header().Set("X-Request-Id", id)
		rec := &recorder{ResponseWriter: w}
		debugging := f.Log.Enabled(r.Context(), slog.LevelDebug)
		var start time.Time
		if debugging || f.Observe != nil {
			start = time.Now()
		}
		r = r.WithContext(context.WithValue(r.Context(), idKey{}, id))
		defer func() {
			if f.Observe != nil {
				defer func() { f.Observe(r, rec.status, time.Since(start)) }()
			}
			f.recover(rec, r, recover())
			if debugging {
				f.Log.DebugContext(r.Context(), "request", "id", id, "method", r.Method, "route", r.Pattern,
					"status", rec.status, "bytes", rec.bytes, "took", time.Since(start))
			}
		}()
		if host != "" && !f.answers(host, r) {
			f.refuse(rec, r, http.StatusMisdirectedRequest, "this server does not answer for that host name")
			return
		}
		next.ServeHTTP(rec, r)
	})
}

type idKey struct{}

// RequestID is the id that the log knows the request by.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(idKey{}).(string)
	return id
}

func (f Front) refuse(w http.ResponseWriter, r *http.Request, status int, message string) {
	if f.Refuse == nil {
		http.Error(w, message, status)
		return
	}
	f.Refuse(w, r, status, message)
}

// recover answers a panic with 500 and logs it once. An aborted response stays aborted.
func (f Front) recover(rec *recorder, r *http.Request, p any) {
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler {
		panic(p)
	}
	f.Log.ErrorContext(r.Context(), "handler panicked", "id", RequestID(r.Context()), "route", r.Pattern, "err", p, "stack", string(debug.Stack()))
	if rec.status == 0 {
		f.refuse(rec, r, http.StatusInternalServerError, "something went wrong here")
		return
	}
	panic(http.ErrAbortHandler) // the answer has begun: cut it rather than pretend that it is whole
}

// answers says whether the request's host is ours. Health probes come by address.
func (f Front) answers(host string, r *http.Request) bool {
	if strings.EqualFold(r.Host, host) || r.URL.Path == "/healthz" || r.URL.Path == "/metrics" {
		return true
	}
	return f.AllowLoopback && isLoopback(r.Host)
}

func isLoopback(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || (err == nil && a.IsLoopback())
}

// hostOf is an address's host, with the port if it is not the scheme's own.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	if (u.Scheme == "https" && u.Port() == "443") || (u.Scheme == "http" && u.Port() == "80") {
		return u.Hostname()
	}
	return u.Host
}

// recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController flush and set deadlines.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
