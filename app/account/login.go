package account

import (
	"cmp"
	"context"
	"strings"

	"badala/app/db"
	"badala/app/errs"
)

// LoginInput is one try to sign in. API asks for a bearer token instead of a
// browser's session.
type LoginInput struct {
	Email, Password string
	Code            string // of the second step, where the caller has it already
	Device          string // what the browser was given at an earlier sign-in
	IP, UserAgent   string
	API             bool
}

var errWrongLogin = errs.Coded(errs.Unauthorized, "wrong_login", "the e-mail or the password is wrong")

// Login signs a user in and gives the session's token, shown only here. A wrong
// pair is Unauthorized and says no more; too many tries are TooMany. Somebody
// with a second step needs in.Code; without it the error's code says so.
func (s *Service) Login(ctx context.Context, in LoginInput) (token string, u User, orgs []Membership, err error) {
	defer errs.Wrap(&err, "account.Login")
	ses, err := s.SignIn(ctx, in)
	if err == nil && ses.Pending != "" {
		err = errCodeNeeded
	}
	if err != nil {
		return "", User{}, nil, err
	}
	return ses.Token, ses.User, ses.Orgs, nil
}

// checkLogin gives the user whose password this is, within the throttles. What
// is known, a browser of the user's, is not held up by others' guesses.
func (s *Service) checkLogin(ctx context.Context, email, password, ip string, known bool) (int64, error) {
	source := network(ip)
	if err := s.ips.take(source, s.db.Now()); err != nil {
		return 0, err
	}
	key, all := loginKey(email, ip), accountKey(email)
	if known {
		all = nil
	}
	if err := s.tryLogin(ctx, key, all); err != nil {
		return 0, err
	}
	type row struct {
		id  int64
		phc string
	}
	r, err := db.One(s.db.Read(ctx), func(r *db.Rows, v *row) error { return r.Scan(&v.id, &v.phc) },
		`SELECT id, COALESCE(password, '') FROM user WHERE email = ?`, email)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return 0, err
	}
	ok, err := s.hasher.verify(ctx, r.phc, password)
	if err != nil {
		return 0, err
	}
	if !ok {
		return 0, cmp.Or(s.noteFailure(ctx, r.id, ip, ""), errWrongLogin)
	}
	s.ips.refund(source)
	return r.id, s.passed(ctx, r.id, key, all, r.phc, password)
}

// noteFailure writes that a known user could not sign in to the audit log.
func (s *Service) noteFailure(ctx context.Context, user int64, ip, why string) error {
	if user == 0 {
		return nil
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		return auditUserTx(tx, user, ip, Line{Action: "signin.failed", Detail: why})
	})
}

// passed forgets the failures and renews a hash of another cost.
func (s *Service) passed(ctx context.Context, user int64, key, all []byte, phc, password string) error {
	renewed := ""
	if s.hasher.outdated(phc) {
		var err error
		if renewed, err = s.hasher.hash(ctx, password); err != nil {
			return err
		}
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := forgetTriesTx(tx, key); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE login_failure SET fails = fails - 1 WHERE key = ? AND fails > 0`, all); err != nil {
			return err
		}
		if renewed == "" {
			return nil
		}
		_, err := tx.Exec(`UPDATE user SET password = ?, updated_at = ? WHERE id = ? AND password = ?`, renewed, tx.Now(), user, phc)
		return err
	})
}

// ChangePassword sets a user's password; current must be right if there is one.
// All other sessions of the user end.
func (s *Service) ChangePassword(ctx context.Context, ses Session, current, password, ip string) (err error) {
	defer errs.Wrap(&err, "account.ChangePassword(%d)", ses.User.ID)
	if err := s.checkPassword(ctx, ses, current, ip); err != nil {
		return err
	}
	phc, err := s.acceptPassword(ctx, password, ses.User, ses.Orgs)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := setPasswordTx(tx, ses.User.ID, phc); err != nil {
			return err
		}
		if err := auditUserTx(tx, ses.User.ID, ip, Line{Action: "password.changed"}); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE session SET confirmed_at = ? WHERE id = ?`, tx.Now(), ses.ID); err != nil {
			return err
		}
		return endSessionsTx(tx, ses.User.ID, ses.ID)
	})
}

// checkPassword asks somebody who is signed in for their password; whoever has
// none yet passes.
func (s *Service) checkPassword(ctx context.Context, ses Session, password, ip string) error {
	if !ses.User.HasPassword {
		return nil
	}
	id, err := s.checkLogin(ctx, ses.User.Email, password, ip, true)
	if errs.Is(err, errs.Unauthorized) || (err == nil && id != ses.User.ID) {
		return &errs.Error{Kind: errs.Invalid, Code: "wrong_password", Message: "the request is not valid", Details: []string{"current: is not your password"}}
	}
	return err
}

// acceptPassword checks a new password against the rules and hashes it.
func (s *Service) acceptPassword(ctx context.Context, password string, u User, orgs []Membership) (string, error) {
	mailbox, _, _ := strings.Cut(u.Email, "@")
	names := []string{u.Name, mailbox}
	for _, m := range orgs {
		names = append(names, m.Org.Name)
	}
	if err := checkPassword(password, names...); err != nil {
		return "", err
	}
	return s.hasher.hash(ctx, password)
}

// setPasswordTx stores a hash and ends the user's one-time links.
func setPasswordTx(tx *db.Tx, user int64, phc string) error {
	if _, err := tx.Exec(`UPDATE user SET password = ?, updated_at = ? WHERE id = ?`, phc, tx.Now(), user); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM user_link WHERE user_id = ?`, user)
	return err
}
