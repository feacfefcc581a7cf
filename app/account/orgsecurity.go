package account

import (
	"context"
	"slices"
	"strings"

	"badala/app/db"
	"badala/app/errs"
)

// SecondStepRoles are the roles that an organisation asks for a second step,
// highest first.
func (s *Service) SecondStepRoles(q db.Q, org int64) ([]Role, error) { return secondStepRoles(q, org) }

func secondStepRoles(q db.Q, org int64) (roles []Role, err error) {
	text, err := db.Value[string](q, `SELECT second_step_roles FROM org_security WHERE org_id = ?`, org)
	if errs.Is(err, errs.NotFound) {
		return nil, nil
	}
	for name := range strings.SplitSeq(text, ",") {
		if r := Role(name); r.Valid() {
			roles = append(roles, r)
		}
	}
	return roles, err
}

// stepRoles is what the audit log tells of the setting.
type stepRoles struct {
	Roles []Role `json:"roles"`
}

// SetSecondStepRoles asks members of these roles for a second step from now on:
// whoever has none sets one up before anything else.
func (s *Service) SetSecondStepRoles(ctx context.Context, a Actor, roles []Role) (err error) {
	defer errs.Wrap(&err, "account.SetSecondStepRoles")
	if err := a.Require(ManageMembers); err != nil {
		return err
	}
	if err := a.requirePerson(); err != nil {
		return err
	}
	var names []string
	var kept []Role
	for _, r := range Roles {
		if slices.Contains(roles, r) {
			names, kept = append(names, string(r)), append(kept, r)
		}
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		was, err := secondStepRoles(tx, a.OrgID)
		if err != nil || slices.Equal(was, kept) {
			return err
		}
		for _, r := range Roles {
			if slices.Contains(was, r) != slices.Contains(kept, r) && !a.Role.AtLeast(r) {
				return errs.Coded(errs.Forbidden, "rank", "this role is above yours")
			}
		}
		if _, err := tx.Exec(`INSERT INTO org_security (org_id, second_step_roles) VALUES (?, ?)
			ON CONFLICT (org_id) DO UPDATE SET second_step_roles = excluded.second_step_roles`, a.OrgID, strings.Join(names, ",")); err != nil {
			return err
		}
		return AuditTx(tx, a, Line{Action: "org.second_step", Target: "org", TargetID: a.OrgID, Before: stepRoles{was}, After: stepRoles{kept}})
	})
}
