package app_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"badala/app/db"
	"badala/app/meta"
)

const (
	killRounds = 8
	senders    = 8
)

// killer is an install in a process that is killed again and again.
type killer struct {
	*shop
	*child
	args []string // of serve, besides the usual ones

	mu    sync.Mutex
	acked map[string]bool // webhooks by wamid, or sends by text
	news  chan struct{}   // one for each of acked
}

// newKiller sets the install up, with setup where there is one, and stops it.
func newKiller(t *testing.T, setup ...func(*shop)) *killer {
	s := newShop(t)
	for _, do := range setup {
		do(s)
	}
	if err := s.App.Stop(); err != nil { // from here on the child owns the file
		t.Fatal(err)
	}
	return &killer{shop: s, acked: map[string]bool{}, news: make(chan struct{}, 1e6)}
}

// boot starts the process and lets Meta find it.
func (k *killer) boot() {
	k.child = startChild(k.shop.t, append([]string{"--db", k.cfg.DB, "--graph-url", k.cfg.GraphURL}, k.args...)...)
	k.sim.SetCallback(k.child.url + "/webhooks/whatsapp")
}

// underFire runs work from several senders and kills the process in the midst
// of it, some moments after it acknowledged so many things.
func (k *killer) underFire(acks int, work func(ctx context.Context, sender int)) {
	k.shop.t.Helper()
	ctx, cancel := context.WithCancel(k.shop.t.Context())
	var wg sync.WaitGroup
	for i := range senders {
		wg.Go(func() {
			for ctx.Err() == nil {
				work(ctx, i)
			}
		})
	}
	late := time.NewTimer(time.Minute)
	defer late.Stop()
	for n := 0; n < acks; n++ {
		select {
		case <-k.news:
		case <-late.C:
			k.shop.t.Error("too little was acknowledged within a minute")
			n = acks
		}
	}
	<-time.After(time.Duration(mathrand.IntN(20)) * time.Millisecond)
	k.child.kill()
	cancel()
	wg.Wait()
	for len(k.news) > 0 {
		<-k.news
	}
}

func (k *killer) ack(name string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.acked[name] = true
	k.news <- struct{}{}
}

// open reads the database after the last process has ended.
func (k *killer) open() *db.DB {
	d, err := db.Open(k.cfg.DB, db.Options{})
	if err != nil {
		k.shop.t.Fatal(err)
	}
	k.shop.t.Cleanup(func() {
		if err := d.Close(); err != nil {
			k.shop.t.Error(err)
		}
	})
	return d
}

func TestKilledWhileReceivingNothingAcknowledgedIsLostOrDoubled(t *testing.T) {
	t.Parallel()
	k := newKiller(t)
	for round := range killRounds {
		k.boot()
		k.underFire(2*senders+mathrand.IntN(10*senders), func(ctx context.Context, sender int) {
			wamid := "wamid." + rand.Text()
			body := webhookText(k.number, fmt.Sprintf("4670174%04d", mathrand.IntN(40)), "Nora", wamid, fmt.Sprint("round ", round), time.Now())
			// Meta repeats what was not answered, and sometimes what was.
			for range 2 {
				if postWebhook(ctx, k.child.url, k.number.AppSecret, body) == http.StatusOK {
					k.ack(wamid)
				}
			}
		})
	}
	d := k.open()
	if len(k.acked) < killRounds*senders {
		t.Fatalf("only %d webhooks were acknowledged", len(k.acked))
	}
	stored, err := db.All(d.Read(t.Context()), func(r *db.Rows, s *string) error { return r.Scan(s) },
		"SELECT wa_id FROM message WHERE direction = 'INBOUND'")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, wamid := range stored {
		seen[wamid]++
		if seen[wamid] > 1 {
			t.Errorf("%s is there twice", wamid)
		}
	}
	for wamid := range k.acked {
		if seen[wamid] == 0 {
			t.Errorf("%s was acknowledged and is missing", wamid)
		}
	}
	if ok, err := db.Value[string](d.Read(t.Context()), "PRAGMA integrity_check"); err != nil || ok != "ok" {
		t.Errorf("integrity: %s %v", ok, err)
	}
}

