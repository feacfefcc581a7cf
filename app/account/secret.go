package account

import "badala/app/secret"

// Secrets tells where the secrets of accounts lie.
func Secrets() []secret.Column {
	return []secret.Column{{
		Purpose: SealPurpose, Table: "second_step", Name: "secret", Key: "user_id", What: "second step of",
		Title: "(SELECT email FROM user WHERE id = user_id)",
	}}
}
