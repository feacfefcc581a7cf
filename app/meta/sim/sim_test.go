package sim_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"badala/app/meta"
	"badala/app/meta/sim"
)

const pnid = "601448210093142"

var creds = meta.Creds{AccessToken: "EAAG-simulated", AppSecret: "simulated-secret"}

func number() sim.Number {
	return sim.Number{
		PhoneNumberID: pnid, WABAID: "702331948820117", DisplayPhoneNumber: "+1 212-555-0142", VerifiedName: "Walnut Works",
		AccessToken: creds.AccessToken, AppSecret: creds.AppSecret, AppID: "5512", VerifyToken: "verify-me",
	}
}

// world is a simulator, a client of it, and a callback that keeps what it gets.
type world struct {
	*sim.Sim
	client *meta.Client

	mu       sync.Mutex
	news     []string // "status sent wamid", "text hello"
	messages []meta.Message
	statuses []meta.Status
	refuse   int // how many webhooks to refuse first
	badSigns int
}

func newWorld(t testing.TB, opts sim.Options) *world {
	t.Helper()
	w := &world{Sim: sim.New(opts)}
	callback := httptest.NewServer(http.HandlerFunc(w.receive))
	graph := httptest.NewServer(w.Sim)
	t.Cleanup(func() { w.Close(); graph.Close(); callback.Close() })
	w.AddNumber(number())
	w.SetCallback(callback.URL + "/webhooks/whatsapp")
	w.client = meta.New(graph.URL, "")
	return w
}

func (w *world) receive(rw http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		if r.URL.Query().Get("hub.verify_token") == "verify-me" {
			io.WriteString(rw, r.URL.Query().Get("hub.challenge"))
		}
		return
	}
	body, err := io.ReadAll(r.Body)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil || !meta.Verify(creds.AppSecret, r.Header.Get(meta.SignatureHeader), body) {
		w.badSigns++
		rw.WriteHeader(http.StatusUnauthorized)
		return
	}
	if w.refuse > 0 {
		w.refuse--
		rw.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	hook, err := meta.ParseWebhook(body)
	if err != nil || bytes.ContainsFunc(body, func(c rune) bool { return c > 127 }) {
		w.badSigns++
		return
	}
	for _, e := range hook.Entries {
		for _, c := range e.Changes {
			w.keep(c)
		}
	}
}

func (w *world) keep(c meta.Change) {
	for _, raw := range c.Value.Messages {
		if m, err := meta.ParseMessage(raw); err == nil {
			w.messages = append(w.messages, m)
			w.news = append(w.news, m.Type)
		}
	}
	for _, raw := range c.Value.Statuses {
		if st, err := meta.ParseStatus(raw); err == nil {
			w.statuses = append(w.statuses, st)
			w.news = append(w.news, st.Status)
		}
	}
	if c.Field != "messages" {
		w.news = append(w.news, c.Field)
	}
}

func (w *world) flush(t testing.TB) []string {
	t.Helper()
	if err := w.Flush(soon(t)); err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.badSigns > 0 {
		t.Errorf("%d webhooks were signed or written wrongly", w.badSigns)
	}
	return slices.Clone(w.news)
}

func (w *world) lastMessage(t testing.TB) meta.Message {
	t.Helper()
	w.flush(t)
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.messages) == 0 {
		t.Fatal("no message arrived")
	}
	return w.messages[len(w.messages)-1]
}

func soon(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func text(to, body string) map[string]any {
	return map[string]any{
		"messaging_product": "whatsapp", "recipient_type": "individual", "to": to, "type": "text",
		"text": map[string]any{"body": body}, "biz_opaque_callback_data": "b1.x.1.1",
	}
}

func (w *world) send(t testing.TB, payload any) (meta.SendResult, error) {
	t.Helper()
	return w.client.Send(soon(t), creds, pnid, payload)
}

func wantNews(t testing.TB, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("news %v, want %v", got, want)
	}
}

func TestSendRoundTrip(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{})
	nora := w.Customer(sim.Customer{Phone: "+46 70 174 06 11", Name: "Nora", Username: "nora.l", UserID: "SE.48210937465511820934"})
	got, err := w.send(t, text("+46701740611", "We hold it until Friday. 😊"))
	if err != nil || got.WaID != "46701740611" || got.UserID != "SE.48210937465511820934" || got.MessageID == "" {
		t.Fatalf("%+v %v", got, err)
	}
	m, err := nora.WaitFor(soon(t), func(m sim.PhoneMessage) bool { return m.Status == "delivered" })
	if err != nil || m.Text != "We hold it until Friday. 😊" || m.ID != got.MessageID {
		t.Fatalf("%+v %v", m, err)
	}
	nora.Read(m.ID)
	nora.Read(m.ID)
	wantNews(t, w.flush(t), "sent", "delivered", "read")
	for _, st := range w.statuses {
		if st.ID != got.MessageID || st.Opaque != "b1.x.1.1" || st.RecipientID != "46701740611" || st.Timestamp.IsZero() {
			t.Errorf("status %+v", st)
		}
	}
	sends := w.Sends()
	if len(sends) != 1 || sends[0].Outcome != "accepted" || sends[0].Opaque != "b1.x.1.1" || sends[0].MessageID != got.MessageID {
		t.Errorf("sends %+v", sends)
	}
}

