package channel

import (
	"context"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

// All lists the connected numbers of every organisation.
func (s *Service) All(q db.Q) ([]Channel, error) {
	return db.All(q, s.scan, `SELECT `+channelColumns+` FROM channel WHERE archived_at = 0 ORDER BY id`)
}

// TokenState is what Meta says of a number's access token.
type TokenState struct {
	Bad     bool      // Meta no longer takes it
	Expires time.Time // zero: never, or not known
}

// invalidToken is Meta's code for a token that has ended.
const invalidToken = 190

// Look reads a number's quality and tier from Meta and asks how long its token
// lives, without anybody waiting for it. When the app's id is not known the
// token's end is not either.
func (s *Service) Look(ctx context.Context, c Channel) (st TokenState, err error) {
	defer errs.Wrap(&err, "channel.Look(%d)", c.ID)
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	number, err := s.meta.PhoneNumber(ctx, c.Creds(), c.PhoneNumberID)
	if m := metaError(err); m != nil && m.Code == invalidToken {
		return TokenState{Bad: true}, nil
	}
	if err != nil {
		return st, err
	}
	if err := s.db.Write(ctx, func(tx *db.Tx) error { return s.learnTx(tx, c, facts{number: &number}) }); err != nil {
		return st, err
	}
	if c.AppID == "" || c.AppSecret == "" {
		return st, nil
	}
	info, err := s.meta.DebugToken(ctx, c.AppID, c.AppSecret, c.AccessToken)
	if err != nil {
		return st, err
	}
	return TokenState{Bad: !info.IsValid, Expires: info.ExpiresAt}, nil
}

// learnTx takes over what Meta told, and tells what changed.
func (s *Service) learnTx(tx *db.Tx, seen Channel, f facts) error {
	c, err := s.ByID(tx, seen.OrgID, seen.ID)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	before := c
	if c.learn(f); c.sameAs(before) {
		return nil
	}
	if err := s.saveTx(tx, &c); err != nil {
		return err
	}
	return s.recordTx(tx, eventHealth, c, account.SystemActor(c.OrgID), "refreshed", "")
}

// TellTx records news of a number that somebody else found out.
func (s *Service) TellTx(tx *db.Tx, c Channel, what, detail string) error {
	return s.recordTx(tx, eventHealth, c, account.SystemActor(c.OrgID), what, detail)
}
