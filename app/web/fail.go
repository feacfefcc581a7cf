package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"badala/app/errs"
	"badala/app/httpx"
	"badala/views"
)

// fail answers an error the way its asker can use: a script gets JSON with a
// plain sentence, a form goes back to its page with one, anything else sees an
// error page. What is our fault is logged here, once, and only here.
func (c *call) fail(err error) {
	if ignoreGone(err) == nil || c.r.Context().Err() != nil && errors.Is(err, context.Canceled) {
		return
	}
	kind := errs.KindOf(err)
	status := kind.Status()
	if kind == errs.Internal {
		c.s.Log.ErrorContext(c.r.Context(), "page failed", "id", c.requestID(), "route", c.r.Pattern, "org", c.actor.OrgID, "err", err)
	}
	httpx.RetryAfter(c.w.Header(), err)
	message := c.explain(err)
	switch {
	case c.htmx() && !c.script():
		// htmx would put the error where the answer belongs: a whole page says it.
		to := pathQuery(c.r.URL)
		if kind == errs.Unauthorized {
			to = signInPath(c.r)
		}
		c.w.Header().Set("HX-Redirect", to)
		_ = c.json(status, problem{Message: message})
	case c.script() || c.wantsJSON():
		_ = c.json(status, problem{Message: message})
	case kind == errs.Unauthorized:
		_ = c.redirect(signInPath(c.r))
	case errors.Is(err, errSecondStep):
		_ = c.redirect("/profile/second-step")
	case c.r.Method == http.MethodPost && goesBack(kind):
		c.s.setFlash(c.w, message, true)
		_ = c.redirect(c.back(c.referer()))
	default:
		c.errorPage(status, message)
	}
}

// problem is an error as scripts read it.
type problem struct {
	Message string `json:"message"`
	Field   string `json:"field,omitempty"`
}

// goesBack says which failures of a form return to the page it stands on.
func goesBack(k errs.Kind) bool {
	switch k {
	case errs.Invalid, errs.Unprocessable, errs.Conflict, errs.TooLarge, errs.MediaType, errs.TooMany, errs.Upstream, errs.Unavailable:
		return true
	}
	return false
}

// wantsJSON says that a script asked without our header, as for the live stream.
func (c *call) wantsJSON() bool {
	switch c.r.URL.Path {
	case "/live", "/changes", "/uploads":
		return true
	}
	return false
}

// referer is the path of our page that the request came from, else the inbox.
func (c *call) referer() string {
	u, err := url.Parse(c.r.Referer())
	if err != nil || u.Host != c.r.Host {
		return "/inbox"
	}
	return localPath(pathQuery(u), "/inbox")
}

// explain says an error in the reader's language where the catalogue can, else in the error's own words.
func (c *call) explain(err error) string {
	e := errs.As(err)
	if e == nil || e.Kind == errs.Internal {
		return c.statusText(http.StatusInternalServerError)
	}
	if key := "problem." + e.Code; c.has(key) {
		return c.t(key)
	}
	if e.Upstream != nil {
		if key := "meta." + strconv.Itoa(e.Upstream.Code); c.has(key) {
			return c.t(key)
		}
		return e.Message // Meta's own words say more than ours would
	}
	if len(e.Details) > 0 {
		_, text := c.firstField(e)
		return text
	}
	if c.lang != "en" || e.Message == "" {
		if text := c.statusText(e.Kind.Status()); text != "" {
			return text
		}
	}
	return e.Message
}

// statusText is the catalogue's sentence for a status.
func (c *call) statusText(status int) string {
	if key := "error." + strconv.Itoa(status); c.has(key) {
		return c.t(key)
	}
	return c.t("error.500")
}

// absent answers addresses that nothing has.
func (s *Server) absent(*call) error { return errs.New(errs.NotFound, "there is no such page") }

// errorPage shows what went wrong as a page of its own.
func (c *call) errorPage(status int, message string) {
	page := views.ErrorPage{Page: c.page(c.t("error.title")), Status: status, Message: message, RequestID: c.requestID()}
	if err := c.render(status, views.Error(page)); err != nil {
		c.s.Log.ErrorContext(c.r.Context(), "the error page failed", "err", err)
	}
}

// requestID is the id that the log knows this request by.
func (c *call) requestID() string { return httpx.RequestID(c.r.Context()) }
