package app_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/meta/sim"
	"badala/app/webhook"
)

// pattern is a program of the guide at work: built, run as a process of its
// own, and told of a shop's events by a webhook.
type pattern struct {
	*shop
	org, key, url string
	hook          int64
	log           *lines
}

// lines keeps what a process prints.
type lines struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(b)
}

func (l *lines) count(part string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.all.String(), part)
}

// program builds the receiver of a page of the guide.
func program(t testing.TB, slug string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), slug)
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", file, "./guide/"+slug).CombinedOutput(); err != nil {
		t.Fatalf("%s\n%s", err, out)
	}
	return file
}

// newPattern starts a shop with a key of one scope.
func newPattern(t *testing.T, scope account.Scope) *pattern {
	t.Helper()
	s := programShop(t)
	_, key, err := s.Accounts.CreateKey(t.Context(), s.owner, account.KeyInput{Name: "Robot", Scopes: []account.Scope{scope}})
	if err != nil {
		t.Fatal(err)
	}
	return &pattern{shop: s, org: s.URL() + "/orgs/" + db.FormatID("org", s.org), key: key, log: &lines{}}
}

// run starts a page's program, which hears of events.
func (p *pattern) run(slug, events string, env ...string) {
	p.t.Helper()
	listen := "127.0.0.1:" + freePort(p.t)
	p.url = "http://" + listen + "/"
	made, secret, err := p.Webhooks.Create(p.t.Context(), p.owner, webhook.Input{URL: p.url, Events: strings.Fields(events)})
	if err != nil {
		p.t.Fatal(err)
	}
	p.hook = made.ID
	cmd := exec.Command(program(p.t, slug))
	cmd.Env = append(append(os.Environ(), p.env()...), "WEBHOOK_SECRET="+secret, "LISTEN="+listen)
	cmd.Env = append(cmd.Env, env...)
	cmd.Stdout, cmd.Stderr = p.log, p.log
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // "signal: killed" is what we asked for
	})
	p.awaitPort(listen)
	p.refuses(secret)
}

func (p *pattern) env() []string {
	return []string{"BADALA_URL=" + p.URL(), "BADALA_ORG=" + db.FormatID("org", p.shop.org), "BADALA_KEY=" + p.key}
}

func (p *pattern) awaitPort(address string) {
	p.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); <-tick.C {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return
		}
	}
	p.t.Fatalf("the program does not listen: %s", p.log.all.String())
}

// refuses holds that the program believes neither strangers nor old requests.
func (p *pattern) refuses(secret string) {
	p.t.Helper()
	body := `{"event":"message.received","deliveryId":"dlv_forged","data":{"conversationId":"conv_1","body":"ORDER 12345"}}`
	now := time.Now().Unix()
	for name, h := range map[string]struct {
		at     int64
		secret string
	}{"no signature": {now, ""}, "another's secret": {now, "whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="}, "an old request": {now - 3600, secret}} {
		req, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.url, strings.NewReader(body))
		if err != nil {
			p.t.Fatal(err)
		}
		if h.secret != "" {
			mac := hmac.New(sha256.New, []byte(h.secret))
			fmt.Fprintf(mac, "%d.%s", h.at, body)
			req.Header.Set("X-Badala-Timestamp", strconv.FormatInt(h.at, 10))
			req.Header.Set("X-Badala-Signature", "sha256="+hex.EncodeToString(mac.Sum(nil)))
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			p.t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusUnauthorized {
			p.t.Errorf("%s: the program answers %d", name, res.StatusCode)
		}
	}
}

// deliveries are those of an event, all of them delivered.
func (p *pattern) deliveries(event string) []webhook.Delivery {
	p.t.Helper()
	all, _, err := p.Webhooks.Deliveries(p.DB.Read(p.t.Context()), p.shop.org, p.hook, webhook.Filter{Take: 200})
	if err != nil {
		p.t.Fatal(err)
	}
	var found []webhook.Delivery
	for _, d := range all {
		if d.State != "DELIVERED" {
			p.t.Errorf("%s is %s after %d attempts: %s %s\n%s", d.Event, d.State, d.Attempts, d.Error, d.Response, p.log.all.String())
		}
		if d.Event == event {
			found = append(found, d)
		}
	}
	return found
}

