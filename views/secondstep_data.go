package views

import "time"

// SignInCodePage asks for the second step at sign-in.
type SignInCodePage struct {
	Page
	Next, Error string
}

// ConfirmPage asks for the password again before something dangerous.
type ConfirmPage struct {
	Page
	Next, Held string // what goes on afterwards: a page, or a form that is kept
	Back       string // where the person came from
	NoPassword bool   // there is none yet: one has to be chosen first
	Error      string
}

// SecondStepPage is a user's second step of signing in.
type SecondStepPage struct {
	Page
	On, Must bool // Must: the organisation asks for it
	Since    time.Time
	Left     int // recovery codes that are unused
	// Secret and Picture are for the app, while the set-up is open.
	Secret, Picture string
	Codes           []string // just made; shown once
	Errors          map[string]string
	Failed          string // which form the errors are of: confirm, codes, off
}

func (d SecondStepPage) wrong(form, field string) string {
	if d.Failed != form {
		return ""
	}
	return d.Errors[field]
}

// locked says that nothing else is open to the user until the set-up is done.
func (d SecondStepPage) locked() bool { return d.Must && !d.On && len(d.Codes) == 0 }

// spaced is a secret in groups of four, as people type it.
func spaced(s string) string {
	var out []byte
	for i := range len(s) {
		if i > 0 && i%4 == 0 {
			out = append(out, ' ')
		}
		out = append(out, s[i])
	}
	return string(out)
}
