package app_test

import (
	"bytes"
	"context"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"badala/app/broadcast"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/meta/sim"
	"badala/app/template"
)

// killPeople is how many people the broadcast has that is killed, and how
// often; BADALA_BROADCAST asks for more: "20000,20".
func killPeople(t *testing.T) (people, kills int) {
	people, kills = 1000, 5
	if text := os.Getenv("BADALA_BROADCAST"); text != "" {
		first, second, _ := strings.Cut(text, ",")
		var err error
		if people, err = strconv.Atoi(first); err == nil {
			kills, err = strconv.Atoi(second)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return people, kills
}

// castNumber is the number of the n-th person of a broadcast.
func castNumber(n int) string { return fmt.Sprintf("+96565%06d", n) }

// castPeople makes people, many in a Write.
func (s *shop) castPeople(people int) (source string) {
	s.t.Helper()
	for from := 0; from < people; from += 200 {
		err := s.DB.Write(s.t.Context(), func(tx *db.Tx) error {
			for n := from; n < min(from+200, people); n++ {
				if _, err := s.Contacts.ReachByPhoneTx(tx, s.org, castNumber(n), contact.FromImport); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			s.t.Fatal(err)
		}
	}
	return contact.FromImport
}

// prepareCast makes a broadcast to all people of an import, at a rate.
func (s *shop) prepareCast(source string, rate int) broadcast.Broadcast {
	s.t.Helper()
	ctx := s.t.Context()
	if _, err := s.Channels.SyncTemplates(ctx, s.owner, s.chanID); err != nil {
		s.t.Fatal(err)
	}
	if err := s.Inbox.SetSendRate(ctx, s.owner, s.chanID, rate); err != nil {
		s.t.Fatal(err)
	}
	b, err := s.Broadcasts.Create(ctx, s.owner, broadcast.Input{
		Name: "To all", ChannelID: s.chanID, Template: "visit_reminder", Language: "en_US", Rate: rate, Audience: broadcast.Audience{Source: source},
		Given: template.Values{CardValues: template.CardValues{Variables: template.Variable{Named: map[string]string{
			"first_name": broadcast.FieldText(broadcast.FieldFirstName, "friend"), "day": "Monday"}}}},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

// castState is how far a broadcast is, as the file tells.
type castState struct {
	state, reason                                                                string
	waiting, queued, sent, delivered, read, failed, unknown, skipped, finishedAt int64
}

func (c castState) settled() int64 {
	return c.sent + c.delivered + c.read + c.failed + c.unknown + c.skipped
}

func (c castState) all() int64 { return c.settled() + c.waiting + c.queued }

func castStateOf(t testing.TB, q db.Q) castState {
	t.Helper()
	c, err := db.One(q, func(r *db.Rows, c *castState) error {
		return r.Scan(&c.state, &c.reason, &c.waiting, &c.queued, &c.sent, &c.delivered, &c.read, &c.failed, &c.unknown, &c.skipped, &c.finishedAt)
	}, `SELECT state, pause_reason, waiting, queued, sent, delivered, read, failed, unknown, skipped, finished_at FROM broadcast`)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestBroadcastIsKilled kills the process again and again while it sends, with
// rate limits, lost answers and refusals in between: nobody's message is posted
// twice, everybody has an end, and who refuses midway is left alone.
func TestBroadcastIsKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes")
	}
	t.Parallel()
	people, kills := killPeople(t)
	var b broadcast.Broadcast
	k := newKiller(t, func(s *shop) { b = s.prepareCast(s.castPeople(people), 500) })
	k.boot()
	org, token := db.FormatID("org", k.org), k.child.login()
	path := func(what string) string {
		return k.child.url + "/orgs/" + org + "/broadcasts/" + db.FormatID(broadcast.Prefix, b.ID) + what
	}
	if code := call(t, http.MethodPost, path("/start"), token, nil, nil); code != http.StatusOK {
		t.Fatalf("start: %d", code)
	}
	refused := map[string]bool{}
	for n := range kills {
		k.awaitCast(int64((n+1)*people/(kills+2)), path, token)
		k.sim.Misbehave([]sim.Behaviour{
			{RateLimit: 5}, {ResetAfterBody: 3}, {FailNext: people / 200, FailCode: 131026}, {HTML502: 2, Lost: true}, {FailNext: 5, FailCode: 131056},
		}[n%5])
		<-time.After(time.Duration(mathrand.IntN(300)) * time.Millisecond)
		k.child.kill()
		if n == kills/2 {
			refused = k.refuseSome(people)
		}
		k.boot()
	}
	k.sim.Misbehave(sim.Behaviour{})
	k.awaitCast(int64(people), path, token)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := k.sim.Flush(ctx); err != nil {
		t.Error(err) // its statuses settle what is not known
	}
	k.child.stop()
	k.checkCast(people, refused)
}

// awaitCast looks into the database, beside the process, until so many people
// have been dealt with. A broadcast that paused itself is resumed.
func (k *killer) awaitCast(settled int64, path func(string) string, token string) {
	t := k.shop.t
	t.Helper()
	d, err := db.Open(k.cfg.DB, db.Options{Shared: true})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.Now().Add(5 * time.Minute)
	for last := int64(-1); time.Now().Before(late); <-tick.C {
		c := castStateOf(t, d.Read(t.Context()))
		if c.settled() != last {
			last, late = c.settled(), time.Now().Add(2*time.Minute)
		}
		switch {
		case c.state == broadcast.Paused:
			call(t, http.MethodPost, path("/resume"), token, nil, nil)
		case c.settled() >= settled && c.all() > 0 && (settled < c.all() || c.state == broadcast.Done):
			return
		}
	}
	t.Fatalf("the broadcast does not go on: %+v", castStateOf(t, d.Read(t.Context())))
}

// refuseSome lets some people refuse marketing while the process is down, and
// gives the numbers of those who were not written to.
func (k *killer) refuseSome(people int) map[string]bool {
	t := k.shop.t
	d, err := db.Open(k.cfg.DB, db.Options{Shared: true})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	numbers := map[string]bool{}
	err = d.Write(context.Background(), func(tx *db.Tx) error {
		clear(numbers)
		for n := 0; n < people; n += 50 {
			phone := castNumber(n)
			if _, err := tx.Exec(`UPDATE contact SET consent = 0 WHERE phone = ?`, phone); err != nil {
				return err
			}
			tried, err := db.Exists(tx, `SELECT 1 FROM contact c JOIN message m ON m.contact_id = c.id WHERE c.phone = ? AND (m.attempt > 0 OR m.status <> 'PENDING')`, phone)
			if err != nil {
				return err
			}
			if !tried {
				numbers[strings.TrimPrefix(phone, "+")] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return numbers
}

// checkCast compares what the file says with what Meta saw.
func (k *killer) checkCast(people int, refused map[string]bool) {
	t := k.shop.t
	posts, taken := map[string]int{}, 0
	for _, s := range k.sim.Sends() {
		if bytes.Contains(s.Body, []byte("visit_reminder")) && s.Outcome != "refused" {
			posts[strings.TrimPrefix(s.To, "+")]++
			taken++
		}
	}
	for to, n := range posts {
		if n > 1 {
			t.Errorf("%s was posted %d times", to, n)
		}
		if refused[to] {
			t.Errorf("%s was written to after the refusal", to)
		}
	}
	d := k.open()
	c := castStateOf(t, d.Read(t.Context()))
	t.Logf("%d people: %+v; Meta saw %d", people, c, taken)
	if c.settled() != int64(people) || c.waiting+c.queued != 0 || c.finishedAt == 0 {
		t.Errorf("not everybody has an end: %+v", c)
	}
	if c.skipped < int64(len(refused)) {
		t.Errorf("%d refused in time, %d were left out", len(refused), c.skipped)
	}
	if accepted := c.sent + c.delivered + c.read; int(accepted) > taken || taken > int(accepted+c.unknown) {
		t.Errorf("Meta took %d, the file says %d and %d unknown", taken, accepted, c.unknown)
	}
	for query, want := range map[string]int{
		`SELECT count(*) FROM broadcast_recipient`: people,
		`SELECT count(*) FROM (SELECT contact_id FROM message WHERE sent_by_kind = 'BROADCAST' GROUP BY 1 HAVING count(*) > 1)`: 0,
		`SELECT count(*) FROM message WHERE status = 'PENDING'`:                                                                 0,
		`SELECT count(*) FROM event WHERE type = 'broadcast.finished'`:                                                          1,
	} {
		n, err := db.Value[int](d.Read(t.Context()), query)
		if err != nil || n != want {
			t.Errorf("%s: %d, want %d (%v)", query, n, want, err)
		}
	}
	if ok, err := db.Value[string](d.Read(t.Context()), "PRAGMA integrity_check"); err != nil || ok != "ok" {
		t.Errorf("integrity: %s %v", ok, err)
	}
}
