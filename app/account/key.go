package account

import (
	"context"
	"slices"
	"strings"
	"time"

	"badala/app/db"
	"badala/app/errs"
)

const (
	maxKeys     = 100
	keepKeys    = 30 * 24 * time.Hour // how long lists show a key that ended
	keyUseEvery = time.Minute
	keyPrefix   = "key" // of a key's id
)

// Key is the key of a program. Its token is shown once and known to nobody here.
type Key struct {
	ID, OrgID         int64
	Name              string
	Prefix            string // the first characters of the token
	Scopes            Scopes
	CreatedBy         int64
	CreatedByName     string
	CreatedAt         int64
	ExpiresAt, UsedAt int64 // 0: never
	UsedIP            string
	RevokedAt         int64 // 0: not revoked
}

// Live says whether the key opens anything at a time.
func (k Key) Live(now int64) bool { return k.RevokedAt == 0 && (k.ExpiresAt == 0 || k.ExpiresAt > now) }

// KeyInput is what a new key shall be. ExpiresAt 0 is never.
type KeyInput struct {
	Name      string
	Scopes    []Scope
	ExpiresAt int64
}

const keySelect = `SELECT k.id, k.org_id, k.name, k.prefix, k.scopes, k.created_by, u.name, k.created_at,
		k.expires_at, k.used_at, k.used_ip, k.revoked_at
	FROM api_key k JOIN user u ON u.id = k.created_by WHERE `

func scanKey(r *db.Rows, k *Key) error {
	var scopes string
	err := r.Scan(&k.ID, &k.OrgID, &k.Name, &k.Prefix, &scopes, &k.CreatedBy, &k.CreatedByName, &k.CreatedAt,
		&k.ExpiresAt, &k.UsedAt, &k.UsedIP, &k.RevokedAt)
	for _, scope := range strings.Fields(scopes) {
		k.Scopes = append(k.Scopes, Scope(scope))
	}
	return err
}

// mayManageKeys lets people with the right make, rename and revoke keys. A key
// never does: one that leaked must not make others that outlive it.
func mayManageKeys(who Actor) error {
	if err := who.requirePerson(); err != nil {
		return err
	}
	return who.Require(ManageKeys)
}

