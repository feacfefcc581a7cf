package web

import (
	"net/http"

	"badala/app/account"
	"badala/app/errs"
	"badala/app/i18n"
	"badala/views"
)

// profile shows what a user sets for themself.
func (s *Server) profile(c *call) error { return c.profilePage(http.StatusOK, nil) }

func (c *call) profilePage(status int, problem error) error {
	p := views.ProfilePage{Page: c.page(c.t("profile.title")), Errors: c.fieldErrors(problem)}
	if problem != nil && len(p.Errors) == 0 {
		p.Flash = views.Flash{Text: c.explain(problem), Bad: true}
	}
	there, err := c.thereForm()
	if err != nil {
		return err
	}
	if p.There = there; there != nil && c.present("hours_MON") {
		there.Keep(c.field, c.field("hand_over"))
	}
	if p.Sessions, err = c.sessionRows(); err != nil {
		return err
	}
	p.SecondStep = c.session.User.SecondStep
	return c.render(status, views.Profile(p))
}

// saveProfile changes what the form carries and leaves the rest.
func (s *Server) saveProfile(c *call) error {
	if err := c.parse(); err != nil {
		return err
	}
	var patch account.ProfilePatch
	if c.present("name") {
		patch.Name = new(c.field("name"))
	}
	if c.present("language") {
		patch.Lang = new(c.field("language"))
	}
	if c.present("theme") {
		patch.Theme = new(c.field("theme"))
	}
	if c.present("enter") {
		patch.EnterSends = new(c.field("enter") == "enter")
	}
	user, err := s.Accounts.UpdateProfile(c.r.Context(), c.session.User.ID, patch, c.clientIP())
	if errs.Is(err, errs.Invalid) && !c.script() {
		return c.profilePage(http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	c.keepPreferences(user.Lang, user.Theme)
	c.lang = user.Lang
	if !c.script() {
		c.flash(c.t("profile.saved"))
	}
	return c.done("/profile")
}

// savePassword changes the password and signs the user's other browsers out.
func (s *Server) savePassword(c *call) error {
	if err := c.parse(); err != nil {
		return err
	}
	err := s.Accounts.ChangePassword(c.r.Context(), *c.session, c.r.PostFormValue("current"), c.r.PostFormValue("password"), c.clientIP())
	if errs.Is(err, errs.Invalid) || errs.Is(err, errs.Unprocessable) {
		return c.profilePage(http.StatusUnprocessableEntity, err)
	}
	if err != nil {
		return err
	}
	c.flash(c.t("profile.password_saved"))
	return c.redirect("/profile")
}

// language sets the language of this browser, and of the user who is signed in.
func (s *Server) language(c *call) error {
	lang := i18n.Match(c.field("language"))
	return c.preference(account.ProfilePatch{Lang: &lang}, func() { c.keepPreferences(lang, "") })
}

// setTheme sets light, dark or automatic colours likewise.
func (s *Server) setTheme(c *call) error {
	theme := themeOf(c.field("theme"))
	return c.preference(account.ProfilePatch{Theme: &theme}, func() { c.keepPreferences("", theme) })
}

func (c *call) preference(patch account.ProfilePatch, keep func()) error {
	if c.session != nil {
		if _, err := c.s.Accounts.UpdateProfile(c.r.Context(), c.session.User.ID, patch, c.clientIP()); err != nil {
			return err
		}
	}
	keep()
	return c.done("/")
}

// keepPreferences remembers language and theme in the browser, for the pages before sign-in.
func (c *call) keepPreferences(lang, theme string) {
	if lang != "" {
		http.SetCookie(c.w, c.s.cookie(langCookie, lang, yearSeconds))
	}
	if theme != "" {
		http.SetCookie(c.w, c.s.cookie(themeCookie, theme, yearSeconds))
	}
}