func TestPhoneStates(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{StatusDelay: time.Millisecond})
	p := w.Customer(sim.Customer{Phone: "447700900321"})
	p.SetOffline(true)
	if _, err := w.send(t, text("447700900321", "one")); err != nil {
		t.Fatal(err)
	}
	wantNews(t, w.flush(t), "sent")
	p.SetOpen(true)
	p.SetOffline(false)
	if _, err := p.WaitFor(soon(t), func(m sim.PhoneMessage) bool { return m.Status == "read" }); err != nil {
		t.Fatal(err)
	}
	wantNews(t, w.flush(t), "sent", "delivered", "read")
}

func TestUserIDs(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{})
	p := w.Customer(sim.Customer{UserID: "SA.55180273390164427710", Name: "Bilal"})
	p.SendText(pnid, "Good morning")
	m := w.lastMessage(t)
	if m.From != "" || m.FromUserID != "SA.55180273390164427710" {
		t.Errorf("%+v", m)
	}
	payload := text("", "Hello")
	delete(payload, "to")
	payload["recipient"] = "SA.55180273390164427710"
	got, err := w.send(t, payload)
	if err != nil || got.WaID != "" || got.UserID == "" {
		t.Errorf("%+v %v", got, err)
	}
	wantNews(t, w.flush(t), "text", "sent", "delivered")
	if _, err := w.send(t, text("SA.55180273390164427710", "into the void")); err != nil {
		t.Error(err)
	}
	if sends := w.Sends(); sends[1].Outcome != "vanished" || len(p.Thread(pnid)) != 2 {
		t.Errorf("a user id in to was delivered: %+v", sends[1])
	}
	p.ChangeUserID()
	if m := w.lastMessage(t); m.System == nil || m.System.PreviousUserID != "SA.55180273390164427710" || m.System.UserID != p.Who().UserID {
		t.Errorf("%+v", m)
	}
}

func TestMediaRoundTrip(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sim.Options{})
	p := w.Customer(sim.Customer{Phone: "33639980042"})
	ctx := soon(t)
	id, err := w.client.UploadMedia(ctx, creds, pnid, "audio/ogg; codecs=opus", "v.ogg", bytes.NewReader(sim.SampleVoice()), int64(len(sim.SampleVoice())))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.send(t, map[string]any{"messaging_product": "whatsapp", "to": "33639980042", "type": "audio",
		"audio": map[string]any{"id": id, "voice": true}}); err != nil {
		t.Fatal(err)
	}
	got, err := p.WaitFor(ctx, func(m sim.PhoneMessage) bool { return m.Type == "audio" })
	if err != nil || !bytes.Equal(got.Media, sim.SampleVoice()) || !got.Voice {
		t.Errorf("%+v %v", got.Type, err)
	}
	_, err = w.send(t, map[string]any{"messaging_product": "whatsapp", "to": "33639980042", "type": "image", "image": map[string]any{"id": id}})
	if e, ok := errors.AsType[*meta.Error](err); !ok || e.Code != 131053 {
		t.Errorf("a voice note was sent as a picture: %v", err)
	}

	p.SendPicture(pnid, "Like this one")
	m := w.lastMessage(t)
	info, err := w.client.MediaInfo(ctx, creds, m.Media.ID, pnid)
	if err != nil || info.SHA256 != meta.MediaHash(m.Media.SHA256) || info.Size != int64(len(sim.SamplePicture())) {
		t.Fatalf("%+v %v", info, err)
	}
	for _, address := range []string{info.URL, m.Media.URL} {
		body, contentType, _, err := w.client.Download(ctx, creds, address)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(body)
		if err != nil || body.Close() != nil || contentType != "image/jpeg" || !bytes.Equal(b, sim.SamplePicture()) {
			t.Errorf("%s %v", contentType, err)
		}
	}
	for _, bad := range []struct{ token, agent, address string }{
		{"other", "Badala", info.URL}, {creds.AccessToken, "", info.URL}, {creds.AccessToken, "Badala", info.URL + "0"},
	} {
		c := meta.New(w.client.BaseURL, "")
		c.UserAgent = bad.agent
		if _, _, _, err := c.Download(ctx, meta.Creds{AccessToken: bad.token}, bad.address); err == nil {
			t.Errorf("%+v: downloaded", bad)
		}
	}
	if err := w.client.DeleteMedia(ctx, creds, m.Media.ID); err != nil {
		t.Error(err)
	}
	if _, err := w.client.MediaInfo(ctx, creds, m.Media.ID, ""); err == nil {
		t.Error("a deleted file is still there")
	}
}

func TestMediaAddressExpires(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	now := time.Now()
	w := newWorld(t, sim.Options{Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return now }})
	ctx := soon(t)
	id, err := w.client.UploadMedia(ctx, creds, pnid, "image/jpeg", "p.jpg", bytes.NewReader(sim.SamplePicture()), int64(len(sim.SamplePicture())))
	if err != nil {
		t.Fatal(err)
	}
	info, err := w.client.MediaInfo(ctx, creds, id, "")
	if err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	now = now.Add(6 * time.Minute)
	mu.Unlock()
	_, _, _, err = w.client.Download(ctx, creds, info.URL)
	if e, ok := errors.AsType[*meta.Error](err); !ok || e.HTTPStatus != 404 {
		t.Errorf("an old address: %v", err)
	}
}
