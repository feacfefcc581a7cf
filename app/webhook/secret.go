package webhook

import (
	"context"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/secret"
)

// KeepOld is how long a former secret still signs, and MaxKeepOld the longest.
const (
	KeepOld    = 24 * time.Hour
	MaxKeepOld = 7 * 24 * time.Hour
)

// StageSecret makes a second secret, shown this once: webhook-signature then
// carries both, X-Badala-Signature stays with the present one. Staging again
// replaces it.
func (s *Service) StageSecret(ctx context.Context, who account.Actor, id int64) (secret string, err error) {
	defer errs.Wrap(&err, "webhook.StageSecret(%d)", id)
	if secret, err = newSecret(); err != nil {
		return "", err
	}
	_, err = s.change(ctx, who, id, func(tx *db.Tx, t *target) error {
		t.staged, t.stagedAt = secret, tx.Now()
		if err := s.saveTx(tx, t); err != nil {
			return err
		}
		return s.auditTx(tx, who, "webhook.rotate", id, nil, nil)
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

// PromoteSecret puts the staged secret in force. The former one stays among
// the signatures of webhook-signature for keepOld, at most 7 days.
func (s *Service) PromoteSecret(ctx context.Context, who account.Actor, id int64, keepOld time.Duration) (_ Endpoint, err error) {
	defer errs.Wrap(&err, "webhook.PromoteSecret(%d)", id)
	if keepOld < 0 || keepOld > MaxKeepOld {
		return Endpoint{}, errs.Field("keepOld", "0 to 7 days")
	}
	return s.change(ctx, who, id, func(tx *db.Tx, t *target) error {
		if t.staged == "" {
			return errs.Coded(errs.Conflict, "no_staged_secret", "there is no new secret to put in force; make one first")
		}
		t.previous, t.previousUntil = t.secret, tx.Now()+keepOld.Milliseconds()
		if keepOld == 0 {
			t.previous, t.previousUntil = "", 0
		}
		t.secret, t.staged, t.stagedAt = t.staged, "", 0
		if err := s.saveTx(tx, t); err != nil {
			return err
		}
		return s.auditTx(tx, who, "webhook.promote", id, nil, map[string]any{"keepOldHours": keepOld.Hours()})
	})
}

// CancelSecret throws the staged secret away.
func (s *Service) CancelSecret(ctx context.Context, who account.Actor, id int64) (_ Endpoint, err error) {
	defer errs.Wrap(&err, "webhook.CancelSecret(%d)", id)
	return s.change(ctx, who, id, func(tx *db.Tx, t *target) error {
		if t.staged == "" {
			return nil
		}
		t.staged, t.stagedAt = "", 0
		if err := s.saveTx(tx, t); err != nil {
			return err
		}
		return s.auditTx(tx, who, "webhook.rotate", id, nil, map[string]any{"staged": "cancelled"})
	})
}

// sealPurpose is of the key that seals the secrets of endpoints.
const sealPurpose = "webhook secrets"

// Secrets tells where the secrets of endpoints lie.
func Secrets() []secret.Column {
	of := func(column, what string) secret.Column {
		return secret.Column{Purpose: sealPurpose, Table: "webhook", Name: column, Key: "id", Org: "org_id", What: what + " of the webhook", Title: "url"}
	}
	return []secret.Column{
		of("secret", "secret"), of("staged_secret", "next secret"), of("previous_secret", "former secret"),
		of("password", "password"), of("headers", "headers"),
	}
}

// sealAll seals what was stored plain before there was a key, and reports
// secrets that the key does not open.
func (s *Service) sealAll() error {
	ctx := context.Background()
	type row struct {
		id, org int64
		secret  string
	}
	rows, err := db.All(s.DB.Read(ctx), func(r *db.Rows, v *row) error { return r.Scan(&v.id, &v.org, &v.secret) },
		`SELECT id, org_id, secret FROM webhook`)
	if err != nil {
		return err
	}
	for _, v := range rows {
		if s.seal.Open(v.secret, place("secret", v.id, v.org)) == "" {
			s.Log.Error("the secret of a webhook does not open with this secret key: start with the key that sealed it, or rotate it", "webhook", v.id, "org", v.org)
			continue
		}
		if !s.seal.Stale(v.secret) {
			continue
		}
		if err := s.DB.Write(ctx, func(tx *db.Tx) error {
			t, err := s.targetByID(tx, v.org, v.id)
			if err != nil {
				return err
			}
			return s.saveTx(tx, t)
		}); err != nil {
			return err
		}
	}
	return nil
}
