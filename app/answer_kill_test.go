package app_test

import (
	"context"
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"testing"
	"time"

	"badala/app/db"
	"badala/app/hours"
	"badala/app/inbox"
	"badala/app/meta/sim"
)

const (
	answerRounds   = 5
	answeredPhones = 24
)

// TestKilledWhileAnsweringByItselfNobodyIsToldTwice has customers write out of
// hours and for the first time, again and again, to a process that is killed in
// the midst of it: each gets one answer within the cooldown, each answer goes
// out once, and none stays behind.
func TestKilledWhileAnsweringByItselfNobodyIsToldTwice(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(*inbox.OfficeHours){
		"out of hours": func(o *inbox.OfficeHours) {
			o.Enabled, o.EN, o.AR, o.CooldownMinutes = true, "We are closed, {{name}}.", "", 720
			o.SpecialDays = []hours.SpecialDay{{Date: "2090-01-01", Windows: []hours.Span{{From: "09:00", To: "10:00"}}}}
		},
		"greeting": func(o *inbox.OfficeHours) {
			o.Greeting = inbox.Greeting{Enabled: true, AutoText: inbox.AutoText{EN: "Welcome!"}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKiller(t, func(s *shop) {
				if _, err := s.Inbox.SetOfficeHours(t.Context(), s.owner, s.chanID, set); err != nil {
					t.Fatal(err)
				}
			})
			phones := make([]*sim.Phone, answeredPhones)
			for i := range phones {
				phones[i] = k.customer(fmt.Sprintf("4670175%04d", i), fmt.Sprint("Customer ", i))
			}
			for range answerRounds {
				k.boot()
				k.underFire(1+mathrand.IntN(3*senders), func(ctx context.Context, sender int) {
					i := mathrand.IntN(answeredPhones/senders)*senders + sender
					wamid := "wamid." + rand.Text()
					body := webhookText(k.number, fmt.Sprintf("4670175%04d", i), fmt.Sprint("Customer ", i), wamid, "hello", time.Now())
					for range 2 { // Meta repeats what was answered, too
						if postWebhook(ctx, k.child.url, k.number.AppSecret, body) == http.StatusOK {
							k.ack(wamid)
						}
					}
				})
			}
			k.boot()
			for i := range phones { // everybody has written at least once
				body := webhookText(k.number, fmt.Sprintf("4670175%04d", i), fmt.Sprint("Customer ", i), fmt.Sprintf("wamid.last%d", i), "hello?", time.Now())
				if got := postWebhook(t.Context(), k.child.url, k.number.AppSecret, body); got != http.StatusOK {
					t.Fatalf("the last message is answered %d", got)
				}
			}
			k.awaitNoPending(k.login(), db.FormatID("org", k.org))
			k.child.stop()
			k.checkAnswers(phones)
		})
	}
}

// checkAnswers compares what the database holds with what is on the phones. An
// answer whose process died while Meta was asked is UNCONFIRMED until its status
// comes: it may be on the phone or not, but never twice. One whose process died
// three times before that has FAILED, and says why.
func (k *killer) checkAnswers(phones []*sim.Phone) {
	t, q := k.shop.t, k.open().Read(context.Background())
	type row struct {
		conv   int64
		status string
		code   int
	}
	all, err := db.All(q, func(r *db.Rows, v *row) error { return r.Scan(&v.conv, &v.status, &v.code) },
		`SELECT conversation_id, status, error_code FROM message WHERE sent_by_kind = 'AUTOMATION' AND direction = 'OUTBOUND'`)
	if err != nil {
		t.Fatal(err)
	}
	seen, sure := map[int64]int{}, 0
	for _, m := range all {
		if seen[m.conv]++; seen[m.conv] > 1 {
			t.Errorf("conversation %d was answered %d times", m.conv, seen[m.conv])
		}
		failed := inbox.MessageError{Code: m.code}
		switch {
		case m.status == inbox.StatusSent, m.status == inbox.StatusDelivered, m.status == inbox.StatusRead:
			sure++
		case m.status == inbox.StatusUnconfirmed, m.status == inbox.StatusFailed && failed.Key() == "send.given_up":
		default:
			t.Errorf("an answer is %s in the end", m.status)
		}
	}
	if len(seen) != len(phones) {
		t.Errorf("%d of %d customers have an answer", len(seen), len(phones))
	}
	got := 0
	for _, p := range phones {
		n := 0
		for _, m := range p.Thread(k.number.PhoneNumberID) {
			if m.FromBusiness {
				n++
			}
		}
		if n > 1 {
			t.Errorf("a customer got %d answers", n)
		}
		got += n
	}
	if got < sure || got > len(all) {
		t.Errorf("%d answers on phones, %d sent of %d", got, sure, len(all))
	}
	waiting, err := db.Value[int](q, `SELECT count(*) FROM conversation WHERE waiting_since = 0`)
	if err != nil || waiting != 0 {
		t.Errorf("%d customers count as answered by the server itself, %v", waiting, err)
	}
}
