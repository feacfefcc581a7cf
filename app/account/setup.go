package account

import (
	"cmp"
	"context"
	"crypto/subtle"

	"badala/app/db"
	"badala/app/errs"
)

// SetupInput makes the first organisation and its owner.
type SetupInput struct {
	OrgName, Name, Email, Password string
	Timezone, Lang                 string
	From
}

// Claimed says whether the install belongs to somebody.
func (s *Service) Claimed(ctx context.Context) (bool, error) {
	return db.Exists(s.db.Read(ctx), `SELECT 1 FROM claim`)
}

// SetupToken makes the one-time token of the set-up link; the one before it dies.
// Conflict when the install is claimed already.
func (s *Service) SetupToken(ctx context.Context) (string, error) {
	claimed, err := s.Claimed(ctx)
	if err != nil {
		return "", err
	}
	if claimed {
		return "", errs.New(errs.Conflict, "this install is set up already")
	}
	token, hash := newToken(20)
	s.mu.Lock()
	s.setupHash = hash
	s.mu.Unlock()
	return token, nil
}

var errSetupToken = errs.Coded(errs.NotFound, "setup_link", "this set-up link is not valid; restart the server for a new one")

// CheckSetupToken is nil for the token of the open set-up link.
func (s *Service) CheckSetupToken(ctx context.Context, token, ip string) error {
	if claimed, err := s.Claimed(ctx); err != nil || claimed {
		if err == nil {
			err = errSetupToken
		}
		return err
	}
	if err := s.setups.take(network(ip), s.db.Now()); err != nil {
		return err
	}
	s.mu.Lock()
	ok := s.setupHash != nil && subtle.ConstantTimeCompare(s.setupHash, hashToken(token)) == 1
	s.mu.Unlock()
	if !ok {
		return errSetupToken
	}
	s.setups.refund(network(ip))
	return nil
}

// Claim makes the first organisation with its owner and signs the owner in. Of
// any number of parallel claims one wins; the others find nothing.
func (s *Service) Claim(ctx context.Context, token string, in SetupInput) (ses Session, err error) {
	defer errs.Wrap(&err, "account.Claim")
	if err = s.CheckSetupToken(ctx, token, in.IP); err != nil {
		return Session{}, err
	}
	if in, err = in.clean(); err != nil {
		return Session{}, err
	}
	phc, err := s.acceptPassword(ctx, in.Password, User{Name: in.Name, Email: in.Email}, []Membership{{Org: Org{Name: in.OrgName}}})
	if err != nil {
		return Session{}, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if taken, err := db.Exists(tx, `SELECT 1 FROM claim`); err != nil || taken {
			return cmp.Or(err, errSetupToken)
		}
		user, err := createUserTx(tx, User{Email: in.Email, Name: in.Name, Lang: in.Lang, InstanceAdmin: true}, phc)
		if err != nil {
			return err
		}
		if err := claimTx(tx, user); err != nil {
			return err
		}
		org, err := createOrgTx(tx, in.OrgName, in.Timezone, user)
		if err != nil {
			return err
		}
		if err := AuditTx(tx, person(org.ID, user, in.IP), Line{Action: "install.claimed", Target: "user", TargetID: user,
			After: orgAudited{Name: org.Name, Timezone: org.Timezone}}); err != nil {
			return err
		}
		ses, err = newSessionTx(tx, user, pageSession, in.From)
		return err
	})
	if err != nil {
		return Session{}, err
	}
	return ses, nil
}

// clean checks every field and reports all that are wrong together.
func (in SetupInput) clean() (SetupInput, error) {
	var faults []string
	keep := func(err error) {
		if e := errs.As(err); e != nil {
			faults = append(faults, e.Details...)
		}
	}
	var err error
	in.OrgName, err = cleanName("org", in.OrgName)
	keep(err)
	in.Name, err = cleanName("name", in.Name)
	keep(err)
	in.Email, err = cleanEmail(in.Email)
	keep(err)
	in.Timezone, err = cleanTimezone(in.Timezone)
	keep(err)
	in.Lang = cleanLang(in.Lang)
	if len(faults) > 0 {
		return in, errs.Fields(faults...)
	}
	return in, nil
}

// claimTx gives the install to a user unless it is somebody's already.
func claimTx(tx *db.Tx, user int64) error {
	_, err := tx.Exec(`INSERT INTO claim (id, user_id, claimed_at) VALUES (1, ?, ?) ON CONFLICT DO NOTHING`, user, tx.Now())
	return err
}

// createUserTx adds a user; phc may be empty. An e-mail in use is Conflict.
func createUserTx(tx *db.Tx, u User, phc string) (int64, error) {
	var password any
	if phc != "" {
		password = phc
	}
	id := tx.NewID()
	n, err := tx.Exec(`INSERT INTO user (id, email, name, password, lang, instance_admin, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (email) DO NOTHING`,
		id, u.Email, u.Name, password, cleanLang(u.Lang), u.InstanceAdmin, tx.Now(), tx.Now())
	if err == nil && n == 0 {
		err = errs.Coded(errs.Conflict, "email_taken", "somebody with this e-mail exists already")
	}
	return id, err
}
