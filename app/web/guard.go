package web

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"syscall"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/i18n"
)

// handle makes an http.Handler of a route: headers, limits, who asks, whether
// they may, and what becomes of an error.
func (s *Server) handle(rt route) http.Handler {
	limit := rt.limit
	if limit == 0 {
		limit = formLimit
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.headers(w)
		r.Body = http.MaxBytesReader(w, r.Body, limit)
		c := &call{s: s, w: w, r: r, lang: "en", theme: "auto"}
		if err := c.admit(rt); err != nil {
			c.s.Accounts.RefusedFor(c.r.Context(), c.actor, rt.pattern, err)
			if errors.Is(err, errConfirm) && !c.script() && !c.htmx() {
				err = c.askPassword()
			}
			if err != nil {
				c.fail(err)
			}
			return
		}
		if err := rt.do(c); err != nil {
			c.fail(err)
		}
	})
}

// headers sets what every answer of the pages carries.
func (s *Server) headers(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "+
		"media-src 'self' blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; "+
		"form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin") // no-referrer would make Origin null
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(self)")
	h.Set("Cache-Control", "no-store")
	if s.Options.Secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// admit finds out who asks and refuses what the route does not allow.
func (c *call) admit(rt route) error {
	c.preferences(nil)
	if err := c.s.checkOrigin(c.r); err != nil {
		return err
	}
	if token := c.s.sessionToken(c.r); token != "" {
		if err := c.identify(token); err != nil {
			return err
		}
	}
	if rt.access.anyone {
		return nil
	}
	if c.session == nil {
		return errs.New(errs.Unauthorized, "please sign in")
	}
	if rt.access.host && !c.session.User.InstanceAdmin {
		return errs.Coded(errs.Forbidden, "forbidden", "only administrators of the install may")
	}
	if c.session.MustSetUp() && !rt.access.bare {
		return errSecondStep
	}
	if rt.access.permission != "" {
		if err := c.actor.Require(rt.access.permission); err != nil {
			return err
		}
	}
	if rt.access.fresh && !c.session.Fresh(c.s.DB.Now()) {
		return errConfirm
	}
	return nil
}

// errSecondStep is for who must set up a second step before anything else.
var errSecondStep = errs.Coded(errs.Forbidden, "second_step_needed", "set up two-step sign-in first")

// identify loads the session; one that ended is none.
func (c *call) identify(token string) error {
	session, err := c.s.Accounts.SessionByToken(c.r.Context(), token)
	if errs.Is(err, errs.Unauthorized) {
		return nil
	}
	if err != nil {
		return err
	}
	c.session = &session
	c.actor = account.Actor{OrgID: session.OrgID, UserID: session.User.ID, Role: session.Role,
		Name: session.User.Name, Lang: session.User.Lang, Kind: account.KindUser, IP: c.s.Options.ClientIP(c.r)}
	c.preferences(&session.User)
	return nil
}

// preferences settles language and theme: the user's, else the browser's cookie, query or header.
func (c *call) preferences(u *account.User) {
	if u != nil {
		c.lang, c.theme = i18n.Match(u.Lang), u.Theme
		return
	}
	switch lang := c.r.URL.Query().Get("lang"); {
	case lang != "":
		c.lang = i18n.Match(lang)
	case cookieValue(c.r, langCookie) != "":
		c.lang = i18n.Match(cookieValue(c.r, langCookie))
	default:
		c.lang = i18n.Match(c.r.Header.Get("Accept-Language"))
	}
	c.theme = themeOf(cookieValue(c.r, themeCookie))
}

func themeOf(s string) string {
	if s == "light" || s == "dark" {
		return s
	}
	return "auto"
}

func cookieValue(r *http.Request, name string) string {
	if ck, err := r.Cookie(name); err == nil {
		return ck.Value
	}
	return ""
}

// checkOrigin refuses changes that another site's page asks for, and those
// with a session but without any word of where they come from.
func (s *Server) checkOrigin(r *http.Request) error {
	if err := s.csrf.Check(r); err != nil {
		return errs.Coded(errs.Forbidden, "cross_origin", "the request comes from another site")
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil
	}
	if s.sessionToken(r) != "" && r.Header.Get("Origin") == "" && r.Header.Get("Sec-Fetch-Site") == "" {
		return errs.Coded(errs.Forbidden, "cross_origin", "the request does not say which page it comes from")
	}
	return nil
}

// signInPath is the sign-in page that leads back to what was asked for.
func signInPath(r *http.Request) string {
	if r.Method != http.MethodGet || r.URL.Path == "/" {
		return "/signin"
	}
	return "/signin?next=" + url.QueryEscape(pathQuery(r.URL))
}

// ignoreGone drops errors that only say that the browser has left.
func ignoreGone(err error) error {
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, http.ErrHandlerTimeout) {
		return nil
	}
	return err
}

func asMaxBytes(err error) (*http.MaxBytesError, bool) {
	return errors.AsType[*http.MaxBytesError](err)
}

// id shows an id outside; 0 is no id.
func id(prefix string, n int64) string {
	if n == 0 {
		return ""
	}
	return db.FormatID(prefix, n)
}
