package web_test

import (
	"net/http"
	"net/url"
	"testing"

	"badala/app/account"
	"badala/app/db"
	"badala/app/meta/sim"
)

// wizard is the connect form as somebody fills it in.
func wizard() url.Values {
	return url.Values{"name": {"Shop"}, "access_token": {shopNumber.AccessToken}, "app_secret": {shopNumber.AppSecret},
		"waba_id": {shopNumber.WABAID}, "phone_number_id": {number}, "verify_token": {shopNumber.VerifyToken}}
}

func TestConnectWizard(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("Omar")
	b.get("/settings/channels/connect").want(t, http.StatusOK, "/webhooks/whatsapp", `name="access_token"`)

	wrong := wizard()
	wrong.Set("access_token", "EAAGwrong")
	b.script("/settings/channels/check", wrong).want(t, http.StatusOK, `bad`)
	b.post("/settings/channels/connect", wrong).want(t, http.StatusUnprocessableEntity, shopNumber.WABAID).without(t, "EAAGwrong")
	b.script("/settings/channels/check", url.Values{"access_token": {shopNumber.AccessToken}}).want(t, http.StatusOK)

	got := b.post("/settings/channels/connect", wizard()).want(t, http.StatusOK, shopNumber.VerifyToken)
	got.without(t, shopNumber.AppSecret).without(t, shopNumber.AccessToken)
	path := got.path
	waiting := b.get(path+"/status").want(t, http.StatusOK)
	w.written("Mona", "966555000101", "hello")
	if green := b.get(path+"/status").want(t, http.StatusOK); green.body == waiting.body {
		t.Error("the first webhook changes nothing")
	}
	b.post(path, url.Values{"name": {"Front desk"}}).want(t, http.StatusOK, "Front desk")
	b.post(path+"/subscribe", nil).want(t, http.StatusOK)
	b.post(path+"/remove", nil).want(t, http.StatusOK).without(t, "Front desk")
	b.get(path).want(t, http.StatusNotFound)
	b.get("/inbox").want(t, http.StatusOK, "Mona")
}

func TestFailedWebhookIsShownAndReplayed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	b := w.as("Omar")
	w.sim.SendWebhook(number, []byte(`{"object":"whatsapp_business_account","entry":[{"id":"`+shopNumber.WABAID+
		`","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"`+number+`"},"messages":[{"from":7}]}}]}]}`))
	must(t, w.sim.Flush(t.Context()))
	got := b.get("/settings/inbound").want(t, http.StatusOK, "inb_")
	id := "inb_" + between(t, got.body, "inb_", "/")
	b.post("/settings/inbound/"+id+"/replay", nil).want(t, http.StatusOK)
	b.post("/settings/inbound/replay-all", nil).want(t, http.StatusOK)
	b.script("/settings/inbound/"+db.FormatID("inb", 7)+"/replay", nil).want(t, http.StatusNotFound)
}

func TestProfile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.teammate("Sara", account.Agent)
	b, other := w.as("Sara"), w.as("Sara")
	b.get("/profile").want(t, http.StatusOK, "Sara")
	b.post("/profile", url.Values{"name": {"Sara Nour"}, "theme": {"dark"}, "enter": {"ctrl"}}).want(t, http.StatusOK, "Sara Nour", `data-theme="dark"`)
	b.post("/profile", url.Values{"name": {" "}}).want(t, http.StatusUnprocessableEntity)
	b.post("/profile/password", url.Values{"current": {"not mine at all"}, "password": {"purple turtles swim"}}).want(t, http.StatusUnprocessableEntity)
	b.post("/profile/password", url.Values{"current": {password}, "password": {"purple turtles swim"}}).want(t, http.StatusOK)
	if got := other.get("/inbox"); got.path != "/signin?next=%2Finbox" {
		t.Errorf("the other browser is at %s", got.path)
	}
	b.post("/profile/sessions/end", nil).want(t, http.StatusOK)
}

func TestMembersAreManaged(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sara := db.FormatID("user", w.teammate("Sara", account.Agent).ID)
	b, hers := w.as("Omar"), w.as("Sara")
	b.get("/settings/members").want(t, http.StatusOK, "sara@example.com")
	b.post("/settings/members/"+sara+"/role", url.Values{"role": {"SUPERVISOR"}}).want(t, http.StatusOK)
	b.post("/settings/members/"+sara+"/reset", nil).want(t, http.StatusOK, "/reset/")
	b.post("/settings/members/"+sara+"/disable", nil).want(t, http.StatusOK)
	if got := hers.get("/inbox"); got.path != "/signin?next=%2Finbox" {
		t.Errorf("a disabled member is at %s", got.path)
	}
	b.post("/settings/members/"+sara+"/enable", nil).want(t, http.StatusOK)
	me := db.FormatID("user", w.owner.User.ID)
	b.script("/settings/members/"+me+"/role", url.Values{"role": {"AGENT"}}).want(t, http.StatusConflict)
	b.post("/settings/members/invite", url.Values{"email": {"nonsense"}, "role": {"AGENT"}}).want(t, http.StatusUnprocessableEntity, "nonsense")
}

func TestSimulatorPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sim.Customer(sim.Customer{Phone: "966555000101", Name: "Mona"})
	b := w.browser()
	b.get("/simulator").want(t, http.StatusOK)
	got := b.get("/simulator/api/state").want(t, http.StatusOK, "Mona")
	if got.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Error("what customers send may be sniffed")
	}
	b.do(http.MethodPost, "/simulator/api/behaviour", http.NoBody, "Sec-Fetch-Site", "cross-site").want(t, http.StatusForbidden)
}
