package account_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/errs"

	"github.com/pquerna/otp/totp"
)

// device is the app on somebody's telephone.
type device struct {
	f      *fixture
	secret string
}

func (d device) code(t testing.TB) string {
	t.Helper()
	code, err := totp.GenerateCode(d.secret, d.f.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// secured turns the second step of a session's user on.
func (f *fixture) secured(t testing.TB, ses account.Session) (device, []string) {
	t.Helper()
	ctx := t.Context()
	if err := f.StartSecondStep(ctx, ses); err != nil {
		t.Fatal(err)
	}
	st, err := f.SecondStep(f.db.Read(ctx), ses.User)
	if err != nil || st.On || st.Secret == "" {
		t.Fatalf("%+v, %v", st, err)
	}
	d := device{f, st.Secret}
	codes, err := f.ConfirmSecondStep(ctx, ses, d.code(t), "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	f.clock.add(30 * time.Second)
	return d, codes
}

func (f *fixture) session(t testing.TB) account.Session {
	t.Helper()
	ses, err := f.SessionByToken(t.Context(), f.token)
	if err != nil {
		t.Fatal(err)
	}
	return ses
}

func (f *fixture) half(t testing.TB, email string) string {
	t.Helper()
	ses, err := f.SignIn(t.Context(), account.LoginInput{Email: email, Password: goodPassword, IP: "192.0.2.9"})
	if err != nil {
		t.Fatal(err)
	}
	if ses.Token != "" || ses.Pending == "" {
		t.Fatalf("signed in without a code: %+v", ses)
	}
	return ses.Pending
}

func (f *fixture) finish(ctx context.Context, pending, code string) (account.Session, error) {
	return f.SignInCode(ctx, pending, code, "", account.From{IP: "192.0.2.9"})
}

func TestSecondStepSetUp(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	ctx := t.Context()
	ses := f.session(t)
	_, err := f.ConfirmSecondStep(ctx, ses, "123456", "")
	want(t, err, errs.Conflict)
	if err := f.StartSecondStep(ctx, ses); err != nil {
		t.Fatal(err)
	}
	st, err := f.SecondStep(f.db.Read(ctx), ses.User)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(st.URL)
	if err != nil || u.Scheme != "otpauth" || u.Query().Get("secret") != st.Secret || !strings.Contains(u.Path, "olga@example.com") {
		t.Errorf("the app is told %q, %v", st.URL, err)
	}
	_, err = f.ConfirmSecondStep(ctx, ses, "000000", "")
	want(t, err, errs.Invalid)
	if _, err := f.SignIn(ctx, account.LoginInput{Email: "olga@example.com", Password: goodPassword}); err != nil {
		t.Errorf("an open set-up keeps its person out: %v", err)
	}
	other, err := f.SignIn(ctx, account.LoginInput{Email: "olga@example.com", Password: goodPassword})
	if err != nil {
		t.Fatal(err)
	}
	d := device{f, st.Secret}
	codes, err := f.ConfirmSecondStep(ctx, ses, d.code(t), "")
	if err != nil || len(codes) != 10 || len(strings.ReplaceAll(codes[0], "-", "")) != 16 {
		t.Fatal(codes, err)
	}
	_, err = f.SessionByToken(ctx, other.Token)
	want(t, err, errs.Unauthorized)
	if now := f.session(t); !now.User.SecondStep {
		t.Error("the session does not know of it")
	}
	want(t, f.StartSecondStep(ctx, ses), errs.Conflict)
}

func TestSecondStepAtSignIn(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	ctx := t.Context()
	d, codes := f.secured(t, f.session(t))
	pending := f.half(t, "olga@example.com")
	_, err := f.SessionByToken(ctx, pending)
	want(t, err, errs.Unauthorized)
	_, err = f.finish(ctx, pending, "000000")
	want(t, err, errs.Unauthorized)
	code := d.code(t)
	ses, err := f.finish(ctx, pending, code[:3]+" "+code[3:])
	if err != nil || ses.Token == "" {
		t.Fatal(ses, err)
	}
	_, err = f.finish(ctx, pending, d.code(t))
	want(t, err, errs.NotFound)
	_, err = f.finish(ctx, f.half(t, "olga@example.com"), code)
	want(t, err, errs.Unauthorized) // the step is used

	ses, err = f.finish(ctx, f.half(t, "olga@example.com"), strings.ToLower(codes[3]))
	if err != nil || ses.Token == "" {
		t.Fatalf("a recovery code: %v", err)
	}
	_, err = f.finish(ctx, f.half(t, "olga@example.com"), codes[3])
	want(t, err, errs.Unauthorized) // and it is used

	st, err := f.SecondStep(f.db.Read(ctx), ses.User)
	if err != nil || st.Codes != 9 {
		t.Errorf("%+v, %v", st, err)
	}
	late := f.half(t, "olga@example.com")
	f.clock.add(11 * time.Minute)
	_, err = f.finish(ctx, late, d.code(t))
	want(t, err, errs.NotFound)
}

func TestSecondStepAllowsOneStepBeside(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	d, _ := f.secured(t, f.session(t))
	f.clock.add(time.Minute)
	code := d.code(t)
	f.clock.add(30 * time.Second)
	if _, err := f.finish(t.Context(), f.half(t, "olga@example.com"), code); err != nil {
		t.Errorf("the code before: %v", err)
	}
	code = d.code(t)
	f.clock.add(time.Minute)
	_, err := f.finish(t.Context(), f.half(t, "olga@example.com"), code)
	want(t, err, errs.Unauthorized)
}

func TestCodesAreThrottled(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	d, _ := f.secured(t, f.session(t))
	pending := f.half(t, "olga@example.com")
	var err error
	for range 5 {
		_, err = f.finish(t.Context(), pending, "000000")
		want(t, err, errs.Unauthorized)
	}
	_, err = f.finish(t.Context(), pending, d.code(t))
	want(t, err, errs.TooMany)
	_, err = f.finish(t.Context(), f.half(t, "olga@example.com"), d.code(t))
	want(t, err, errs.TooMany) // another sign-in does not help
	f.clock.add(2 * time.Minute)
	if _, err = f.finish(t.Context(), pending, d.code(t)); err != nil {
		t.Error(err)
	}
}

func TestProgramsSendTheCode(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	d, _ := f.secured(t, f.session(t))
	in := account.LoginInput{Email: "olga@example.com", Password: goodPassword, API: true}
	_, _, _, err := f.Login(t.Context(), in)
	if want(t, err, errs.Unauthorized); errs.As(err).Code != "totp_required" {
		t.Error(err)
	}
	in.Code = "000000"
	_, _, _, err = f.Login(t.Context(), in)
	if want(t, err, errs.Unauthorized); errs.As(err).Code != "totp_wrong" {
		t.Error(err)
	}
	in.Code = d.code(t)
	token, _, _, err := f.Login(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.BearerSession(t.Context(), token); err != nil {
		t.Error(err)
	}
}

func TestSecondStepEnds(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	ctx := t.Context()
	d, old := f.secured(t, f.session(t))
	ses := f.session(t)
	codes, err := f.RenewRecoveryCodes(ctx, ses, d.code(t), "")
	if err != nil || len(codes) != 10 {
		t.Fatal(err)
	}
	_, err = f.finish(ctx, f.half(t, "olga@example.com"), old[0])
	want(t, err, errs.Unauthorized)
	want(t, f.EndSecondStep(ctx, ses, "not my password", codes[0], ""), errs.Invalid)
	want(t, f.EndSecondStep(ctx, ses, goodPassword, "000000", ""), errs.Invalid)
	if err := f.EndSecondStep(ctx, ses, goodPassword, codes[0], ""); err != nil {
		t.Fatal(err)
	}
	f.enters(t, "olga@example.com", "192.0.2.1")
}

func TestSecondStepIsResetByAdmins(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	ctx := t.Context()
	ses := f.join(t, f.owner, "sami@example.com", account.Agent)
	f.secured(t, ses)
	agent := account.Actor{OrgID: f.owner.OrgID, UserID: ses.User.ID, Role: account.Agent, Kind: account.KindUser}
	want(t, f.ResetSecondStepFor(ctx, agent, f.owner.UserID), errs.Forbidden)
	want(t, f.ResetSecondStepFor(ctx, f.owner, f.owner.UserID), errs.Conflict)
	if err := f.ResetSecondStepFor(ctx, f.owner, ses.User.ID); err != nil {
		t.Fatal(err)
	}
	_, err := f.SessionByToken(ctx, ses.Token)
	want(t, err, errs.Unauthorized)
	f.enters(t, "sami@example.com", "192.0.2.1")
	entries, _, err := f.Audit(ctx, f.owner, account.AuditFilter{Action: "second_step."})
	if err != nil || len(entries) != 2 || entries[0].Action != "second_step.reset" || entries[1].Action != "second_step.on" {
		t.Errorf("%+v, %v", entries, err)
	}
	f.secured(t, f.session(t))
	if err := f.ResetSecondStep(ctx, "olga@example.com"); err != nil {
		t.Fatal(err)
	}
	f.enters(t, "olga@example.com", "192.0.2.1")
}

func TestRolesMustHaveASecondStep(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	ctx := t.Context()
	ses := f.join(t, f.owner, "sami@example.com", account.Agent)
	admin := account.Actor{OrgID: f.owner.OrgID, Role: account.Admin, Kind: account.KindUser}
	want(t, f.SetSecondStepRoles(ctx, admin, []account.Role{account.Owner}), errs.Forbidden)
	if err := f.SetSecondStepRoles(ctx, admin, []account.Role{account.Agent, account.Admin}); err != nil {
		t.Fatal(err)
	}
	if roles, err := f.SecondStepRoles(f.db.Read(ctx), f.owner.OrgID); err != nil || len(roles) != 2 || roles[0] != account.Admin {
		t.Error(roles, err)
	}
	if f.session(t).MustSetUp() {
		t.Error("the owner is asked, too")
	}
	token := ses.Token
	ses, err := f.SessionByToken(ctx, token)
	if err != nil || !ses.MustSetUp() {
		t.Fatalf("the agent is not asked: %v", err)
	}
	api := account.LoginInput{Email: "sami@example.com", Password: goodPassword, API: true}
	_, _, _, err = f.Login(ctx, api)
	if want(t, err, errs.Forbidden); errs.As(err).Code != "second_step_needed" {
		t.Error(err)
	}
	d, _ := f.secured(t, ses)
	if ses, err = f.SessionByToken(ctx, token); err != nil || ses.MustSetUp() {
		t.Errorf("still asked: %v", err)
	}
	want(t, f.EndSecondStep(ctx, ses, goodPassword, d.code(t), ""), errs.Forbidden)
	api.Code = d.code(t)
	if _, _, _, err = f.Login(ctx, api); err != nil {
		t.Error(err)
	}
}

func TestOthersGuessesShutNobodyOut(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	ctx := t.Context()
	in := account.LoginInput{Email: "olga@example.com", Password: goodPassword, IP: "192.0.2.1"}
	ses, err := f.SignIn(ctx, in)
	if err != nil || ses.Device == "" {
		t.Fatal(ses.Device, err)
	}
	for i := range 20 {
		want(t, f.login(ctx, "olga@example.com", "a wrong password", "203.0.113."+string(rune('0'+i%10))+string(rune('0'+i/10))), errs.Unauthorized)
	}
	want(t, f.login(ctx, "olga@example.com", goodPassword, "198.51.100.1"), errs.TooMany)
	in.Device = ses.Device
	again, err := f.SignIn(ctx, in)
	if err != nil || again.Device != "" {
		t.Errorf("her own browser: %q, %v", again.Device, err)
	}
	f.clock.add(time.Hour)
	f.enters(t, "olga@example.com", "198.51.100.1")
}

// enters fails the test unless the password alone opens the door.
func (f *fixture) enters(t testing.TB, email, ip string) {
	t.Helper()
	if err := f.login(t.Context(), email, goodPassword, ip); err != nil {
		t.Fatal(err)
	}
}
