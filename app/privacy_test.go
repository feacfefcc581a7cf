package app_test

import (
	"fmt"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/meta/sim"
)

// agedShop is a shop where a customer wrote forty days ago, with a file.
func agedShop(t *testing.T) *shop {
	s := newShop(t)
	s.user(owners["ar"], "عائشة الرحمن", account.Owner, "ar")
	c := s.customer("96550001000", "فاطمة العلي")
	c.SendText(s.number.PhoneNumberID, "Is there quillwort?")
	c.SendMedia(s.number.PhoneNumberID, sim.Upload{Kind: "document", ContentType: "application/pdf", Bytes: []byte("%PDF-1.4 a recipe %%EOF"), Filename: "recipe.pdf", Caption: "like this"})
	s.settle()
	err := s.DB.Write(t.Context(), func(tx *db.Tx) error {
		for _, stmt := range []string{`UPDATE message SET at = at - ?`, `UPDATE media SET created_at = created_at - ?`, `UPDATE inbound SET received_at = received_at - ?`} {
			if _, err := tx.Exec(stmt, (40 * 24 * time.Hour).Milliseconds()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestRetentionInTheBrowser sees what would go, says yes, and finds what the
// night has left, in both languages.
func TestRetentionInTheBrowser(t *testing.T) {
	t.Parallel()
	s := agedShop(t)
	conv := s.conversations()[0]
	p := newPage(t, s.URL(), pageOptions{})
	p.SignIn("/settings/privacy", ownerEmail, password)
	p.Type("#media", "30")
	p.Click(`#privacy [value=preview]`)
	p.WaitText("[data-kind=files]", "1 file")
	p.Click(`#privacy [value=save]`)
	p.WaitText("h1", "Delete for good?")
	p.WaitText("[data-kind=files]", "1 file")
	p.Click(`#privacy-confirm .danger`)
	p.WaitText(".flash", "The next run deletes what is older.")
	if err := s.Queue.RunNow(t.Context(), "retention.run", func(*db.Tx) error { return nil }); err != nil {
		t.Fatal(err)
	}
	s.settle()
	p.Open("/settings/privacy")
	p.WaitText("#last-run", ": 1 file")
	p.WaitText("[data-kind=files]", "No file is old enough")
	p.Open("/c/" + conv)
	p.WaitText(".file.lost", "This file was deleted under the retention rule.")
	p.WaitText("[role=log]", "quillwort")
	p.Quiet()

	eachLook(t, 1500, 2300, func(t *testing.T, lang, name string, o pageOptions) {
		p := newPage(t, s.URL(), o)
		p.SignIn("/settings/privacy", owners[lang], password)
		p.Wait(fmt.Sprintf("document.documentElement.lang === %q && document.querySelector('#goes')", lang))
		p.Judge("privacy-" + name)
		Eval[bool](p, `document.querySelector('#messages').value = '30', document.querySelector('#raw').value = '30', true`)
		p.Click(`#privacy [value=save]`)
		p.Wait("document.querySelector('#privacy-confirm')")
		p.Judge("privacy-" + name + "-confirm")
		p.Open("/settings/privacy")
		p.Wait("document.querySelector('#privacy')")
		Eval[bool](p, `document.querySelector('#messages').value = '3', document.querySelector('#raw').value = '', true`)
		p.Click(`#privacy [value=save]`)
		p.Wait("document.querySelector('#privacy .error')")
		p.Judge("privacy-" + name + "-wrong")
		p.Quiet()
	})
}
