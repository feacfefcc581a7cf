package account_test

import (
	"testing"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

func TestInvite(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	ctx := t.Context()
	inv, token, err := f.Invite(ctx, f.owner, "Sami@Example.com", account.Agent)
	if err != nil {
		t.Fatal(err)
	}
	if inv.Email != "sami@example.com" || inv.OrgName != "Corner Shop" || inv.HasUser {
		t.Errorf("invite %+v", inv)
	}
	in := account.AcceptInput{Name: "Sami", Password: goodPassword}
	ses, err := f.AcceptInvite(ctx, token, in)
	if err != nil || ses.OrgID != f.owner.OrgID || ses.Role != account.Agent || ses.Token == "" {
		t.Fatalf("session %+v, %v", ses, err)
	}
	_, err = f.AcceptInvite(ctx, token, in)
	want(t, err, errs.NotFound)
	_, _, err = f.Invite(ctx, f.owner, "sami@example.com", account.Agent)
	want(t, err, errs.Conflict)

	_, token, err = f.Invite(ctx, f.owner, "late@example.com", account.Agent)
	if err != nil {
		t.Fatal(err)
	}
	f.clock.add(72 * time.Hour)
	_, err = f.InviteByToken(ctx, token)
	want(t, err, errs.NotFound)
	_, err = f.AcceptInvite(ctx, token, in)
	want(t, err, errs.NotFound)

	_, _, err = f.Invite(ctx, f.actor(t, ses), "x@example.com", account.Viewer)
	want(t, err, errs.Forbidden)
	admin := f.actor(t, f.join(t, f.owner, "adam@example.com", account.Admin))
	_, _, err = f.Invite(ctx, admin, "x@example.com", account.Owner)
	want(t, err, errs.Forbidden)

	inv, token, err = f.Invite(ctx, admin, "y@example.com", account.Admin)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.RevokeInvite(ctx, f.owner, inv.ID); err != nil {
		t.Fatal(err)
	}
	_, err = f.AcceptInvite(ctx, token, in)
	want(t, err, errs.NotFound)
}

func TestInviteOfKnownUser(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	ctx := t.Context()
	org, err := f.CreateOrg(ctx, f.owner.UserID, "Second", "", "")
	if err != nil {
		t.Fatal(err)
	}
	f.join(t, f.owner, "sami@example.com", account.Agent)
	second := f.owner
	second.OrgID = org.ID
	_, token, err := f.Invite(ctx, second, "sami@example.com", account.Viewer)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.AcceptInvite(ctx, token, account.AcceptInput{Name: "Thief", Password: "another password 1"})
	want(t, err, errs.Unauthorized)
	ses, err := f.AcceptInvite(ctx, token, account.AcceptInput{Password: goodPassword})
	if err != nil {
		t.Fatal(err)
	}
	if len(ses.Orgs) != 2 || ses.OrgID != org.ID || ses.Role != account.Viewer {
		t.Errorf("session %+v", ses)
	}
	if err := f.Switch(ctx, ses.Token, f.owner.OrgID); err != nil {
		t.Fatal(err)
	}
	want(t, f.Switch(ctx, ses.Token, 12345), errs.Forbidden)
	ses, err = f.SessionByToken(ctx, ses.Token)
	if err != nil || ses.OrgID != f.owner.OrgID || ses.Role != account.Agent {
		t.Errorf("after the switch: %+v, %v", ses, err)
	}
	_, err = f.ResetLinkFor(ctx, f.owner, ses.User.ID)
	want(t, err, errs.Conflict) // two organisations: only the host may
}

func TestDisabledMember(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	ctx := t.Context()
	ses := f.join(t, f.owner, "sami@example.com", account.Agent)
	token, _, _, err := f.Login(ctx, account.LoginInput{Email: "sami@example.com", Password: goodPassword, API: true})
	if err != nil {
		t.Fatal(err)
	}
	bearer, err := f.BearerSession(ctx, token)
	if err != nil {
		t.Fatal(err)
	}
	if a, err := f.BearerActor(f.db.Read(ctx), bearer, ses.OrgID); err != nil || a.Kind != account.KindAPI {
		t.Fatalf("actor %+v, %v", a, err)
	}
	if _, err := f.SessionByToken(ctx, token); !errs.Is(err, errs.Unauthorized) {
		t.Errorf("a bearer token opens pages: %v", err)
	}
	if err := f.Disable(ctx, f.owner, ses.User.ID); err != nil {
		t.Fatal(err)
	}
	_, err = f.SessionByToken(ctx, ses.Token)
	want(t, err, errs.Unauthorized)
	_, err = f.BearerSession(ctx, token)
	want(t, err, errs.Unauthorized)
	want(t, f.login(ctx, "sami@example.com", goodPassword, "192.0.2.1"), errs.Unauthorized)
	if err := f.Enable(ctx, f.owner, ses.User.ID); err != nil {
		t.Fatal(err)
	}
	if err := f.login(ctx, "sami@example.com", goodPassword, "192.0.2.1"); err != nil {
		t.Fatal(err)
	}
}

// TestSessionsArePeoplesNotOrganisations: who belongs to two organisations keeps
// their sessions when one of them ends its access, and loses all when an admin
// signs them out or the last one ends it.
func TestSessionsArePeoplesNotOrganisations(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	ctx := t.Context()
	sami := f.join(t, f.owner, "sami@example.com", account.Agent).User.ID
	org, err := f.CreateOrg(ctx, f.owner.UserID, "Second", "", "")
	if err != nil {
		t.Fatal(err)
	}
	second := f.owner
	second.OrgID = org.ID
	_, invite, err := f.Invite(ctx, second, "sami@example.com", account.Viewer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.AcceptInvite(ctx, invite, account.AcceptInput{Password: goodPassword}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what  string
		do    func() error
		stays bool
	}{
		{"signed out by one", func() error { return f.EndMemberSessions(ctx, second, sami) }, false},
		{"disabled by one", func() error { return f.Disable(ctx, second, sami) }, true},
		{"disabled by both", func() error { return f.Disable(ctx, f.owner, sami) }, false},
	} {
		token, _, _, err := f.Login(ctx, account.LoginInput{Email: "sami@example.com", Password: goodPassword})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.do(); err != nil {
			t.Fatal(err)
		}
		if _, err := f.SessionByToken(ctx, token); (err == nil) != c.stays {
			t.Errorf("%s: %v", c.what, err)
		}
	}
}

func TestRanks(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	ctx := t.Context()
	admin := f.actor(t, f.join(t, f.owner, "adam@example.com", account.Admin))
	agent := f.actor(t, f.join(t, f.owner, "sami@example.com", account.Agent))
	want(t, f.SetRole(ctx, f.owner, f.owner.UserID, account.Admin), errs.Conflict) // the last owner
	want(t, f.Disable(ctx, f.owner, f.owner.UserID), errs.Conflict)
	want(t, f.SetRole(ctx, admin, f.owner.UserID, account.Viewer), errs.Forbidden)
	want(t, f.SetRole(ctx, admin, agent.UserID, account.Owner), errs.Forbidden)
	want(t, f.SetRole(ctx, agent, agent.UserID, account.Agent), errs.Forbidden)
	want(t, f.SetRole(ctx, f.owner, agent.UserID, "KING"), errs.Invalid)
	if err := f.SetRole(ctx, admin, agent.UserID, account.Supervisor); err != nil {
		t.Fatal(err)
	}
	if err := f.SetRole(ctx, f.owner, admin.UserID, account.Owner); err != nil {
		t.Fatal(err)
	}
	if err := f.SetRole(ctx, f.owner, f.owner.UserID, account.Agent); err != nil {
		t.Fatal(err)
	}
	n, err := db.Value[int](f.db.Read(ctx), "SELECT COUNT(*) FROM event WHERE type = 'member.updated'")
	if err != nil || n != 5 {
		t.Errorf("%d member events (%v), want 5", n, err)
	}
	other := f.owner
	other.OrgID++
	want(t, f.SetRole(ctx, other, agent.UserID, account.Viewer), errs.NotFound)
}

func TestReset(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	ctx := t.Context()
	token, err := f.ResetLink(ctx, "olga@example.com")
	if err != nil {
		t.Fatal(err)
	}
	want(t, f.ResetPassword(ctx, token, "short", ""), errs.Invalid)
	if err := f.ResetPassword(ctx, token, "orange kettle 27", ""); err != nil {
		t.Fatal(err)
	}
	want(t, f.ResetPassword(ctx, token, "orange kettle 28", ""), errs.NotFound)
	_, err = f.SessionByToken(ctx, f.token)
	want(t, err, errs.Unauthorized)
	want(t, f.login(ctx, "olga@example.com", goodPassword, "192.0.2.9"), errs.Unauthorized)
	if err := f.login(ctx, "olga@example.com", "orange kettle 27", "192.0.2.9"); err != nil {
		t.Fatal(err)
	}
	token, err = f.ResetLink(ctx, "olga@example.com")
	if err != nil {
		t.Fatal(err)
	}
	f.clock.add(time.Hour)
	want(t, f.ResetPassword(ctx, token, "orange kettle 28", ""), errs.NotFound)
	_, err = f.ResetLink(ctx, "nobody@example.com")
	want(t, err, errs.NotFound)
}

func TestSessionLimits(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		role  account.Role
		step  time.Duration
		steps int // uses that still work
	}{
		{"agent idle", account.Agent, 24 * time.Hour, 0},
		{"agent absolute", account.Agent, 23 * time.Hour, 31},
		{"admin idle", account.Admin, 12 * time.Hour, 0},
		{"admin absolute", account.Admin, 11 * time.Hour, 15},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := claimed(t)
			ses := f.join(t, f.owner, "sami@example.com", tc.role)
			for n := 0; ; n++ {
				f.clock.add(tc.step)
				_, err := f.SessionByToken(t.Context(), ses.Token)
				if err != nil {
					want(t, err, errs.Unauthorized)
					if n != tc.steps {
						t.Errorf("ended after %d uses, want %d", n, tc.steps)
					}
					return
				}
			}
		})
	}
}

