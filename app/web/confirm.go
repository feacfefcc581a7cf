package web

import (
	"bytes"
	"crypto/rand"
	"io"
	"net/http"
	"net/url"
	"sync"

	"badala/app/errs"
	"badala/views"
)

// errConfirm stops what asks for the password first; handle leads to the page.
var errConfirm = errs.Coded(errs.Forbidden, "confirm_password", "enter your password again first")

const (
	heldFor   = 10 * 60_000 // milliseconds that a form waits for the password
	heldForms = 200         // that wait at once; the oldest goes
)

// heldForm is a form that waits until its person has given the password again.
type heldForm struct {
	token, path, kind, referer string
	body                       []byte
	at                         int64
}

// heldFormsBy keeps one form a session, for a short while and in memory only.
type heldFormsBy struct {
	mu sync.Mutex
	by map[int64]heldForm
}

func (h *heldFormsBy) put(session int64, f heldForm) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.by == nil {
		h.by = map[int64]heldForm{}
	}
	oldest := session
	for id, o := range h.by {
		if f.at-o.at >= heldFor {
			delete(h.by, id)
		} else if oldest == session || o.at < h.by[oldest].at {
			oldest = id
		}
	}
	if len(h.by) >= heldForms {
		delete(h.by, oldest)
	}
	h.by[session] = f
}

// take gives the form of a session once, if it is the one that is meant.
func (h *heldFormsBy) take(session int64, token string, now int64) (heldForm, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f, ok := h.by[session]
	if !ok || token == "" || f.token != token {
		return heldForm{}, false
	}
	delete(h.by, session)
	return f, now-f.at < heldFor
}

// askPassword leads to the page that asks for the password and then goes on
// with what was asked for. A form is kept here; the page only names it.
func (c *call) askPassword() error {
	q := url.Values{"back": {c.referer()}}
	if c.r.Method == http.MethodGet || c.r.Method == http.MethodHead {
		q.Set("next", pathQuery(c.r.URL))
		return c.redirect("/confirm?" + q.Encode())
	}
	body, err := io.ReadAll(io.LimitReader(c.r.Body, formLimit+1))
	if err != nil {
		return badBody(err)
	}
	if len(body) <= formLimit {
		f := heldForm{token: rand.Text(), path: pathQuery(c.r.URL), kind: c.r.Header.Get("Content-Type"), referer: c.r.Referer(), body: body, at: c.s.DB.Now()}
		c.s.held.put(c.session.ID, f)
		q.Set("held", f.token)
	}
	return c.redirect("/confirm?" + q.Encode())
}

// confirmForm asks for the password.
func (s *Server) confirmForm(c *call) error {
	q := c.r.URL.Query()
	return c.confirmPage(http.StatusOK, q.Get("next"), q.Get("held"), q.Get("back"), "")
}

func (c *call) confirmPage(status int, next, held, back, problem string) error {
	return c.render(status, views.Confirm(views.ConfirmPage{Page: c.page(c.t("confirm.title")), Next: localPath(next, ""), Held: held,
		Back: localPath(back, "/inbox"), NoPassword: !c.session.User.HasPassword, Error: problem}))
}

// confirm checks the password and goes on with the page or form that waits.
func (s *Server) confirm(c *call) error {
	if err := c.parse(); err != nil {
		return err
	}
	next, held, back := c.field("next"), c.field("held"), c.field("back")
	err := s.Accounts.Confirm(c.r.Context(), *c.session, c.r.PostFormValue("password"), c.clientIP())
	switch errs.KindOf(err) {
	case errs.Invalid, errs.TooMany, errs.Conflict, errs.Unavailable:
		return c.confirmPage(c.refusal(err), next, held, back, c.explain(err))
	}
	if err != nil {
		return err
	}
	if held == "" {
		return c.redirect(localPath(next, localPath(back, "/inbox")))
	}
	f, ok := s.held.take(c.session.ID, held, s.DB.Now())
	if !ok {
		s.setFlash(c.w, c.t("confirm.late"), true)
		return c.redirect(localPath(back, "/inbox"))
	}
	return c.goOn(f)
}

// goOn does what the form asked for, as if it were posted now.
func (c *call) goOn(f heldForm) error {
	to, err := url.ParseRequestURI(f.path)
	if err != nil {
		return err
	}
	r := c.r.Clone(c.r.Context())
	r.URL, r.RequestURI = to, f.path
	r.Form, r.PostForm, r.MultipartForm = nil, nil, nil
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(f.body)), int64(len(f.body))
	r.Header.Set("Content-Type", f.kind)
	r.Header.Set("Referer", f.referer)
	c.s.mux.ServeHTTP(c.w, r)
	return nil
}
