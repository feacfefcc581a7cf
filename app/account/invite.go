package account

import (
	"context"
	"time"

	"badala/app/db"
	"badala/app/errs"
)

const inviteLife = 72 * time.Hour

// Invite is an open invitation to an organisation.
type Invite struct {
	ID, OrgID int64
	OrgName   string
	Email     string
	Role      Role
	InvitedBy string // the inviter's name
	CreatedAt int64
	ExpiresAt int64
	HasUser   bool // the e-mail is a user's already: accepting asks for their password
}

const inviteSelect = `SELECT i.id, i.org_id, o.name, i.email, i.role, u.name, i.created_at, i.expires_at,
		EXISTS (SELECT 1 FROM user x WHERE x.email = i.email)
	FROM invite i JOIN org o ON o.id = i.org_id JOIN user u ON u.id = i.invited_by
	WHERE i.accepted_at IS NULL AND i.expires_at > ?`

func scanInvite(r *db.Rows, i *Invite) error {
	return r.Scan(&i.ID, &i.OrgID, &i.OrgName, &i.Email, &i.Role, &i.InvitedBy, &i.CreatedAt, &i.ExpiresAt, &i.HasUser)
}

// Invite makes a link for one person: 72 hours, once, a role of at most the
// inviter's. An open invitation of the same e-mail is replaced. The token is
// shown only here.
func (s *Service) Invite(ctx context.Context, a Actor, email string, role Role) (inv Invite, token string, err error) {
	defer errs.Wrap(&err, "account.Invite")
	if err = a.Require(ManageMembers); err != nil {
		return Invite{}, "", err
	}
	if email, err = cleanEmail(email); err != nil {
		return Invite{}, "", err
	}
	if err = mayGrant(a, role); err != nil {
		return Invite{}, "", err
	}
	token, hash := newToken(32)
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		in, err := db.Exists(tx, `SELECT 1 FROM member m JOIN user u ON u.id = m.user_id WHERE m.org_id = ? AND u.email = ? AND m.active = 1`, a.OrgID, email)
		if err != nil {
			return err
		}
		if in {
			return errs.Coded(errs.Conflict, "member_already", "this person is a member already")
		}
		inviter, err := inviterTx(tx, a)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM invite WHERE org_id = ? AND email = ? AND accepted_at IS NULL`, a.OrgID, email); err != nil {
			return err
		}
		id := tx.NewID()
		if _, err := tx.Exec(`INSERT INTO invite (id, org_id, email, role, token_hash, invited_by, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			id, a.OrgID, email, role, hash, inviter, tx.Now(), tx.Now()+inviteLife.Milliseconds()); err != nil {
			return err
		}
		if err := AuditTx(tx, a, Line{Action: "member.invited", Target: "inv", TargetID: id, Detail: string(role), After: joined{Email: email, Role: role}}); err != nil {
			return err
		}
		inv, err = inviteByID(tx, a.OrgID, id)
		return err
	})
	if err != nil {
		return Invite{}, "", err
	}
	return inv, token, nil
}

// inviterTx is the person behind an invitation: for a key, whoever made it.
func inviterTx(tx *db.Tx, a Actor) (int64, error) {
	if a.KeyID == 0 {
		return a.UserID, nil
	}
	k, err := keyByID(tx, a.OrgID, a.KeyID)
	return k.CreatedBy, err
}

func inviteByID(tx *db.Tx, org, id int64) (Invite, error) {
	inv, err := db.One(tx, scanInvite, inviteSelect+` AND i.org_id = ? AND i.id = ?`, tx.Now(), org, id)
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.NotFound, "no such invitation")
	}
	return inv, err
}

// Invites lists an organisation's open invitations, newest first.
func (s *Service) Invites(ctx context.Context, a Actor) ([]Invite, error) {
	if err := a.Require(ManageMembers); err != nil {
		return nil, err
	}
	return db.All(s.db.Read(ctx), scanInvite, inviteSelect+` AND i.org_id = ? ORDER BY i.id DESC`, s.db.Now(), a.OrgID)
}

