package sim_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"badala/app/meta/sim"
)

// page is somebody who uses the control API.
type page struct {
	t   testing.TB
	url string
}

func newPage(t testing.TB, w *world) *page {
	t.Helper()
	srv := httptest.NewServer(http.StripPrefix("/simulator/api", w.Control()))
	t.Cleanup(srv.Close)
	return &page{t, srv.URL + "/simulator/api"}
}

// call makes a call and gives the answer; body "" is a GET.
func (p *page) call(status int, path, body string) map[string]any {
	p.t.Helper()
	method := http.MethodPost
	if body == "" {
		method = http.MethodGet
	}
	req, err := http.NewRequestWithContext(p.t.Context(), method, p.url+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer res.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(res.Body).Decode(&out); err != nil || res.StatusCode != status {
		p.t.Errorf("%s: %d %v %v, want %d", path, res.StatusCode, err, out, status)
	}
	return out
}

func TestControl(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{})
	p := newPage(t, w)
	id, _ := p.call(200, "/customers", `{"name":"Dana","phone":"+1 310 555 0117"}`)["id"].(string)
	for _, kind := range []string{"text", "picture", "voice", "document", "location", "contact", "order", "ad", "unsupported", "broken"} {
		p.call(200, "/customers/"+id+"/send", `{"type":"`+kind+`","text":"hello"}`)
	}
	wantNews(t, w.flush(t), "text", "image", "audio", "document", "location", "contacts", "order", "text", "unsupported", "video")

	tmpl, err := w.send(t, template("visit_reminder", "en_US", m{"type": "text", "parameter_name": "day", "text": "Monday"},
		m{"type": "text", "parameter_name": "first_name", "text": "Dana"}))
	if err != nil {
		t.Fatal(err)
	}
	quoted, err := json.Marshal(tmpl.MessageID)
	if err != nil {
		t.Fatal(err)
	}
	p.call(200, "/customers/"+id+"/tap", `{"messageId":`+string(quoted)+`,"buttonId":"Confirm"}`)
	p.call(200, "/customers/"+id+"/react", `{"messageId":`+string(quoted)+`,"emoji":"👍"}`)
	p.call(200, "/customers/"+id+"/read", `{}`)
	p.call(200, "/customers/"+id+"/set", `{"open":true,"offline":false,"stopMarketing":true}`)
	p.call(200, "/customers/"+id+"/call", `{}`)
	p.call(200, "/customers/"+id+"/fail", `{"messageId":`+string(quoted)+`,"code":131049}`)
	wantNews(t, w.flush(t)[10:], "sent", "delivered", "button", "reaction", "read", "user_preferences", "calls", "failed")

	thread := p.call(200, "/customers/"+id, "")
	messages, _ := thread["messages"].([]any)
	if len(messages) != 12 {
		t.Fatalf("%d messages", len(messages))
	}
	picture, _ := messages[1].(map[string]any)
	media, _ := picture["media"].(map[string]any)
	res, err := http.Get(p.url + "/media/" + media["id"].(string))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if b, err := io.ReadAll(res.Body); err != nil || !bytes.Equal(b, sim.SamplePicture()) || res.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("picture: %v %v", err, res.Header)
	}
	state := p.call(200, "/state", "")
	if n, _ := state["numbers"].([]any); len(n) != 1 || len(state["customers"].([]any)) != 1 {
		t.Errorf("%v", state)
	}
}

func TestControlRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{})
	p := newPage(t, w)
	id := w.Customer(sim.Customer{Phone: "13105550117"}).ID()
	p.call(404, "/customers/none/send", `{"text":"x"}`)
	p.call(404, "/customers/"+id+"/send", `{"text":"x","number":"1"}`)
	p.call(404, "/customers/"+id+"/tap", `{"messageId":"x"}`)
	p.call(404, "/customers/"+id+"/react", `{}`)
	p.call(400, "/customers/"+id+"/send", `{"text":""}`)
	p.call(400, "/customers/"+id+"/send", `{"type":"hologram"}`)
	p.call(400, "/customers/"+id+"/send", `{`)
	p.call(400, "/customers", `{"phone":"12"}`)
	p.call(400, "/customers/"+id+"/set", `{"newNumber":"x"}`)
	p.call(404, "/customers/none", "")
}

func TestControlBehaviour(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{})
	p := newPage(t, w)
	p.call(200, "/behaviour", `{"delayMs":5,"failNext":2,"failCode":131056,"dropStatuses":true}`)
	if b := w.Behaviour(); b.Delay.Milliseconds() != 5 || b.FailNext != 2 || b.FailCode != 131056 || !b.DropStatuses {
		t.Errorf("%+v", b)
	}
	got, _ := p.call(200, "/state", "")["behaviour"].(map[string]any)
	if got["delayMs"] != 5.0 || got["failNext"] != 2.0 {
		t.Errorf("%v", got)
	}
}

func TestControlFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{})
	p := newPage(t, w)
	id := w.Customer(sim.Customer{Phone: "13105550117"}).ID()
	res, err := http.Post(p.url+"/customers/"+id+"/file?kind=video&caption=Look", "video/mp4", strings.NewReader("mp4"))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if m := w.lastMessage(t); m.Type != "video" || m.Media.Caption != "Look" || m.Media.MimeType != "video/mp4" {
		t.Errorf("%+v", m)
	}
}

func TestControlEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{})
	p := newPage(t, w)
	req, err := http.NewRequestWithContext(soon(t), http.MethodGet, p.url+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	next := func() string {
		for lines.Scan() {
			if lines.Text() != "" {
				return lines.Text()
			}
		}
		return ""
	}
	first := next()
	w.Customer(sim.Customer{Phone: "13105550117"})
	if second := next(); !strings.HasPrefix(first, `data: {"rev":`) || second == first || second == "" {
		t.Errorf("%q then %q", first, second)
	}
}
