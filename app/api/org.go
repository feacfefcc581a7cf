package api

import (
	"context"

	"badala/app/account"
	"badala/app/db"
)

// Org is an organisation as one of its members sees it.
type Org struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Role      string `json:"role" enum:"OWNER,ADMIN,SUPERVISOR,AGENT,VIEWER" doc:"What the caller is in it."`
	Timezone  string `json:"timezone"`
	CreatedAt string `json:"createdAt" format:"date-time"`
}

func orgOf(m account.Membership) Org {
	return Org{ID: db.FormatID("org", m.Org.ID), Name: m.Org.Name, Role: string(m.Role), Timezone: m.Org.Timezone, CreatedAt: when(m.Org.CreatedAt)}
}

type orgsOutput struct{ Body List[Org] }

func (a *API) orgs(ctx context.Context, _ *none) (*orgsOutput, error) {
	var all []Org
	for _, m := range callerOf(ctx).session.Orgs {
		all = append(all, orgOf(m))
	}
	return &orgsOutput{whole(all)}, nil
}

type createOrgInput struct {
	Body struct {
		Name     string `json:"name"`
		Timezone string `json:"timezone,omitempty" doc:"Such as Asia/Riyadh; UTC if absent."`
	}
}

type orgOutput struct{ Body Org }

func (a *API) createOrg(ctx context.Context, in *createOrgInput) (*orgOutput, error) {
	o, err := a.Accounts.CreateOrg(ctx, callerOf(ctx).session.User.ID, in.Body.Name, in.Body.Timezone)
	if err != nil {
		return nil, err
	}
	return &orgOutput{orgOf(account.Membership{Org: o, Role: account.Owner})}, nil
}
