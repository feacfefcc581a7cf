package web

import (
	"net/http"

	"badala/app/account"
	"badala/app/errs"
	"badala/views"
)

// inviteForm shows what an invitation's link leads to; a used, expired or made-up one is absent.
func (s *Server) inviteForm(c *call) error {
	p, err := s.invitePage(c)
	if err != nil {
		return err
	}
	return c.render(http.StatusOK, views.Invite(p))
}

func (s *Server) invitePage(c *call) (views.InvitePage, error) {
	token := c.r.PathValue("token")
	in, err := s.Accounts.InviteByToken(c.r.Context(), token)
	if err != nil {
		return views.InvitePage{}, err
	}
	return views.InvitePage{Page: c.page(c.t("invite.title")), Token: token, OrgName: in.OrgName, Email: in.Email,
		Name: c.r.PostFormValue("name"), Existing: in.HasUser}, nil
}

// invite accepts the invitation and signs the person in.
func (s *Server) invite(c *call) error {
	session, err := s.Accounts.AcceptInvite(c.r.Context(), c.r.PathValue("token"), account.AcceptInput{
		Name: c.field("name"), Password: c.r.PostFormValue("password"), Lang: c.lang, From: c.from(),
	})
	switch errs.KindOf(err) {
	case errs.Invalid, errs.Unauthorized, errs.TooMany, errs.Unprocessable, errs.Conflict:
		p, pageErr := s.invitePage(c)
		if pageErr != nil {
			return pageErr
		}
		if p.Errors = c.fieldErrors(err); len(p.Errors) == 0 {
			p.Error = c.explain(err)
		}
		return c.render(c.refusal(err), views.Invite(p))
	}
	if err != nil {
		return err
	}
	return c.enter(session, "/inbox")
}

// resetForm shows where a reset link's owner sets a new password.
func (s *Server) resetForm(c *call) error {
	p, err := s.resetPage(c)
	if err != nil {
		return err
	}
	return c.render(http.StatusOK, views.Reset(p))
}

func (s *Server) resetPage(c *call) (views.ResetPage, error) {
	token := c.r.PathValue("token")
	user, err := s.Accounts.UserByResetToken(c.r.Context(), token)
	if err != nil {
		return views.ResetPage{}, err
	}
	return views.ResetPage{Page: c.page(c.t("reset.title")), Token: token, Email: user.Email}, nil
}

// reset sets the password, ends all sessions and leads to the sign-in page.
func (s *Server) reset(c *call) error {
	err := s.Accounts.ResetPassword(c.r.Context(), c.r.PathValue("token"), c.r.PostFormValue("password"), c.clientIP())
	switch errs.KindOf(err) {
	case errs.Invalid, errs.Unprocessable, errs.TooMany:
		p, pageErr := s.resetPage(c)
		if pageErr != nil {
			return pageErr
		}
		if p.Errors = c.fieldErrors(err); len(p.Errors) == 0 {
			p.Error = c.explain(err)
		}
		return c.render(c.refusal(err), views.Reset(p))
	}
	if err != nil {
		return err
	}
	s.clearSession(c.w)
	c.flash(c.t("reset.done"))
	return c.redirect("/signin")
}

// signInLinkForm asks for one press before a sign-in link of the host is used
// up: programs that look at links in messages must not use it.
func (s *Server) signInLinkForm(c *call) error {
	token := c.r.PathValue("token")
	if err := s.Accounts.CheckSignInLink(c.r.Context(), token); err != nil {
		return err
	}
	return c.render(http.StatusOK, views.SignInLink(views.SignInLinkPage{Page: c.page(c.t("signin.title")), Token: token}))
}

// signInLink uses the link up; its person has no password yet and can set one.
func (s *Server) signInLink(c *call) error {
	session, err := s.Accounts.UseSignInLink(c.r.Context(), c.r.PathValue("token"), c.from())
	if err != nil {
		return err
	}
	return c.enter(session, "/profile")
}
