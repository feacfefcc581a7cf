package account

import (
	"context"
	"time"

	"badala/app/db"
	"badala/app/errs"
)

const linkLife = time.Hour

// Purposes of a one-time link.
const (
	resetLink  = "RESET"
	signinLink = "SIGNIN"
)

var errLink = errs.Coded(errs.NotFound, "one_time_link", "this link has expired or was used; ask for a new one")

// ResetLink makes a one-hour link with which a user chooses a new password.
// For the host's command line: it asks nobody's permission.
func (s *Service) ResetLink(ctx context.Context, email string) (token string, err error) {
	defer errs.Wrap(&err, "account.ResetLink")
	if email, err = cleanEmail(email); err != nil {
		return "", err
	}
	u, err := userByEmail(s.db.Read(ctx), email)
	if errs.Is(err, errs.NotFound) {
		return "", errs.New(errs.NotFound, "nobody has this e-mail")
	}
	if err != nil {
		return "", err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		token, err = makeLinkTx(tx, u.ID, resetLink)
		if err != nil {
			return err
		}
		return auditHostTx(tx, u.ID, Line{Action: "reset.link", Detail: "HOST"})
	})
	return token, err
}

// ResetLinkFor makes a reset link for a member of at most the actor's role. A
// person of several organisations is nobody's alone: only the host may reset them.
func (s *Service) ResetLinkFor(ctx context.Context, a Actor, user int64) (token string, err error) {
	defer errs.Wrap(&err, "account.ResetLinkFor(%d)", user)
	if err := a.requirePerson(); err != nil {
		return "", err
	}
	err = s.changeMember(ctx, a, user, change{action: "reset.link", apply: func(tx *db.Tx, m Member) error {
		if err := onlyOursTx(tx, a, m); err != nil {
			return err
		}
		if !m.Active {
			return errs.Coded(errs.Conflict, "disabled", "this member is disabled")
		}
		token, err = makeLinkTx(tx, user, resetLink)
		return err
	}})
	return token, err
}

// onlyOursTx refuses what would open the account of somebody who also belongs
// elsewhere, or who runs the install.
func onlyOursTx(tx *db.Tx, a Actor, m Member) error {
	others, err := db.Exists(tx, `SELECT 1 FROM member WHERE user_id = ? AND org_id <> ? AND active = 1`, m.ID, a.OrgID)
	if err == nil && (others || (m.InstanceAdmin && a.UserID != m.ID)) {
		err = errs.Coded(errs.Conflict, "host_only", "this person also belongs elsewhere; only the host can reset the password, with: badala user reset-password")
	}
	return err
}

// makeLinkTx replaces the user's link of the purpose.
func makeLinkTx(tx *db.Tx, user int64, purpose string) (string, error) {
	if _, err := tx.Exec(`DELETE FROM user_link WHERE (user_id = ? AND purpose = ?) OR expires_at < ?`, user, purpose, tx.Now()); err != nil {
		return "", err
	}
	token, hash := newToken(32)
	_, err := tx.Exec(`INSERT INTO user_link (id, user_id, purpose, token_hash, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)`,
		tx.NewID(), user, purpose, hash, tx.Now(), tx.Now()+linkLife.Milliseconds())
	return token, err
}

func linkUser(q db.Q, token, purpose string, now int64) (User, error) {
	u, err := db.One(q, scanUser, `SELECT `+userColumns+` FROM user_link l JOIN user u ON u.id = l.user_id
		WHERE l.token_hash = ? AND l.purpose = ? AND l.expires_at > ?`, hashToken(token), purpose, now)
	if errs.Is(err, errs.NotFound) {
		err = errLink
	}
	return u, err
}

// UserByResetToken is whose password an open reset link changes.
func (s *Service) UserByResetToken(ctx context.Context, token string) (User, error) {
	return linkUser(s.db.Read(ctx), token, resetLink, s.db.Now())
}

// ResetPassword uses a reset link: the password changes and every session of
// the user ends.
func (s *Service) ResetPassword(ctx context.Context, token, password, ip string) (err error) {
	defer errs.Wrap(&err, "account.ResetPassword")
	u, err := s.UserByResetToken(ctx, token)
	if err != nil {
		return err
	}
	orgs, err := s.Orgs(ctx, u.ID)
	if err != nil {
		return err
	}
	phc, err := s.acceptPassword(ctx, password, u, orgs)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := linkUser(tx, token, resetLink, tx.Now()); err != nil {
			return err
		}
		if err := setPasswordTx(tx, u.ID, phc); err != nil {
			return err
		}
		if err := auditUserTx(tx, u.ID, ip, Line{Action: "password.reset"}); err != nil {
			return err
		}
		return endSessionsTx(tx, u.ID, 0)
	})
}

