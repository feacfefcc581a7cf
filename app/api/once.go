package api

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"badala/app/account"
	"badala/app/httpx"
)

// once runs a POST with an Idempotency-Key: a repeat within 24 hours gets the
// first answer again. What failed here (5xx but Meta's 502) may be tried again.
func (a *API) once(w http.ResponseWriter, r *http.Request, c caller, rule access, run http.HandlerFunc) (err error) {
	request := fmt.Appendf(nil, "%s %s\x00", r.Method, r.URL.RequestURI())
	if rule.limit <= httpx.JSONLimit { // files are streamed, so the key alone names an upload
		body, err := httpx.ReadBody(w, r, rule.limit)
		if err != nil {
			return err
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		request = append(request, body...)
	}
	call := account.Call{OrgID: c.actor.OrgID, UserID: c.id(), Key: c.idemKey, Request: request}
	first, err := a.Accounts.Begin(r.Context(), call)
	if err != nil {
		return err
	}
	if first != nil {
		_, _ = io.Copy(io.Discard, r.Body) // a client that still sends would not read the answer
		w.Header().Set("Idempotency-Replayed", "true")
		replay(w, *first)
		return nil
	}
	keep := &keeper{ResponseWriter: w, header: w.Header(), status: http.StatusOK}
	ctx := context.WithoutCancel(r.Context()) // the answer counts even when the client has gone
	done := false
	defer func() {
		if !done {
			_ = a.Accounts.Forget(ctx, call) // it expires by itself
		}
	}()
	run(keep, r)
	answer := account.Answer{Status: keep.status, ContentType: keep.header.Get("Content-Type"), Body: keep.body.Bytes()}
	if keep.status < 500 || keep.status == http.StatusBadGateway {
		if err := a.Accounts.Finish(ctx, call, answer); err != nil {
			return err
		}
		done = true
	}
	replay(w, answer)
	return nil
}

func replay(w http.ResponseWriter, a account.Answer) {
	if a.ContentType != "" {
		w.Header().Set("Content-Type", a.ContentType)
	}
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body) // the client may be gone
}

// keeper holds an answer back until it is stored.
type keeper struct {
	http.ResponseWriter
	header http.Header
	status int
	body   bytes.Buffer
}

// WriteHeader remembers the status.
func (k *keeper) WriteHeader(status int) { k.status = status }

// Write remembers the body.
func (k *keeper) Write(b []byte) (int, error) { return k.body.Write(b) }

// Unwrap lets http.ResponseController set deadlines.
func (k *keeper) Unwrap() http.ResponseWriter { return k.ResponseWriter }

// clientID names a message by the caller's Idempotency-Key, so that even a call
// cut by a restart is not sent twice.
func (c caller) clientID() string {
	if c.idemKey == "" {
		return ""
	}
	return "api-" + strings.ToLower(account.Fingerprint(fmt.Sprintf("%d %s", c.id(), c.idemKey)))
}
