package web

import (
	"net/http"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/views"
)

// settings lists the settings that the user may open.
func (s *Server) settings(c *call) error {
	return c.render(http.StatusOK, views.Settings(c.page(c.t("nav.settings"))))
}

// shown is what a members page shows besides the team: a link that is shown
// once, or what was wrong.
type shown struct {
	status                 int
	inviteLink, invitedFor string
	resetLink, email       string
	problem                error
}

// members lists the team and open invitations.
func (s *Server) members(c *call) error { return c.membersPage(shown{status: http.StatusOK}) }

func (c *call) membersPage(sh shown) error {
	members, err := c.s.Accounts.Members(c.q(), c.actor.OrgID)
	if err != nil {
		return err
	}
	invites, err := c.s.Accounts.Invites(c.r.Context(), c.actor)
	if err != nil {
		return err
	}
	p := views.MembersPage{Page: c.page(c.t("members.title")), InviteLink: sh.inviteLink, InvitedFor: sh.invitedFor,
		ResetLink: sh.resetLink, Email: sh.email, Errors: c.fieldErrors(sh.problem)}
	if sh.problem != nil && len(p.Errors) == 0 {
		p.Errors = map[string]string{"email": c.explain(sh.problem)}
	}
	for _, r := range account.Roles {
		if c.actor.Role.AtLeast(r) {
			p.Roles = append(p.Roles, string(r))
		}
	}
	if p.StepRoles, err = c.stepRoles(); err != nil {
		return err
	}
	for _, m := range members {
		me := m.ID == c.actor.UserID
		p.Members = append(p.Members, views.MemberData{ID: id("user", m.ID), Name: m.Name, Email: m.Email, Role: string(m.Role),
			Disabled: !m.Active, Me: me, SecondStep: m.SecondStep, CanEdit: !me && c.actor.Role.AtLeast(m.Role)})
	}
	for _, in := range invites {
		p.Invites = append(p.Invites, views.InviteData{ID: id("inv", in.ID), Email: in.Email, Role: string(in.Role), Expires: db.Time(in.ExpiresAt)})
	}
	return c.render(sh.status, views.Members(p))
}

// inviteMember makes an invitation and shows its link, once.
func (s *Server) inviteMember(c *call) error {
	email := c.field("email")
	_, token, err := s.Accounts.Invite(c.r.Context(), c.actor, email, account.Role(c.field("role")))
	switch errs.KindOf(err) {
	case errs.Invalid, errs.Conflict, errs.Unprocessable:
		return c.membersPage(shown{status: http.StatusUnprocessableEntity, email: email, problem: err})
	}
	if err != nil {
		return err
	}
	return c.membersPage(shown{status: http.StatusOK, inviteLink: c.baseURL() + "/invite/" + token, invitedFor: email})
}

// resetMember makes a link with which a member sets a new password, and shows it once.
func (s *Server) resetMember(c *call) error {
	user, err := c.pathID("user", "user")
	if err != nil {
		return err
	}
	token, err := s.Accounts.ResetLinkFor(c.r.Context(), c.actor, user)
	if err != nil {
		return err
	}
	return c.membersPage(shown{status: http.StatusOK, resetLink: c.baseURL() + "/reset/" + token})
}

// setRole gives a member another role.
func (s *Server) setRole(c *call) error {
	return c.onMember(func(user int64) error {
		return s.Accounts.SetRole(c.r.Context(), c.actor, user, account.Role(c.field("role")))
	})
}

// disableMember takes a member's access away at once.
func (s *Server) disableMember(c *call) error {
	return c.onMember(func(user int64) error { return s.Accounts.Disable(c.r.Context(), c.actor, user) })
}

// enableMember gives it back.
func (s *Server) enableMember(c *call) error {
	return c.onMember(func(user int64) error { return s.Accounts.Enable(c.r.Context(), c.actor, user) })
}

func (c *call) onMember(do func(user int64) error) error {
	user, err := c.pathID("user", "user")
	if err != nil {
		return err
	}
	if err := do(user); err != nil {
		return err
	}
	return c.done("/settings/members")
}

// revokeInvite ends an invitation.
func (s *Server) revokeInvite(c *call) error {
	n, err := c.pathID("invite", "inv")
	if err != nil {
		return err
	}
	if err := s.Accounts.RevokeInvite(c.r.Context(), c.actor, n); err != nil {
		return err
	}
	return c.done("/settings/members")
}
