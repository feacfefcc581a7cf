package account

import (
	"context"
	"encoding/json"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/event"
)

// Member is a user in an organisation.
type Member struct {
	User
	OrgID    int64
	Role     Role
	Active   bool
	JoinedAt int64
}

const memberSelect = `SELECT ` + userColumns + `, m.org_id, m.role, m.active, m.created_at
	FROM member m JOIN user u ON u.id = m.user_id WHERE m.org_id = ?`

func scanMember(r *db.Rows, m *Member) error {
	return r.Scan(append(m.User.fields(), &m.OrgID, &m.Role, &m.Active, &m.JoinedAt)...)
}

// Members lists an organisation's members, disabled ones too, by name.
func (s *Service) Members(q db.Q, org int64) ([]Member, error) {
	return db.All(q, scanMember, memberSelect+` ORDER BY u.name, u.id`, org)
}

// Member finds a member of an organisation, disabled or not.
func (s *Service) Member(q db.Q, org, user int64) (Member, error) { return member(q, org, user) }

func member(q db.Q, org, user int64) (Member, error) {
	m, err := db.One(q, scanMember, memberSelect+` AND m.user_id = ?`, org, user)
	if errs.Is(err, errs.NotFound) {
		return m, errs.New(errs.NotFound, "no such member")
	}
	return m, err
}

// ActiveMember says whether the user may take part in the organisation now.
func ActiveMember(q db.Q, org, user int64) (bool, error) {
	return db.Exists(q, `SELECT 1 FROM member WHERE org_id = ? AND user_id = ? AND active = 1`, org, user)
}

// MemberNames gives the name of everybody who is or was in the organisation.
func (s *Service) MemberNames(q db.Q, org int64) (map[int64]string, error) {
	all, err := s.Members(q, org)
	names := make(map[int64]string, len(all))
	for _, m := range all {
		names[m.ID] = m.Name
	}
	return names, err
}

// addMemberTx makes a user a member, or gives back a disabled one's access.
func addMemberTx(tx *db.Tx, org, user int64, role Role) error {
	_, err := tx.Exec(`INSERT INTO member (org_id, user_id, role, active, created_at, updated_at) VALUES (?, ?, ?, 1, ?, ?)
		ON CONFLICT (org_id, user_id) DO UPDATE SET role = excluded.role, active = 1, updated_at = excluded.updated_at`,
		org, user, role, tx.Now(), tx.Now())
	return err
}

// change is one change of a member, with the word the audit log has for it.
type change struct {
	action string
	detail string
	apply  func(tx *db.Tx, m Member) error
	after  func(m *Member) // makes a member as apply leaves them; nil: apply changes none
	lowers bool            // the member may be an owner no more
}

// joined is what the audit log tells of a member; only what is set.
type joined struct {
	Email  string `json:"email,omitempty"`
	Role   Role   `json:"role,omitempty"`
	Active *bool  `json:"active,omitempty"`
}

// changed tells what differs between two states of a member.
func changed(was, is Member) (before, after joined) {
	if was.Role != is.Role {
		before.Role, after.Role = was.Role, is.Role
	}
	if was.Active != is.Active {
		before.Active, after.Active = &was.Active, &is.Active
	}
	return before, after
}

// changeMember applies a change within the rules of rank: nobody touches a
// member above themselves, and the last active owner stays. A change of nothing
// leaves no trace.
func (s *Service) changeMember(ctx context.Context, a Actor, user int64, c change) error {
	if err := a.Require(ManageMembers); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		m, err := member(tx, a.OrgID, user)
		if err != nil {
			return err
		}
		if !a.Role.AtLeast(m.Role) {
			return errs.Coded(errs.Forbidden, "rank", "this member's role is above yours")
		}
		line := Line{Action: c.action, Target: "user", TargetID: user, Detail: c.detail}
		if c.after != nil {
			is := m
			if c.after(&is); is == m {
				return nil
			}
			line.Before, line.After = changed(m, is)
		}
		if err := c.apply(tx, m); err != nil {
			return err
		}
		if c.lowers {
			if err := keepOwnerTx(tx, a.OrgID); err != nil {
				return err
			}
		}
		if err := AuditTx(tx, a, line); err != nil || c.after == nil {
			return err
		}
		return s.recordTx(tx, a, user)
	})
}

