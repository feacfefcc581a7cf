package app_test

import (
	"net/http/httptest"
	"path/filepath"
	"testing"

	"badala/app"
	"badala/app/meta/sim"
)

func TestFromAnEmptyFolderToTheFirstMessage(t *testing.T) {
	t.Parallel()
	meta := sim.New(sim.Options{})
	t.Cleanup(meta.Close)
	graph := httptest.NewServer(meta)
	t.Cleanup(graph.Close)
	number := sim.Number{
		PhoneNumberID: "601448210093142", WABAID: "702331948820117", DisplayPhoneNumber: "+1 212-555-0142", VerifiedName: "Walnut Works",
		AccessToken: "a-system-users-token", AppSecret: "0123456789abcdef0123456789abcdef", AppID: "480012345678901", Unsubscribed: true,
	}
	meta.AddNumber(number)
	a := startApp(t, app.Config{DB: filepath.Join(t.TempDir(), "badala.db"), Listen: "127.0.0.1:0", GraphURL: graph.URL, GraphVersion: "v26.0"})
	t.Cleanup(func() {
		if err := a.Stop(); err != nil {
			t.Error(err)
		}
	})
	token, err := a.Accounts.SetupToken(t.Context())
	if err != nil {
		t.Fatal(err)
	}

	p := newPage(t, a.URL(), pageOptions{})
	p.Open("/inbox") // nobody owns it yet
	p.Wait("!document.querySelector('#rows')")
	p.Open("/setup?token=" + token)
	p.Type("[name=org]", "Walnut Works")
	p.Type("[name=name]", "Aisha Rahman")
	p.Type("[name=email]", ownerEmail)
	p.Type("[name=password]", password+"\r")
	p.Wait("location.pathname === '/settings/channels/connect'")

	// A wrong token is told before anything is saved; the right one is accepted.
	p.Type("[name=name]", "Shop")
	p.Type("[name=access_token]", "mistyped")
	p.Type("[name=app_secret]", number.AppSecret)
	p.Type("[name=waba_id]", number.WABAID)
	p.Type("[name=phone_number_id]", number.PhoneNumberID+"\t")
	p.Wait("document.querySelector('#checks .bad')")
	p.Axe()
	Eval[bool](p, "document.querySelector('[name=access_token]').value = ''; true")
	p.Type("[name=access_token]", number.AccessToken+"\t")
	p.Wait("!document.querySelector('#checks .bad') && document.querySelector('#checks *')")
	number.VerifyToken = Eval[string](p, "document.querySelector('[name=verify_token]').value")
	meta.AddNumber(number)
	p.Click(".actions .btn.primary")
	p.Wait("/^.settings.channels.chan_/.test(location.pathname)")
	shots(p, "channel-waiting")

	// Badala has subscribed the app. Meta checks the callback, then the first
	// message turns the page green by itself.
	p.Wait("document.querySelector('.status-list .waiting')")
	meta.SetCallback(a.URL() + "/webhooks/whatsapp")
	if err := meta.VerifyCallback(t.Context(), number.PhoneNumberID); err != nil {
		t.Errorf("the callback was not verified: %v", err)
	}
	meta.Customer(sim.Customer{Phone: "46701740611", Name: "Nora"}).SendText(number.PhoneNumberID, "first!")
	p.Wait("document.querySelector('.status-list[data-done]') && !document.querySelector('.status-list .waiting')")
	shots(p, "channel-green")
	p.Open("/inbox?view=all")
	p.WaitText("#rows", "first!")
	p.Quiet()
}
