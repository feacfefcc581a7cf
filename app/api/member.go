package api

import (
	"context"

	"badala/app/account"
	"badala/app/db"
)

// Member is a user in the organisation.
type Member struct {
	ID       string `json:"id" doc:"The user's id."`
	Name     string `json:"name"`
	Email    string `json:"email"`
	Role     string `json:"role" enum:"OWNER,ADMIN,SUPERVISOR,AGENT,VIEWER"`
	Active   bool   `json:"active"`
	JoinedAt string `json:"joinedAt" format:"date-time"`
}

func memberOf(m account.Member) Member {
	return Member{ID: db.FormatID("user", m.ID), Name: m.Name, Email: m.Email, Role: string(m.Role), Active: m.Active, JoinedAt: when(m.JoinedAt)}
}

type membersOutput struct{ Body List[Member] }

func (a *API) members(ctx context.Context, _ *InOrg) (*membersOutput, error) {
	found, err := a.Accounts.Members(a.DB.Read(ctx), callerOf(ctx).actor.OrgID)
	if err != nil {
		return nil, err
	}
	var all []Member
	for _, m := range found {
		all = append(all, memberOf(m))
	}
	return &membersOutput{whole(all)}, nil
}

// MemberPath names a member.
type MemberPath struct {
	InOrg
	UserID string `path:"userId"`
}

type patchMemberInput struct {
	MemberPath
	Body struct {
		Role   *string `json:"role,omitempty" enum:"OWNER,ADMIN,SUPERVISOR,AGENT,VIEWER" doc:"At most the caller's own."`
		Active *bool   `json:"active,omitempty" doc:"false ends the member's access at once."`
	}
}

type memberOutput struct{ Body Member }

func (a *API) patchMember(ctx context.Context, in *patchMemberInput) (*memberOutput, error) {
	who := callerOf(ctx).actor
	user, err := db.ParseID("user", in.UserID)
	if err != nil {
		return nil, err
	}
	if in.Body.Role != nil {
		if err := a.Accounts.SetRole(ctx, who, user, account.Role(*in.Body.Role)); err != nil {
			return nil, err
		}
	}
	if in.Body.Active != nil {
		change := a.Accounts.Enable
		if !*in.Body.Active {
			change = a.Accounts.Disable
		}
		if err := change(ctx, who, user); err != nil {
			return nil, err
		}
	}
	m, err := a.Accounts.Member(a.DB.Read(ctx), who.OrgID, user)
	if err != nil {
		return nil, err
	}
	return &memberOutput{memberOf(m)}, nil
}

func (a *API) deleteMember(ctx context.Context, in *MemberPath) (*none, error) {
	user, err := db.ParseID("user", in.UserID)
	if err != nil {
		return nil, err
	}
	return nil, a.Accounts.Disable(ctx, callerOf(ctx).actor, user)
}

// Invite is an open invitation.
type Invite struct {
	ID        string  `json:"id"`
	Email     string  `json:"email"`
	Role      string  `json:"role" enum:"OWNER,ADMIN,SUPERVISOR,AGENT,VIEWER"`
	InvitedBy string  `json:"invitedBy" doc:"The inviter's name."`
	CreatedAt string  `json:"createdAt" format:"date-time"`
	ExpiresAt string  `json:"expiresAt" format:"date-time"`
	URL       *string `json:"url" doc:"The link to hand over; shown only when the invitation is made."`
}

func inviteOf(i account.Invite) Invite {
	return Invite{ID: db.FormatID("inv", i.ID), Email: i.Email, Role: string(i.Role), InvitedBy: i.InvitedBy, CreatedAt: when(i.CreatedAt), ExpiresAt: when(i.ExpiresAt)}
}

type invitesOutput struct{ Body List[Invite] }

func (a *API) invites(ctx context.Context, _ *InOrg) (*invitesOutput, error) {
	found, err := a.Accounts.Invites(ctx, callerOf(ctx).actor)
	if err != nil {
		return nil, err
	}
	var all []Invite
	for _, i := range found {
		all = append(all, inviteOf(i))
	}
	return &invitesOutput{whole(all)}, nil
}

type createInviteInput struct {
	InOrg
	Body struct {
		Email string `json:"email"`
		Role  string `json:"role" enum:"OWNER,ADMIN,SUPERVISOR,AGENT,VIEWER" doc:"At most the caller's own."`
	}
}

type inviteOutput struct{ Body Invite }

func (a *API) createInvite(ctx context.Context, in *createInviteInput) (*inviteOutput, error) {
	inv, token, err := a.Accounts.Invite(ctx, callerOf(ctx).actor, in.Body.Email, account.Role(in.Body.Role))
	if err != nil {
		return nil, err
	}
	out := inviteOf(inv)
	out.URL = text(a.Options.PublicURL + "/invite/" + token)
	return &inviteOutput{out}, nil
}

// InvitePath names an invitation.
type InvitePath struct {
	InOrg
	InviteID string `path:"inviteId"`
}

func (a *API) deleteInvite(ctx context.Context, in *InvitePath) (*none, error) {
	id, err := db.ParseID("inv", in.InviteID)
	if err != nil {
		return nil, err
	}
	return nil, a.Accounts.RevokeInvite(ctx, callerOf(ctx).actor, id)
}
