package app_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"badala/app"
	"badala/app/account"
	"badala/app/db"
	"badala/app/webhook"
)

// ear is another system that hears of events; it answers with status.
type ear struct {
	*httptest.Server
	status, heard atomic.Int64
}

func newEar(t testing.TB, status int64) *ear {
	e := &ear{}
	e.status.Store(status)
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		e.heard.Add(1)
		w.WriteHeader(int(e.status.Load()))
		_, _ = io.WriteString(w, `{"noted": true}`)
	}))
	t.Cleanup(e.Close)
	return e
}

// programShop is a shop that may call other programs on this machine.
func programShop(t *testing.T) *shop {
	return newShop(t, func(c *app.Config) { c.WebhookAllow = []string{"127.0.0.1"} })
}

func TestAKeyIsMadeUsedAndRevokedInTheBrowser(t *testing.T) {
	t.Parallel()
	s := programShop(t)
	p := newPage(t, s.URL(), pageOptions{})
	p.SignIn("/settings/keys", ownerEmail, password)
	p.Type("#name", "CRM")
	p.Click(`input[name=scope][value=contacts]`)
	p.Click(`form[action="/settings/keys"] .btn.primary`)
	p.Wait("document.querySelector('#token')")
	token := Eval[string](p, "document.querySelector('#token').value")
	list := s.URL() + "/orgs/" + db.FormatID("org", s.org) + "/conversations"
	if code := call(t, http.MethodGet, list, token, nil, nil); code != http.StatusOK {
		t.Errorf("the new key answers %d", code)
	}
	p.Open("/settings/keys")
	p.WaitText(".list-card", "CRM")
	if Eval[bool](p, fmt.Sprintf("document.documentElement.innerHTML.includes(%q)", token)) {
		t.Error("the key is shown again")
	}
	p.Click(".list-card summary")
	p.Click(`.list-card form[action$="/revoke"] button`)
	p.WaitText(".flash", "revoked")
	if code := call(t, http.MethodGet, list, token, nil, nil); code != http.StatusUnauthorized {
		t.Errorf("the revoked key answers %d", code)
	}
	p.Open("/settings/audit?group=api_key")
	p.WaitText(".audit", "API key revoked")
	p.WaitText(".audit", "Aisha Rahman")
	p.Quiet()
}

func TestAWebhookIsSetUpTestedAndWatchedInTheBrowser(t *testing.T) {
	t.Parallel()
	s, other := programShop(t), newEar(t, http.StatusOK)
	p := newPage(t, s.URL(), pageOptions{})
	p.SignIn("/settings/webhooks/new", ownerEmail, password)
	p.Type("#url", other.URL+"/hook")
	p.Click(`form[action="/settings/webhooks"] .btn.primary`)
	p.Wait("document.querySelector('#secret')?.value.startsWith('whsec_')")

	// The test's answer appears in place, and its delivery by itself.
	p.Click(`form[action$="/test"] button`)
	p.WaitText("#test-result", "200")
	p.WaitText("#test-result", "noted")
	p.WaitText("#delivery-list", "message.received")
	p.Wait("document.querySelector('#secret')")

	// A customer writes: what is unfolded stays so while more comes in.
	p.Click("#delivery-list summary")
	p.WaitText("#delivery-list [data-body]", "What was sent")
	s.customer("96550001000", "فاطمة العلي").SendText(s.number.PhoneNumberID, "Is it in stock?")
	p.WaitText("#delivery-list", "contact.created")
	p.WaitText("#delivery-list [data-body]", "What was sent")
	if n := Eval[int](p, "document.querySelectorAll('#delivery-list details[open][data-load]').length"); n != 1 {
		t.Errorf("%d deliveries are unfolded, want the one", n)
	}

	// One is sent again.
	s.settle()
	before := other.heard.Load()
	row := `[...document.querySelectorAll('#delivery-list details')].find(d => d.querySelector('summary').textContent.includes('contact.created'))`
	p.Wait(row + `?.querySelector('.state.good')`)
	Eval[bool](p, row+`.open = true`)
	p.Wait(row + `.querySelector('form[action$="/redeliver"]')`)
	Eval[bool](p, row+`.querySelector('form[action$="/redeliver"]').requestSubmit(); true`)
	p.WaitText(".flash", "sent again")
	p.Wait(row + `?.textContent.includes('2 attempts')`)
	if other.heard.Load() <= before {
		t.Error("nothing was sent again")
	}
	p.Open("/settings/audit?group=webhook")
	for _, text := range []string{"Webhook created", "Test event sent", "Deliveries sent again"} {
		p.WaitText(".audit", text)
	}
	p.Quiet()
}

