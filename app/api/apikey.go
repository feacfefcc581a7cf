package api

import (
	"context"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

// keyLife is how long a key lives if nobody says.
const keyLife = 90 * 24 * time.Hour

// APIKey is the key of a program. It is shown when it is made and never again.
type APIKey struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Prefix     string   `json:"prefix" doc:"How the key begins, to know it again."`
	Scopes     []string `json:"scopes" nullable:"false" enum:"read,messages,contacts,manage"`
	Key        *string  `json:"key" doc:"The key itself; shown only when it is made."`
	CreatedBy  string   `json:"createdBy" doc:"A user's id."`
	CreatedAt  string   `json:"createdAt" format:"date-time"`
	ExpiresAt  *string  `json:"expiresAt" format:"date-time" doc:"null: never."`
	LastUsedAt *string  `json:"lastUsedAt" format:"date-time"`
	LastUsedIP *string  `json:"lastUsedIp"`
	RevokedAt  *string  `json:"revokedAt" format:"date-time"`
}

func keyOf(k account.Key) APIKey {
	return APIKey{ID: db.FormatID("key", k.ID), Name: k.Name, Prefix: k.Prefix, Scopes: scopeNames(k.Scopes),
		CreatedBy: db.FormatID("user", k.CreatedBy), CreatedAt: when(k.CreatedAt), ExpiresAt: maybe(k.ExpiresAt),
		LastUsedAt: maybe(k.UsedAt), LastUsedIP: text(k.UsedIP), RevokedAt: maybe(k.RevokedAt)}
}

func scopeNames(scopes account.Scopes) []string {
	names := make([]string, len(scopes))
	for i, s := range scopes {
		names[i] = string(s)
	}
	return names
}

type keysOutput struct{ Body List[APIKey] }

func (a *API) keys(ctx context.Context, _ *InOrg) (*keysOutput, error) {
	found, err := a.Accounts.Keys(a.DB.Read(ctx), callerOf(ctx).actor.OrgID)
	if err != nil {
		return nil, err
	}
	var all []APIKey
	for _, k := range found {
		all = append(all, keyOf(k))
	}
	return &keysOutput{whole(all)}, nil
}

type createKeyInput struct {
	InOrg
	Body struct {
		Name      string     `json:"name"`
		Scopes    []string   `json:"scopes" nullable:"false" enum:"read,messages,contacts,manage" doc:"read is in every key."`
		ExpiresAt *time.Time `json:"expiresAt,omitempty" doc:"In 90 days if absent."`
		Never     bool       `json:"neverExpires,omitempty" doc:"true: the key lives until it is revoked."`
	}
}

type keyOutput struct{ Body APIKey }

func (a *API) createKey(ctx context.Context, in *createKeyInput) (*keyOutput, error) {
	b := in.Body
	wanted := account.KeyInput{Name: b.Name, ExpiresAt: a.DB.Now() + keyLife.Milliseconds()}
	switch {
	case b.Never && b.ExpiresAt != nil:
		return nil, errs.Field("neverExpires", "give this or expiresAt, not both")
	case b.Never:
		wanted.ExpiresAt = 0
	case b.ExpiresAt != nil:
		wanted.ExpiresAt = max(b.ExpiresAt.UnixMilli(), 1)
	}
	for _, s := range b.Scopes {
		wanted.Scopes = append(wanted.Scopes, account.Scope(s))
	}
	k, token, err := a.Accounts.CreateKey(ctx, callerOf(ctx).actor, wanted)
	if err != nil {
		return nil, err
	}
	out := keyOf(k)
	out.Key = &token
	return &keyOutput{out}, nil
}

// KeyPath names an API key.
type KeyPath struct {
	InOrg
	KeyID string `path:"keyId"`
}

type patchKeyInput struct {
	KeyPath
	Body struct {
		Name string `json:"name"`
	}
}

func (a *API) patchKey(ctx context.Context, in *patchKeyInput) (*keyOutput, error) {
	id, err := db.ParseID("key", in.KeyID)
	if err != nil {
		return nil, err
	}
	k, err := a.Accounts.RenameKey(ctx, callerOf(ctx).actor, id, in.Body.Name)
	if err != nil {
		return nil, err
	}
	return &keyOutput{keyOf(k)}, nil
}

func (a *API) deleteKey(ctx context.Context, in *KeyPath) (*none, error) {
	id, err := db.ParseID("key", in.KeyID)
	if err != nil {
		return nil, err
	}
	return nil, a.Accounts.RevokeKey(ctx, callerOf(ctx).actor, id)
}
