package account

import (
	"context"
	"slices"
	"time"

	"badala/app/db"
	"badala/app/errs"
)

// Kinds of session.
const (
	pageSession = "PAGE"
	apiSession  = "API"
)

// touchEvery is how often a session's last use is written.
const touchEvery = 5 * time.Minute

// Session is a signed-in browser. OrgID is the organisation it looks at, in
// which the user is an active member. Token is set only where it was just made;
// Pending stands in its place for somebody who must show a code first.
type Session struct {
	ID        int64
	Token     string
	Pending   string
	Device    string // for a browser that the user was not known by until now
	User      User
	OrgID     int64
	Role      Role
	Orgs      []Membership
	CreatedAt int64
	SeenAt    int64
	// ConfirmedAt is when the password was last asked.
	ConfirmedAt int64
}

// mustHaveStep says that an organisation asks the user for a second step.
func (s Session) mustHaveStep() bool {
	return slices.ContainsFunc(s.Orgs, func(m Membership) bool { return m.MustSecondStep })
}

// MustSetUp says that the user has to set up a second step before anything else.
func (s Session) MustSetUp() bool { return !s.User.SecondStep && s.mustHaveStep() }

// freshFor is how long a password that was asked counts for dangerous things.
const freshFor = 15 * time.Minute

// Fresh says whether the password was asked a short while ago.
func (s Session) Fresh(now int64) bool { return now-s.ConfirmedAt < freshFor.Milliseconds() }

// limits are how long a session lives unused and in all. Who may do more is
// asked to sign in more often; the highest role of the user counts.
func limits(kind string, orgs []Membership) (idle, absolute time.Duration) {
	idle, absolute = 24*time.Hour, 30*24*time.Hour
	for _, m := range orgs {
		if m.Role.AtLeast(Admin) {
			idle, absolute = 12*time.Hour, 7*24*time.Hour
		}
	}
	if kind == apiSession {
		idle = absolute // a program may sleep
	}
	return idle, absolute
}

// newSessionTx signs a user in. Old sessions of theirs that have outlived every
// limit go with it.
func newSessionTx(tx *db.Tx, user int64, kind string, from From) (Session, error) {
	u, err := UserByID(tx, user)
	if err != nil {
		return Session{}, err
	}
	orgs, err := Orgs(tx, user)
	if err != nil {
		return Session{}, err
	}
	if len(orgs) == 0 {
		return Session{}, errDisabled
	}
	token, hash := newToken(32)
	s := Session{ID: tx.NewID(), Token: token, User: u, OrgID: orgs[0].Org.ID, Role: orgs[0].Role, Orgs: orgs, CreatedAt: tx.Now(), SeenAt: tx.Now(), ConfirmedAt: tx.Now()}
	if _, err := tx.Exec(`DELETE FROM session WHERE user_id = ? AND created_at < ?`,
		user, tx.Now()-(30*24*time.Hour).Milliseconds()); err != nil {
		return Session{}, err
	}
	_, err = tx.Exec(`INSERT INTO session (id, token_hash, user_id, org_id, kind, created_at, seen_at, confirmed_at, ip, user_agent)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, s.ID, hash, user, s.OrgID, kind, s.CreatedAt, s.SeenAt, s.ConfirmedAt, from.IP, clip(from.UserAgent, 200))
	return s, err
}

func clip(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}

var errDisabled = errs.Coded(errs.Unauthorized, "disabled", "this account is not active in any organisation")

var errSignedOut = errs.Coded(errs.Unauthorized, "signed_out", "sign in first")

// SessionByToken finds the live session of a browser's cookie; anything else is
// Unauthorized. It looks at another of the user's organisations when access to
// the chosen one has ended.
func (s *Service) SessionByToken(ctx context.Context, token string) (Session, error) {
	return s.session(ctx, token, pageSession)
}

func (s *Service) session(ctx context.Context, token, kind string) (_ Session, err error) {
	defer errs.Wrap(&err, "account.session")
	if token == "" {
		return Session{}, errSignedOut
	}
	q := s.db.Read(ctx)
	ses, err := db.One(q, func(r *db.Rows, v *Session) error {
		return r.Scan(append(v.User.fields(), &v.ID, &v.OrgID, &v.CreatedAt, &v.SeenAt, &v.ConfirmedAt)...)
	}, `SELECT `+userColumns+`, s.id, COALESCE(s.org_id, 0), s.created_at, s.seen_at, s.confirmed_at
		FROM session s JOIN user u ON u.id = s.user_id WHERE s.token_hash = ? AND s.kind = ?`, hashToken(token), kind)
	if errs.Is(err, errs.NotFound) {
		return Session{}, errSignedOut
	}
	if err != nil {
		return Session{}, err
	}
	if ses.Orgs, err = Orgs(q, ses.User.ID); err != nil {
		return Session{}, err
	}
	idle, absolute := limits(kind, ses.Orgs)
	now := s.db.Now()
	if len(ses.Orgs) == 0 || now-ses.SeenAt >= idle.Milliseconds() || now-ses.CreatedAt >= absolute.Milliseconds() {
		return Session{}, errSignedOut
	}
	ses.choose()
	if now-ses.SeenAt >= touchEvery.Milliseconds() {
		err = s.db.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE session SET seen_at = ? WHERE id = ? AND seen_at < ?`, tx.Now(), ses.ID, tx.Now())
			return err
		})
	}
	return ses, err
}

