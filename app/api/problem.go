package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"badala/app/errs"
	"badala/app/httpx"

	"github.com/danielgtaylor/huma/v2"
)

// Problem is the body of every answer that is not a success.
type Problem struct {
	Message  string    `json:"message" doc:"What is wrong, in words."`
	Details  []string  `json:"details,omitempty" nullable:"false" doc:"One entry for each thing, such as \"phone: not a phone number\"."`
	Code     string    `json:"code,omitempty" doc:"A stable name of what is wrong, where there is one."`
	Upstream *Upstream `json:"upstream,omitempty" doc:"Why WhatsApp refused; on 502 only."`
	// MessageID names the message that was kept although WhatsApp refused it.
	MessageID string `json:"messageId,omitempty" doc:"The message that stays, FAILED; on 502 of a send."`

	status int
	header http.Header
}

// Upstream is what Meta answered.
type Upstream struct {
	Code      int    `json:"code" doc:"Meta's error code."`
	Title     string `json:"title"`
	Retryable bool   `json:"retryable" doc:"Whether the same call may succeed later."`
}

// Error is the message.
func (p *Problem) Error() string { return p.Message }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.status }

// GetHeaders are the headers that go with the problem.
func (p *Problem) GetHeaders() http.Header { return p.header }

var errNoRoute = errs.New(errs.NotFound, "there is no such address in this API")

// huma makes its own failures (validation, unreadable bodies) through a package
// variable; this one gives them our envelope.
func init() {
	huma.NewError = func(status int, message string, causes ...error) huma.StatusError {
		p := &Problem{Message: message, status: status}
		for _, c := range causes {
			if c == nil {
				continue
			}
			if _, ok := errors.AsType[*http.MaxBytesError](c); ok {
				return &Problem{Message: "the body is too large", status: http.StatusRequestEntityTooLarge}
			}
			p.Details = append(p.Details, detailOf(c))
		}
		switch {
		case status == http.StatusUnsupportedMediaType:
			p.Message, p.Details = "send the body as application/json", nil
		case len(p.Details) > 0:
			p.Message = "the request is not valid"
		case message == "request body is required":
			p.Message = "this call needs a body"
		}
		slices.Sort(p.Details)
		p.Details = slices.Compact(p.Details)
		return p
	}
}

// detailOf names the field and says what is wrong with it; what was sent is not repeated.
func detailOf(err error) string {
	d, ok := errors.AsType[*huma.ErrorDetail](err)
	if !ok {
		return err.Error()
	}
	where := d.Location
	for _, part := range []string{"body.", "path.", "query.", "header."} {
		where = strings.TrimPrefix(where, part)
	}
	if name, ok := missing(d.Message); ok {
		return strings.Trim(strings.TrimPrefix(where, "body")+"."+name, ".") + ": is required"
	}
	if where == "" {
		return plainly(d.Message)
	}
	return where + ": " + plainly(d.Message)
}

// problemOf says an error in the API's envelope. What is our fault is logged
// here, once, and the client learns no detail of it.
func (a *API) problemOf(ctx context.Context, err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	p := &Problem{status: httpx.Status(err), header: http.Header{}}
	httpx.RetryAfter(p.header, err)
	e := errs.As(err)
	switch {
	case p.status == http.StatusInternalServerError:
		if ctx.Err() == nil {
			a.Log.ErrorContext(ctx, "api call failed", "id", httpx.RequestID(ctx), "err", err)
		}
		p.Message = "something went wrong here"
		return p
	case p.status == http.StatusServiceUnavailable:
		a.Log.WarnContext(ctx, "api call refused for now", "id", httpx.RequestID(ctx), "err", err)
	case p.status == http.StatusUnauthorized:
		p.header.Set("WWW-Authenticate", "Bearer")
	}
	if e == nil {
		p.Message = strings.ToLower(http.StatusText(p.status))
		return p
	}
	p.Message, p.Details, p.Code = e.Message, e.Details, e.Code
	if u := e.Upstream; u != nil {
		p.Upstream = &Upstream{Code: u.Code, Title: u.Title, Retryable: u.Retryable}
	}
	return p
}

// Refuse answers for the server in front of all faces: programs get the envelope,
// people a line of text.
func (a *API) Refuse(w http.ResponseWriter, r *http.Request, status int, message string) {
	if !a.Owns(r) {
		http.Error(w, message, status)
		return
	}
	a.fail(w, r, &Problem{Message: message, status: status})
}

// fail answers an error that came up outside huma.
func (a *API) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := a.problemOf(r.Context(), err)
	for k, v := range p.header {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(p.status)
	_ = json.NewEncoder(w).Encode(p) // the client may be gone
}
