package api

import (
	"context"

	"badala/app/account"
	"badala/app/db"
)

// User is a person with their organisations.
type User struct {
	ID    string    `json:"id"`
	Name  string    `json:"name"`
	Email string    `json:"email"`
	Orgs  []UserOrg `json:"orgs" nullable:"false"`
	// Scopes tells a key from a person.
	Scopes []string `json:"scopes,omitempty" nullable:"false" enum:"read,messages,contacts,manage" doc:"Of an API key; absent for a person."`
}

// UserOrg is an organisation and what the user is in it.
type UserOrg struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Role string `json:"role" enum:"OWNER,ADMIN,SUPERVISOR,AGENT,VIEWER"`
}

func userOf(u account.User, orgs []account.Membership) User {
	out := User{ID: db.FormatID("user", u.ID), Name: u.Name, Email: u.Email, Orgs: []UserOrg{}}
	for _, m := range orgs {
		out.Orgs = append(out.Orgs, UserOrg{ID: db.FormatID("org", m.Org.ID), Name: m.Org.Name, Role: string(m.Role)})
	}
	return out
}

type loginInput struct {
	Body struct {
		Email    string `json:"email"`
		Password string `json:"password"`
		TOTP     string `json:"totp,omitempty" doc:"Of an account with a second step: the six digits of the authenticator app, or a recovery code."`
	}
}

type loginOutput struct {
	Body struct {
		Token string `json:"token" doc:"Send it as Authorization: Bearer."`
		User  User   `json:"user"`
	}
}

func (a *API) login(ctx context.Context, in *loginInput) (*loginOutput, error) {
	c := callerOf(ctx)
	token, u, orgs, err := a.Accounts.Login(ctx, account.LoginInput{Email: in.Body.Email, Password: in.Body.Password, Code: in.Body.TOTP,
		IP: c.ip, UserAgent: c.userAgent, API: true})
	if err != nil {
		return nil, err
	}
	out := &loginOutput{}
	out.Body.Token, out.Body.User = token, userOf(u, orgs)
	return out, nil
}

func (a *API) logout(ctx context.Context, _ *none) (*none, error) {
	return nil, a.Accounts.Logout(ctx, callerOf(ctx).token, callerOf(ctx).ip)
}

type userOutput struct{ Body User }

func (a *API) me(ctx context.Context, _ *none) (*userOutput, error) {
	c := callerOf(ctx)
	if c.actor.KeyID == 0 {
		return &userOutput{userOf(c.session.User, c.session.Orgs)}, nil
	}
	orgs, err := a.orgsOf(ctx, c)
	if err != nil {
		return nil, err
	}
	out := userOf(account.User{Name: c.actor.Name}, orgs)
	out.ID, out.Scopes = db.FormatID("key", c.actor.KeyID), scopeNames(c.actor.Scopes)
	return &userOutput{out}, nil
}
