package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"badala/app/account"
	"badala/app/db"

	"github.com/pquerna/otp/totp"
)

const password = "violet teapot 91"

// world is an install with two organisations. Tokens are by role in the first;
// "STRANGER" owns the second.
type world struct {
	parts
	server http.Handler
	org    string
	other  string
	actor  map[string]account.Actor
	token  map[string]string
	served string // where url serves it
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{parts: wire(t), actor: map[string]account.Actor{}, token: map[string]string{}}
	w.server = w.api
	for i, role := range account.Roles {
		w.addUser(t, string(role), "Corner", role, i)
	}
	w.addUser(t, "STRANGER", "Elsewhere", account.Owner, 9)
	w.addUser(t, "DISABLED", "Corner", account.Admin, 10)
	w.org = db.FormatID("org", w.actor["OWNER"].OrgID)
	w.other = db.FormatID("org", w.actor["STRANGER"].OrgID)
	w.disable(t, "DISABLED")
	return w
}

func (w *world) addUser(t testing.TB, key, org string, role account.Role, n int) {
	t.Helper()
	email := strings.ToLower(key) + "@example.com"
	c, err := w.accounts.CreateUser(t.Context(), account.CreateInput{Email: email, Name: "Mx " + key, Org: org, Role: role, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	w.actor[key] = account.Actor{OrgID: c.Org.ID, UserID: c.User.ID, Role: role, Name: c.User.Name, Kind: account.KindUser}
	token, _, _, err := w.accounts.Login(t.Context(), account.LoginInput{Email: email, Password: password, API: true, IP: fmt.Sprintf("192.0.2.%d", n)})
	if err != nil {
		t.Fatal(err)
	}
	w.token[key] = token
}

// disable ends somebody's access to the first organisation; they stay in the second.
func (w *world) disable(t testing.TB, key string) {
	t.Helper()
	email := strings.ToLower(key) + "@example.com"
	if _, err := w.accounts.CreateUser(t.Context(), account.CreateInput{Email: email, Name: key, Org: "Elsewhere", Role: account.Owner}); err != nil {
		t.Fatal(err)
	}
	if err := w.accounts.Disable(t.Context(), w.actor["OWNER"], w.actor[key].UserID); err != nil {
		t.Fatal(err)
	}
}

// answer is a response that has been read.
type answer struct {
	*http.Response
	body []byte
}

// json reads the answer into a map.
func (a answer) json(t testing.TB) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatalf("%d %s: %v", a.StatusCode, a.body, err)
	}
	return v
}

// call makes a request as one of the world's users; "" is nobody.
func (w *world) call(t testing.TB, who, method, path string, body any, headers ...string) answer {
	t.Helper()
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(b)
	default:
		data, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		r = bytes.NewReader(data)
	}
	req := httptest.NewRequestWithContext(t.Context(), method, path, r)
	if r != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if who != "" {
		req.Header.Set("Authorization", "Bearer "+w.token[who])
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	rec := httptest.NewRecorder()
	w.server.ServeHTTP(rec, req)
	res := rec.Result()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res, data}
}

// want calls and checks the status.
func (w *world) want(t testing.TB, status int, who, method, path string, body any, headers ...string) answer {
	t.Helper()
	a := w.call(t, who, method, path, body, headers...)
	if a.StatusCode != status {
		t.Fatalf("%s %s %s: %d %s, want %d", who, method, path, a.StatusCode, a.body, status)
	}
	return a
}

var quiet = slog.New(slog.DiscardHandler)

func TestLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := map[string]any{"email": "agent@example.com", "password": password, "totp": "1", "unknown": true}
	out := w.want(t, 200, "", "POST", "/auth/login", good).json(t)
	user := out["user"].(map[string]any)
	orgs := user["orgs"].([]any)
	if out["token"] == "" || user["email"] != "agent@example.com" || len(orgs) != 1 || orgs[0].(map[string]any)["role"] != "AGENT" || orgs[0].(map[string]any)["id"] != w.org {
		t.Errorf("login answered %v", out)
	}
	if len(out) != 2 {
		t.Errorf("more than token and user: %v", out)
	}
	w.token["fresh"] = out["token"].(string)
	me := w.want(t, 200, "fresh", "GET", "/auth/me", nil).json(t)
	if fmt.Sprint(me) != fmt.Sprint(user) {
		t.Errorf("me is %v, login said %v", me, user)
	}
	w.want(t, 204, "fresh", "POST", "/auth/logout", nil)
	w.want(t, 401, "fresh", "GET", "/auth/me", nil)

	wrong := w.want(t, 401, "", "POST", "/auth/login", map[string]any{"email": "agent@example.com", "password": "wrong password"}).json(t)
	if wrong["message"] == "" || wrong["details"] != nil {
		t.Errorf("wrong password answered %v", wrong)
	}
	for range 4 {
		w.want(t, 401, "", "POST", "/auth/login", map[string]any{"email": "agent@example.com", "password": "wrong password"})
	}
	late := w.want(t, 429, "", "POST", "/auth/login", good)
	if late.Header.Get("Retry-After") == "" {
		t.Error("429 without Retry-After")
	}
}

// TestLoginAsksForTheSecondStep sees what a client needs to know to ask for a code.
func TestLoginAsksForTheSecondStep(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ses, err := w.accounts.SignIn(t.Context(), account.LoginInput{Email: "agent@example.com", Password: password, IP: "192.0.2.200"})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.accounts.StartSecondStep(t.Context(), ses); err != nil {
		t.Fatal(err)
	}
	st, err := w.accounts.SecondStep(w.db.Read(t.Context()), ses.User)
	if err != nil {
		t.Fatal(err)
	}
	code, err := totp.GenerateCode(st.Secret, db.Time(w.db.Now()))
	if err != nil {
		t.Fatal(err)
	}
	codes, err := w.accounts.ConfirmSecondStep(t.Context(), ses, code, "")
	if err != nil {
		t.Fatal(err)
	}
	in := map[string]any{"email": "agent@example.com", "password": password}
	if out := w.want(t, 401, "", "POST", "/auth/login", in).json(t); out["code"] != "totp_required" || out["message"] == "" {
		t.Errorf("without a code: %v", out)
	}
	in["totp"] = "000000"
	if out := w.want(t, 401, "", "POST", "/auth/login", in).json(t); out["code"] != "totp_wrong" {
		t.Errorf("with a wrong code: %v", out)
	}
	in["totp"] = codes[0]
	if out := w.want(t, 200, "", "POST", "/auth/login", in).json(t); out["token"] == "" {
		t.Errorf("with a recovery code: %v", out)
	}
	w.want(t, 401, "", "POST", "/auth/login", in)
}

func TestEnvelope(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	members := "/orgs/" + w.org + "/members"
	tests := []struct {
		name, who, method, path string
		body                    any
		headers                 []string
		status                  int
		says                    string
	}{
		{"no token", "", "GET", "/auth/me", nil, nil, 401, "bearer"},
		{"a cookie is no token", "", "GET", "/auth/me", nil, []string{"Cookie", "__Host-badala=" + w.token["OWNER"]}, 401, ""},
		{"missing field", "", "POST", "/auth/login", `{"email":"a@example.com"}`, nil, 422, `"details":["password: is required"]`},
		{"no JSON", "", "POST", "/auth/login", `{`, nil, 400, "message"},
		{"wrong content type", "", "POST", "/auth/login", `a=b`, []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "message"},
		{"too large", "", "POST", "/auth/login", `{"email":"` + strings.Repeat("a", 1<<20) + `"}`, nil, 413, "large"},
		{"unknown address", "OWNER", "GET", "/orgs/" + w.org + "/nothing", nil, nil, 404, "message"},
		{"another organisation", "OWNER", "GET", "/orgs/" + w.other + "/members", nil, nil, 403, "not a member"},
		{"no such organisation", "OWNER", "GET", "/orgs/" + db.FormatID("org", 5) + "/members", nil, nil, 403, "not a member"},
		{"header differs from path", "OWNER", "GET", members, nil, []string{"x-org-id", w.other}, 400, "x-org-id"},
		{"header as path", "OWNER", "GET", members, nil, []string{"x-org-id", w.org}, 200, "items"},
		{"another organisation's member", "OWNER", "PATCH", members + "/" + db.FormatID("user", w.actor["STRANGER"].UserID), `{"active":false}`, nil, 404, "no such"},
		{"wrong value", "OWNER", "POST", "/orgs/" + w.org + "/invites", `{"email":"x@example.com","role":"KING"}`, nil, 422, "role: "},
	}
	for _, tc := range tests {
		a := w.want(t, tc.status, tc.who, tc.method, tc.path, tc.body, tc.headers...)
		if !strings.Contains(strings.ToLower(string(a.body)), strings.ToLower(tc.says)) {
			t.Errorf("%s: %s, want %q in it", tc.name, a.body, tc.says)
		}
		if ct := a.Header.Get("Content-Type"); ct != "application/json" {
			t.Errorf("%s: content type %q", tc.name, ct)
		}
	}
}

