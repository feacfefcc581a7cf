package meta

import (
	"encoding/json"
	"fmt"
	"time"
)

// NoCode is the code of an error that carries none.
const NoCode = -1

// Error is a refusal of the Graph API, or an error inside a webhook. It is
// definite: what was asked for did not happen, except where Action says
// RetryMessage. Decide by Code, show Details.
type Error struct {
	Code       int
	Title      string
	Message    string
	Details    string
	FBTraceID  string
	HTTPStatus int           // zero in webhooks
	RetryAfter time.Duration // what the answer asked for, zero if nothing
}

func (e *Error) Error() string {
	s := fmt.Sprintf("meta: code %d", e.Code)
	if e.HTTPStatus != 0 {
		s += fmt.Sprintf(" (HTTP %d)", e.HTTPStatus)
	}
	for _, part := range []string{e.Details, e.Message, e.Title} {
		if part != "" {
			s += ": " + part
			break
		}
	}
	if e.FBTraceID != "" {
		s += " [fbtrace_id " + e.FBTraceID + "]"
	}
	return s
}

// Verdict says what to do about the error.
func (e *Error) Verdict() Verdict { return Action(e.Code, e.HTTPStatus) }

// ParseError reads the body of an answer that is no success. ok is false when
// it holds no Graph error.
func ParseError(httpStatus int, body []byte) (e *Error, ok bool) {
	o := parseObject(body).object("error")
	if o == nil {
		return nil, false
	}
	parsed := parseError(o)
	parsed.HTTPStatus = httpStatus
	return &parsed, true
}

func parseError(o object) Error {
	e := Error{
		Code:      NoCode,
		Title:     o.first("title", "error_user_title"),
		Message:   o.text("message"),
		Details:   o.object("error_data").text("details"),
		FBTraceID: o.text("fbtrace_id"),
	}
	if e.Details == "" {
		e.Details = o.text("error_user_msg")
	}
	if n := o.integer("code"); n != 0 || o.text("code") == "0" {
		e.Code = int(n)
	}
	return e
}

func parseErrors(items []json.RawMessage) []Error {
	var errs []Error
	for _, raw := range items {
		if o := parseObject(raw); o != nil {
			errs = append(errs, parseError(o))
		}
	}
	return errs
}
