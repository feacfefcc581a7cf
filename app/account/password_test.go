package account_test

import (
	"log/slog"
	"strings"
	"testing"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/event"
)

// TestKnownPasswords: what is on the list of the most used ones, or made of it,
// is refused; what only has a word of it is not.
func TestKnownPasswords(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	for password, known := range map[string]bool{
		"1Qaz2Wsx3edc":                  true, // on it
		"1qaz2wsx1qaz2wsx":              true, // twice
		"footballDRAGON":                true, // two of it
		"159753159753":                  true,
		"!Liverpool!2024":               true, // with signs and a year
		"2024..Trustno1!!":              true, // with a digit of its own
		"motdepasse-1234":               true, // on our own list
		"83749102847563":                false,
		"dragon tea, cold":              false,
		"footballdragonlamp":            false,
		"تنين الشاي البارد":             false,
		strings.Repeat("7 lamps. ", 28): false,
	} {
		_, err := f.CreateUser(t.Context(), account.CreateInput{Email: "olga@example.com", Name: "Olga", Org: "Corner", Password: password, Role: account.Agent})
		if e := errs.As(err); known != (e != nil && e.Code == "password_common") || err != nil && e == nil {
			t.Errorf("%q gave %v", password, err)
		}
	}
}

// TestAHashFollowsTheHost: where there is memory a hash takes more of it, and a
// database that moves has each password hashed anew once, at its next sign-in.
func TestAHashFollowsTheHost(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	hash := func() string {
		phc, err := db.Value[string](f.db.Read(t.Context()), "SELECT password FROM user")
		if err != nil {
			t.Fatal(err)
		}
		return phc
	}
	was := hash()
	for _, host := range []struct {
		memory int64
		cost   string
	}{{512 << 20, "m=19456,t=2,p=1"}, {2_014_000 << 10, "m=47104,t=1,p=1"}, {64 << 30, "m=47104,t=1,p=1"}, {1 << 30, "m=19456,t=2,p=1"}} {
		f.Service = account.New(f.db, event.New(), slog.New(slog.DiscardHandler), account.Options{HostMemory: host.memory})
		for range 2 {
			if err := f.login(t.Context(), "olga@example.com", goodPassword, "192.0.2.1"); err != nil {
				t.Fatal(err)
			}
			is := hash()
			if !strings.HasPrefix(is, "$argon2id$v=19$"+host.cost+"$") {
				t.Errorf("%d MiB: %s", host.memory>>20, is)
			}
			if same := strings.HasPrefix(was, "$argon2id$v=19$"+host.cost+"$"); same != (is == was) {
				t.Errorf("%d MiB: hashed anew: %t, though the cost was the same: %t", host.memory>>20, is != was, same)
			}
			was = is
		}
	}
}
