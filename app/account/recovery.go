package account

import (
	"crypto/rand"
	"encoding/base32"
	"net/url"
	"strings"

	"badala/app/db"
)

const (
	recoveryCodes = 10
	recoveryBytes = 10 // 80 bits
)

// stepURL is what the picture for the app says.
func stepURL(u User, secret string) string {
	q := url.Values{"secret": {secret}, "issuer": {"Badala"}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {"30"}}
	return "otpauth://totp/Badala:" + url.PathEscape(u.Email) + "?" + q.Encode()
}

// newRecoveryCodesTx replaces a user's recovery codes and gives the new ones.
func newRecoveryCodesTx(tx *db.Tx, user int64) ([]string, error) {
	if _, err := tx.Exec(`DELETE FROM recovery_code WHERE user_id = ?`, user); err != nil {
		return nil, err
	}
	codes := make([]string, recoveryCodes)
	for i := range codes {
		b := make([]byte, recoveryBytes)
		rand.Read(b)
		code := base32.StdEncoding.EncodeToString(b)
		if _, err := tx.Exec(`INSERT INTO recovery_code (user_id, code_hash) VALUES (?, ?)`, user, hashToken(code)); err != nil {
			return nil, err
		}
		codes[i] = strings.Join([]string{code[:4], code[4:8], code[8:12], code[12:]}, "-")
	}
	return codes, nil
}

// useRecoveryTx says whether a recovery code is the user's and unused; then it is used.
func useRecoveryTx(tx *db.Tx, user int64, code string) (bool, error) {
	n, err := tx.Exec(`UPDATE recovery_code SET used_at = ? WHERE user_id = ? AND code_hash = ? AND used_at = 0`, tx.Now(), user, hashToken(code))
	return n == 1, err
}