// repeat brings everything again, as after an answer that was lost.
func (p *pattern) repeat(event string) {
	p.t.Helper()
	for _, d := range p.deliveries(event) {
		if err := p.Webhooks.Redeliver(p.t.Context(), p.owner, p.hook, d.ID); err != nil {
			p.t.Fatal(err)
		}
	}
	p.settle()
}

// sent counts what the business posted with a text in it.
func (p *pattern) sent(text string) int {
	n := 0
	for _, send := range p.sim.Sends() {
		if strings.Contains(string(send.Body), text) {
			n++
		}
	}
	return n
}

func TestPatternCRMSync(t *testing.T) {
	t.Parallel()
	p := newPattern(t, account.ScopeContacts)
	p.run("crm-sync", "contact.created contact.updated")
	p.customer("96550001000", "Fatima Ali").SendText(p.number.PhoneNumberID, "hello")
	p.settle()
	type person struct{ ID, Name, ExternalID string }
	var list struct{ Items []person }
	call(t, http.MethodGet, p.org+"/contacts", p.key, nil, &list)
	if len(list.Items) != 1 || list.Items[0].ExternalID != "crm-"+list.Items[0].ID {
		t.Fatalf("contacts: %+v\n%s", list.Items, p.log.all.String())
	}
	// The program's own change came back, and ended there.
	if c, u := len(p.deliveries("contact.created")), len(p.deliveries("contact.updated")); c != 1 || u != 1 {
		t.Errorf("%d created, %d updated", c, u)
	}
	// Later changes carry the id.
	contact := list.Items[0]
	if code := call(t, http.MethodPatch, p.org+"/contacts/"+contact.ID, p.key, map[string]any{"name": "Fatima Al-Ali", "tags": []string{"vip"}}, nil); code != 200 {
		t.Fatalf("renaming: %d", code)
	}
	p.settle()
	updates := p.deliveries("contact.updated")
	if len(updates) != 2 {
		t.Errorf("%d updates", len(updates))
	}
	_, _, body, err := p.Webhooks.Delivery(p.DB.Read(t.Context()), p.shop.org, updates[0].ID)
	var event struct{ Data person }
	if err != nil || json.Unmarshal(body, &event) != nil || event.Data.ExternalID != contact.ExternalID || event.Data.Name != "Fatima Al-Ali" {
		t.Errorf("the update is %s, %v", body, err)
	}
	// Repeats do nothing; the way back by externalId finds the same person.
	seen := p.log.count("record crm-")
	p.repeat("contact.created")
	if n := p.log.count("record crm-"); n != seen {
		t.Errorf("a repeat was handled again: %d lines, were %d", n, seen)
	}
	if code := call(t, http.MethodPost, p.org+"/contacts", p.key, map[string]any{"externalId": contact.ExternalID, "name": "Fatima Al-Ali"}, nil); code != 200 {
		t.Errorf("upsert by externalId: %d", code)
	}
	p.settle()
	if n := len(p.deliveries("contact.updated")); n != 2 {
		t.Errorf("writing what is there sent an event: %d", n)
	}
}

func TestPatternOrderRobot(t *testing.T) {
	t.Parallel()
	p := newPattern(t, account.ScopeMessages)
	p.run("order-robot", "message.received")
	fatima := p.customer("96550001000", "Fatima")
	fatima.SendText(p.number.PhoneNumberID, "ORDER 12345")
	receives(t, fatima, "the answer", func(m sim.PhoneMessage) bool { return m.Text == "Order 12345: on its way, it arrives tomorrow" })
	fatima.SendText(p.number.PhoneNumberID, "order 99999")
	receives(t, fatima, "the honest answer", func(m sim.PhoneMessage) bool { return m.Text == "Order 99999: we do not know this number" })
	fatima.SendText(p.number.PhoneNumberID, "my ORDER 12345 is late!")
	p.settle()
	p.repeat("message.received")
	if n := p.sent("Order 12345"); n != 1 {
		t.Errorf("answered %d times", n)
	}
	if n := p.sent(`"text"`); n != 2 {
		t.Errorf("%d messages went out", n)
	}
}

