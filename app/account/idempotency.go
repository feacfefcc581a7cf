package account

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"time"

	"badala/app/db"
	"badala/app/errs"
)

const (
	answerLife  = 24 * time.Hour
	answerStall = 2 * time.Minute // a call that has not answered by then died with its process
)

// Call names one POST of one caller: Request is everything that makes it that
// call (method, path, body).
type Call struct {
	OrgID, UserID int64
	Key           string
	Request       []byte
}

// Answer is the first answer to a call.
type Answer struct {
	Status      int
	ContentType string
	Body        []byte
}

// stored is the key as it is kept: it may be anything, even a secret.
func (c Call) stored() string {
	sum := sha256.Sum256([]byte(c.Key))
	return base64.RawStdEncoding.EncodeToString(sum[:])
}

// sealer encrypts answers under the caller's own key: an answer may show a
// secret once, such as an invitation's link, which the file must not keep.
func (c Call) sealer() (cipher.AEAD, error) {
	sum := sha256.Sum256([]byte("answer\x00" + c.Key))
	block, err := aes.NewCipher(sum[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// Begin opens a call: nil means that it is the first and must end in Finish or
// Forget; an answer means that it was made before. The same key with another
// request is Unprocessable, and one that still runs is Conflict.
func (s *Service) Begin(ctx context.Context, c Call) (a *Answer, err error) {
	defer errs.Wrap(&err, "account.Begin")
	sum := sha256.Sum256(c.Request)
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		a = nil
		if _, err := tx.Exec(`DELETE FROM idempotency_key WHERE created_at < ?1 OR (status IS NULL AND created_at < ?2)`,
			tx.Now()-answerLife.Milliseconds(), tx.Now()-answerStall.Milliseconds()); err != nil {
			return err
		}
		n, err := tx.Exec(`INSERT INTO idempotency_key (org_id, user_id, key, request_hash, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			c.OrgID, c.UserID, c.stored(), sum[:], tx.Now())
		if err != nil || n == 1 {
			return err
		}
		a, err = firstAnswer(tx, c, sum[:])
		return err
	})
	return a, err
}

func firstAnswer(q db.Q, c Call, request []byte) (*Answer, error) {
	type row struct {
		hash []byte
		Answer
	}
	r, err := db.One(q, func(r *db.Rows, v *row) error { return r.Scan(&v.hash, &v.Status, &v.ContentType, &v.Body) },
		`SELECT request_hash, COALESCE(status, 0), COALESCE(content_type, ''), body FROM idempotency_key WHERE org_id = ? AND user_id = ? AND key = ?`,
		c.OrgID, c.UserID, c.stored())
	switch {
	case err != nil:
		return nil, err
	case subtle.ConstantTimeCompare(r.hash, request) == 0:
		return nil, errs.New(errs.Unprocessable, "this Idempotency-Key was used for another request")
	case r.Status == 0:
		return nil, &errs.Error{Kind: errs.Conflict, Code: "in_progress", Message: "a request with this Idempotency-Key is still running", RetryAfter: time.Second}
	}
	aead, err := c.sealer()
	if err != nil {
		return nil, err
	}
	if r.Body, err = aead.Open(nil, nil, r.Body, nil); err != nil {
		return nil, err
	}
	return &r.Answer, nil
}

// Finish keeps the answer of a call that Begin opened, for 24 hours.
func (s *Service) Finish(ctx context.Context, c Call, a Answer) error {
	aead, err := c.sealer()
	if err != nil {
		return err
	}
	body := aead.Seal(nil, nil, a.Body, nil)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE idempotency_key SET status = ?, content_type = ?, body = ? WHERE org_id = ? AND user_id = ? AND key = ? AND status IS NULL`,
			a.Status, a.ContentType, body, c.OrgID, c.UserID, c.stored())
		return err
	})
}

// Forget drops a call that came to nothing, so that it can be made again.
func (s *Service) Forget(ctx context.Context, c Call) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`DELETE FROM idempotency_key WHERE org_id = ? AND user_id = ? AND key = ? AND status IS NULL`, c.OrgID, c.UserID, c.stored())
		return err
	})
}
