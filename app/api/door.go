package api

import (
	"net/http"

	"badala/app/channel"
	"badala/app/errs"
	"badala/app/httpx"
)

// door mounts Meta's webhook. It stands outside the API proper: no tokens, the
// signature speaks for itself.
func (a *API) door() {
	a.mux.Handle("GET "+channel.WebhookPath, httpx.Handle(a.refuse, a.challenge))
	a.mux.Handle("POST "+channel.WebhookPath, httpx.Handle(a.refuse, a.receive))
}

// challenge proves to Meta that the callback address is ours.
func (a *API) challenge(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	if q.Get("hub.mode") != "subscribe" || !a.Channels.VerifyChallenge(r.Context(), q.Get("hub.verify_token")) {
		return errs.New(errs.Forbidden, "no channel has this verify token")
	}
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	_, err := w.Write([]byte(q.Get("hub.challenge")))
	return err
}

// receive takes what Meta posts. 200 means that it is on disk.
func (a *API) receive(w http.ResponseWriter, r *http.Request) error {
	if enc := r.Header.Get("Content-Encoding"); enc != "" && enc != "identity" {
		return errs.New(errs.MediaType, "send the body as it was signed, without an encoding")
	}
	body, err := httpx.ReadBody(w, r, httpx.WebhookLimit)
	if err != nil {
		return err
	}
	if err := a.Inbox.Accept(r.Context(), body, r.Header.Get("X-Hub-Signature-256")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// refuse answers Meta. What failed here is 503, so that Meta sends it again.
func (a *API) refuse(w http.ResponseWriter, r *http.Request, err error) {
	code := httpx.Status(err)
	if code >= http.StatusInternalServerError {
		code = http.StatusServiceUnavailable
		if r.Context().Err() == nil {
			a.Log.ErrorContext(r.Context(), "webhook not accepted", "id", httpx.RequestID(r.Context()), "err", err)
		}
	}
	message := http.StatusText(code)
	if e := errs.As(err); e != nil && code < http.StatusInternalServerError {
		message = e.Message
	}
	http.Error(w, message, code)
}
