package app_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"badala/app"
	"badala/app/account"
	"badala/app/db"
	"badala/app/inbox"
)

// quiet collects what a server logs.
type quiet struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (q *quiet) Write(p []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.all.Write(p)
}

func (q *quiet) text() string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.all.String()
}

// TestLogsKeepSecrets has passwords, tokens, numbers and messages go through
// the server, wrong ones too, and looks for them in its log.
func TestLogsKeepSecrets(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	if err := s.App.Stop(); err != nil {
		t.Fatal(err)
	}
	log := &quiet{}
	cfg := s.cfg
	cfg.HashMemory = 64
	a, err := app.Start(t.Context(), cfg, slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	if err != nil {
		t.Fatal(err)
	}
	s.App = a
	s.sim.SetCallback(s.URL() + "/webhooks/whatsapp")

	token := s.token(ownerEmail)
	call(t, http.MethodPost, s.URL()+"/auth/login", "", map[string]string{"email": ownerEmail, "password": "canary-password-1", "totp": "canary-code-1"}, nil)
	call(t, http.MethodGet, s.URL()+"/auth/me", "canary-bearer-1", nil, nil)
	_, key, err := s.Accounts.CreateKey(t.Context(), s.owner, account.KeyInput{Name: "CRM", Scopes: []account.Scope{account.ScopeRead}})
	if err != nil {
		t.Fatal(err)
	}
	org := s.URL() + "/orgs/" + db.FormatID("org", s.org)
	call(t, http.MethodGet, org+"/contacts?search=canary-search-1", key, nil, nil)
	call(t, http.MethodPost, org+"/contacts", token, map[string]string{"name": "canary-name-1", "phone": "+96550001111"}, nil)
	call(t, http.MethodPost, org+"/contacts", token, map[string]string{"name": "canary-name-2", "phone": "+965"}, nil)
	s.customer("96555512345", "Canary Person").SendText(s.number.PhoneNumberID, "canary-inbound-1")
	s.settle()
	list, _, err := s.Inbox.Conversations(s.DB.Read(t.Context()), s.org, inbox.Filter{Take: 1})
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	call(t, http.MethodPost, org+"/conversations/"+db.FormatID("conv", list[0].ID)+"/messages", token, map[string]string{"type": "TEXT", "body": "canary-outbound-1"}, nil)
	res, err := http.Post(s.URL()+"/webhooks/whatsapp", "application/json", strings.NewReader(`{"object":"canary-forged-1"`))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	for _, path := range []string{"/reset/canary-link-1", "/invite/canary-link-2", "/signin/canary-link-3", "/setup?token=canary-link-4", "/inbox?q=canary-search-2"} {
		if res, err = http.Get(s.URL() + path); err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	if res, err = http.PostForm(s.URL()+"/signin", url.Values{"email": {"canary-mail@example.com"}, "password": {"canary-password-2"}}); err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	s.settle()

	logged := log.text()
	if logged == "" {
		t.Fatal("nothing was logged: the test looks at nothing")
	}
	for _, secret := range []string{"canary", "96550001111", "96555512345", token, key, password, s.number.AccessToken, s.number.AppSecret, s.number.VerifyToken} {
		if at := strings.Index(strings.ToLower(logged), strings.ToLower(secret)); at >= 0 {
			t.Errorf("the log has %q: … %s …", secret, logged[max(0, at-200):min(len(logged), at+100)])
		}
	}
}
