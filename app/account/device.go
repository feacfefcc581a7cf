package account

import (
	"context"

	"badala/app/db"
	"badala/app/errs"
)

// maxDevices is how many browsers of a user are remembered, the latest ones.
const maxDevices = 10

// knowsDevice says whether the user has signed in with this browser before.
func knowsDevice(tx *db.Tx, user int64, device string) (bool, error) {
	if device == "" {
		return false, nil
	}
	n, err := tx.Exec(`UPDATE known_device SET seen_at = ? WHERE user_id = ? AND token_hash = ?`, tx.Now(), user, hashToken(device))
	return n == 1, err
}

// knowsDevice is the same before it is known who asks.
func (s *Service) knowsDevice(ctx context.Context, email, device string) (known bool, err error) {
	if device == "" {
		return false, nil
	}
	q := s.db.Read(ctx)
	u, err := userByEmail(q, email)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return db.Exists(q, `SELECT 1 FROM known_device WHERE user_id = ? AND token_hash = ?`, u.ID, hashToken(device))
}

// rememberDeviceTx makes the browser of a new session one that the user is
// known by: others' wrong guesses do not shut it out.
func rememberDeviceTx(tx *db.Tx, ses *Session) error {
	token, hash := newToken(32)
	ses.Device = token
	if _, err := tx.Exec(`INSERT INTO known_device (user_id, token_hash, seen_at) VALUES (?, ?, ?)`, ses.User.ID, hash, tx.Now()); err != nil {
		return err
	}
	_, err := tx.Exec(`DELETE FROM known_device WHERE user_id = ?1 AND token_hash NOT IN
		(SELECT token_hash FROM known_device WHERE user_id = ?1 ORDER BY seen_at DESC, token_hash LIMIT ?2)`, ses.User.ID, maxDevices)
	return err
}