// keepOwnerTx refuses a change that left the organisation without an owner.
func keepOwnerTx(tx *db.Tx, org int64) error {
	ok, err := db.Exists(tx, `SELECT 1 FROM member WHERE org_id = ? AND role = 'OWNER' AND active = 1`, org)
	if err == nil && !ok {
		err = errs.Coded(errs.Conflict, "last_owner", "an organisation needs at least one active owner")
	}
	return err
}

// recordTx tells the event log that a member changed.
func (s *Service) recordTx(tx *db.Tx, a Actor, user int64) error {
	data, err := json.Marshal(map[string]string{"userId": db.FormatID("user", user)})
	if err != nil {
		return err
	}
	_, err = s.events.Record(tx, event.Event{OrgID: a.OrgID, Type: "member.updated", ActorKind: a.Kind, ActorID: a.ID(), Data: data})
	return err
}

// SetRole changes a member's role, to at most the actor's own.
func (s *Service) SetRole(ctx context.Context, a Actor, user int64, role Role) (err error) {
	defer errs.Wrap(&err, "account.SetRole(%d)", user)
	if err = mayGrant(a, role); err != nil {
		return err
	}
	return s.changeMember(ctx, a, user, change{action: "member.role", detail: string(role), lowers: true, after: func(m *Member) { m.Role = role },
		apply: func(tx *db.Tx, m Member) error {
			_, err := tx.Exec(`UPDATE member SET role = ?, updated_at = ? WHERE org_id = ? AND user_id = ?`, role, tx.Now(), m.OrgID, user)
			return err
		}})
}

// mayGrant checks a role that the actor wants to give.
func mayGrant(a Actor, role Role) error {
	if !role.Valid() {
		return errs.Field("role", "must be OWNER, ADMIN, SUPERVISOR, AGENT or VIEWER")
	}
	if !a.Role.AtLeast(role) {
		return errs.Coded(errs.Forbidden, "rank", "you cannot give a role above your own")
	}
	return nil
}

// Disable ends a member's access to the organisation at once. Whoever has no
// other organisation is signed out everywhere.
func (s *Service) Disable(ctx context.Context, a Actor, user int64) (err error) {
	defer errs.Wrap(&err, "account.Disable(%d)", user)
	return s.changeMember(ctx, a, user, change{action: "member.disabled", lowers: true, after: func(m *Member) { m.Active = false },
		apply: func(tx *db.Tx, m Member) error {
			if _, err := tx.Exec(`UPDATE member SET active = 0, updated_at = ? WHERE org_id = ? AND user_id = ?`, tx.Now(), m.OrgID, user); err != nil {
				return err
			}
			left, err := Orgs(tx, user)
			if err != nil || len(left) > 0 {
				return err
			}
			if _, err := tx.Exec(`DELETE FROM user_link WHERE user_id = ?`, user); err != nil {
				return err
			}
			return endSessionsTx(tx, user, 0)
		}})
}

// Enable gives a disabled member access again.
func (s *Service) Enable(ctx context.Context, a Actor, user int64) (err error) {
	defer errs.Wrap(&err, "account.Enable(%d)", user)
	return s.changeMember(ctx, a, user, change{action: "member.enabled", after: func(m *Member) { m.Active = true },
		apply: func(tx *db.Tx, m Member) error {
			_, err := tx.Exec(`UPDATE member SET active = 1, updated_at = ? WHERE org_id = ? AND user_id = ?`, tx.Now(), m.OrgID, user)
			return err
		}})
}
