package account

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"strings"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/seal"

	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"
)

// stepMillis is how long one code of the app lasts.
const stepMillis = 30_000

// SecondStep is how a user's second step of signing in stands.
type SecondStep struct {
	On    bool
	Since int64 // when it was confirmed
	Codes int   // recovery codes left
	// Secret and URL are for the app, while the set-up is open.
	Secret, URL string
}

var (
	errCodeNeeded = errs.Coded(errs.Unauthorized, "totp_required", "this account has a second step: send the six digits of the authenticator app, or a recovery code, as totp")
	errCodeWrong  = errs.Coded(errs.Unauthorized, "totp_wrong", "the code is wrong, has expired, or was used")
	errSetUpFirst = errs.Coded(errs.Forbidden, "second_step_needed", "your organisation asks for a second step at sign-in; sign in on the web page and set it up first")
	errNoSetUp    = errs.Coded(errs.Conflict, "no_second_step", "there is no set-up to confirm; begin again")
	errStepOn     = errs.Coded(errs.Conflict, "second_step_on", "two-step sign-in is on already")
)

// SealPurpose is of the key that seals the secrets of second steps.
const SealPurpose = "second steps"

func stepPlace(user int64) seal.Place {
	return seal.Place{Table: "second_step", Column: "secret", ID: user}
}

// SecondStep tells how a user's second step stands.
func (s *Service) SecondStep(q db.Q, u User) (st SecondStep, err error) {
	type row struct {
		secret string
		since  int64
	}
	r, err := db.One(q, func(r *db.Rows, v *row) error { return r.Scan(&v.secret, &v.since) },
		`SELECT secret, confirmed_at FROM second_step WHERE user_id = ?`, u.ID)
	if errs.Is(err, errs.NotFound) {
		return st, nil
	}
	if err != nil {
		return st, err
	}
	if st.On, st.Since = r.since > 0, r.since; !st.On {
		if st.Secret = s.seal.Open(r.secret, stepPlace(u.ID)); st.Secret != "" {
			st.URL = stepURL(u, st.Secret)
		}
		return st, nil
	}
	st.Codes, err = db.Value[int](q, `SELECT COUNT(*) FROM recovery_code WHERE user_id = ? AND used_at = 0`, u.ID)
	return st, err
}

// StartSecondStep makes a secret for the app. Nothing is asked at sign-in until
// ConfirmSecondStep has seen a code of it.
func (s *Service) StartSecondStep(ctx context.Context, ses Session) (err error) {
	defer errs.Wrap(&err, "account.StartSecondStep(%d)", ses.User.ID)
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "Badala", AccountName: ses.User.Email})
	if err != nil {
		return err
	}
	sealed, err := s.seal.Seal(key.Secret(), stepPlace(ses.User.ID))
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(`INSERT INTO second_step (user_id, secret, created_at) VALUES (?, ?, ?)
			ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, step = 0, created_at = excluded.created_at
			WHERE confirmed_at = 0`, ses.User.ID, sealed, tx.Now())
		if err == nil && n == 0 {
			err = errStepOn
		}
		return err
	})
}

// ConfirmSecondStep turns the second step on once the app shows right codes. It
// gives the recovery codes, shown only here; the user's other sessions end.
func (s *Service) ConfirmSecondStep(ctx context.Context, ses Session, code, ip string) (codes []string, err error) {
	defer errs.Wrap(&err, "account.ConfirmSecondStep(%d)", ses.User.ID)
	if err := s.tryLogin(ctx, codeKey(ses.User.ID), nil); err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		open, err := db.Exists(tx, `SELECT 1 FROM second_step WHERE user_id = ? AND confirmed_at = 0`, ses.User.ID)
		if err == nil && !open {
			err = errNoSetUp
		}
		if err != nil {
			return err
		}
		if ok, err := s.useStepTx(tx, ses.User.ID, plainCode(code)); err != nil || !ok {
			return cmp.Or(err, wrongCodeField)
		}
		if _, err := tx.Exec(`UPDATE second_step SET confirmed_at = ? WHERE user_id = ?`, tx.Now(), ses.User.ID); err != nil {
			return err
		}
		if codes, err = newRecoveryCodesTx(tx, ses.User.ID); err != nil {
			return err
		}
		if err := endSessionsTx(tx, ses.User.ID, ses.ID); err != nil {
			return err
		}
		if err := forgetTriesTx(tx, codeKey(ses.User.ID)); err != nil {
			return err
		}
		return auditUserTx(tx, ses.User.ID, ip, Line{Action: "second_step.on"})
	})
	return codes, err
}

// RenewRecoveryCodes replaces the recovery codes; the old ones open nothing.
func (s *Service) RenewRecoveryCodes(ctx context.Context, ses Session, code, ip string) (codes []string, err error) {
	defer errs.Wrap(&err, "account.RenewRecoveryCodes(%d)", ses.User.ID)
	if err := s.checkCode(ctx, ses.User.ID, code, ip); err != nil {
		return nil, asField(err)
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if codes, err = newRecoveryCodesTx(tx, ses.User.ID); err != nil {
			return err
		}
		return auditUserTx(tx, ses.User.ID, ip, Line{Action: "second_step.codes"})
	})
	return codes, err
}