// CreateKey makes a key and gives its token, shown only here.
func (s *Service) CreateKey(ctx context.Context, who Actor, in KeyInput) (k Key, token string, err error) {
	defer errs.Wrap(&err, "account.CreateKey")
	if err := mayManageKeys(who); err != nil {
		return Key{}, "", err
	}
	if in, err = in.clean(s.db.Now()); err != nil {
		return Key{}, "", err
	}
	token = newKeyToken()
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := db.Value[int](tx, `SELECT COUNT(*) FROM api_key WHERE org_id = ? AND revoked_at = 0 AND (expires_at = 0 OR expires_at > ?)`, who.OrgID, tx.Now())
		if err != nil {
			return err
		}
		if n >= maxKeys {
			return errs.Coded(errs.Conflict, "keys_full", "an organisation has at most 100 API keys; revoke one first")
		}
		id := tx.NewID()
		if _, err := tx.Exec(`INSERT INTO api_key (id, org_id, name, prefix, token_hash, scopes, created_by, created_at, expires_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, id, who.OrgID, in.Name, token[:keyShown], hashToken(token),
			Scopes(in.Scopes).text(), who.UserID, tx.Now(), in.ExpiresAt); err != nil {
			return err
		}
		if k, err = keyByID(tx, who.OrgID, id); err != nil {
			return err
		}
		return AuditTx(tx, who, Line{Action: "api_key.create", Target: keyPrefix, TargetID: id, Detail: k.Name, After: k.audited()})
	})
	if err != nil {
		return Key{}, "", err
	}
	return k, token, nil
}

// clean checks every field and reports all that are wrong together. Read comes
// with every other scope.
func (in KeyInput) clean(now int64) (KeyInput, error) {
	var faults []string
	name, err := cleanName("name", in.Name)
	if e := errs.As(err); e != nil {
		faults = append(faults, e.Details...)
	}
	in.Name = name
	if len(in.Scopes) == 0 {
		faults = append(faults, "scopes: choose at least one of read, messages, contacts, manage")
	}
	for _, scope := range in.Scopes {
		if !slices.Contains(AllScopes[:], scope) {
			faults = append(faults, "scopes: must be of read, messages, contacts, manage")
			break
		}
	}
	if in.ExpiresAt != 0 && in.ExpiresAt <= now {
		faults = append(faults, "expiresAt: must be in the future")
	}
	if len(faults) > 0 {
		return in, errs.Fields(faults...)
	}
	in.Scopes = slices.DeleteFunc(slices.Clone(AllScopes[:]), func(scope Scope) bool {
		return scope != ScopeRead && !slices.Contains(in.Scopes, scope)
	})
	return in, nil
}

// text is how a table keeps scopes.
func (s Scopes) text() string {
	words := make([]string, len(s))
	for i, scope := range s {
		words[i] = string(scope)
	}
	return strings.Join(words, " ")
}

// audited is what the audit log tells about a new key.
func (k Key) audited() any {
	type change struct {
		Name      string `json:"name"`
		Prefix    string `json:"prefix"`
		Scopes    Scopes `json:"scopes"`
		ExpiresAt string `json:"expiresAt,omitempty"`
	}
	c := change{Name: k.Name, Prefix: k.Prefix, Scopes: k.Scopes}
	if k.ExpiresAt != 0 {
		c.ExpiresAt = db.FormatTime(k.ExpiresAt)
	}
	return c
}

func keyByID(q db.Q, org, id int64) (Key, error) {
	k, err := db.One(q, scanKey, keySelect+`k.org_id = ? AND k.id = ?`, org, id)
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.NotFound, "no such API key")
	}
	return k, err
}

// Key finds a key of an organisation, ended or not.
func (s *Service) Key(q db.Q, org, id int64) (Key, error) { return keyByID(q, org, id) }

// Keys lists an organisation's keys, newest first: the live ones, and those that
// were revoked or expired in the last thirty days.
func (s *Service) Keys(q db.Q, org int64) ([]Key, error) {
	since := s.db.Now() - keepKeys.Milliseconds()
	return db.All(q, scanKey, keySelect+`k.org_id = ? AND (k.revoked_at = 0 OR k.revoked_at > ?) AND (k.expires_at = 0 OR k.expires_at > ?)
		ORDER BY k.id DESC`, org, since, since)
}

// RenameKey changes what a key is called. The name it has already changes nothing.
func (s *Service) RenameKey(ctx context.Context, who Actor, id int64, name string) (k Key, err error) {
	defer errs.Wrap(&err, "account.RenameKey(%d)", id)
	if err := mayManageKeys(who); err != nil {
		return Key{}, err
	}
	if name, err = cleanName("name", name); err != nil {
		return Key{}, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if k, err = keyByID(tx, who.OrgID, id); err != nil || k.Name == name {
			return err
		}
		if _, err := tx.Exec(`UPDATE api_key SET name = ? WHERE org_id = ? AND id = ?`, name, who.OrgID, id); err != nil {
			return err
		}
		old := k.Name
		k.Name = name
		return AuditTx(tx, who, Line{Action: "api_key.update", Target: keyPrefix, TargetID: id, Detail: name, Before: named{old}, After: named{name}})
	})
	return k, err
}

// named is a change of a name, for the audit log.
type named struct {
	Name string `json:"name"`
}

// RevokeKey ends a key at once. Revoking a revoked one changes nothing.
func (s *Service) RevokeKey(ctx context.Context, who Actor, id int64) (err error) {
	defer errs.Wrap(&err, "account.RevokeKey(%d)", id)
	if err := mayManageKeys(who); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		k, err := keyByID(tx, who.OrgID, id)
		if err != nil || k.RevokedAt != 0 {
			return err
		}
		if _, err := tx.Exec(`UPDATE api_key SET revoked_at = ?, revoked_by = ? WHERE org_id = ? AND id = ?`, tx.Now(), who.UserID, who.OrgID, id); err != nil {
			return err
		}
		return AuditTx(tx, who, Line{Action: "api_key.revoke", Target: keyPrefix, TargetID: id, Detail: k.Name, Before: k.audited()})
	})
}

// KeyActor is who a key's token lets in: an admin of the key's organisation
// within its scopes. A mistyped, unknown, revoked or expired one is
// Unauthorized, each with its own code. When and whence the key was used is
// written at most once a minute.
func (s *Service) KeyActor(ctx context.Context, token, ip string) (_ Actor, err error) {
	defer errs.Wrap(&err, "account.KeyActor")
	if err := checkKeyToken(token); err != nil {
		return Actor{}, err
	}
	k, err := db.One(s.db.Read(ctx), scanKey, keySelect+`k.token_hash = ?`, hashToken(token))
	if errs.Is(err, errs.NotFound) {
		return Actor{}, errs.Coded(errs.Unauthorized, "key_unknown", "there is no such API key here")
	}
	if err != nil {
		return Actor{}, err
	}
	now := s.db.Now()
	switch {
	case k.RevokedAt != 0:
		return Actor{}, errs.Coded(errs.Unauthorized, "key_revoked", "this API key was revoked")
	case !k.Live(now):
		return Actor{}, errs.Coded(errs.Unauthorized, "key_expired", "this API key has expired")
	}
	s.touchKey(ctx, k, now, ip)
	return Actor{OrgID: k.OrgID, KeyID: k.ID, Role: Admin, Name: k.Name, Kind: KindAPI, IP: ip, Scopes: k.Scopes}, nil
}

// touchKey notes that a key was used. It is worth no failed call: what cannot be
// written now is written a minute later.
func (s *Service) touchKey(ctx context.Context, k Key, now int64, ip string) {
	s.mu.Lock()
	due := now-max(k.UsedAt, s.keyUses[k.ID]) >= keyUseEvery.Milliseconds()
	if due {
		s.keyUses[k.ID] = now
	}
	s.mu.Unlock()
	if !due {
		return
	}
	err := s.db.Write(context.WithoutCancel(ctx), func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE api_key SET used_at = ?, used_ip = ? WHERE id = ? AND used_at <= ?`, now, ip, k.ID, now)
		return err
	})
	if err != nil {
		s.log.Warn("the last use of an API key was not written", "key", db.FormatID(keyPrefix, k.ID), "err", err)
	}
}
