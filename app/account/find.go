package account

import (
	"badala/app/db"
	"badala/app/errs"
)

// FindOrg finds an organisation by its id or its exact name. Several of one
// name are a Field error: then only the id will do.
func FindOrg(q db.Q, org string) (Org, error) {
	if id, err := db.ParseID("org", org); err == nil {
		return OrgByID(q, id)
	}
	all, err := db.All(q, scanOrg, `SELECT id, name, timezone, created_at FROM org WHERE name = ? ORDER BY id LIMIT 2`, org)
	switch {
	case err != nil:
		return Org{}, err
	case len(all) == 0:
		return Org{}, errs.Newf(errs.NotFound, "there is no organisation %q", org)
	case len(all) > 1:
		return Org{}, errs.Field("org", "several organisations have this name; give the id")
	}
	return all[0], nil
}
