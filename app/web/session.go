package web

import (
	"strings"

	"badala/app/db"
	"badala/views"
)

// sessionRows are the places where the user is signed in.
func (c *call) sessionRows() ([]views.SessionData, error) {
	all, err := c.s.Accounts.OpenSessions(c.r.Context(), *c.session)
	var rows []views.SessionData
	for _, o := range all {
		row := views.SessionData{ID: id("ses", o.ID), Addr: o.IP, SeenAt: db.Time(o.SeenAt), API: o.API, Current: o.ID == c.session.ID}
		row.Agent, row.Phone = c.device(o.UserAgent, o.API)
		rows = append(rows, row)
	}
	return rows, err
}

// browsers and systems that people know, the more special name first.
var (
	browsers = [][2]string{{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung Internet"}, {"Firefox", "Firefox"}, {"FxiOS", "Firefox"},
		{"CriOS", "Chrome"}, {"Chrome", "Chrome"}, {"Safari", "Safari"}}
	systems = [][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"}}
)

func known(agent string, list [][2]string) string {
	for _, one := range list {
		if strings.Contains(agent, one[0]) {
			return one[1]
		}
	}
	return ""
}

// device says in words what a user agent is, and whether it is a telephone.
func (c *call) device(agent string, api bool) (words string, phone bool) {
	browser, system := known(agent, browsers), known(agent, systems)
	phone = system == "iPhone" || (system == "Android" && strings.Contains(agent, "Mobile"))
	switch {
	case api:
		name, _, _ := strings.Cut(agent, " ")
		return c.t("profile.session.program", name), false
	case browser != "" && system != "":
		return c.t("profile.session.on", browser, system), phone
	case browser+system != "":
		return browser + system, phone
	}
	return c.t("profile.session.unknown"), false
}

// endSession signs one of the user's places out.
func (s *Server) endSession(c *call) error {
	n, err := c.pathID("session", "ses")
	if err != nil {
		return err
	}
	if err := s.Accounts.EndSession(c.r.Context(), *c.session, n, c.clientIP()); err != nil {
		return err
	}
	c.flash(c.t("profile.session.ended"))
	return c.redirect("/profile")
}

// endSessions signs the user's other browsers out.
func (s *Server) endSessions(c *call) error {
	if err := s.Accounts.EndOtherSessions(c.r.Context(), *c.session, c.clientIP()); err != nil {
		return err
	}
	c.flash(c.t("profile.sessions_ended"))
	return c.redirect("/profile")
}

// endAllSessions signs the user out everywhere, here too.
func (s *Server) endAllSessions(c *call) error {
	if err := s.Accounts.EndAllSessions(c.r.Context(), *c.session, c.clientIP()); err != nil {
		return err
	}
	s.clearSession(c.w)
	c.w.Header().Set("Clear-Site-Data", `"cache"`)
	c.flash(c.t("profile.sessions_all"))
	return c.redirect("/signin")
}

// signOutMember signs a member out everywhere.
func (s *Server) signOutMember(c *call) error {
	return c.onMember(func(user int64) error {
		err := s.Accounts.EndMemberSessions(c.r.Context(), c.actor, user)
		if err == nil {
			c.flash(c.t("members.signout.done"))
		}
		return err
	})
}