// EndSecondStep turns the second step off: the password and a code are asked.
// Whoever has a role that must have one may not.
func (s *Service) EndSecondStep(ctx context.Context, ses Session, password, code, ip string) (err error) {
	defer errs.Wrap(&err, "account.EndSecondStep(%d)", ses.User.ID)
	if ses.mustHaveStep() {
		return errs.Coded(errs.Forbidden, "second_step_must", "your organisation asks for two-step sign-in; it cannot be turned off")
	}
	if err := s.checkPassword(ctx, ses, password, ip); err != nil {
		return err
	}
	if err := s.checkCode(ctx, ses.User.ID, code, ip); err != nil {
		return asField(err)
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := dropStepTx(tx, ses.User.ID); err != nil {
			return err
		}
		return auditUserTx(tx, ses.User.ID, ip, Line{Action: "second_step.off"})
	})
}

// ResetSecondStepFor turns a member's second step off for who has lost app and
// codes, and ends their sessions. As with passwords, a person of several
// organisations is left to the host.
func (s *Service) ResetSecondStepFor(ctx context.Context, a Actor, user int64) (err error) {
	defer errs.Wrap(&err, "account.ResetSecondStepFor(%d)", user)
	if err := a.requirePerson(); err != nil {
		return err
	}
	if a.UserID == user {
		return errs.Coded(errs.Conflict, "second_step_own", "turn your own off on your profile page")
	}
	return s.changeMember(ctx, a, user, change{action: "second_step.reset", apply: func(tx *db.Tx, m Member) error {
		if err := onlyOursTx(tx, a, m); err != nil {
			return err
		}
		if err := dropStepTx(tx, user); err != nil {
			return err
		}
		return endSessionsTx(tx, user, 0)
	}})
}

// ResetSecondStep is ResetSecondStepFor of the host's command line.
func (s *Service) ResetSecondStep(ctx context.Context, email string) (err error) {
	defer errs.Wrap(&err, "account.ResetSecondStep")
	if email, err = cleanEmail(email); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		u, err := userByEmail(tx, email)
		if errs.Is(err, errs.NotFound) {
			return errs.New(errs.NotFound, "nobody has this e-mail")
		}
		if err != nil {
			return err
		}
		if err := dropStepTx(tx, u.ID); err != nil {
			return err
		}
		if err := endSessionsTx(tx, u.ID, 0); err != nil {
			return err
		}
		return auditHostTx(tx, u.ID, Line{Action: "second_step.reset", Detail: "HOST"})
	})
}

func dropStepTx(tx *db.Tx, user int64) error {
	for _, table := range []string{`DELETE FROM recovery_code WHERE user_id = ?`, `DELETE FROM half_signin WHERE user_id = ?`,
		`DELETE FROM second_step WHERE user_id = ?`} {
		if _, err := tx.Exec(table, user); err != nil {
			return err
		}
	}
	return nil
}

// useStepTx says whether the six digits are the app's now, or one step beside,
// and no code of that step or a later one was used before.
func (s *Service) useStepTx(tx *db.Tx, user int64, digits string) (bool, error) {
	type row struct {
		secret string
		step   int64
	}
	r, err := db.One(tx, func(r *db.Rows, v *row) error { return r.Scan(&v.secret, &v.step) },
		`SELECT secret, step FROM second_step WHERE user_id = ?`, user)
	if err != nil {
		return false, err
	}
	secret := s.seal.Open(r.secret, stepPlace(user))
	if secret == "" || len(digits) != 6 {
		return false, nil
	}
	now := tx.Now() / stepMillis
	for step := now - 1; step <= now+1; step++ {
		want, err := hotp.GenerateCode(secret, uint64(step))
		if err != nil {
			return false, err
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(digits)) == 1 && step > r.step {
			_, err := tx.Exec(`UPDATE second_step SET step = ? WHERE user_id = ?`, step, user)
			return err == nil, err
		}
	}
	return false, nil
}

// checkCode uses up a code of the user's app or a recovery code. Wrong ones are
// counted against the user, wherever they come from, and audited.
func (s *Service) checkCode(ctx context.Context, user int64, code, ip string) error {
	if err := s.tryLogin(ctx, codeKey(user), nil); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error { return s.takeCodeTx(tx, user, code, ip) })
}

// takeCodeTx is errCodeWrong for a code that does not fit: then nothing but the
// count of tries has changed.
func (s *Service) takeCodeTx(tx *db.Tx, user int64, code, ip string) error {
	code = plainCode(code)
	ok, err := s.useStepTx(tx, user, code)
	if err == nil && !ok {
		if ok, err = useRecoveryTx(tx, user, code); ok && err == nil {
			err = auditUserTx(tx, user, ip, Line{Action: "second_step.recovery"})
		}
	}
	if err != nil || !ok {
		return cmp.Or(err, errCodeWrong)
	}
	return forgetTriesTx(tx, codeKey(user))
}

// plainCode is a code without the spaces and dashes that people type.
func plainCode(code string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '-' || r == '\u00a0':
			return -1
		case r >= '٠' && r <= '٩':
			return r - '٠' + '0'
		}
		return r
	}, strings.ToUpper(strings.TrimSpace(code)))
}

// codeKey is what wrong codes of a user are counted under.
func codeKey(user int64) []byte {
	sum := sha256.Sum256([]byte("code\x00" + db.FormatID("user", user)))
	return sum[:]
}

var wrongCodeField error = &errs.Error{Kind: errs.Invalid, Code: "totp_wrong", Message: "the request is not valid", Details: []string{"code: is wrong, has expired, or was used"}}

// asField makes a wrong code the fault of a form's field.
func asField(err error) error {
	if errs.Is(err, errs.Unauthorized) {
		return wrongCodeField
	}
	return err
}