// choose keeps the session's organisation if it is still one of the user's.
func (s *Session) choose() {
	for _, m := range s.Orgs {
		if m.Org.ID == s.OrgID {
			s.Role = m.Role
			return
		}
	}
	s.OrgID, s.Role = s.Orgs[0].Org.ID, s.Orgs[0].Role
}

// lookTx makes a new session look at one of the user's organisations.
func (s *Session) lookTx(tx *db.Tx, org int64) error {
	s.OrgID = org
	s.choose()
	_, err := tx.Exec(`UPDATE session SET org_id = ? WHERE id = ?`, s.OrgID, s.ID)
	return err
}

// SessionActor is what the session's user is in an organisation; no active
// membership is Forbidden.
func (s *Service) SessionActor(q db.Q, ses Session, org int64) (Actor, error) {
	return actor(q, ses.User, org, KindUser)
}

func actor(q db.Q, u User, org int64, kind string) (Actor, error) {
	role, err := db.Value[Role](q, `SELECT role FROM member WHERE org_id = ? AND user_id = ? AND active = 1`, org, u.ID)
	if errs.Is(err, errs.NotFound) {
		return Actor{}, errs.Coded(errs.Forbidden, "not_a_member", "you are not a member of this organisation")
	}
	return Actor{OrgID: org, UserID: u.ID, Role: role, Name: u.Name, Lang: u.Lang, Kind: kind}, err
}

// BearerSession is the session of a bearer token of POST /auth/login; a
// browser's token is none.
func (s *Service) BearerSession(ctx context.Context, token string) (Session, error) {
	ses, err := s.session(ctx, token, apiSession)
	if err == nil && ses.MustSetUp() {
		return Session{}, errSetUpFirst
	}
	return ses, err
}

// BearerActor is what the user of a bearer session is in an organisation; no
// active membership is Forbidden.
func (s *Service) BearerActor(q db.Q, ses Session, org int64) (Actor, error) {
	return actor(q, ses.User, org, KindAPI)
}

// Switch makes the browser's session look at another of its user's organisations.
func (s *Service) Switch(ctx context.Context, token string, org int64) (err error) {
	defer errs.Wrap(&err, "account.Switch(%d)", org)
	ses, err := s.SessionByToken(ctx, token)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.SessionActor(tx, ses, org); err != nil {
			return err
		}
		_, err := tx.Exec(`UPDATE session SET org_id = ? WHERE id = ?`, org, ses.ID)
		return err
	})
}

// Logout ends the session of a cookie or bearer token. Ending an ended one is fine.
func (s *Service) Logout(ctx context.Context, token, ip string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		type row struct {
			id, user int64
			kind     string
		}
		ses, err := db.One(tx, func(r *db.Rows, v *row) error { return r.Scan(&v.id, &v.user, &v.kind) },
			`SELECT id, user_id, kind FROM session WHERE token_hash = ?`, hashToken(token))
		if errs.Is(err, errs.NotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM session WHERE id = ?`, ses.id); err != nil {
			return err
		}
		return auditUserTx(tx, ses.user, ip, Line{Action: "signout", Detail: ses.kind})
	})
}
