package channel

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

// sealed secrets begin with this, then the key's id, a colon and base64 of
// nonce and ciphertext.
const sealPrefix = "sealed1:"

const minKey = 32

// place binds a secret to its column and row: moved elsewhere it does not open.
type place struct {
	column  string
	id, org int64
}

func (p place) bytes() []byte { return fmt.Appendf(nil, "channel|%s|%d|%d", p.column, p.id, p.org) }

// sealer encrypts the secrets of channels; without a key it leaves them plain.
type sealer struct {
	aead  cipher.AEAD
	keyID string
}

// newSealer derives a key for this purpose from the server's, which is 32
// bytes: as they are, in hex or in base64. An empty key seals nothing.
func newSealer(key string) (sealer, error) {
	if key == "" {
		return sealer{}, nil
	}
	raw := decodeKey(key)
	if len(raw) < minKey {
		return sealer{}, errors.New("the secret key needs at least 32 bytes; `openssl rand -hex 32` makes a good one")
	}
	derived, err := hkdf.Key(sha256.New, raw, nil, "badala channel secrets v1", 32)
	if err != nil {
		return sealer{}, err
	}
	id, err := hkdf.Key(sha256.New, raw, nil, "badala key id v1", 4)
	if err != nil {
		return sealer{}, err
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return sealer{}, err
	}
	aead, err := cipher.NewGCM(block)
	return sealer{aead, hex.EncodeToString(id)}, err
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

func (s sealer) seal(secret string, at place) (string, error) {
	if s.aead == nil || secret == "" {
		return secret, nil
	}
	nonce := make([]byte, s.aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return "", err
	}
	return sealPrefix + s.keyID + ":" + base64.RawStdEncoding.EncodeToString(s.aead.Seal(nonce, nonce, []byte(secret), at.bytes())), nil
}

// open gives the secret, or "" when it does not open under this key.
func (s sealer) open(stored string, at place) string {
	rest, ok := strings.CutPrefix(stored, sealPrefix)
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

// stale says whether a stored secret should be sealed anew.
func (s sealer) stale(stored string) bool {
	return s.aead != nil && stored != "" && !strings.HasPrefix(stored, sealPrefix)
}
