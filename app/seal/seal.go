// Package seal encrypts the secrets that rows keep: each purpose with a key of
// its own, derived from the server's, each secret bound to its place.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// prefix begins a sealed secret; then come the key's id, a colon and base64 of
// nonce and ciphertext.
const prefix = "sealed1:"

const minKey = 32

// Place binds a secret to its column and row: moved elsewhere it does not open.
type Place struct {
	Table, Column string
	ID, Org       int64
}

func (p Place) bytes() []byte { return fmt.Appendf(nil, "%s|%s|%d|%d", p.Table, p.Column, p.ID, p.Org) }

// Sealer encrypts the secrets of one purpose; without a key it leaves them plain.
type Sealer struct {
	aead  cipher.AEAD
	keyID string
}

// New derives the key of a purpose, such as "channel secrets", from the
// server's, which is 32 bytes: as they are, in hex or in base64. An empty key
// seals nothing.
func New(key, purpose string) (Sealer, error) {
	if key == "" {
		return Sealer{}, nil
	}
	raw := decodeKey(key)
	if len(raw) < minKey {
		return Sealer{}, errors.New("the secret key needs at least 32 bytes; `openssl rand -hex 32` makes a good one")
	}
	derived, err := hkdf.Key(sha256.New, raw, nil, "badala "+purpose+" v1", 32)
	if err != nil {
		return Sealer{}, err
	}
	id, err := hkdf.Key(sha256.New, raw, nil, "badala key id v1", 4)
	if err != nil {
		return Sealer{}, err
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return Sealer{}, err
	}
	aead, err := cipher.NewGCM(block)
	return Sealer{aead, hex.EncodeToString(id)}, err
}

func decodeKey(key string) []byte {
	key = strings.TrimSpace(key)
	if b, err := hex.DecodeString(key); err == nil && len(b) >= minKey {
		return b
	}
	for _, enc := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.RawURLEncoding, base64.URLEncoding} {
		if b, err := enc.DecodeString(key); err == nil && len(b) >= minKey {
			return b
		}
	}
	return []byte(key)
}

// Seal encrypts a secret for its place; an empty one stays empty.
func (s Sealer) Seal(secret string, at Place) (string, error) {
	if s.aead == nil || secret == "" {
		return secret, nil
	}
	nonce := make([]byte, s.aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return "", err
	}
	return prefix + s.keyID + ":" + base64.RawStdEncoding.EncodeToString(s.aead.Seal(nonce, nonce, []byte(secret), at.bytes())), nil
}

// Open gives the secret, or "" when it does not open under this key.
func (s Sealer) Open(stored string, at Place) string {
	rest, ok := strings.CutPrefix(stored, prefix)
	if !ok {
		return stored
	}
	_, text, _ := strings.Cut(rest, ":")
	b, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || s.aead == nil || len(b) < s.aead.NonceSize() {
		return ""
	}
	n := s.aead.NonceSize()
	secret, err := s.aead.Open(nil, b[:n], b[n:], at.bytes())
	if err != nil {
		return ""
	}
	return string(secret)
}

// Stale says whether a stored secret should be sealed anew.
func (s Sealer) Stale(stored string) bool {
	return s.aead != nil && stored != "" && !strings.HasPrefix(stored, prefix)
}

// KeyID names the key without telling it, "" for none.
func (s Sealer) KeyID() string { return s.keyID }

// KeyID names the key that sealed a stored secret, "" for one that is plain.
func KeyID(stored string) string {
	rest, ok := strings.CutPrefix(stored, prefix)
	if !ok {
		return ""
	}
	id, _, _ := strings.Cut(rest, ":")
	return id
}
