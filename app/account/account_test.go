package account_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/db/dbtest"
	"badala/app/errs"
	"badala/app/event"
)

// clock is a time that a test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

const goodPassword = "violet teapot 91"

type fixture struct {
	*account.Service
	db    *db.DB
	clock *clock
	owner account.Actor
	token string // the owner's page session
}

func open(t testing.TB) *fixture {
	t.Helper()
	f := &fixture{clock: &clock{t: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}}
	d, err := db.Open(dbtest.File(t), db.Options{Clock: f.clock, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	f.db, f.Service = d, account.New(d, event.New(), slog.New(slog.DiscardHandler), account.Options{})
	return f
}

// claimed is an install with an owner.
func claimed(t testing.TB) *fixture {
	t.Helper()
	f := open(t)
	token, err := f.SetupToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ses, err := f.Claim(t.Context(), token, setup("olga@example.com"))
	if err != nil {
		t.Fatal(err)
	}
	f.token = ses.Token
	if f.owner, err = f.SessionActor(f.db.Read(t.Context()), ses, ses.OrgID); err != nil {
		t.Fatal(err)
	}
	return f
}

func setup(email string) account.SetupInput {
	return account.SetupInput{OrgName: "Corner Shop", Name: "Olga", Email: email, Password: goodPassword, Timezone: "Asia/Riyadh", Lang: "ar"}
}

// join invites a person and accepts for them.
func (f *fixture) join(t testing.TB, a account.Actor, email string, role account.Role) account.Session {
	t.Helper()
	_, token, err := f.Invite(t.Context(), a, email, role)
	if err != nil {
		t.Fatal(err)
	}
	ses, err := f.AcceptInvite(t.Context(), token, account.AcceptInput{Name: "Name of " + string(role), Password: goodPassword})
	if err != nil {
		t.Fatal(err)
	}
	return ses
}

func (f *fixture) actor(t testing.TB, ses account.Session) account.Actor {
	t.Helper()
	a, err := f.SessionActor(f.db.Read(t.Context()), ses, ses.OrgID)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (f *fixture) login(ctx context.Context, email, password, ip string) error {
	_, _, _, err := f.Login(ctx, account.LoginInput{Email: email, Password: password, IP: ip})
	return err
}

func want(t testing.TB, err error, kind errs.Kind) {
	t.Helper()
	if !errs.Is(err, kind) {
		t.Fatalf("got %v, want kind %d", err, kind)
	}
}

func TestClaimRace(t *testing.T) {
	t.Parallel()
	f := open(t)
	token, err := f.SetupToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	won, lost := 0, 0
	for range 50 {
		wg.Go(func() {
			_, err := f.Claim(t.Context(), token, setup("olga@example.com"))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				won++
			case errs.Is(err, errs.NotFound) || errs.Is(err, errs.Unavailable):
				lost++
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won != 1 || lost != 49 {
		t.Fatalf("%d won and %d lost, want 1 and 49", won, lost)
	}
	for table, n := range map[string]int{"org": 1, "user": 1, "member": 1, "claim": 1} {
		got, err := db.Value[int](f.db.Read(t.Context()), "SELECT COUNT(*) FROM "+table)
		if err != nil || got != n {
			t.Errorf("%d rows in %s (%v), want %d", got, table, err, n)
		}
	}
	_, err = f.SetupToken(t.Context())
	want(t, err, errs.Conflict)
}

func TestSetupToken(t *testing.T) {
	t.Parallel()
	f := open(t)
	old, err := f.SetupToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.SetupToken(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = f.Claim(t.Context(), old, setup("a@example.com"))
	want(t, err, errs.NotFound)
	for range 4 {
		_, err = f.Claim(t.Context(), "guess", setup("a@example.com"))
		want(t, err, errs.NotFound)
	}
	_, err = f.Claim(t.Context(), "guess", setup("a@example.com"))
	want(t, err, errs.TooMany)
	f.clock.add(time.Minute)
	_, err = f.Claim(t.Context(), "guess", setup("a@example.com"))
	want(t, err, errs.NotFound)
}

func TestLoginThrottle(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	ctx := t.Context()
	for range 5 {
		want(t, f.login(ctx, "olga@example.com", "wrong password", "192.0.2.1"), errs.Unauthorized)
	}
	err := f.login(ctx, "olga@example.com", goodPassword, "192.0.2.1")
	want(t, err, errs.TooMany)
	if e := errs.As(err); e.RetryAfter != time.Minute {
		t.Errorf("retry after %v, want a minute", e.RetryAfter)
	}
	if err := f.login(ctx, "olga@example.com", goodPassword, "192.0.2.2"); err != nil {
		t.Errorf("another address is held back: %v", err)
	}
	f.clock.add(time.Minute)
	want(t, f.login(ctx, "olga@example.com", "wrong password", "192.0.2.1"), errs.Unauthorized)
	f.clock.add(time.Minute)
	want(t, f.login(ctx, "olga@example.com", goodPassword, "192.0.2.1"), errs.TooMany) // the pause doubled
	f.clock.add(time.Minute)
	if err := f.login(ctx, "OLGA@example.com ", goodPassword, "192.0.2.1"); err != nil {
		t.Fatal(err)
	}
	want(t, f.login(ctx, "olga@example.com", "wrong password", "192.0.2.1"), errs.Unauthorized) // counted from zero again
	if err := f.login(ctx, "olga@example.com", goodPassword, "192.0.2.1"); err != nil {
		t.Fatal(err)
	}
}

func TestLoginThrottleOfAddress(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	for i := range 30 {
		email := string(rune('a'+i%26)) + string(rune('a'+i/26)) + "@example.com"
		want(t, f.login(t.Context(), email, "wrong password", "2001:db8::1"), errs.Unauthorized)
	}
	want(t, f.login(t.Context(), "olga@example.com", goodPassword, "2001:db8::2"), errs.TooMany) // the same /64
	f.clock.add(10 * time.Minute)
	if err := f.login(t.Context(), "olga@example.com", goodPassword, "2001:db8::2"); err != nil {
		t.Fatal(err)
	}
}

func TestPasswordRules(t *testing.T) {
	t.Parallel()
	f := open(t)
	token, err := f.SetupToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, password := range map[string]string{
		"short":             "tea91 pot",
		"common":            "qwertyuiopas",
		"common with signs": "Password123456!!",
		"two common words":  "FootballDragon99",
		"repeated":          "ababababababab",
		"run":               "abcdefghijklmn",
		"product":           "my badala place 7",
		"organisation":      "the Corner teapot",
		"name":              "olga loves violets",
		"e-mail":            "my mailbox.of.olga",
	} {
		in := setup("olga@example.com")
		in.Password = password
		_, err := f.Claim(t.Context(), token, in)
		if !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %q gave %v", name, password, err)
		}
	}
	in := setup("olga@example.com")
	in.Password = "مفتاح بنفسجي طويل"
	if _, err := f.Claim(t.Context(), token, in); err != nil {
		t.Fatal(err)
	}
	stored, err := db.Value[string](f.db.Read(t.Context()), "SELECT password FROM user")
	if err != nil || len(stored) < 80 || stored[:30] != "$argon2id$v=19$m=19456,t=2,p=1" {
		t.Errorf("stored %q (%v)", stored, err)
	}
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	all := []account.Permission{account.ReadInbox, account.Reply, account.Assign, account.ManageContacts, account.ManageTags,
		account.ViewProblems, account.ManageMembers, account.ManageChannels,
		account.ManageWebhooks, account.ManageKeys, account.ViewAudit, account.ManagePrivacy, account.ManageOrg}
	for role, n := range map[account.Role]int{account.Viewer: 1, account.Agent: 4, account.Supervisor: 5, account.Admin: 12, account.Owner: 13, "KING": 0, "": 0} {
		for i, p := range all {
			a := account.Actor{Role: role}
			if got := a.Can(p); got != (i < n) {
				t.Errorf("%s can %s: %v", role, p, got)
			}
			if (a.Require(p) == nil) != (i < n) {
				t.Errorf("%s requires %s", role, p)
			}
		}
	}
	if (account.Actor{Role: account.Owner}).Can("Everything") {
		t.Error("an unknown permission is granted")
	}
}