// busyShop has keys and webhooks in every state that people see.
func busyShop(t *testing.T) (s *shop, hook string) {
	s = programShop(t)
	s.user("owner-ar@shop.example", "عائشة الرحمن", account.Owner, "ar")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"CRM – متجر التوفير", "n8n"} {
		_, _, err := s.Accounts.CreateKey(t.Context(), s.owner, account.KeyInput{Name: name, Scopes: account.AllScopes[:]})
		must(err)
	}
	old, _, err := s.Accounts.CreateKey(t.Context(), s.owner, account.KeyInput{Name: "Old shop", Scopes: account.AllScopes[:1], ExpiresAt: s.DB.Now() + 5*86_400_000})
	must(err)
	must(s.Accounts.RevokeKey(t.Context(), s.owner, old.ID))
	hooks := map[int64]int64{}
	for _, status := range []int64{200, 500, 410, 201} {
		e, _, err := s.Webhooks.Create(t.Context(), s.owner, webhook.Input{URL: newEar(t, status).URL + "/badala/events", Events: webhook.DefaultEvents()})
		must(err)
		hooks[status] = e.ID
	}
	_, err = s.Webhooks.Update(t.Context(), s.owner, hooks[201], webhook.Patch{State: new(webhook.Paused)})
	must(err)
	s.customer("96550001000", "فاطمة العلي").SendText(s.number.PhoneNumberID, "Is it in stock?")
	s.customer("96550002000", "Omar").SendText(s.number.PhoneNumberID, "Good morning")
	must(s.sim.Flush(t.Context()))
	conv, err := db.ParseID("conv", s.conversations()[0])
	must(err)
	must(s.Inbox.Assign(t.Context(), s.owner, conv, s.agent.UserID))
	_, err = s.Webhooks.StageSecret(t.Context(), s.owner, hooks[500])
	must(err)
	_, err = s.Webhooks.Test(t.Context(), s.owner, hooks[500], "contact.updated")
	must(err)
	return s, db.FormatID("hook", hooks[500])
}

func TestSettingsForProgramsAreAccessible(t *testing.T) {
	t.Parallel()
	s, hook := busyShop(t)
	eachLook(t, 1400, 1800, func(t *testing.T, lang, name string, o pageOptions) {
		lookAtSettings(t, s, lang, "settings-"+name, hook, o)
	})
}

// lookAtSettings opens the pages of keys, webhooks and the audit log, and lets axe judge them.
func lookAtSettings(t *testing.T, s *shop, lang, name, hook string, o pageOptions) {
	p := newPage(t, s.URL(), o)
	p.SignIn("/settings/keys", owners[lang], password)
	judge := func(what string) { p.Judge(name + "-" + what) }
	p.Wait(fmt.Sprintf("document.documentElement.lang === %q && document.querySelector('#main')", lang))
	Eval[bool](p, "document.querySelectorAll('#main details').forEach(d => d.open = true); true")
	judge("keys")
	p.Type("#name", "Shop "+strings.ReplaceAll(name, "-", " "))
	p.Click(`form[action="/settings/keys"] .btn.primary`)
	p.Wait("document.querySelector('#token')")
	judge("key-made")
	p.Open("/settings/webhooks")
	judge("webhooks")
	p.Open("/settings/webhooks/new")
	Eval[bool](p, "document.querySelector('#main details').open = true")
	judge("webhook-new")
	p.Open("/settings/webhooks/" + hook)
	Eval[bool](p, "[...document.querySelectorAll('#main .step > summary, #main .more > summary')].forEach(s => s.parentElement.open = true); true")
	p.Click("#delivery-list summary")
	p.Wait("document.querySelector('#delivery-list [data-body] dl')")
	p.Click(`form[action$="/test"] button`)
	p.Wait("document.querySelector('#test-result .check-result')")
	judge("webhook")
	p.Open("/settings/audit")
	Eval[bool](p, "document.querySelectorAll('.audit details').forEach(d => d.open = true); true")
	judge("audit")
	p.Quiet()
}
