// Package meta speaks the WhatsApp Cloud API: it reads webhook bodies, checks
// their signatures, calls the Graph API and says what its errors mean. It
// knows nothing of the product around it.
package meta

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// SignatureHeader carries the signature of a webhook body.
const SignatureHeader = "X-Hub-Signature-256"

const signaturePrefix = "sha256="

// Sign gives the header value that Meta sends along with body, made with the
// app secret over the bytes exactly as they travel.
func Sign(secret string, body []byte) string {
	return signaturePrefix + hex.EncodeToString(sum(secret, body))
}

// Verify reports whether header is the signature of body under secret. It
// wants the exact prefix and 64 hex digits, and compares in constant time. An
// empty secret verifies nothing.
func Verify(secret, header string, body []byte) bool {
	digits, ok := strings.CutPrefix(header, signaturePrefix)
	if !ok || secret == "" || len(digits) != hex.EncodedLen(sha256.Size) {
		return false
	}
	got, err := hex.DecodeString(digits)
	return err == nil && hmac.Equal(got, sum(secret, body))
}

func sum(secret string, body []byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write(body)
	return mac.Sum(nil)
}
