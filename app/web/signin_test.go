package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"badala/app/account"
)

func TestDeepLinkSurvivesSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	conv := w.written("Mona", "966555000101", "is the shop open?")
	b := w.browser()
	got := b.get("/inbox?conv=" + conv)
	if !strings.HasPrefix(got.path, "/signin?next=") {
		t.Fatalf("came to %s", got.path)
	}
	got.want(t, http.StatusOK, `name="next"`, `type="password"`)
	at, err := url.Parse(got.path)
	must(t, err)
	next := at.Query().Get("next")
	wrong := b.post("/signin", url.Values{"email": {"omar@example.com"}, "password": {"not this one"}, "next": {next}})
	wrong.want(t, http.StatusUnauthorized, conv, "omar@example.com").without(t, "not this one")
	right := b.post("/signin", url.Values{"email": {"omar@example.com"}, "password": {password}, "next": {next}})
	right.want(t, http.StatusOK, "is the shop open?", "Mona")
	if right.path != "/inbox?conv="+conv {
		t.Errorf("came to %s", right.path)
	}
}

func TestSignInLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, next := range []string{"https://evil.example/", "//evil.example/", `/\evil.example/`, "javascript:alert(1)", "/\t/evil.example"} {
		b := w.browser()
		got := b.post("/signin", url.Values{"email": {"omar@example.com"}, "password": {password}, "next": {next}})
		if got.want(t, http.StatusOK); got.path != "/inbox" {
			t.Errorf("next=%q led to %s", next, got.path)
		}
	}
}

func TestSignOutEndsTheSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("Omar")
	at, err := url.Parse(w.base)
	must(t, err)
	kept := b.http.Jar.Cookies(at)
	if got := b.post("/signout", nil); got.path != "/signin" {
		t.Fatalf("came to %s", got.path)
	}
	b.http.Jar.SetCookies(at, kept)
	if got := b.get("/inbox"); !strings.HasPrefix(got.path, "/signin") {
		t.Errorf("the old cookie still opens %s", got.path)
	}
}

func TestRepeatedWrongPasswordsAreThrottled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	for range 5 {
		b.post("/signin", url.Values{"email": {"omar@example.com"}, "password": {"wrong wrong wrong"}}).want(t, http.StatusUnauthorized)
	}
	got := b.post("/signin", url.Values{"email": {"omar@example.com"}, "password": {password}}).want(t, http.StatusTooManyRequests)
	if got.header.Get("Retry-After") == "" {
		t.Error("nothing says when to come back")
	}
}

func TestInvitedPersonJoins(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	boss := w.as("Omar")
	got := boss.post("/settings/members/invite", url.Values{"email": {"sara@example.com"}, "role": {"AGENT"}}).want(t, http.StatusOK, "/invite/")
	link := between(t, got.body, "/invite/", `"`)
	sara := w.browser()
	sara.get("/invite/"+link).want(t, http.StatusOK, "sara@example.com", "Palm")
	sara.post("/invite/"+link, url.Values{"name": {"Sara"}, "password": {"short"}}).want(t, http.StatusUnprocessableEntity, "sara@example.com")
	if got := sara.post("/invite/"+link, url.Values{"name": {"Sara"}, "password": {password}}); got.path != "/inbox" {
		t.Fatalf("came to %s\n%s", got.path, got.body)
	}
	sara.get("/settings/members").want(t, http.StatusForbidden)
	w.browser().get("/invite/"+link).want(t, http.StatusNotFound)
}

func TestResetLinkIsUsedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sara := w.teammate("Sara", account.Agent)
	token, err := w.accounts.ResetLink(t.Context(), sara.Email)
	must(t, err)
	b := w.browser()
	b.get("/reset/"+token).want(t, http.StatusOK, "sara@example.com")
	fresh := "purple turtles swim south"
	if got := b.post("/reset/"+token, url.Values{"password": {fresh}}); got.path != "/signin" {
		t.Fatalf("came to %s\n%s", got.path, got.body)
	}
	b.get("/reset/"+token).want(t, http.StatusNotFound)
	if got := b.post("/signin", url.Values{"email": {"sara@example.com"}, "password": {fresh}}); got.path != "/inbox" {
		t.Errorf("came to %s", got.path)
	}
}

func TestArabicBeforeAndAfterSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.lang = "ar-SA,ar;q=0.9"
	b.get("/signin").want(t, http.StatusOK, `lang="ar"`, `dir="rtl"`)
	b.lang = ""
	b.get("/signin").want(t, http.StatusOK, `lang="en"`, `dir="ltr"`)
	b.get("/signin?lang=ar").want(t, http.StatusOK, `dir="rtl"`)
	b = w.as("Omar")
	b.post("/language", url.Values{"language": {"ar"}, "back": {"/inbox"}}).want(t, http.StatusOK, `dir="rtl"`)
	b.get("/profile").want(t, http.StatusOK, `dir="rtl"`)
}

func TestSetupClaimsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.browser().get("/setup?token=x").want(t, http.StatusNotFound)
}

// between gives what stands between two texts.
func between(t testing.TB, s, from, to string) string {
	t.Helper()
	_, rest, ok := strings.Cut(s, from)
	if !ok {
		t.Fatalf("no %q in\n%s", from, s)
	}
	found, _, ok := strings.Cut(rest, to)
	if !ok {
		t.Fatalf("no %q after %q", to, from)
	}
	return found
}

func TestHtmxIsSentToWholePages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.browser().get("/inbox?view=mine", "HX-Request", "true").want(t, http.StatusUnauthorized)
	if to := got.header.Get("HX-Redirect"); to != "/signin?next=%2Finbox%3Fview%3Dmine" {
		t.Errorf("sent to %q", to)
	}
	got = w.as("Omar").get("/c/conv_0000000000000", "HX-Request", "true").want(t, http.StatusNotFound)
	if to := got.header.Get("HX-Redirect"); to != "/c/conv_0000000000000" {
		t.Errorf("sent to %q", to)
	}
}
