package account

import (
	"cmp"
	"context"

	"badala/app/db"
	"badala/app/errs"
)

// OpenSession is one place where a user is signed in.
type OpenSession struct {
	ID                int64
	API               bool // a program with a token of POST /auth/login
	CreatedAt, SeenAt int64
	IP, UserAgent     string
}

// OpenSessions lists where a user is signed in, last used first.
func (s *Service) OpenSessions(ctx context.Context, ses Session) (open []OpenSession, err error) {
	defer errs.Wrap(&err, "account.OpenSessions(%d)", ses.User.ID)
	all, err := db.All(s.db.Read(ctx), func(r *db.Rows, v *OpenSession) error {
		return r.Scan(&v.ID, &v.API, &v.CreatedAt, &v.SeenAt, &v.IP, &v.UserAgent)
	}, `SELECT id, kind = 'API', created_at, seen_at, ip, user_agent FROM session WHERE user_id = ? ORDER BY seen_at DESC, id DESC`, ses.User.ID)
	now := s.db.Now()
	for _, o := range all {
		kind := pageSession
		if o.API {
			kind = apiSession
		}
		if idle, absolute := limits(kind, ses.Orgs); now-o.SeenAt < idle.Milliseconds() && now-o.CreatedAt < absolute.Milliseconds() {
			open = append(open, o)
		}
	}
	return open, err
}

// EndSession signs one of the user's places out.
func (s *Service) EndSession(ctx context.Context, ses Session, id int64, ip string) (err error) {
	defer errs.Wrap(&err, "account.EndSession(%d)", id)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(`DELETE FROM session WHERE id = ? AND user_id = ?`, id, ses.User.ID)
		if err != nil || n == 0 {
			return cmp.Or(err, errs.New(errs.NotFound, "no such session"))
		}
		return auditUserTx(tx, ses.User.ID, ip, Line{Action: "session.ended"})
	})
}

// EndOtherSessions ends every session and bearer token of the session's user but itself.
func (s *Service) EndOtherSessions(ctx context.Context, ses Session, ip string) error {
	return s.endSessions(ctx, ses, ses.ID, ip)
}

// EndAllSessions is EndOtherSessions with the session itself.
func (s *Service) EndAllSessions(ctx context.Context, ses Session, ip string) error {
	return s.endSessions(ctx, ses, 0, ip)
}

func (s *Service) endSessions(ctx context.Context, ses Session, but int64, ip string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := auditUserTx(tx, ses.User.ID, ip, Line{Action: "sessions.ended"}); err != nil {
			return err
		}
		return endSessionsTx(tx, ses.User.ID, but)
	})
}

// EndMemberSessions signs a member out everywhere, of other organisations too: a
// session is a person's, and a device that was lost is lost to all of them. It
// takes nothing that signing in again does not give back.
func (s *Service) EndMemberSessions(ctx context.Context, a Actor, user int64) (err error) {
	defer errs.Wrap(&err, "account.EndMemberSessions(%d)", user)
	return s.changeMember(ctx, a, user, change{action: "member.signed_out",
		apply: func(tx *db.Tx, _ Member) error { return endSessionsTx(tx, user, 0) }})
}

// endSessionsTx ends a user's sessions but one, and sign-ins that wait for a code.
func endSessionsTx(tx *db.Tx, user, but int64) error {
	if _, err := tx.Exec(`DELETE FROM half_signin WHERE user_id = ?`, user); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM session WHERE user_id = ? AND id <> ?`, user, but)
	return err
}

// Confirm asks for the password again: for a quarter of an hour the session may
// do what is dangerous. Whoever has no password yet must choose one first.
func (s *Service) Confirm(ctx context.Context, ses Session, password, ip string) (err error) {
	defer errs.Wrap(&err, "account.Confirm(%d)", ses.User.ID)
	if !ses.User.HasPassword {
		return errs.Coded(errs.Conflict, "no_password", "choose a password on your profile page first")
	}
	if err := s.checkPassword(ctx, ses, password, ip); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE session SET confirmed_at = ? WHERE id = ?`, tx.Now(), ses.ID)
		return err
	})
}
