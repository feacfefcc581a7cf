package web_test

import (
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"badala/app/account"
	"badala/app/db"
	"badala/app/webhook"
)

// receiver is another system on this machine that hears of events.
type receiver struct {
	*httptest.Server
	status atomic.Int64 // what it answers

	mu     sync.Mutex
	bodies []string
}

func newReceiver(t testing.TB) *receiver {
	r := &receiver{}
	r.status.Store(http.StatusOK)
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		r.mu.Lock()
		r.bodies = append(r.bodies, req.Header.Get("X-Team")+string(body))
		r.mu.Unlock()
		w.WriteHeader(int(r.status.Load()))
		_, _ = io.WriteString(w, `<b>noted</b>`)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) url() string { return r.URL + "/hook?key=in-the-address" }

func (r *receiver) heard() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.bodies...)
}

// tested sends a test event and gives the delivery's id.
func (w *world) tested(hook int64) string {
	w.t.Helper()
	_, err := w.webhooks.Test(w.t.Context(), w.boss(), hook, "message.received")
	must(w.t, err)
	list, _, err := w.webhooks.Deliveries(w.db.Read(w.t.Context()), w.owner.OrgID, hook, webhook.Filter{})
	must(w.t, err)
	return db.FormatID("dlv", list[0].ID)
}

// hookForm is the form of a new webhook as somebody fills it in.
func hookForm(address string) url.Values {
	return url.Values{"url": {address}, "event": {"message.received", "contact.created"}, "rate": {"50"}, "username": {"shop"},
		"password": {"a-password-of-ours"}, "headers": {"X-Team: red-team-token\n\n"}}
}

// addHook makes a webhook through its form and gives its page's path and its secret.
func addHook(t *testing.T, b *browser, form url.Values) (path, secret string) {
	t.Helper()
	got := b.post("/settings/webhooks", form).want(t, http.StatusOK, `id="secret"`)
	return "/settings/webhooks/hook_" + between(t, got.body, `action="/settings/webhooks/hook_`, "/"), "whsec_" + between(t, got.body, "whsec_", `"`)
}

func TestWebhookIsMadeAndItsSecretShownOnce(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	b := w.as("Omar")
	b.get("/settings/webhooks").want(t, http.StatusOK, "No webhook yet")
	fresh := b.get("/settings/webhooks/new").want(t, http.StatusOK, `value="channel.health"`)
	if n := strings.Count(fresh.body, " checked"); n != 9 {
		t.Errorf("%d events are ticked at first, want the nine of the contract", n)
	}

	wrong := hookForm("ftp://" + r.Listener.Addr().String())
	wrong["event"], wrong["rate"], wrong["headers"] = nil, []string{"many"}, []string{"no colon here"}
	refused := b.post("/settings/webhooks", wrong).want(t, http.StatusUnprocessableEntity, "ftp://", "no colon here", "aria-invalid")
	refused.without(t, "a-password-of-ours")
	b.post("/settings/webhooks", hookForm("https://10.1.2.3/x")).want(t, http.StatusUnprocessableEntity, "--webhook-allow")
	b.post("/settings/webhooks", hookForm("https://me:secret@example.com/x")).want(t, http.StatusUnprocessableEntity, "fields of their own")

	path, secret := addHook(t, b, hookForm(r.url()))
	if len(secret) < 40 {
		t.Errorf("the secret is %q", secret)
	}
	for _, at := range []string{path, "/settings/webhooks", path + "/live", "/settings/audit"} {
		got := b.get(at).want(t, http.StatusOK)
		for _, hidden := range []string{secret, "a-password-of-ours", "red-team-token"} {
			got.without(t, hidden)
		}
		if at != path { // the form to edit it needs the whole address
			got.without(t, "in-the-address")
		}
	}

	// Saving the form as it stands keeps what it does not show.
	page := b.get(path).want(t, http.StatusOK, "X-Team: ••••", `value="50"`)
	kept := hookForm(html.UnescapeString(between(t, page.body, `name="url" type="url" value="`, `"`)))
	kept["headers"], kept["password"] = []string{"X-Team: ••••"}, nil
	b.post(path, kept).want(t, http.StatusOK, "Saved")
	b.post(path+"/test", url.Values{"event": {"contact.created"}}).want(t, http.StatusOK, "Answer 200", "&lt;b&gt;noted")
	if heard := r.heard(); len(heard) != 1 || !strings.HasPrefix(heard[0], "red-team-token{") || !strings.Contains(heard[0], `"test":true`) {
		t.Errorf("the receiver heard %q", heard)
	}
	b.post(path, hookForm("nonsense")).want(t, http.StatusUnprocessableEntity, "nonsense").without(t, "a-password-of-ours")
	b.post(path+"/remove", nil).want(t, http.StatusOK, "is removed")
	b.get(path).want(t, http.StatusNotFound)
}

func TestSecretIsRotatedInTwoSteps(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	b := w.as("Omar")
	path, first := addHook(t, b, hookForm(r.url()))
	b.post(path+"/promote", nil).want(t, http.StatusOK, "There is no new secret")
	got := b.post(path+"/rotate", nil).want(t, http.StatusOK, "The new secret", "Use the new secret now")
	second := "whsec_" + between(t, got.body, "whsec_", `"`)
	if second == first {
		t.Error("the new secret is the old one")
	}
	b.get(path).want(t, http.StatusOK, "Use the new secret now").without(t, second)
	b.post(path+"/unrotate", nil).want(t, http.StatusOK, "discarded").without(t, "Use the new secret now")
	b.post(path+"/rotate", nil).want(t, http.StatusOK)
	b.post(path+"/promote", nil).want(t, http.StatusOK, "from now on", "signs as well until")
}