func TestKilledWhileSendingNothingGoesOutTwice(t *testing.T) {
	t.Parallel()
	k := newKiller(t)
	k.boot()
	var convs []string
	for i := range senders {
		k.customer(fmt.Sprintf("4670174%04d", 600+i), fmt.Sprint("Customer ", i)).SendText(k.number.PhoneNumberID, "hello")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := k.sim.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	org := db.FormatID("org", k.org)
	var list struct{ Items []struct{ ID string } }
	call(t, http.MethodGet, k.child.url+"/orgs/"+org+"/conversations", k.login(), nil, &list)
	for _, c := range list.Items {
		convs = append(convs, c.ID)
	}
	if len(convs) != senders {
		t.Fatalf("%d conversations, want %d", len(convs), senders)
	}
	k.child.kill()
	for round := range killRounds {
		k.boot()
		token := k.login()
		var wrote [senders]int // few enough for the pace of one conversation
		k.underFire(1+mathrand.IntN(2*senders), func(ctx context.Context, sender int) {
			if wrote[sender]++; wrote[sender] > 3 {
				<-ctx.Done()
				return
			}
			text := fmt.Sprintf("round %d %s", round, rand.Text())
			path := k.child.url + "/orgs/" + org + "/conversations/" + convs[sender] + "/messages"
			if postSend(ctx, path, token, text) == http.StatusAccepted {
				k.ack(text)
			}
		})
	}
	k.boot()
	k.awaitNoPending(k.login(), org)
	k.child.stop()
	if left, err := filepath.Glob(k.cfg.DB + "*"); err != nil || len(left) != 1 {
		t.Errorf("a clean stop left %v", left)
	}
	k.checkSends()
}

// login signs the owner in at the process that runs now.
func (c *child) login() string {
	c.t.Helper()
	var got struct{ Token string }
	if code := call(c.t, http.MethodPost, c.url+"/auth/login", "", map[string]string{"email": ownerEmail, "password": password}, &got); code != http.StatusOK {
		c.t.Fatalf("login: %d", code)
	}
	return got.Token
}

// awaitNoPending waits until every message has a verdict.
func (k *killer) awaitNoPending(token, org string) {
	t := k.shop.t
	deadline := time.Now().Add(time.Minute)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for ; ; <-tick.C {
		pending := 0
		var list struct{ Items []struct{ ID string } }
		read := call(t, http.MethodGet, k.child.url+"/orgs/"+org+"/conversations", token, nil, &list)
		for _, c := range list.Items {
			if read != http.StatusOK { // too many calls in a minute
				break
			}
			var got struct{ Items []struct{ Status string } }
			read = call(t, http.MethodGet, k.child.url+"/orgs/"+org+"/conversations/"+c.ID+"/messages?take=200", token, nil, &got)
			for _, m := range got.Items {
				if m.Status == "PENDING" {
					pending++
				}
			}
		}
		if read == http.StatusOK && pending == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d messages are still pending, the last answer was %d", pending, read)
		}
	}
}

// checkSends compares what was acknowledged with what Meta saw.
func (k *killer) checkSends() {
	t, posts := k.shop.t, map[string]int{}
	for _, s := range k.sim.Sends() {
		for text := range k.acked {
			if bytes.Contains(s.Body, []byte(text)) {
				posts[text]++
			}
		}
	}
	for text, n := range posts {
		if n > 1 {
			t.Errorf("%q went out %d times", text, n)
		}
	}
	d := k.open()
	rows, err := db.All(d.Read(t.Context()), func(r *db.Rows, s *[2]string) error { return r.Scan(&s[0], &s[1]) },
		"SELECT body, status FROM message WHERE direction = 'OUTBOUND'")
	if err != nil {
		t.Fatal(err)
	}
	stored := map[string]string{}
	for _, row := range rows {
		if stored[row[0]] != "" {
			t.Errorf("%q is stored twice", row[0])
		}
		stored[row[0]] = row[1]
	}
	if len(k.acked) < killRounds {
		t.Fatalf("only %d sends were acknowledged", len(k.acked))
	}
	for text := range k.acked {
		switch {
		case stored[text] == "":
			t.Errorf("%q was acknowledged and is missing", text)
		case posts[text] == 0 && !strings.Contains("UNCONFIRMED FAILED", stored[text]):
			t.Errorf("%q is %s but never reached Meta", text, stored[text])
		}
	}
}

// postWebhook posts a signed body and gives the status, 0 if there was none.
func postWebhook(ctx context.Context, base, secret string, body []byte) int {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/webhooks/whatsapp", bytes.NewReader(body))
	if err != nil {
		return 0
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Hub-Signature-256", meta.Sign(secret, body))
	return status(req)
}

func postSend(ctx context.Context, url, token, text string) int {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(fmt.Sprintf(`{"type":"TEXT","body":%q}`, text)))
	if err != nil {
		return 0
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Prefer", "respond-async")
	return status(req)
}

func status(req *http.Request) int {
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	res.Body.Close()
	return res.StatusCode
}
