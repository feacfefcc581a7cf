package account

import (
	"cmp"
	"context"
	"errors"
	"time"

	"badala/app/db"
	"badala/app/errs"
)

const (
	halfLife  = 10 * time.Minute // between password and code
	halfTries = 10               // codes that one password allows
)

var errHalf = errs.Coded(errs.NotFound, "signin_again", "too much time has passed; sign in again")

// SignIn checks the password and starts a session. Of somebody with a second
// step it gives only Session.Pending, for SignInCode, unless in.Code came along.
func (s *Service) SignIn(ctx context.Context, in LoginInput) (ses Session, err error) {
	defer errs.Wrap(&err, "account.SignIn")
	email, err := cleanEmail(in.Email)
	if err != nil || len(in.Password) > 4*maxPassword {
		return Session{}, errWrongLogin
	}
	known, err := s.knowsDevice(ctx, email, in.Device)
	if err != nil {
		return Session{}, err
	}
	user, err := s.checkLogin(ctx, email, in.Password, in.IP, known)
	if err != nil {
		return Session{}, err
	}
	from := From{IP: in.IP, UserAgent: in.UserAgent}
	coded := false
	if in.Code != "" {
		if coded, err = stepOn(s.db.Read(ctx), user); err == nil && coded {
			err = s.checkCode(ctx, user, in.Code, in.IP)
		}
		if err != nil {
			return Session{}, s.failed(ctx, user, in.IP, err)
		}
	}
	err = s.db.Write(ctx, func(tx *db.Tx) (err error) {
		if coded {
			ses, err = newSessionTx(tx, user, in.kind(), from)
		} else {
			ses, err = enterTx(tx, user, in.kind(), from)
		}
		if err != nil || ses.Pending != "" {
			return err
		}
		if in.API && ses.MustSetUp() {
			return errSetUpFirst
		}
		return s.signedInTx(tx, &ses, in.kind(), in.IP, known || in.API)
	})
	return ses, s.failed(ctx, user, in.IP, err)
}

func (in LoginInput) kind() string {
	if in.API {
		return apiSession
	}
	return pageSession
}

// failed writes down why somebody with the right password did not get in.
func (s *Service) failed(ctx context.Context, user int64, ip string, err error) error {
	switch {
	case errors.Is(err, errDisabled):
		return cmp.Or(s.noteFailure(ctx, user, ip, "DISABLED"), err)
	case errors.Is(err, errCodeWrong):
		return cmp.Or(s.noteFailure(ctx, user, ip, "CODE"), err)
	}
	return err
}

// signedInTx writes the sign-in down and remembers the browser.
func (s *Service) signedInTx(tx *db.Tx, ses *Session, detail, ip string, known bool) error {
	if !known {
		if err := rememberDeviceTx(tx, ses); err != nil {
			return err
		}
	}
	return auditUserTx(tx, ses.User.ID, ip, Line{Action: "signin", Detail: detail})
}

func stepOn(q db.Q, user int64) (bool, error) {
	return db.Exists(q, `SELECT 1 FROM second_step WHERE user_id = ? AND confirmed_at > 0`, user)
}

// enterTx is newSessionTx for who has shown a password or a link: somebody with
// a second step gets as far as being asked for the code.
func enterTx(tx *db.Tx, user int64, kind string, from From) (Session, error) {
	on, err := stepOn(tx, user)
	if err != nil {
		return Session{}, err
	}
	if !on {
		return newSessionTx(tx, user, kind, from)
	}
	ses := Session{}
	if ses.User, err = UserByID(tx, user); err != nil {
		return Session{}, err
	}
	if ses.Orgs, err = Orgs(tx, user); err != nil {
		return Session{}, err
	}
	if len(ses.Orgs) == 0 {
		return Session{}, errDisabled
	}
	if _, err := tx.Exec(`DELETE FROM half_signin WHERE expires_at < ?`, tx.Now()); err != nil {
		return Session{}, err
	}
	token, hash := newToken(32)
	ses.Pending = token
	_, err = tx.Exec(`INSERT INTO half_signin (token_hash, user_id, expires_at) VALUES (?, ?, ?)`, hash, user, tx.Now()+halfLife.Milliseconds())
	return ses, err
}

// CheckPending is nil while a sign-in still waits for its code.
func (s *Service) CheckPending(ctx context.Context, pending string) error {
	_, _, err := halfUser(s.db.Read(ctx), pending, s.db.Now())
	return err
}

// halfUser is who waits behind a pending token, and the organisation to show first.
func halfUser(q db.Q, pending string, now int64) (user, org int64, err error) {
	type row struct{ user, org int64 }
	r, err := db.One(q, func(r *db.Rows, v *row) error { return r.Scan(&v.user, &v.org) },
		`SELECT user_id, org_id FROM half_signin WHERE token_hash = ? AND expires_at > ? AND tries < ?`, hashToken(pending), now, halfTries)
	if errs.Is(err, errs.NotFound) {
		err = errHalf
	}
	return r.user, r.org, err
}

// SignInCode finishes a sign-in with a code of the app or a recovery code.
func (s *Service) SignInCode(ctx context.Context, pending, code, device string, from From) (ses Session, err error) {
	defer errs.Wrap(&err, "account.SignInCode")
	var user, org int64
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if user, org, err = halfUser(tx, pending, tx.Now()); err != nil {
			return err
		}
		_, err := tx.Exec(`UPDATE half_signin SET tries = tries + 1 WHERE token_hash = ?`, hashToken(pending))
		return err
	})
	if err != nil {
		return Session{}, err
	}
	if err := s.checkCode(ctx, user, code, from.IP); err != nil {
		return Session{}, s.failed(ctx, user, from.IP, err)
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		// The half is gone when another request was faster, or the user lost it.
		n, err := tx.Exec(`DELETE FROM half_signin WHERE token_hash = ?`, hashToken(pending))
		if err != nil || n == 0 {
			return cmp.Or(err, errHalf)
		}
		if ses, err = newSessionTx(tx, user, pageSession, from); err != nil {
			return err
		}
		if org != 0 {
			if err := ses.lookTx(tx, org); err != nil {
				return err
			}
		}
		known, err := knowsDevice(tx, user, device)
		if err != nil {
			return err
		}
		return s.signedInTx(tx, &ses, pageSession, from.IP, known)
	})
	return ses, s.failed(ctx, user, from.IP, err)
}
