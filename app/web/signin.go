package web

import (
	"net/http"

	"badala/app/account"
	"badala/app/errs"
	"badala/app/httpx"
	"badala/views"
)

// home leads to the inbox, by way of set-up or sign-in where needed.
func (s *Server) home(c *call) error {
	if c.session != nil {
		return c.redirect("/inbox")
	}
	claimed, err := s.Accounts.Claimed(c.r.Context())
	if err != nil {
		return err
	}
	if !claimed {
		return c.redirect("/setup")
	}
	return c.redirect("/signin")
}

// signInForm shows the form, or leads on who is signed in already.
func (s *Server) signInForm(c *call) error {
	next := localPath(c.r.URL.Query().Get("next"), "")
	if c.session != nil {
		return c.redirect(localPath(next, "/inbox"))
	}
	claimed, err := s.Accounts.Claimed(c.r.Context())
	if err != nil {
		return err
	}
	if !claimed {
		return c.redirect("/setup")
	}
	return c.render(http.StatusOK, views.SignIn(s.signInPage(c, next)))
}

func (s *Server) signInPage(c *call, next string) views.SignInPage {
	p := views.SignInPage{Page: c.page(c.t("signin.title")), Next: next}
	if s.Options.Demo {
		p.Demo = s.Options.DemoLogins
	}
	return p
}

// signIn starts a session and opens what was asked for before it.
func (s *Server) signIn(c *call) error {
	if err := c.parse(); err != nil {
		return err
	}
	next := localPath(c.r.PostFormValue("next"), "")
	old := s.sessionToken(c.r)
	ses, err := s.Accounts.SignIn(c.r.Context(), account.LoginInput{
		Email: c.field("email"), Password: c.r.PostFormValue("password"), Device: cookieValue(c.r, deviceCookie), IP: c.clientIP(), UserAgent: c.r.UserAgent(),
	})
	switch errs.KindOf(err) {
	case errs.Unauthorized, errs.TooMany, errs.Unavailable, errs.Invalid:
		p := s.signInPage(c, next)
		p.Email, p.Error = c.field("email"), c.explain(err)
		return c.render(c.refusal(err), views.SignIn(p))
	}
	if err != nil {
		return err
	}
	if old != "" {
		if err := s.Accounts.Logout(c.r.Context(), old, c.clientIP()); err != nil {
			return err
		}
	}
	return c.enter(ses, localPath(next, "/inbox"))
}

// signOut ends the session. What the browser keeps of drafts stays.
func (s *Server) signOut(c *call) error {
	if token := s.sessionToken(c.r); token != "" {
		if err := s.Accounts.Logout(c.r.Context(), token, c.clientIP()); err != nil {
			return err
		}
	}
	s.clearSession(c.w)
	c.w.Header().Set("Clear-Site-Data", `"cache"`)
	return c.redirect("/signin")
}

// orgs lists the organisations to switch to.
func (s *Server) orgs(c *call) error {
	return c.render(http.StatusOK, views.OrgSwitch(views.OrgSwitchPage{Page: c.page(c.t("orgs.title"))}))
}

// switchOrg makes the session look at another organisation of the user.
func (s *Server) switchOrg(c *call) error {
	org, err := c.pathID("org", "org")
	if err != nil {
		return err
	}
	err = s.Accounts.Switch(c.r.Context(), s.sessionToken(c.r), org)
	if errs.Is(err, errs.Forbidden) {
		return errs.New(errs.NotFound, "no such organisation")
	}
	if err != nil {
		return err
	}
	return c.redirect("/inbox")
}

// refusal is the status of a form that is shown again, with Retry-After where it helps.
func (c *call) refusal(err error) int {
	httpx.RetryAfter(c.w.Header(), err)
	switch k := errs.KindOf(err); k {
	case errs.Invalid, errs.Conflict:
		return http.StatusUnprocessableEntity
	default:
		return k.Status()
	}
}
