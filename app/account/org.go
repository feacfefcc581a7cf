package account

import (
	"context"

	"badala/app/db"
	"badala/app/errs"
)

// createOrgTx adds an organisation whose owner is the user.
func createOrgTx(tx *db.Tx, name, timezone string, owner int64) (Org, error) {
	o := Org{ID: tx.NewID(), Name: name, Timezone: timezone, CreatedAt: tx.Now()}
	if _, err := tx.Exec(`INSERT INTO org (id, name, timezone, created_at) VALUES (?, ?, ?, ?)`,
		o.ID, o.Name, o.Timezone, o.CreatedAt); err != nil {
		return Org{}, err
	}
	return o, addMemberTx(tx, o.ID, owner, Owner)
}

// CreateOrg adds an organisation and makes the user its owner. Only instance
// admins may.
func (s *Service) CreateOrg(ctx context.Context, user int64, name, timezone, ip string) (o Org, err error) {
	defer errs.Wrap(&err, "account.CreateOrg")
	if name, err = cleanName("name", name); err != nil {
		return Org{}, err
	}
	if timezone, err = cleanTimezone(timezone); err != nil {
		return Org{}, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		u, err := UserByID(tx, user)
		if err != nil {
			return err
		}
		if !u.InstanceAdmin {
			return errs.Coded(errs.Forbidden, "forbidden", "only an administrator of this install may add an organisation")
		}
		if o, err = createOrgTx(tx, name, timezone, user); err != nil {
			return err
		}
		return AuditTx(tx, person(o.ID, user, ip), Line{Action: "org.created", Target: "org", TargetID: o.ID,
			After: orgAudited{Name: o.Name, Timezone: o.Timezone}})
	})
	return o, err
}

// orgAudited is what the audit log tells of a new organisation.
type orgAudited struct {
	Name     string `json:"name"`
	Timezone string `json:"timezone"`
}

// ProfilePatch changes only what is not nil.
type ProfilePatch struct {
	Name       *string `json:"name,omitempty"`
	Lang       *string `json:"lang,omitempty"`
	Theme      *string `json:"theme,omitempty"`
	EnterSends *bool   `json:"enterSends,omitempty"`
}

// against drops what u has already, and gives what u has of the rest.
func (p *ProfilePatch) against(u User) (before ProfilePatch) {
	before.Name = differs(&p.Name, u.Name)
	before.Lang = differs(&p.Lang, u.Lang)
	before.Theme = differs(&p.Theme, u.Theme)
	before.EnterSends = differs(&p.EnterSends, u.EnterSends)
	return before
}

// differs gives the old value where the new one is another, else drops the new one.
func differs[T comparable](now **T, old T) *T {
	if *now == nil || **now == old {
		*now = nil
		return nil
	}
	return &old
}

// UpdateProfile changes how a user is called and how the pages look to them.
func (s *Service) UpdateProfile(ctx context.Context, user int64, p ProfilePatch, ip string) (u User, err error) {
	defer errs.Wrap(&err, "account.UpdateProfile(%d)", user)
	if p.Name != nil {
		name, err := cleanName("name", *p.Name)
		if err != nil {
			return User{}, err
		}
		p.Name = &name
	}
	if p.Lang != nil && *p.Lang != "en" && *p.Lang != "ar" {
		return User{}, errs.Field("lang", "must be en or ar")
	}
	if p.Theme != nil && *p.Theme != "auto" && *p.Theme != "light" && *p.Theme != "dark" {
		return User{}, errs.Field("theme", "must be auto, light or dark")
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if u, err = UserByID(tx, user); err != nil {
			return err
		}
		before := p.against(u)
		if p == (ProfilePatch{}) {
			return nil
		}
		if _, err := tx.Exec(`UPDATE user SET name = COALESCE(?, name), lang = COALESCE(?, lang), theme = COALESCE(?, theme),
				enter_sends = COALESCE(?, enter_sends), updated_at = ? WHERE id = ?`,
			p.Name, p.Lang, p.Theme, p.EnterSends, tx.Now(), user); err != nil {
			return err
		}
		if err := auditUserTx(tx, user, ip, Line{Action: "profile.updated", Before: before, After: p}); err != nil {
			return err
		}
		u, err = UserByID(tx, user)
		return err
	})
	return u, err
}
