// Package errs gives every failure a kind, a message that is safe to show and
// a cause for the log. The kind says what the caller may do about it.
package errs

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind is what a failure means to whoever asked.
type Kind int

// The kinds, each with the HTTP status a face gives it.
const (
	Internal      Kind = iota // 500: our fault
	Invalid                   // 400: the request cannot be right
	Unprocessable             // 422: well formed, but its content is refused
	Unauthorized              // 401: nobody is signed in
	Forbidden                 // 403: signed in, not allowed
	NotFound                  // 404: absent, or another organisation's
	Conflict                  // 409: not in the present state
	TooLarge                  // 413
	MediaType                 // 415
	TooMany                   // 429: RetryAfter says how long
	Upstream                  // 502: Meta refused or failed
	Unavailable               // 503: try again later
)

// Status is the HTTP status of the kind.
func (k Kind) Status() int {
	switch k {
	case Invalid:
		return 400
	case Unprocessable:
		return 422
	case Unauthorized:
		return 401
	case Forbidden:
		return 403
	case NotFound:
		return 404
	case Conflict:
		return 409
	case TooLarge:
		return 413
	case MediaType:
		return 415
	case TooMany:
		return 429
	case Upstream:
		return 502
	case Unavailable:
		return 503
	default:
		return 500
	}
}

// UpstreamInfo is what the Graph API said when it refused.
type UpstreamInfo struct {
	Code      int
	Title     string
	Retryable bool
}

// Error is a failure with a kind. Message and Details may be shown to anyone
// who sent the request; Err is for the log only.
type Error struct {
	Kind       Kind
	Message    string
	Details    []string
	Code       string // a stable catalogue key such as "window_closed", or ""
	RetryAfter time.Duration
	Upstream   *UpstreamInfo
	Err        error
}

// Error joins message, details and cause.
func (e *Error) Error() string {
	parts := []string{e.Message}
	if len(e.Details) > 0 {
		parts = append(parts, strings.Join(e.Details, "; "))
	}
	if e.Err != nil {
		parts = append(parts, e.Err.Error())
	}
	return strings.Join(parts, ": ")
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// New is a failure of a kind with a message that is safe to show.
func New(k Kind, message string) error { return &Error{Kind: k, Message: message} }

// Newf is New with formatting.
func Newf(k Kind, format string, args ...any) error {
	return &Error{Kind: k, Message: fmt.Sprintf(format, args...)}
}

// Coded is New with a catalogue key, so that a page can say it in the reader's language.
func Coded(k Kind, code, message string) error {
	return &Error{Kind: k, Code: code, Message: message}
}

// Field is an Invalid failure of one input.
func Field(name, message string) error { return Fields(name + ": " + message) }

// Fieldf is Field with formatting.
func Fieldf(name, format string, args ...any) error {
	return Field(name, fmt.Sprintf(format, args...))
}

// Fields is an Invalid failure with one detail for each wrong input.
func Fields(details ...string) error {
	return &Error{Kind: Invalid, Message: "the request is not valid", Details: details}
}

// Wrap adds a call's name and arguments to *err. Defer it; nil stays nil.
func Wrap(err *error, format string, args ...any) {
	if *err != nil {
		*err = fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), *err)
	}
}

// As finds the Error in a chain, or nil.
func As(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return nil
}

// KindOf is the kind of the first Error in the chain; anything else is Internal.
func KindOf(err error) Kind {
	if e := As(err); e != nil {
		return e.Kind
	}
	return Internal
}

// Is says whether err is of the kind. A nil error is of none.
func Is(err error, k Kind) bool { return err != nil && KindOf(err) == k }
