package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"badala/app/account"
	"badala/app/db"
)

// frame is one event of a stream as a client reads it.
type frame struct {
	id, event string
	data      object
}

// listening is a client of the stream of events. frames is closed at its end.
type listening struct {
	status int
	body   string // of an answer that is no stream
	frames chan frame
	close  func()
}

// listen opens a stream.
func (w *world) listen(t testing.TB, token, query string, headers ...string) *listening {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, "GET", w.url(t)+"/orgs/"+w.org+"/events"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	l := &listening{status: res.StatusCode, frames: make(chan frame, 100), close: cancel}
	lines := bufio.NewScanner(res.Body)
	if res.StatusCode != 200 {
		lines.Scan()
		l.body = lines.Text()
		return l
	}
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), ": ") {
		t.Fatalf("the stream begins with %q", lines.Text())
	}
	go l.read(lines)
	return l
}

func (l *listening) read(lines *bufio.Scanner) {
	defer close(l.frames)
	var f frame
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch name {
		case "id":
			f.id = value
		case "event":
			f.event = value
		case "data":
			if json.Unmarshal([]byte(value), &f.data) != nil {
				f.data = object{"unreadable": value}
			}
			l.frames <- f
			f = frame{}
		}
	}
}

// next is the stream's next event.
func (l *listening) next(t testing.TB) frame {
	t.Helper()
	select {
	case f, open := <-l.frames:
		if !open {
			t.Fatal("the stream has ended")
		}
		return f
	case <-time.After(10 * time.Second):
		t.Fatal("no event")
	}
	return frame{}
}

// ended waits for the end of the stream.
func (l *listening) ended(t testing.TB) {
	t.Helper()
	for {
		select {
		case f, open := <-l.frames:
			if !open {
				return
			}
			t.Errorf("after the end: %v", f)
		case <-time.After(10 * time.Second):
			t.Fatal("the stream does not end")
		}
	}
}

// url serves the world on a port of its own.
func (w *world) url(t testing.TB) string {
	t.Helper()
	if w.served == "" {
		s := httptest.NewServer(w.api)
		w.served = s.URL
		t.Cleanup(func() { w.api.Close(); s.Close() })
	}
	return w.served
}

// key makes an API key.
func (w *world) key(t testing.TB, scopes ...account.Scope) (account.Key, string) {
	t.Helper()
	k, token, err := w.accounts.CreateKey(t.Context(), w.actor["ADMIN"], account.KeyInput{Name: "CRM", Scopes: scopes})
	if err != nil {
		t.Fatal(err)
	}
	return k, token
}

func (w *world) addContact(t testing.TB, n int) string {
	t.Helper()
	return w.want(t, 201, "AGENT", "POST", "/orgs/"+w.org+"/contacts", object{"phone": fmt.Sprint("+1212555010", n), "name": "Person"}).json(t)["id"].(string)
}

func TestEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hook := w.want(t, 201, "ADMIN", "POST", "/orgs/"+w.org+"/webhooks", object{"url": receiver(t), "events": []string{"contact.created"}}).json(t)
	w.addContact(t, 0)
	_, token := w.key(t, account.ScopeRead)

	live := w.listen(t, token, "")
	id := w.addContact(t, 1)
	first := live.next(t)
	keys(t, "event", first.data, "event eventId orgId timestamp data")
	if first.event != "contact.created" || first.data["event"] != first.event || first.data["orgId"] != w.org || first.data["data"].(object)["id"] != id {
		t.Errorf("live: %v", first)
	}
	live.close()

	// A webhook tells the same of the same event.
	deliveries := "/orgs/" + w.org + "/webhooks/" + hook["id"].(string) + "/deliveries"
	sent := items(w.want(t, 200, "ADMIN", "GET", deliveries, nil).json(t))[0]
	one := w.want(t, 200, "ADMIN", "GET", deliveries+"/"+sent["id"].(string), nil).json(t)
	var posted object
	if err := json.Unmarshal([]byte(one["body"].(string)), &posted); err != nil {
		t.Fatal(err)
	}
	for k, v := range first.data {
		if fmt.Sprint(posted[k]) != fmt.Sprint(v) {
			t.Errorf("%s is %v in the stream and %v in the webhook", k, v, posted[k])
		}
	}

	second, third := w.addContact(t, 2), w.addContact(t, 3)
	for _, missed := range []*listening{w.listen(t, token, "", "Last-Event-ID", first.id), w.listen(t, token, "?lastEventId="+first.id)} {
		for _, want := range []string{second, third} {
			if got := missed.next(t); got.data["data"].(object)["id"] != want {
				t.Errorf("replayed: %v, want %s", got, want)
			}
		}
		missed.close()
	}

	some := w.listen(t, w.token["VIEWER"], "?types=contact.updated,message.received&lastEventId="+first.id)
	w.want(t, 200, "AGENT", "PATCH", "/orgs/"+w.org+"/contacts/"+id, object{"name": "Another"})
	if got := some.next(t); got.event != "contact.updated" {
		t.Errorf("filtered: %v", got)
	}
	if got := w.listen(t, token, "?types=contact.eaten"); got.status != 400 || !strings.Contains(got.body, "types: ") {
		t.Errorf("an unknown type: %d %s", got.status, got.body)
	}
	if got := w.listen(t, token, "?lastEventId=x"); got.status != 400 || !strings.Contains(got.body, "lastEventId: ") {
		t.Errorf("no event's id: %d %s", got.status, got.body)
	}
}

// TestEventsGap asks for what is no longer, or was never, in the log.
func TestEventsGap(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 3 {
		w.addContact(t, i)
	}
	head, err := w.events.Head(w.db.Read(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	err = w.db.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(`DELETE FROM event WHERE seq < ?`, head)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, last := range []int64{0, head - 2, head + 1} {
		l := w.listen(t, w.token["AGENT"], "?lastEventId="+strconv.FormatInt(last, 10))
		got := l.next(t)
		if got.event != "reset" || got.id != strconv.FormatInt(head, 10) || got.data["event"] != "reset" {
			t.Errorf("after %d of %d: %v", last, head, got)
		}
		l.close()
	}
	l := w.listen(t, w.token["AGENT"], "?lastEventId="+strconv.FormatInt(head-1, 10))
	if got := l.next(t); got.event != "contact.created" {
		t.Errorf("nothing is missing: %v", got)
	}
}

// TestEventsEnd ends streams in every way but the client's.
func TestEventsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	k, token := w.key(t, account.ScopeRead)
	var all []*listening
	for range 10 {
		all = append(all, w.listen(t, token, ""))
	}
	if over := w.listen(t, token, ""); over.status != 429 {
		t.Errorf("an eleventh stream: %d %s", over.status, over.body)
	}
	agent := w.listen(t, w.token["AGENT"], "")
	if err := w.accounts.RevokeKey(t.Context(), w.actor["OWNER"], k.ID); err != nil {
		t.Fatal(err)
	}
	for _, l := range all {
		l.ended(t)
	}
	if err := w.accounts.Disable(t.Context(), w.actor["OWNER"], w.actor["AGENT"].UserID); err != nil {
		t.Fatal(err)
	}
	agent.ended(t)
	viewer := w.listen(t, w.token["VIEWER"], "")
	w.api.Close()
	viewer.ended(t)
	if late := w.listen(t, w.token["VIEWER"], ""); late.status != 503 {
		t.Errorf("after the end: %d", late.status)
	}
	w.want(t, 200, "VIEWER", "GET", "/auth/me", nil)
}

// TestEventsPages replays more than one page.
func TestEventsPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.addContact(t, 0)
	l := w.listen(t, w.token["OWNER"], "?types=contact.updated")
	for i := range 250 {
		who := []string{"AGENT", "SUPERVISOR"}[i%2]
		w.want(t, 200, who, "PATCH", "/orgs/"+w.org+"/contacts/"+id, object{"name": fmt.Sprint("Person ", i)})
	}
	first := l.next(t)
	l.close()
	replay, last := w.listen(t, w.token["OWNER"], "", "Last-Event-ID", first.id), first.id
	for range 249 {
		got := replay.next(t)
		if len(got.id) < len(last) || got.id == last {
			t.Fatalf("%s comes after %s", got.id, last)
		}
		last = got.id
	}
}
