package channel

// english is what the API says for the messages of checks; pages take them
// from the catalogue.
var english = map[string]string{
	"check.access_token.invalid":    "Meta says that this token is not valid or has expired",
	"check.access_token.shape":      "the token has a space in it",
	"check.access_token.scope":      "the token lacks a permission",
	"check.access_token.other_app":  "the token belongs to another app",
	"check.app_secret.wrong":        "the secret does not belong to the app of this token",
	"check.phone_number_id.shape":   "this is not a phone number id, which is digits only",
	"check.phone_number_id.missing": "Meta does not know this phone number id, or the token may not see it",
	"check.phone_number_id.swapped": "phone number id and account id are in each other's place",
	"check.waba_id.shape":           "this is not an account id, which is digits only",
	"check.waba_id.same":            "this is the phone number id, not the account id",
	"check.waba_id.missing":         "Meta does not know this account id, or the token may not see it",
	"check.waba_id.other_number":    "the number does not belong to this account",
}