func TestPatternSlack(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var told []string
	slack := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var in struct{ Text string }
		err := json.NewDecoder(r.Body).Decode(&in)
		mu.Lock()
		defer mu.Unlock()
		told = append(told, fmt.Sprint(in.Text, err))
	}))
	t.Cleanup(slack.Close)
	p := newPattern(t, account.ScopeRead)
	p.run("slack-notify", "conversation.created", "SLACK_URL="+slack.URL)
	p.customer("96550001000", "Fatima <!channel>").SendText(p.number.PhoneNumberID, "hello")
	p.settle()
	p.repeat("conversation.created")
	mu.Lock()
	defer mu.Unlock()
	link := p.URL() + "/inbox?conv=" + p.conversations()[0]
	if want := "New conversation: <" + link + "|Fatima &lt;!channel&gt;><nil>"; len(told) != 1 || told[0] != want {
		t.Errorf("Slack was told %q, want %q", told, want)
	}
}

func TestPatternMediaCopy(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	objects, kinds := map[string][]byte{}, map[string]string{}
	bucket := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil || r.Method != http.MethodPut || int64(len(b)) != r.ContentLength {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		objects[r.URL.Path], kinds[r.URL.Path] = b, r.Header.Get("Content-Type")
	}))
	t.Cleanup(bucket.Close)
	p := newPattern(t, account.ScopeRead)
	p.run("media-copy", "message.received", "BUCKET_URL="+bucket.URL+"/whatsapp")
	fatima := p.customer("96550001000", "Fatima")
	fatima.SendPicture(p.number.PhoneNumberID, "this one")
	fatima.SendText(p.number.PhoneNumberID, "no file here")
	p.settle()
	var list struct {
		Items []struct {
			ID    string
			Media *struct{ URL string }
		}
	}
	call(t, http.MethodGet, p.org+"/conversations/"+p.conversations()[0]+"/messages", p.key, nil, &list)
	mu.Lock()
	defer mu.Unlock()
	if len(objects) != 1 || len(list.Items) != 2 || list.Items[0].Media == nil {
		t.Fatalf("%d objects, messages %+v\n%s", len(objects), list.Items, p.log.all.String())
	}
	res, err := http.Get(list.Items[0].Media.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	want, err := io.ReadAll(res.Body)
	name := "/whatsapp/" + list.Items[0].ID
	if err != nil || len(want) == 0 || !bytes.Equal(objects[name], want) || kinds[name] != "image/jpeg" {
		t.Errorf("%s has %d bytes of %s, want %d (%v)", name, len(objects[name]), kinds[name], len(want), err)
	}
}

