package web

import (
	"net/http"

	"badala/app/account"
	"badala/app/errs"
	"badala/views"
)

// setupForm shows the form that claims a fresh install. Without the token of
// the set-up link it only says where to find one; once claimed it is absent.
func (s *Server) setupForm(c *call) error {
	claimed, err := s.Accounts.Claimed(c.r.Context())
	if err != nil {
		return err
	}
	if claimed {
		return errs.New(errs.NotFound, "this install is set up already")
	}
	p := views.SetupPage{Page: c.page(c.t("setup.title")), Token: c.r.URL.Query().Get("token")}
	if p.Token != "" {
		if err := s.Accounts.CheckSetupToken(c.r.Context(), p.Token, c.clientIP()); err != nil {
			p.Token, p.Error = "", c.explain(err)
		}
	}
	return c.render(http.StatusOK, views.Setup(p))
}

// setup makes the first organisation with its owner and goes on to connecting a number.
func (s *Server) setup(c *call) error {
	if err := c.parse(); err != nil {
		return err
	}
	session, err := s.Accounts.Claim(c.r.Context(), c.field("token"), account.SetupInput{
		OrgName: c.field("org"), Name: c.field("name"), Email: c.field("email"), Password: c.r.PostFormValue("password"),
		Timezone: c.field("timezone"), Lang: firstOf(c.field("language"), c.lang), From: c.from(),
	})
	switch errs.KindOf(err) {
	case errs.Invalid, errs.Unprocessable, errs.TooMany, errs.Conflict:
		p := views.SetupPage{Page: c.page(c.t("setup.title")), Token: c.field("token"), OrgName: c.field("org"),
			Name: c.field("name"), Email: c.field("email"), Errors: c.fieldErrors(err)}
		if len(p.Errors) == 0 {
			p.Error = c.explain(err)
		}
		return c.render(c.refusal(err), views.Setup(p))
	}
	if err != nil {
		return err
	}
	s.setSession(c.w, session.Token)
	return c.redirect("/settings/channels/connect")
}

// from is where the request came from, for sessions and throttles.
func (c *call) from() account.From {
	return account.From{IP: c.clientIP(), UserAgent: c.r.UserAgent()}
}
