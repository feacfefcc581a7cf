package web

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/i18n"
)

const formLimit = 256 << 10 // bytes of an ordinary form

// call is one request with who makes it and in which language.
type call struct {
	s       *Server
	w       http.ResponseWriter
	r       *http.Request
	session *account.Session // nil when nobody is signed in
	actor   account.Actor    // zero without a session or membership
	lang    string
	theme   string
}

// q reads the database on the request's behalf.
func (c *call) q() db.Q { return c.s.DB.Read(c.r.Context()) }

// t says a catalogue sentence in the reader's language.
func (c *call) t(key string, args ...any) string { return i18n.T(c.lang, key, args...) }

// has says whether the catalogue knows the key.
func (c *call) has(key string) bool { return i18n.Has(key) }

// field is a trimmed form or query value.
func (c *call) field(name string) string { return strings.TrimSpace(c.r.FormValue(name)) }

// present says whether the form carries the field, even empty.
func (c *call) present(name string) bool {
	if c.r.Form == nil {
		_ = c.r.FormValue(name)
	}
	return c.r.Form.Has(name)
}

// pathID reads an id from the path; a malformed one is NotFound.
func (c *call) pathID(name, prefix string) (int64, error) {
	return someID(prefix, c.r.PathValue(name))
}

// someID reads an id; nothing has the id 0, which stands for none in here.
func someID(prefix, s string) (int64, error) {
	n, err := db.ParseID(prefix, s)
	if err == nil && n == 0 {
		err = errs.New(errs.NotFound, "there is no such thing")
	}
	return n, err
}

// now is the request's time.
func (c *call) now() time.Time { return db.Time(c.s.DB.Now()) }

// script says that our own script asked, and so wants fragments and JSON instead of pages.
func (c *call) script() bool { return c.r.Header.Get("X-Fragment") != "" }

// htmx says that htmx asked.
func (c *call) htmx() bool { return c.r.Header.Get("HX-Request") != "" }

// json answers with a small JSON document.
func (c *call) json(status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	c.w.Header().Set("Content-Type", "application/json; charset=utf-8")
	c.w.WriteHeader(status)
	_, err = c.w.Write(body)
	return ignoreGone(err)
}

// redirect sends the browser to another of our pages.
func (c *call) redirect(path string) error {
	http.Redirect(c.w, c.r, path, http.StatusSeeOther)
	return nil
}

// done answers a successful change: nothing for a script, else the page it came from.
func (c *call) done(fallback string) error {
	if c.script() {
		c.w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return c.redirect(c.back(fallback))
}

// back is where a form wants to return to: its back field, or fallback.
func (c *call) back(fallback string) string { return localPath(c.r.FormValue("back"), fallback) }

// flash keeps a sentence for the next page.
func (c *call) flash(text string) { c.s.setFlash(c.w, text, false) }

// baseURL is where the outside reaches us.
func (c *call) baseURL() string {
	if c.s.Options.PublicURL != "" {
		return strings.TrimRight(c.s.Options.PublicURL, "/")
	}
	scheme := "http"
	if c.s.Options.Secure {
		scheme = "https"
	}
	return scheme + "://" + c.r.Host
}

// clientIP is the browser's address for throttling.
func (c *call) clientIP() string { return c.s.Options.ClientIP(c.r) }

// parse reads the form within the limit; a larger one is TooLarge.
func (c *call) parse() error {
	if err := c.r.ParseForm(); err != nil {
		return badBody(err)
	}
	return nil
}

// badBody tells a body that is too large from one that is broken.
func badBody(err error) error {
	if _, ok := asMaxBytes(err); ok {
		return errs.Coded(errs.TooLarge, "too_large", "the request is too large")
	}
	return errs.New(errs.Invalid, "the form could not be read")
}

// pathQuery is path and query of the request, for forms that come back.
func pathQuery(u *url.URL) string {
	if u.RawQuery == "" {
		return u.Path
	}
	return u.Path + "?" + u.RawQuery
}