func TestDeliveriesAreShownAndSentAgain(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	w.connect()
	b := w.as("Omar")
	path, _ := addHook(t, b, hookForm(r.url()))

	// A failing answer is shown with what to do; the test is one delivery of the list.
	r.status.Store(http.StatusUnauthorized)
	b.script(path+"/test", url.Values{"event": {"message.received"}}).want(t, http.StatusOK, "Answer 401", "user name or a token").without(t, "<!doctype")
	list := b.get(path+"/live").want(t, http.StatusOK, "Failed", "Test")
	one := path + "/deliveries/dlv_" + between(t, list.body, `data-load="`+path+`/deliveries/dlv_`, `"`)
	b.get(one).want(t, http.StatusOK, "<h1>", "What was sent", "message.received")
	b.get(one, "X-Fragment", "1").want(t, http.StatusOK, "What was sent").without(t, "<h1>")
	b.post(one+"/redeliver", nil).want(t, http.StatusOK, "A test is not sent again")

	// Paused, real ones are held; skipped or sent, as one says.
	r.status.Store(http.StatusOK)
	b.post(path+"/pause", nil).want(t, http.StatusOK, "is paused", "Resume")
	w.written("Mona", "966555000101", "hello")
	b.get(path).want(t, http.StatusOK, "Resume and send the 2 held", "skip them")
	b.post(path+"/resume", url.Values{"held": {"skip"}}).want(t, http.StatusOK, "working again")
	b.get(path+"?state=EXPIRED").want(t, http.StatusOK, "contact.created")
	if heard := r.heard(); len(heard) != 1 {
		t.Errorf("the receiver heard %d, want the test only", len(heard))
	}

	// One of them is sent again after all.
	skipped := b.get(path+"/live?state=EXPIRED").want(t, http.StatusOK)
	one = path + "/deliveries/dlv_" + between(t, skipped.body, `data-load="`+path+`/deliveries/dlv_`, `"`)
	b.post(one+"/redeliver", nil).want(t, http.StatusOK, "being sent again")
	until(t, "the delivery", func() bool { return len(r.heard()) == 2 })
	until(t, "its mark", func() bool { return strings.Contains(b.get(path+"/live?state=DELIVERED").body, "dlv_") })
	b.post(path+"/redeliver", url.Values{"since": {"24"}}).want(t, http.StatusOK, "Nothing failed")
	b.post(path+"/redeliver", url.Values{"since": {"9999"}}, "X-Fragment", "1").want(t, http.StatusBadRequest)
	b.get(path+"?state=NONSENSE").want(t, http.StatusBadRequest)

	// A delivery of one webhook is not one of another.
	other, _ := addHook(t, b, hookForm(r.URL))
	b.get(strings.Replace(one, path, other, 1)).want(t, http.StatusNotFound)
}

func TestAdminsAreToldOfAWebhookThatWasSwitchedOff(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	w.connect()
	w.teammate("Agnes", account.Agent)
	b, hers := w.as("Omar"), w.as("Agnes")
	path, _ := addHook(t, b, hookForm(r.url()))
	b.get("/inbox").want(t, http.StatusOK).without(t, "was switched off")
	r.status.Store(http.StatusGone)
	w.written("Mona", "966555000101", "hello")
	until(t, "the banner", func() bool { return strings.Contains(b.get("/inbox").body, "was switched off") })
	b.get("/inbox").want(t, http.StatusOK, `href="`+path+`"`)
	hers.get("/inbox").want(t, http.StatusOK).without(t, "was switched off")
	b.get("/settings/keys").want(t, http.StatusOK, `<span class="badge bad"`)
	b.get(path).want(t, http.StatusOK, "Switched off", "410")
	r.status.Store(http.StatusOK)
	b.post(path+"/resume", nil).want(t, http.StatusOK, "working again").without(t, "was switched off")
	until(t, "what was held", func() bool { return len(r.heard()) >= 3 })
}

func TestAnotherOrganisationsWebhookIsAbsent(t *testing.T) {
	t.Parallel()
	w, r := newWorld(t), newReceiver(t)
	path, _ := addHook(t, w.as("Omar"), hookForm(r.url()))
	_, err := w.accounts.CreateUser(t.Context(), account.CreateInput{Email: "lena@example.com", Name: "Lena", Org: "Cedar", Password: password})
	must(t, err)
	b := w.as("Lena")
	b.get("/settings/webhooks").want(t, http.StatusOK).without(t, "hook_")
	b.get(path).want(t, http.StatusNotFound)
	b.get(path+"/live").want(t, http.StatusNotFound)
	for _, action := range []string{"", "/pause", "/resume", "/remove", "/rotate", "/promote", "/unrotate", "/test", "/redeliver"} {
		if got := b.script(path+action, hookForm(r.url())); got.status != http.StatusNotFound {
			t.Errorf("%q answers %d", action, got.status)
		}
	}
}