// UseSignInLink signs in the user of a one-time link of `badala user create`, as
// far as their second step allows.
func (s *Service) UseSignInLink(ctx context.Context, token string, from From) (ses Session, err error) {
	defer errs.Wrap(&err, "account.UseSignInLink")
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		u, err := linkUser(tx, token, signinLink, tx.Now())
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM user_link WHERE token_hash = ?`, hashToken(token)); err != nil {
			return err
		}
		if ses, err = enterTx(tx, u.ID, pageSession, from); err != nil || ses.Pending != "" {
			return err
		}
		return auditUserTx(tx, u.ID, from.IP, Line{Action: "signin", Detail: "LINK"})
	})
	return ses, err
}

// CheckSignInLink is nil while a sign-in link is good; it uses nothing up.
func (s *Service) CheckSignInLink(ctx context.Context, token string) error {
	_, err := linkUser(s.db.Read(ctx), token, signinLink, s.db.Now())
	return err
}

// CreateInput is what `badala user create` was given. Org is an organisation's
// id or name; one that does not exist is made. Password may be empty.
type CreateInput struct {
	Email, Name, Org, Password string
	Role                       Role
	Lang, Timezone             string
}

// Created is what CreateUser made. SignInToken is set when no password was given.
type Created struct {
	User        User
	Org         Org
	SignInToken string
}

// CreateUser adds a user and their membership for the host's command line, and
// claims an install that was nobody's. A known user only gets the membership.
func (s *Service) CreateUser(ctx context.Context, in CreateInput) (c Created, err error) {
	defer errs.Wrap(&err, "account.CreateUser")
	if in.Email, err = cleanEmail(in.Email); err != nil {
		return Created{}, err
	}
	if in.Name, err = cleanName("name", in.Name); err != nil {
		return Created{}, err
	}
	if in.Timezone, err = cleanTimezone(in.Timezone); err != nil {
		return Created{}, err
	}
	if in.Role == "" {
		in.Role = Owner
	}
	if !in.Role.Valid() {
		return Created{}, errs.Field("role", "must be OWNER, ADMIN, SUPERVISOR, AGENT or VIEWER")
	}
	phc := ""
	if in.Password != "" {
		if phc, err = s.acceptPassword(ctx, in.Password, User{Name: in.Name, Email: in.Email}, []Membership{{Org: Org{Name: in.Org}}}); err != nil {
			return Created{}, err
		}
	}
	err = s.db.Write(ctx, func(tx *db.Tx) (err error) {
		c, err = createForHostTx(tx, in, phc)
		return err
	})
	if err != nil {
		return Created{}, err
	}
	return c, nil
}

func createForHostTx(tx *db.Tx, in CreateInput, phc string) (c Created, err error) {
	user, err := userByEmail(tx, in.Email)
	if errs.Is(err, errs.NotFound) {
		claimed, err := db.Exists(tx, `SELECT 1 FROM claim`)
		if err != nil {
			return c, err
		}
		user = User{Email: in.Email, Name: in.Name, Lang: in.Lang, InstanceAdmin: !claimed}
		if user.ID, err = createUserTx(tx, user, phc); err != nil {
			return c, err
		}
		if err := claimTx(tx, user.ID); err != nil {
			return c, err
		}
	} else if err != nil {
		return c, err
	} else if phc != "" {
		return c, errs.Coded(errs.Conflict, "email_taken", "somebody with this e-mail exists already; change the password with: badala user reset-password")
	}
	if c.Org, err = hostOrgTx(tx, in, user.ID); err != nil {
		return c, err
	}
	if err := addMemberTx(tx, c.Org.ID, user.ID, in.Role); err != nil {
		return c, err
	}
	if err := AuditTx(tx, SystemActor(c.Org.ID), Line{Action: "user.created", Target: "user", TargetID: user.ID, Detail: string(in.Role),
		After: joined{Email: in.Email, Role: in.Role}}); err != nil {
		return c, err
	}
	if phc == "" {
		if c.SignInToken, err = makeLinkTx(tx, user.ID, signinLink); err != nil {
			return c, err
		}
	}
	c.User, err = UserByID(tx, user.ID)
	return c, err
}

// hostOrgTx finds the organisation by id or name, or makes it. Without a name
// the only organisation is meant.
func hostOrgTx(tx *db.Tx, in CreateInput, owner int64) (Org, error) {
	if id, err := db.ParseID("org", in.Org); err == nil {
		return OrgByID(tx, id)
	}
	all, err := db.All(tx, scanOrg, `SELECT id, name, timezone, created_at FROM org WHERE ? IN ('', name) ORDER BY id LIMIT 2`, in.Org)
	switch {
	case err != nil:
		return Org{}, err
	case len(all) == 1:
		return all[0], nil
	case len(all) > 1:
		return Org{}, errs.Field("org", "several organisations fit; give the id")
	}
	name, err := cleanName("org", in.Org)
	if err != nil {
		return Org{}, err
	}
	return createOrgTx(tx, name, in.Timezone, owner)
}