// TestAClockThatIsSetEndsNoSession: an hour forward or back is no reason to
// sign in again, and a limit is still one.
func TestAClockThatIsSetEndsNoSession(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	for _, step := range []time.Duration{-time.Hour, time.Hour, time.Hour, -time.Hour} {
		f.clock.add(step)
		if _, err := f.SessionByToken(t.Context(), f.token); err != nil {
			t.Errorf("after %s: %v", step, err)
		}
	}
	f.clock.add(13 * time.Hour)
	_, err := f.SessionByToken(t.Context(), f.token)
	want(t, err, errs.Unauthorized)
}

func TestCreateUserForHost(t *testing.T) {
	t.Parallel()
	f := open(t)
	ctx := t.Context()
	c, err := f.CreateUser(ctx, account.CreateInput{Email: "root@example.com", Name: "Rita", Org: "Corner Shop"})
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := f.Claimed(ctx); err != nil || !ok {
		t.Errorf("claimed %v, %v", ok, err)
	}
	ses, err := f.UseSignInLink(ctx, c.SignInToken, account.From{})
	if err != nil || ses.Role != account.Owner || ses.OrgID != c.Org.ID {
		t.Fatalf("session %+v, %v", ses, err)
	}
	_, err = f.UseSignInLink(ctx, c.SignInToken, account.From{})
	want(t, err, errs.NotFound)
	want(t, f.login(ctx, "root@example.com", "", "192.0.2.1"), errs.Unauthorized)
	if err := f.ChangePassword(ctx, ses, "", goodPassword, "192.0.2.1"); err != nil {
		t.Fatal(err)
	}
	if err := f.login(ctx, "root@example.com", goodPassword, "192.0.2.1"); err != nil {
		t.Fatal(err)
	}
	again, err := f.CreateUser(ctx, account.CreateInput{Email: "sami@example.com", Name: "Sami", Role: account.Agent, Password: goodPassword})
	if err != nil || again.Org.ID != c.Org.ID || again.SignInToken != "" {
		t.Errorf("second user %+v, %v", again, err)
	}
}

func TestIdempotency(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	ctx := t.Context()
	call := account.Call{OrgID: f.owner.OrgID, UserID: f.owner.UserID, Key: "k1", Request: []byte("POST /x {}")}
	if a, err := f.Begin(ctx, call); err != nil || a != nil {
		t.Fatalf("first: %v, %v", a, err)
	}
	_, err := f.Begin(ctx, call)
	want(t, err, errs.Conflict)
	if err := f.Finish(ctx, call, account.Answer{Status: 201, ContentType: "application/json", Body: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
	if a, err := f.Begin(ctx, call); err != nil || a == nil || a.Status != 201 || string(a.Body) != "{}" {
		t.Fatalf("repeat: %+v, %v", a, err)
	}
	other := call
	other.Request = []byte("POST /x {1}")
	_, err = f.Begin(ctx, other)
	want(t, err, errs.Unprocessable)
	other.UserID++
	if a, err := f.Begin(ctx, other); err != nil || a != nil {
		t.Errorf("another caller: %v, %v", a, err)
	}
	f.clock.add(25 * time.Hour)
	if a, err := f.Begin(ctx, call); err != nil || a != nil {
		t.Errorf("a day later: %v, %v", a, err)
	}
}