// RevokeInvite ends an open invitation.
func (s *Service) RevokeInvite(ctx context.Context, a Actor, id int64) (err error) {
	defer errs.Wrap(&err, "account.RevokeInvite(%d)", id)
	if err = a.Require(ManageMembers); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		inv, err := inviteByID(tx, a.OrgID, id)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM invite WHERE org_id = ? AND id = ?`, a.OrgID, id); err != nil {
			return err
		}
		return AuditTx(tx, a, Line{Action: "member.invite_revoked", Target: "inv", TargetID: id, Before: joined{Email: inv.Email, Role: inv.Role}})
	})
}

var errInvite = errs.Coded(errs.NotFound, "invite_link", "this invitation has expired, was used, or was withdrawn; ask for a new one")

// InviteByToken finds an open invitation; any other token is NotFound.
func (s *Service) InviteByToken(ctx context.Context, token string) (Invite, error) {
	return inviteByToken(s.db.Read(ctx), token, s.db.Now())
}

func inviteByToken(q db.Q, token string, now int64) (Invite, error) {
	inv, err := db.One(q, scanInvite, inviteSelect+` AND i.token_hash = ?`, now, hashToken(token))
	if errs.Is(err, errs.NotFound) {
		err = errInvite
	}
	return inv, err
}

// AcceptInput is what an invited person says. A new person chooses a name and a
// password; a known one gives the password they have.
type AcceptInput struct {
	Name, Password, Lang string
	From
}

// AcceptInvite makes the invited person a member and signs them in, as far as
// their second step allows.
func (s *Service) AcceptInvite(ctx context.Context, token string, in AcceptInput) (ses Session, err error) {
	defer errs.Wrap(&err, "account.AcceptInvite")
	inv, err := s.InviteByToken(ctx, token)
	if err != nil {
		return Session{}, err
	}
	var known int64
	var phc string
	if inv.HasUser {
		known, err = s.checkLogin(ctx, inv.Email, in.Password, in.IP, false)
	} else {
		if in.Name, err = cleanName("name", in.Name); err != nil {
			return Session{}, err
		}
		phc, err = s.acceptPassword(ctx, in.Password, User{Name: in.Name, Email: inv.Email}, []Membership{{Org: Org{Name: inv.OrgName}}})
	}
	if err != nil {
		return Session{}, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		ses, err = s.acceptTx(tx, token, known, phc, in)
		return err
	})
	if err != nil {
		return Session{}, err
	}
	return ses, nil
}

// acceptTx uses the invitation up. Whoever became a user meanwhile is Conflict:
// an invitation never gives anyone another's account.
func (s *Service) acceptTx(tx *db.Tx, token string, user int64, phc string, in AcceptInput) (Session, error) {
	inv, err := inviteByToken(tx, token, tx.Now())
	if err != nil {
		return Session{}, err
	}
	if user == 0 {
		if user, err = createUserTx(tx, User{Email: inv.Email, Name: in.Name, Lang: in.Lang}, phc); err != nil {
			return Session{}, err
		}
	}
	if _, err := tx.Exec(`UPDATE invite SET accepted_at = ? WHERE org_id = ? AND id = ?`, tx.Now(), inv.OrgID, inv.ID); err != nil {
		return Session{}, err
	}
	if err := addMemberTx(tx, inv.OrgID, user, inv.Role); err != nil {
		return Session{}, err
	}
	if err := AuditTx(tx, person(inv.OrgID, user, in.IP), Line{Action: "member.joined", Target: "user", TargetID: user, Detail: string(inv.Role),
		After: joined{Email: inv.Email, Role: inv.Role}}); err != nil {
		return Session{}, err
	}
	if err := s.recordTx(tx, Actor{OrgID: inv.OrgID, UserID: user, Kind: KindUser}, user); err != nil {
		return Session{}, err
	}
	ses, err := enterTx(tx, user, pageSession, in.From)
	if err != nil {
		return Session{}, err
	}
	if ses.Pending != "" {
		_, err = tx.Exec(`UPDATE half_signin SET org_id = ? WHERE token_hash = ?`, inv.OrgID, hashToken(ses.Pending))
		return ses, err
	}
	return ses, ses.lookTx(tx, inv.OrgID)
}
