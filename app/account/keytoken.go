package account

import (
	"crypto/rand"
	"hash/crc32"
	"strings"

	"badala/app/errs"
)

// A key's token is bdl_, 43 random base-62 digits (256 bits) and 6 more that
// check them, so that a slip in copying is told from a key that is gone.
const (
	keyMark    = "bdl_"
	keyDigits  = 43
	checkSize  = 6
	keyShown   = 12 // characters of the token that lists show
	base62     = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	fairBase62 = 256 / len(base62) * len(base62) // bytes below it fall evenly
)

var errKeyTypo = errs.Coded(errs.Unauthorized, "key_typo", "this API key is not complete or has a wrong character; copy it again")

// IsKey says whether a bearer token claims to be an API key.
func IsKey(token string) bool { return strings.HasPrefix(token, keyMark) }

// newKeyToken makes the token of a key. It is kept nowhere.
func newKeyToken() string {
	digits := make([]byte, 0, keyDigits)
	var b [1]byte
	for len(digits) < keyDigits {
		rand.Read(b[:])
		if int(b[0]) < fairBase62 {
			digits = append(digits, base62[int(b[0])%len(base62)])
		}
	}
	body := keyMark + string(digits)
	return body + keyCheck(body)
}

// keyCheck is the end of a token: the CRC-32 of the rest.
func keyCheck(body string) string {
	sum := crc32.ChecksumIEEE([]byte(body))
	var out [checkSize]byte
	for i := checkSize - 1; i >= 0; i-- {
		out[i] = base62[sum%uint32(len(base62))]
		sum /= uint32(len(base62))
	}
	return string(out[:])
}

// checkKeyToken is nil for a token that may be a key of ours; the database is
// not asked.
func checkKeyToken(token string) error {
	if len(token) != len(keyMark)+keyDigits+checkSize || !IsKey(token) {
		return errKeyTypo
	}
	body := token[:len(token)-checkSize]
	if keyCheck(body) != token[len(body):] {
		return errKeyTypo
	}
	return nil
}