func TestOrgsAndPeople(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	list := w.want(t, 200, "OWNER", "GET", "/orgs", nil).json(t)
	if list["total"] != 1.0 || list["nextCursor"] != nil || list["items"].([]any)[0].(map[string]any)["name"] != "Corner" {
		t.Errorf("orgs %v", list)
	}
	made := w.want(t, 201, "OWNER", "POST", "/orgs", map[string]string{"name": "Second"}).json(t)
	if made["role"] != "OWNER" || made["timezone"] != "UTC" {
		t.Errorf("new organisation %v", made)
	}
	w.want(t, 403, "STRANGER", "POST", "/orgs", map[string]string{"name": "Third"})

	base := "/orgs/" + w.org
	if got := w.want(t, 200, "VIEWER", "GET", base+"/members", nil).json(t)["total"]; got != 6.0 {
		t.Errorf("%v members", got)
	}
	inv := w.want(t, 201, "ADMIN", "POST", base+"/invites", map[string]string{"email": "new@example.com", "role": "AGENT"}).json(t)
	url, _ := inv["url"].(string)
	if !strings.HasPrefix(url, "https://inbox.example.com/invite/") {
		t.Errorf("invitation %v", inv)
	}
	open := w.want(t, 200, "ADMIN", "GET", base+"/invites", nil).json(t)["items"].([]any)
	if len(open) != 1 || open[0].(map[string]any)["url"] != nil {
		t.Errorf("invitations %v", open)
	}
	w.want(t, 204, "ADMIN", "DELETE", base+"/invites/"+inv["id"].(string), nil)
	w.want(t, 404, "ADMIN", "DELETE", base+"/invites/"+inv["id"].(string), nil)

	agent := base + "/members/" + db.FormatID("user", w.actor["AGENT"].UserID)
	if got := w.want(t, 200, "ADMIN", "PATCH", agent, map[string]string{"role": "SUPERVISOR"}).json(t); got["role"] != "SUPERVISOR" {
		t.Errorf("member %v", got)
	}
	w.want(t, 204, "ADMIN", "DELETE", agent, nil)
	w.want(t, 401, "AGENT", "GET", "/auth/me", nil)
	w.want(t, 409, "OWNER", "DELETE", base+"/members/"+db.FormatID("user", w.actor["OWNER"].UserID), nil)
}

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := "/orgs/" + w.org + "/invites"
	body := map[string]string{"email": "new@example.com", "role": "AGENT"}
	first := w.want(t, 201, "ADMIN", "POST", path, body, "Idempotency-Key", "k")
	again := w.want(t, 201, "ADMIN", "POST", path, body, "Idempotency-Key", "k")
	if !bytes.Equal(first.body, again.body) || again.Header.Get("Content-Type") != first.Header.Get("Content-Type") {
		t.Errorf("first %s, again %s", first.body, again.body)
	}
	w.want(t, 422, "ADMIN", "POST", path, map[string]string{"email": "else@example.com", "role": "AGENT"}, "Idempotency-Key", "k")
	other := w.want(t, 201, "OWNER", "POST", path, body, "Idempotency-Key", "k") // another caller's key
	if bytes.Equal(first.body, other.body) {
		t.Error("another caller gets the answer")
	}
	w.want(t, 400, "ADMIN", "POST", path, body, "Idempotency-Key", strings.Repeat("k", 201))
}

func TestRateLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	limited := 0
	for range 640 {
		a := w.call(t, "VIEWER", "GET", "/auth/me", nil)
		if a.StatusCode == 429 && a.Header.Get("Retry-After") != "" {
			limited++
		}
	}
	if limited < 1 {
		t.Error("640 calls in a row pass")
	}
	w.want(t, 200, "AGENT", "GET", "/auth/me", nil)
}
