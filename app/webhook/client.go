package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"badala/app/db"
	"badala/app/media"
)

const (
	attemptTime = 15 * time.Second // of one attempt, the answer included
	readLimit   = 64 << 10         // of an answer
	keepLimit   = 16 << 10
	inFlight    = 4 // attempts at one endpoint at a time
)

// Classes of failure.
const (
	classDNS      = "dns"
	classBlocked  = "blocked_address"
	classRefused  = "refused"
	classReset    = "reset"
	classTLS      = "tls"
	classTimeout  = "timeout"
	classRedirect = "redirect"
	class4xx      = "http_4xx"
	class5xx      = "http_5xx"
	classTooLarge = "too_large"
)

// answer is how an attempt ended.
type answer struct {
	at, duration int64 // ms
	ip           string
	status       int
	class        string
	response     string
	retryAfter   time.Duration
	cut          bool // the server stopped: nothing is known
}

// ok says whether the endpoint has it: any 2xx, whatever came of the rest of
// the answer.
func (a answer) ok() bool { return a.status/100 == 2 }

func (s *Service) newClient() *http.Client {
	t := s.guard.Transport()
	t.MaxIdleConnsPerHost, t.MaxIdleConns = inFlight, 1024
	t.MaxResponseHeaderBytes = readLimit
	t.DisableCompression = true // what is read is bounded as it comes
	t.ResponseHeaderTimeout = 0 // the attempt's own time bounds it
	return &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// post makes one attempt.
func (s *Service) post(ctx context.Context, t *target, event, id string, body []byte) (a answer) {
	a.at = s.DB.Now()
	defer func() { a.duration = max(s.DB.Now()-a.at, 0) }()
	// The operator's list may have changed since the endpoint was made.
	if err := s.checkURL(t.url); err != nil {
		a.class, a.response = classBlocked, err.Error()
		return a
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	var ip atomic.Pointer[string]
	trace := &httptrace.ClientTrace{GotConn: func(c httptrace.GotConnInfo) {
		if host, _, err := net.SplitHostPort(c.Conn.RemoteAddr().String()); err == nil {
			ip.Store(&host)
		}
	}}
	defer func() {
		if at := ip.Load(); at != nil {
			a.ip = *at
		}
	}()
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), http.MethodPost, t.url, bytes.NewReader(body))
	if err != nil {
		a.class = classBlocked
		return a
	}
	req.Header = headersFor(t, event, id, a.at/1000, body, a.at)
	res, err := s.client.Do(req)
	if err != nil {
		a.class, a.cut = classOf(err), s.closing.Err() != nil
		if media.Blocked(err) {
			a.response = unwrapText(err)
		}
		return a
	}
	defer res.Body.Close()
	a.status = res.StatusCode
	a.retryAfter = retryAfter(res.Header.Get("Retry-After"), db.Time(a.at))
	text, err := io.ReadAll(io.LimitReader(res.Body, readLimit+1))
	switch {
	case a.status/100 == 3:
		a.class = classRedirect
	case a.status/100 == 5:
		a.class = class5xx
	case a.status/100 != 2:
		a.class = class4xx
	case err != nil:
		a.class = classOf(err)
	case len(text) > readLimit:
		a.class = classTooLarge
	}
	a.response = strings.ToValidUTF8(string(text[:min(len(text), keepLimit)]), "\uFFFD")
	return a
}

// headersFor gives both families of headers. The webhook-* names are in lower
// case also on an HTTP/1 wire.
func headersFor(t *target, event, id string, unix int64, body []byte, now int64) http.Header {
	h := http.Header{}
	for name, value := range t.headers {
		h.Set(name, value)
	}
	if t.username != "" {
		r := http.Request{Header: http.Header{}}
		r.SetBasicAuth(t.username, t.password)
		h["Authorization"] = r.Header["Authorization"]
	}
	ts := strconv.FormatInt(unix, 10)
	h["Content-Type"] = []string{"application/json"}
	h["User-Agent"] = []string{"Badala-Webhooks/1"}
	h["X-Badala-Event"] = []string{event}
	h["X-Badala-Delivery"] = []string{id}
	h["X-Badala-Timestamp"] = []string{ts}
	h["X-Badala-Version"] = []string{t.version}
	h["X-Badala-Signature"] = []string{Sign(t.secret, unix, body)}
	h["webhook-id"] = []string{id}
	h["webhook-timestamp"] = []string{ts}
	h["webhook-signature"] = []string{SignStandard(t.signers(now), id, unix, body)}
	// Not sent: it tells the transport that a repeat on a fresh connection,
	// when a kept one turns out to be closed, does no harm.
	h["X-Idempotency-Key"] = nil
	return h
}

// classOf sorts what went wrong before there was an answer.
func classOf(err error) string {
	var dns *net.DNSError
	var record tls.RecordHeaderError
	var verify *tls.CertificateVerificationError
	var alert tls.AlertError
	var authority x509.UnknownAuthorityError
	var timeout net.Error
	switch {
	case media.Blocked(err):
		return classBlocked
	case errors.As(err, &dns):
		return classDNS
	case errors.As(err, &verify), errors.As(err, &record), errors.As(err, &alert), errors.As(err, &authority), strings.Contains(err.Error(), "tls: "),
		strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return classTLS
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return classTimeout
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return classRefused
	case strings.Contains(err.Error(), "response headers exceeded"):
		return classTooLarge
	}
	return classReset
}

// unwrapText is the innermost text of an error: which address, and what can be
// done about it.
func unwrapText(err error) string {
	for {
		next := errors.Unwrap(err)
		if next == nil {
			return err.Error()
		}
		err = next
	}
}

// retryAfter reads the header of that name: seconds or a date.
func retryAfter(value string, now time.Time) time.Duration {
	if value == "" {
		return 0
	}
	if n, err := strconv.ParseInt(value, 10, 32); err == nil {
		return max(0, time.Duration(n)*time.Second)
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}
