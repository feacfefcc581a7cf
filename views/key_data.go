package views

import "time"

// KeysPage lists the API keys.
type KeysPage struct {
	Page
	Keys   []KeyData // that work
	Ended  []KeyData // revoked or expired
	Scopes []string  // that can be given, as in the contract
	Form   KeyForm
	Made   *MadeKey // just made; shown once
	Errors map[string]string
}

// KeyData is one API key; the key itself is not known any more.
type KeyData struct {
	ID, Name, Prefix string
	Scopes           []string
	By               string // who made it
	Created          time.Time
	Expires          time.Time // zero: never
	Used             time.Time // zero: never
	UsedIP           string
	Revoked          time.Time // zero: not revoked
	Error            string    // beside its name, after an attempt to rename it
}

// KeyForm is what was entered for a new key.
type KeyForm struct {
	Name   string
	Scopes map[string]bool
	Expiry string // days, or "never"
}

// MadeKey is a key in the one moment in which it can be seen.
type MadeKey struct{ Name, Token, Example string }

// expiries are the lives that a new key can have.
var expiries = []string{"30", "90", "365", "never"}

func (d KeysPage) expiryOptions() []Option {
	var out []Option
	for _, e := range expiries {
		out = append(out, Option{ID: e, Name: d.T("keys.expiry." + e), Selected: e == d.Form.Expiry})
	}
	return out
}

// keySoon is when a key's end becomes worth a warning.
const keySoon = 14 * 24 * time.Hour

func (k KeyData) ending(p Page) bool {
	return !k.Expires.IsZero() && k.Expires.Sub(p.Now) < keySoon
}

// scopeNames are a key's scopes as people read them.
func (k KeyData) scopeNames(p Page) string {
	s := ""
	for i, name := range k.Scopes {
		if i > 0 {
			s += p.T("comma") + " "
		}
		s += p.T("keys.scope." + name)
	}
	return s
}
