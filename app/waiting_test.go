package app_test

import (
	"fmt"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/inbox"
)

// waitingShop has customers who wait, some of them too long, and one whose
// window ends soon.
func waitingShop(t *testing.T) (s *shop, page string) {
	s = newShop(t)
	s.user("owner-ar@shop.example", "عائشة الرحمن", account.Owner, "ar")
	if _, err := s.Inbox.SetWaitingAlarm(t.Context(), s.owner, s.chanID, func(a *inbox.WaitingAlarm) { a.Enabled = true }); err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"Noor Al-Sabah", "نورة العتيبي", "Bader", "Huda", "Omar"} {
		s.customer(fmt.Sprintf("96550001%03d", i), name).SendText(s.number.PhoneNumberID, "Is my order on its way?")
	}
	if err := s.sim.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	now := s.App.DB.Now()
	minute := time.Minute.Milliseconds()
	if err := s.App.DB.Write(t.Context(), func(tx *db.Tx) error {
		ids, err := db.All(tx, func(r *db.Rows, v *int64) error { return r.Scan(v) }, `SELECT id FROM conversation ORDER BY id`)
		if err != nil {
			return err
		}
		for i, id := range ids {
			stage, ago, ends := 0, int64(i*7+3), now+int64(i+1)*50*minute
			if i < 2 {
				stage, ago = i+1, int64(200-i*60)
			}
			if _, err := tx.Exec(`UPDATE conversation SET waiting_since = ?, alarm_stage = ?, alarm_at = 0, window_expires_at = ?, assignee_id = ? WHERE id = ?`,
				now-ago*minute, stage, ends, map[bool]int64{true: s.owner.UserID}[i == 0], id); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return s, "/settings/channels/" + db.FormatID("chan", s.chanID) + "/waiting"
}

func TestWaitingIsSeenAndToldInTheBrowser(t *testing.T) {
	t.Parallel()
	s, page := waitingShop(t)
	p := newPage(t, s.URL(), pageOptions{})
	p.SignIn(page, ownerEmail, password)
	p.Wait("document.querySelector('#second')")
	Eval[bool](p, "document.querySelector('#second').value = ''; true")
	p.Type("#second", "5")
	p.Click("#alarm .btn.primary")
	p.WaitText("#second-error", "more minutes")
	p.Open("/inbox")
	p.WaitText(".late-note", "2 customers have waited too long")
	p.Click("#view-waiting")
	p.Wait("document.querySelector('#view-waiting[aria-current]') && document.querySelectorAll('#rows > li').length === 5")
	names := func() string {
		return Eval[string](p, "[...document.querySelectorAll('#rows .name')].map(n => n.textContent).join()")
	}
	if got := names(); got != "Noor Al-Sabah,نورة العتيبي,Omar,Huda,Bader" {
		t.Errorf("the longest wait first: %s", got)
	}
	if got := Eval[string](p, "document.querySelector('#rows .wait').textContent.replace(/\\s+/g, ' ').trim()"); got != "Waiting too long for an answer: 3 h 20 min" {
		t.Errorf("the row says %q", got)
	}
	// It ages by itself.
	Eval[int](p, "(document.querySelector('#rows [data-since]').dataset.since -= 3600000) && 1")
	Eval[bool](p, "document.dispatchEvent(new Event('badala:changed'))")
	p.WaitText("#rows .wait", "4 h 20 min")
	p.Click("#view-closing")
	p.Wait("document.querySelector('#view-closing[aria-current]') && document.querySelectorAll('#rows > li').length === 4")
	if got := names(); got != "Noor Al-Sabah,نورة العتيبي,Bader,Huda" {
		t.Errorf("the soonest first: %s", got)
	}
	p.WaitText("#rows .chip.soon", "49m left")

	// Somebody is told while the page is open.
	p.Open("/inbox?view=all&sort=waiting")
	p.Wait("document.documentElement.dataset.live === 'on' && performance.getEntriesByType('resource').some(r => r.name.includes('late.') && r.responseEnd > 0)")
	if err := s.App.DB.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE conversation SET alarm_at = 1 WHERE alarm_stage = 0 AND id = (SELECT max(id) FROM conversation)`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Queue.RunNow(t.Context(), "inbox.waiting", func(*db.Tx) error { return nil }); err != nil {
		t.Fatal(err)
	}
	p.WaitText(".late-note", "3 customers have waited too long")
	p.WaitText("#toasts", "3 customers have waited too long")
	p.Quiet()
}

func TestWaitingIsAccessible(t *testing.T) {
	t.Parallel()
	s, page := waitingShop(t)
	eachLook(t, 900, 844, func(t *testing.T, lang, name string, o pageOptions) {
		p := newPage(t, s.URL(), o)
		p.SignIn(page, owners[lang], password)
		p.Wait("document.querySelector('#alarm-now')")
		p.Judge("waiting-settings-" + name)
		for _, view := range []string{"waiting", "closing"} {
			p.Open("/inbox?view=" + view)
			p.Wait("document.querySelector('#rows .wait')")
			p.Axe()
			shots(p, "waiting-"+view+"-"+name)
		}
		p.Quiet()
	})
}
