package app_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"badala/app"
	"badala/app/account"
	"badala/app/channel"
	"badala/app/meta/sim"
)

const password = "correct horse battery 9"

// shop is a running install with one organisation, its number at the
// simulated Meta and three people.
type shop struct {
	*app.App
	t      testing.TB
	cfg    app.Config
	sim    *sim.Sim
	graph  *httptest.Server
	number sim.Number
	org    int64
	chanID int64
	owner  account.Actor
	agent  account.Actor
}

const (
	ownerEmail = "owner@shop.example"
	agentEmail = "agent@shop.example"
)

// newShop starts an install of its own in a temporary folder.
func newShop(t testing.TB, adjust ...func(*app.Config)) *shop {
	t.Helper()
	s := &shop{t: t, number: sim.Number{
		PhoneNumberID: "601448210093142", WABAID: "702331948820117", DisplayPhoneNumber: "+1 212-555-0142", VerifiedName: "Walnut Works",
		AccessToken: "token-" + rand.Text(), AppSecret: "secret-" + rand.Text(), AppID: "480012345678901", VerifyToken: rand.Text(),
	}}
	s.sim = sim.New(sim.Options{StatusDelay: time.Millisecond})
	t.Cleanup(s.sim.Close)
	s.graph = httptest.NewServer(s.sim)
	t.Cleanup(s.graph.Close)
	s.sim.AddNumber(s.number)
	s.cfg = app.Config{DB: filepath.Join(t.TempDir(), "badala.db"), Listen: "127.0.0.1:0", GraphURL: s.graph.URL, GraphVersion: "v26.0"}
	for _, fn := range adjust {
		fn(&s.cfg)
	}
	s.start()
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	s.people()
	return s
}

// start runs the server on the shop's database and lets Meta find it.
func (s *shop) start() {
	s.t.Helper()
	s.App = startApp(s.t, s.cfg)
	s.sim.SetCallback(s.URL() + "/webhooks/whatsapp")
}

func startApp(t testing.TB, cfg app.Config) *app.App {
	t.Helper()
	cfg.HashMemory = 64
	level := slog.LevelError
	if os.Getenv("BADALA_LOG") != "" {
		level = slog.LevelDebug
	}
	a, err := app.Start(t.Context(), cfg, slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: level})))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (s *shop) people() {
	s.t.Helper()
	made := s.user(ownerEmail, "Aisha Rahman", account.Owner, "en")
	s.org = made.OrgID
	s.owner = made
	s.agent = s.user(agentEmail, "Bader", account.Agent, "ar")
	ch, err := s.Channels.Create(s.t.Context(), s.owner, channel.Draft{
		Name: "WhatsApp", PhoneNumber: s.number.DisplayPhoneNumber, PhoneNumberID: s.number.PhoneNumberID, WABAID: s.number.WABAID,
		AppID: s.number.AppID, AccessToken: s.number.AccessToken, AppSecret: s.number.AppSecret, VerifyToken: s.number.VerifyToken,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.chanID = ch.ID
}

// user makes a person of the shop with the password of all test people.
func (s *shop) user(email, name string, role account.Role, lang string) account.Actor {
	s.t.Helper()
	in := createInput(email, name)
	in.Org, in.Role, in.Lang = "Walnut Works", role, lang
	made, err := s.Accounts.CreateUser(s.t.Context(), in)
	if err != nil {
		s.t.Fatal(err)
	}
	return account.Actor{OrgID: made.Org.ID, UserID: made.User.ID, Role: role, Name: name, Lang: lang, Kind: account.KindUser}
}

// createInput is an owner of an organisation of their own.
func createInput(email, name string) account.CreateInput {
	return account.CreateInput{Email: email, Name: name, Org: name + " Ltd", Password: password, Role: account.Owner, Lang: "en", Timezone: "Asia/Kuwait"}
}

// customer is the phone of a person who writes to the shop.
func (s *shop) customer(phone, name string) *sim.Phone {
	return s.sim.Customer(sim.Customer{Phone: phone, Name: name})
}

// settle waits until Meta has told everything and no job is due.
func (s *shop) settle() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 30*time.Second)
	defer cancel()
	if err := s.sim.Flush(ctx); err != nil {
		s.t.Fatal(err)
	}
	if err := s.Queue.Idle(ctx); err != nil {
		s.t.Fatal(err)
	}
}

// token signs in through the API.
func (s *shop) token(email string) string {
	s.t.Helper()
	var got struct{ Token string }
	if code := call(s.t, http.MethodPost, s.URL()+"/auth/login", "", map[string]string{"email": email, "password": password}, &got); code != 200 {
		s.t.Fatalf("login: %d", code)
	}
	return got.Token
}

// call makes an API request and reads the JSON answer into out, if not nil.
func call(t testing.TB, method, url, token string, body, out any, headers ...string) int {
	t.Helper()
	var data []byte
	if body != nil {
		var err error
		if data, err = json.Marshal(body); err != nil {
			t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if out != nil && len(answer) > 0 {
		if err := json.Unmarshal(answer, out); err != nil {
			t.Fatalf("%s %s: %d %s", method, url, res.StatusCode, answer)
		}
	}
	return res.StatusCode
}

// webhookText is the body of one customer's text as Meta posts it.
func webhookText(n sim.Number, from, name, wamid, text string, at time.Time) []byte {
	quote := func(s string) string { b, _ := json.Marshal(s); return string(b) }
	return fmt.Appendf(nil, `{"object":"whatsapp_business_account","entry":[{"id":%q,"changes":[{"field":"messages","value":{"messaging_product":"whatsapp",`+
		`"metadata":{"display_phone_number":"12125550142","phone_number_id":%q},"contacts":[{"profile":{"name":%s},"wa_id":%q,"user_id":"US.%s"}],`+
		`"messages":[{"from":%q,"from_user_id":"US.%s","id":%s,"timestamp":"%d","type":"text","text":{"body":%s}}]}}]}]}`,
		n.WABAID, n.PhoneNumberID, quote(name), from, from, from, from, quote(wamid), at.Unix(), quote(text))
}