func TestPatternMovingIn(t *testing.T) {
	t.Parallel()
	p := newPattern(t, account.ScopeContacts)
	run := func(csv string) string {
		file := filepath.Join(t.TempDir(), "contacts.csv")
		if err := os.WriteFile(file, []byte(csv), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), program(t, "moving-in"), file)
		cmd.Env = append(os.Environ(), p.env()...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	gallabox := "\ufeffname,phone,email,tags,externalId\nFatima Ali,+96550001000,fatima@example.com,\"vip, wholesale\",crm-77\nOmar,+96550002000,,,\nNobody,12,,,\n"
	if out := run(gallabox); !strings.Contains(out, "created 2, already there 0, of 3") || !strings.Contains(out, "row 4: ") || !strings.Contains(out, "phone") {
		t.Errorf("first run: %s", out)
	}
	if out := run(gallabox); !strings.Contains(out, "created 0, already there 2, of 3") {
		t.Errorf("second run: %s", out)
	}
	if out := run("Name,CountryCode,Phone,AllowBroadcast\nOmar,965,50002000,TRUE\nSara,965,050003000,FALSE\n"); !strings.Contains(out, "created 1, already there 1, of 2") {
		t.Errorf("from WATI: %s", out)
	}
	var list struct {
		Items []struct {
			Name, Phone, ExternalID string
			Tags                    []string
			MarketingConsent        *bool
		}
	}
	call(t, http.MethodGet, p.org+"/contacts?sort=name", p.key, nil, &list)
	if len(list.Items) != 3 || list.Items[0].ExternalID != "crm-77" || len(list.Items[0].Tags) != 2 || list.Items[2].Phone != "+96550003000" || list.Items[1].MarketingConsent != nil {
		t.Errorf("contacts: %+v", list.Items)
	}
}

func TestPatternOfficeHours(t *testing.T) {
	t.Parallel()
	closed := newPattern(t, account.ScopeMessages)
	closed.run("office-hours", "message.received", "ZONE=Asia/Kuwait", "HOURS=0-0", "CLOSED_DAYS=Friday", "MESSAGE=We are closed now.")
	fatima := closed.customer("96550001000", "Fatima")
	fatima.SendText(closed.number.PhoneNumberID, "anybody there?")
	receives(t, fatima, "the answer", func(m sim.PhoneMessage) bool { return m.Text == "We are closed now." })
	fatima.SendText(closed.number.PhoneNumberID, "hello?")
	omar := closed.customer("96550002000", "Omar")
	omar.SendText(closed.number.PhoneNumberID, "me too")
	receives(t, omar, "his own answer", func(m sim.PhoneMessage) bool { return m.Text == "We are closed now." })
	closed.settle()
	closed.repeat("message.received")
	if n := closed.sent("We are closed now."); n != 2 {
		t.Errorf("answered %d times, to two customers", n)
	}

	open := newPattern(t, account.ScopeMessages)
	open.run("office-hours", "message.received", "ZONE=Asia/Kuwait", "HOURS=0-24", "CLOSED_DAYS=", "MESSAGE=We are closed now.")
	open.customer("96550001000", "Fatima").SendText(open.number.PhoneNumberID, "anybody there?")
	open.settle()
	if n := len(open.deliveries("message.received")); n != 1 || open.sent("closed") != 0 {
		t.Errorf("in office hours: %d deliveries, %d answers", n, open.sent("closed"))
	}
}

func TestPatternAutoAssignment(t *testing.T) {
	t.Parallel()
	p := newPattern(t, account.ScopeMessages)
	p.run("auto-assignment", "conversation.created", "MEMBERS="+db.FormatID("user", p.owner.UserID)+","+db.FormatID("user", p.agent.UserID))
	for i := range 6 {
		p.customer(fmt.Sprintf("9655000%04d", i), fmt.Sprintf("Customer %d", i)).SendText(p.number.PhoneNumberID, "hello")
	}
	p.settle()
	p.repeat("conversation.created")
	var list struct{ Items []struct{ AssigneeID string } }
	call(t, http.MethodGet, p.org+"/conversations", p.key, nil, &list)
	turns := map[string]int{}
	for _, c := range list.Items {
		turns[c.AssigneeID]++
	}
	if len(list.Items) != 6 || turns[db.FormatID("user", p.owner.UserID)] != 3 || turns[db.FormatID("user", p.agent.UserID)] != 3 {
		t.Errorf("turns %v\n%s", turns, p.log.all.String())
	}
}

// TestTheSmallestReceiver is the program of the first page: the test event is printed.
func TestTheSmallestReceiver(t *testing.T) {
	t.Parallel()
	p := newPattern(t, account.ScopeRead)
	p.run("webhooks", "message.received")
	attempt, err := p.Webhooks.Test(t.Context(), p.owner, p.hook, "message.received")
	if err != nil || attempt.Status != http.StatusNoContent {
		t.Errorf("%+v %v", attempt, err)
	}
	// What it printed comes through a pipe.
	within(t, 10*time.Second, "the event is printed", func() bool { return p.log.count("message.received {") == 1 })
}
