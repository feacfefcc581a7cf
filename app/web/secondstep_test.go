package web_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/db"

	"github.com/pquerna/otp/totp"
)

// stale makes every session one whose password was asked long ago.
func (w *world) stale() {
	w.t.Helper()
	must(w.t, w.db.Write(w.t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE session SET confirmed_at = 0`)
		return err
	}))
}

// nextStep makes the app's present code good again after it was used.
func (w *world) nextStep() {
	w.t.Helper()
	must(w.t, w.db.Write(w.t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE second_step SET step = 0`)
		return err
	}))
}

var (
	secretField = regexp.MustCompile(`id="secret" value="([A-Z2-7 ]+)"`)
	codeLine    = regexp.MustCompile(`[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}`)
	heldField   = regexp.MustCompile(`name="held" value="([^"]*)"`)
)

// setsUp turns a browser's second step on and gives the secret and the recovery codes.
func (b *browser) setsUp(t *testing.T) (secret string, codes []string) {
	t.Helper()
	page := b.post("/profile/second-step/start", nil).want(t, http.StatusOK, "data:image/png;base64,")
	found := secretField.FindStringSubmatch(page.body)
	if found == nil {
		t.Fatalf("no key\n%s", page.body)
	}
	secret = strings.ReplaceAll(found[1], " ", "")
	b.post("/profile/second-step/confirm", url.Values{"code": {"000000"}}).want(t, http.StatusUnprocessableEntity, "wrong")
	done := b.post("/profile/second-step/confirm", url.Values{"code": {now(t, secret)}}).want(t, http.StatusOK)
	if codes = codeLine.FindAllString(done.body, -1); len(codes) < 10 {
		t.Fatalf("%d recovery codes", len(codes))
	}
	b.get("/profile/second-step").want(t, http.StatusOK).without(t, codes[0])
	return secret, codes
}

func now(t *testing.T, secret string) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, time.Now())
	must(t, err)
	return code
}

func TestSecondStepInTheBrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	secret, codes := w.as("Omar").setsUp(t)
	w.nextStep()
	b := w.browser()
	asked := b.post("/signin", url.Values{"email": {"omar@example.com"}, "password": {password}, "next": {"/settings/keys"}})
	if asked.path != "/signin/code?next=%2Fsettings%2Fkeys" {
		t.Fatalf("came to %s", asked.path)
	}
	if got := b.get("/inbox"); !strings.HasPrefix(got.path, "/signin?next=") {
		t.Errorf("the password alone opened %s", got.path)
	}
	b.post("/signin/code", url.Values{"code": {"000000"}, "next": {"/settings/keys"}}).want(t, http.StatusUnauthorized, "wrong")
	if got := b.post("/signin/code", url.Values{"code": {now(t, secret)}, "next": {"/settings/keys"}}); got.path != "/settings/keys" {
		t.Fatalf("came to %s", got.path)
	}
	other := w.browser()
	other.post("/signin", url.Values{"email": {"omar@example.com"}, "password": {password}})
	if got := other.post("/signin/code", url.Values{"code": {codes[0]}, "next": {"https://evil.example/"}}); got.path != "/inbox" {
		t.Fatalf("came to %s", got.path)
	}
	if got := w.browser().post("/signin/code", url.Values{"code": {codes[1]}}); !strings.HasPrefix(got.path, "/signin?") {
		t.Errorf("without a password: %s", got.path)
	}
	b.post("/profile/second-step/off", url.Values{"current": {"not this"}, "code": {codes[2]}}).want(t, http.StatusUnprocessableEntity)
	b.post("/profile/second-step/off", url.Values{"current": {password}, "code": {codes[2]}}).want(t, http.StatusOK, "is off")
	w.as("Omar")
}

func TestWhoMustSetUpDoesNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.teammate("Agnes", account.Agent)
	b, boss := w.as("Agnes"), w.as("Omar")
	boss.post("/settings/members/second-step", url.Values{"role": {"AGENT"}}).want(t, http.StatusOK, `value="AGENT" checked`)
	for _, path := range []string{"/inbox", "/contacts", "/profile", "/settings"} {
		if got := b.get(path).want(t, http.StatusOK); got.path != "/profile/second-step" {
			t.Errorf("%s led to %s", path, got.path)
		}
	}
	b.script("/presence", url.Values{"presence": {"AWAY"}}).want(t, http.StatusForbidden)
	b.setsUp(t)
	b.get("/inbox").want(t, http.StatusOK)
	boss.get("/settings/members").want(t, http.StatusOK, "Reset two-step sign-in")
	agnes, err := w.accounts.Members(w.db.Read(t.Context()), w.owner.OrgID)
	must(t, err)
	for _, m := range agnes {
		if m.Name == "Agnes" {
			boss.post("/settings/members/"+db.FormatID("user", m.ID)+"/second-step", nil).want(t, http.StatusOK)
		}
	}
	if got := b.get("/inbox"); !strings.HasPrefix(got.path, "/signin") {
		t.Errorf("still signed in at %s", got.path)
	}
}

// TestDangerousRoutesAskAgain walks the list: each route that is marked asks for
// the password, and the dangerous ones are marked.
func TestDangerousRoutesAskAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("Omar")
	w.stale()
	fill := regexp.MustCompile(`\{[a-z]+\}`)
	marked := map[string]bool{}
	exports := regexp.MustCompile(`export|\.csv|download`)
	team := "GET /settings/canned.csv" // holds the team's own words, and nobody's data
	for _, rt := range w.web.Routes() {
		if !rt.Fresh {
			if exports.MatchString(rt.Pattern) && rt.Pattern != team {
				t.Errorf("%s is an export and does not ask for the password again", rt.Pattern)
			}
			continue
		}
		marked[rt.Pattern] = true
		method, path, _ := strings.Cut(fill.ReplaceAllString(rt.Pattern, db.FormatID("x", 1)), " ")
		if got := b.do(method, path, strings.NewReader("a=b"), "Content-Type", "application/x-www-form-urlencoded"); !strings.HasPrefix(got.path, "/confirm?") || got.status != http.StatusOK {
			t.Errorf("%s came to %s (%d)", rt.Pattern, got.path, got.status)
		}
		if got := b.do(method, path, strings.NewReader("a=b"), "Content-Type", "application/x-www-form-urlencoded", "X-Fragment", "1"); got.status != http.StatusForbidden {
			t.Errorf("%s answers a script %d", rt.Pattern, got.status)
		}
	}
	for _, pattern := range []string{
		"GET /contacts/export", "POST /contacts/export", "GET /contacts/person/{contact}/export", "POST /contacts/person/{contact}/erase",
		"GET /broadcasts/{broadcast}/recipients.csv", "GET /settings/audit.csv",
		"POST /settings/keys", "POST /settings/keys/{key}/revoke", "POST /docs/key",
		"POST /settings/members/invite", "POST /settings/members/{user}/role", "POST /settings/members/{user}/disable", "POST /settings/members/{user}/enable",
		"POST /settings/members/{user}/reset", "POST /settings/members/{user}/sign-out", "POST /settings/invites/{invite}/revoke",
		"POST /settings/members/{user}/second-step", "POST /settings/members/second-step", "POST /profile/second-step/start", "POST /profile/second-step/codes",
		"POST /settings/channels/{id}", "POST /settings/channels/connect", "POST /settings/channels/{id}/remove",
		"POST /settings/webhooks", "POST /settings/webhooks/{hook}", "POST /settings/webhooks/{hook}/rotate", "POST /settings/webhooks/{hook}/promote",
		"POST /settings/webhooks/{hook}/unrotate", "POST /settings/backups", "POST /settings/backups/{backup}/download", "POST /settings/backups/resume",
	} {
		if !marked[pattern] {
			t.Errorf("%s does not ask for the password again", pattern)
		}
	}
}

func TestFormsWaitForThePassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("Omar")
	w.stale()
	form := url.Values{"name": {"Till & Söhne"}, "scope": {"read"}, "expiry": {"90"}}
	asked := b.post("/settings/keys", form, "Referer", w.base+"/settings/keys")
	asked.want(t, http.StatusOK, "Your password again").without(t, "Till")
	held := heldField.FindStringSubmatch(asked.body)
	if held == nil {
		t.Fatal("no form waits")
	}
	token := html.UnescapeString(held[1])
	b.post("/confirm", url.Values{"password": {"not this one"}, "held": {token}, "back": {"/settings/keys"}}).want(t, http.StatusUnprocessableEntity, token)
	other := w.as("Omar")
	if got := other.post("/confirm", url.Values{"password": {password}, "held": {token}, "back": {"/settings/keys"}}); got.path != "/settings/keys" || strings.Contains(got.body, "Söhne") {
		t.Fatalf("another browser came to %s with somebody's form", got.path)
	}
	b.post("/confirm", url.Values{"password": {password}, "held": {token}, "back": {"/settings/keys"}}).want(t, http.StatusOK, "Till &amp; Söhne", "bdl_")
	b.post("/confirm", url.Values{"password": {password}, "held": {token}, "back": {"/settings/keys"}}).want(t, http.StatusOK, "once more")
	keys, err := w.accounts.Keys(w.db.Read(t.Context()), w.owner.OrgID)
	must(t, err)
	if len(keys) != 1 {
		t.Errorf("%d keys", len(keys))
	}
	b.post("/settings/keys", url.Values{"name": {"Second"}, "scope": {"read"}, "expiry": {"90"}}).want(t, http.StatusOK, "Second", "bdl_")
}

func TestDownloadsWaitForThePassword(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("Omar")
	w.stale()
	asked := b.get("/contacts/export?format=csv").want(t, http.StatusOK, "Your password again")
	at, err := url.Parse(asked.path)
	must(t, err)
	next := at.Query().Get("next")
	b.post("/confirm", url.Values{"password": {password}, "next": {next}}).want(t, http.StatusOK, "phone")
	if got := b.post("/confirm", url.Values{"password": {password}, "next": {"https://evil.example/"}}); got.path != "/inbox" {
		t.Errorf("came to %s", got.path)
	}
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, other := w.as("Omar"), w.browser()
	other.post("/signin", url.Values{"email": {"omar@example.com"}, "password": {password}},
		"User-Agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1")
	page := b.get("/profile").want(t, http.StatusOK, "Safari on iPhone", "This one", "127.0.0.1")
	end := regexp.MustCompile(`/profile/sessions/ses_[0-9A-Za-z]+/end`).FindAllString(page.body, -1)
	if len(end) == 0 {
		t.Fatal("nothing to end")
	}
	for _, path := range end {
		b.post(path, nil).want(t, http.StatusOK)
	}
	if got := other.get("/inbox"); !strings.HasPrefix(got.path, "/signin") {
		t.Errorf("still signed in at %s", got.path)
	}
	b.get("/inbox").want(t, http.StatusOK)
	third := w.as("Omar")
	if got := b.post("/profile/sessions/end-all", nil); got.path != "/signin" {
		t.Errorf("came to %s", got.path)
	}
	if got := third.get("/inbox"); !strings.HasPrefix(got.path, "/signin") {
		t.Errorf("still signed in at %s", got.path)
	}
	agnes := w.teammate("Agnes", account.Agent)
	hers := w.as("Agnes")
	w.as("Omar").post("/settings/members/"+db.FormatID("user", agnes.ID)+"/sign-out", nil).want(t, http.StatusOK, "signed out everywhere")
	if got := hers.get("/inbox"); !strings.HasPrefix(got.path, "/signin") {
		t.Errorf("still signed in at %s", got.path)
	}
}
