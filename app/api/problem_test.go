package api_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"badala/app/httpx"
)

// TestProblems makes every kind of mistake: the answer has one shape and names
// everything that is wrong.
func TestProblems(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := "/orgs/" + w.org
	type details []string
	tests := []struct {
		method, path string
		body         any
		header       string
		status       int
		details      details
	}{
		{"GET", "/auth/nothing", nil, "", 404, nil},
		{"GET", "/orgs/x/y/z", nil, "", 404, nil},
		{"GET", o + "/contacts/", nil, "", 404, nil},
		{"GET", "//orgs", nil, "", 404, nil},
		{"GET", o + "/x/../contacts", nil, "", 404, nil},
		{"GET", "/orgs/banana/contacts", nil, "", 404, nil},
		{"GET", o + "/contacts/contact_zzz", nil, "", 404, nil},
		{"PUT", o + "/contacts", "{}", "", 405, nil},
		{"DELETE", "/auth/me", nil, "", 405, nil},
		{"PATCH", "/openapi.json", "{}", "", 405, nil},
		{"POST", o + "/contacts", "name=x", "Content-Type: text/plain", 415, nil},
		{"POST", o + "/contacts", "name=x", "Content-Type: application/x-www-form-urlencoded", 415, nil},
		{"POST", o + "/contacts", `{"name":"` + strings.Repeat("a", 1<<20) + `"}`, "", 413, nil},
		{"POST", o + "/contacts", `{"name":"` + strings.Repeat("a", 1<<20) + `"}`, "Idempotency-Key: big", 413, nil},
		{"POST", o + "/contacts", "", "", 400, nil},
		{"POST", o + "/contacts", `{"name":`, "", 400, details{"body: unexpected end of JSON input"}},
		{"POST", o + "/contacts", `[]`, "", 422, details{"body: must be an object"}},
		{"POST", o + "/contacts", `{"name":5,"tags":"x","marketingConsent":"yes"}`, "", 422,
			details{"marketingConsent: must be true or false", "name: must be a text", "tags: must be a list"}},
		{"POST", o + "/contacts", `{"phone":"12","email":"x"}`, "", 400, details{"email: not an e-mail address", "phone: not a phone number"}},
		{"POST", o + "/contacts", `{}`, "Idempotency-Key: " + strings.Repeat("x", 201), 400, details{"Idempotency-Key: must have at most 200 characters"}},
		{"POST", o + "/invites", `{}`, "", 422, details{"email: is required", "role: is required"}},
		{"POST", o + "/invites", `{"email":"x@example.com","role":"KING"}`, "", 422, details{"role: must be one of OWNER, ADMIN, SUPERVISOR, AGENT, VIEWER"}},
		{"POST", o + "/channels", `{}`, "", 400, details{"phoneNumberId: is required", "wabaId: is required", "accessToken: is required", "appSecret: is required"}},
		{"POST", o + "/api-keys", `{"name":"x","scopes":["all"],"expiresAt":"soon"}`, "", 422,
			details{"expiresAt: must be a time such as 2026-05-08T17:23:20Z", "scopes[0]: must be one of read, messages, contacts, manage"}},
		{"GET", o + "/contacts?take=abc&skip=x", nil, "", 422, details{"skip: must be a whole number", "take: must be a whole number"}},
		{"GET", o + "/contacts?take=0", nil, "", 422, details{"take: must be at least 1"}},
		{"GET", o + "/contacts?take=201&skip=-1", nil, "", 422, details{"skip: must be at least 0", "take: must be at most 200"}},
		{"GET", o + "/conversations?take=-1&unread=maybe&status=BOTH", nil, "", 422,
			details{"status: must be one of OPEN, CLOSED", "take: must be at least 1", "unread: must be true or false"}},
		{"GET", o + "/conversations?skip=20000", nil, "", 400, details{"skip: at most 10000; use cursor"}},
		{"GET", o + "/contacts?skip=9999999", nil, "", 422, details{"skip: must be at most 1000000"}},
		{"GET", o + "/audit-log?from=yesterday&take=x", nil, "", 422, details{"from: must be a time such as 2026-05-08T17:23:20Z", "take: must be a whole number"}},
		{"GET", o + "/audit-log?actorId=x&targetId=y", nil, "", 400, details{"actorId: is no id of a user or an API key", "targetId: is no id"}},
		{"GET", o + "/search", nil, "", 422, details{"q: is required"}},
	}
	for _, tc := range tests {
		var headers []string
		if name, value, ok := strings.Cut(tc.header, ": "); ok {
			headers = []string{name, value}
		}
		a := w.call(t, "OWNER", tc.method, tc.path, tc.body, headers...)
		name := fmt.Sprintf("%s %s %.80s", tc.method, tc.path, tc.body)
		if a.StatusCode != tc.status {
			t.Errorf("%s: %d %s, want %d", name, a.StatusCode, a.body, tc.status)
		}
		if got := problem(t, name, a); !slices.Equal(got, tc.details) {
			t.Errorf("%s: details %q, want %q", name, got, tc.details)
		}
		if allow := a.Header.Get("Allow"); (allow != "") != (tc.status == 405) {
			t.Errorf("%s: Allow is %q", name, allow)
		}
	}
	for _, path := range []string{"/contacts", "/conversations", "/audit-log"} {
		a := w.want(t, 400, "OWNER", "GET", o+path+"?cursor=zzz", nil)
		if got := problem(t, path, a); len(got) != 1 || !strings.HasPrefix(got[0], "cursor: ") {
			t.Errorf("%s with a wrong cursor: %s", path, a.body)
		}
	}
}

// problem checks the shape of a failure and gives its details.
func problem(t testing.TB, name string, a answer) []string {
	t.Helper()
	var p struct {
		Message   string
		Details   []string
		Code      string
		Upstream  any
		MessageID string
	}
	d := json.NewDecoder(strings.NewReader(string(a.body)))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil || p.Message == "" || a.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%s: %s %s: %v", name, a.Header.Get("Content-Type"), a.body, err)
	}
	return p.Details
}

// TestProblemsInFront has mistakes that no route sees.
func TestProblemsInFront(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	broken := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("broken") })
	front := httpx.Front{Log: quiet, PublicURL: "https://inbox.example.com", Refuse: w.api.Refuse}.Wrap(broken)
	for host, status := range map[string]int{"inbox.example.com": 500, "other.example.com": 421} {
		for path, kind := range map[string]string{"/auth/me": "application/json", "/inbox": "text/plain; charset=utf-8"} {
			rec := httptest.NewRecorder()
			r := httptest.NewRequestWithContext(t.Context(), "GET", path, nil)
			r.Host = host
			front.ServeHTTP(rec, r)
			if rec.Code != status || rec.Header().Get("Content-Type") != kind {
				t.Errorf("%s at %s: %d %s", path, host, rec.Code, rec.Header().Get("Content-Type"))
			}
		}
	}
}

// TestHugeHeader is refused before anything is read into memory.
func TestHugeHeader(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := httpx.NewServer(w.api, quiet)
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { s.Close() })
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	go func() {
		fmt.Fprintf(c, "GET /auth/me HTTP/1.1\r\nHost: x\r\nX-Long: %s\r\n\r\n", strings.Repeat("a", 100<<10))
	}()
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 431 {
		t.Errorf("a header of 100 KiB: %d", res.StatusCode)
	}
}
