package httpx

import (
	"errors"
	"io"
	"net/http"

	"badala/app/errs"
)

// Limits of bodies in bytes.
const (
	JSONLimit    = 1 << 20
	WebhookLimit = 4 << 20
	UploadLimit  = 110 << 20
)

func tooLarge(err error) bool {
	_, ok := errors.AsType[*http.MaxBytesError](err)
	return ok
}

// ReadBody reads the whole body of at most limit bytes; a longer one is
// TooLarge, one that breaks off is Invalid. A body of known length is read into
// memory of just that size.
func ReadBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength > limit {
		return nil, errTooLarge(limit)
	}
	var body []byte
	var err error
	if n := r.ContentLength; n >= 0 {
		body = make([]byte, n)
		_, err = io.ReadFull(r.Body, body)
	} else {
		body, err = io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	}
	switch {
	case err == nil:
		return body, nil
	case tooLarge(err):
		return nil, errTooLarge(limit)
	default:
		return nil, &errs.Error{Kind: errs.Invalid, Message: "the body could not be read", Err: err}
	}
}

func errTooLarge(limit int64) error {
	return errs.Newf(errs.TooLarge, "the body is over %d KiB", limit>>10)
}
