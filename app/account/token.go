package account

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"strings"
)

// newToken gives n random bytes as text that fits in a URL, and the hash to keep.
func newToken(n int) (token string, hash []byte) {
	b := make([]byte, n)
	rand.Read(b) // never fails: the process ends first
	token = base64.RawURLEncoding.EncodeToString(b)
	return token, hashToken(token)
}

func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(strings.TrimSpace(token)))
	return sum[:]
}

// Fingerprint is a short name of a text from which the text cannot be read.
func Fingerprint(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:15])
}
