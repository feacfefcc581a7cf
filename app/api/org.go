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
	found, err := a.orgsOf(ctx, callerOf(ctx))
	if err != nil {
		return nil, err
	}
	var all []Org
	for _, m := range found {
		all = append(all, orgOf(m))
	}
	return &orgsOutput{whole(all)}, nil
}

// orgsOf is where the caller belongs: a key to the one organisation that made it.
func (a *API) orgsOf(ctx context.Context, c caller) ([]account.Membership, error) {
	if c.actor.KeyID == 0 {
		return c.session.Orgs, nil
	}
	o, err := account.OrgByID(a.DB.Read(ctx), c.actor.OrgID)
	return []account.Membership{{Org: o, Role: c.actor.Role}}, err
}

type createOrgInput struct {
	Body struct {
		Name     string `json:"name"`
		Timezone string `json:"timezone,omitempty" doc:"Such as Asia/Riyadh; UTC if absent."`
	}
}

type orgOutput struct{ Body Org }

func (a *API) createOrg(ctx context.Context, in *createOrgInput) (*orgOutput, error) {
	o, err := a.Accounts.CreateOrg(ctx, callerOf(ctx).session.User.ID, in.Body.Name, in.Body.Timezone, callerOf(ctx).ip)
	if err != nil {
		return nil, err
	}
	return &orgOutput{orgOf(account.Membership{Org: o, Role: account.Owner})}, nil
}
