package app_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"badala/app/account"
)

// TestABackupIsMadeProvenAndDownloadedInTheBrowser does what the README tells
// the owner to do first.
func TestABackupIsMadeProvenAndDownloadedInTheBrowser(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	p := newPage(t, s.URL(), pageOptions{})
	p.SignIn("/settings/backups", ownerEmail, password)
	p.WaitText("#backup-now .empty", "There is no backup yet.")
	p.Click("form[action='/settings/backups/start'] button")
	p.Wait("document.querySelector('.list-card .state.good')")
	p.Click("form[action='/settings/backups/drill'] button")
	p.Wait("document.querySelectorAll('#backup-now dd')[1].querySelector('time')")
	p.Judge("backups-en")
	if n := Eval[int](p, `fetch(document.querySelector("form[action$='/download']").action, {method: 'POST', body: new URLSearchParams({sure: '1'})})
		.then(r => r.arrayBuffer()).then(b => new TextDecoder().decode(b.slice(0, 15)) === 'SQLite format 3' ? b.byteLength : 0)`); n < 100_000 {
		t.Errorf("%d bytes of a database were downloaded", n)
	}
	p.Quiet()
	s.user(owners["ar"], "عائشة الرحمن", account.Owner, "ar")
	ar := newPage(t, s.URL(), pageOptions{Width: 390, Height: 844, Dark: true, Touch: true})
	ar.SignIn("/profile", owners["ar"], password)
	ar.Open("/profile/second-step")
	ar.Judge("second-step-ar")
	ar.Quiet()
}

// TestTheSecondStepIsSetUpAndAskedFor signs in with a code of the app, and once
// with a recovery code.
func TestTheSecondStepIsSetUpAndAskedFor(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	p := newPage(t, s.URL(), pageOptions{})
	p.SignIn("/profile/second-step", ownerEmail, password)
	p.Click("form[action='/profile/second-step/start'] button")
	p.Wait("document.querySelector('#secret')")
	p.Judge("second-step-en")
	secret := strings.ReplaceAll(Eval[string](p, "document.querySelector('#secret').value"), " ", "")
	code := func(at time.Time) string {
		c, err := totp.GenerateCode(secret, at)
		ok(t, err)
		return c
	}
	p.Type("#code", "000000\r")
	p.Wait("document.querySelector('#code-error')")
	p.Type("#code", code(time.Now())+"\r")
	p.Wait("document.querySelector('#codes')")
	recovery := strings.Fields(Eval[string](p, "document.querySelector('#codes').value"))[0]
	p.Quiet()

	for _, proof := range []string{code(time.Now().Add(30 * time.Second)), recovery} {
		again := newPage(t, s.URL(), pageOptions{})
		again.SignIn("/profile", ownerEmail, password)
		again.Wait("location.pathname === '/signin/code'")
		again.Type("#code", proof+"\r")
		again.Wait("location.pathname === '/profile'")
		again.Quiet()
	}
}
