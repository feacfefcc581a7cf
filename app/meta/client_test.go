package meta_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"badala/app/meta"
)

var creds = meta.Creds{AccessToken: "EAAG-token", AppSecret: "shh"}

const accepted = `{"messaging_product":"whatsapp","contacts":[{"input":"+46701740611","wa_id":"46701740611","user_id":"SE.1"}],
	"messages":[{"id":"wamid.ok","message_status":"accepted"}]}`

func graph(t testing.TB, h http.HandlerFunc) *meta.Client {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return meta.New(srv.URL, "v26.0")
}

func send(t testing.TB, c *meta.Client) (meta.SendResult, error) {
	t.Helper()
	return c.Send(t.Context(), creds, "601448210093142", map[string]string{"type": "text"})
}

func TestSend(t *testing.T) {
	t.Parallel()
	c := graph(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || string(body) != `{"type":"text"}` || r.URL.Path != "/v26.0/601448210093142/messages" ||
			r.Header.Get("Authorization") != "Bearer EAAG-token" || len(r.URL.Query().Get("appsecret_proof")) != 64 || r.UserAgent() != "Badala" {
			t.Errorf("request %s %s %v %s", r.Method, r.URL, r.Header, body)
		}
		io.WriteString(w, accepted)
	})
	got, err := send(t, c)
	if err != nil || got != (meta.SendResult{MessageID: "wamid.ok", WaID: "46701740611", UserID: "SE.1", MessageStatus: "accepted"}) {
		t.Errorf("%+v %v", got, err)
	}
}

func hijack(t testing.TB, w http.ResponseWriter, answer string) {
	t.Helper()
	conn, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, answer); err != nil {
		t.Error(err)
	}
	if tcp, ok := conn.(*net.TCPConn); ok && answer == "" {
		_ = tcp.SetLinger(0)
	}
}

func TestUnknownOutcomes(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]http.HandlerFunc{
		"reset after the body": func(w http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body); hijack(t, w, "") },
		"cut off answer": func(w http.ResponseWriter, r *http.Request) {
			hijack(t, w, "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"mess")
		},
		"html 502": func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "<html>bad gateway", http.StatusBadGateway)
		},
		"empty 500":       func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) },
		"truncated json":  func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, accepted[:40]) },
		"no message id":   func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"messages":[]}`) },
		"never an answer": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calls := make(chan struct{}, 9)
			c := graph(t, func(w http.ResponseWriter, r *http.Request) {
				calls <- struct{}{}
				io.Copy(io.Discard, r.Body)
				h(w, r)
			})
			c.CallTimeout = 300 * time.Millisecond
			_, err := send(t, c)
			e, ok := errors.AsType[*meta.SendError](err)
			if !ok || !e.Sent {
				t.Errorf("error %v, want an unknown outcome", err)
			}
			if len(calls) != 1 {
				t.Errorf("%d calls", len(calls))
			}
			if err != nil && (strings.Contains(err.Error(), "EAAG") || strings.Contains(err.Error(), "proof")) {
				t.Errorf("secret in %v", err)
			}
		})
	}
}

func TestNothingLeft(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(nil)
	refused := meta.New(closed.URL, "")
	closed.Close()

	slow := meta.New("http://graph.test", "")
	slow.CallTimeout = 50 * time.Millisecond
	slow.HTTP = &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}}
	for name, c := range map[string]*meta.Client{
		"refused":      refused,
		"dial timeout": slow,
		"bad address":  meta.New("http://%%%", ""),
	} {
		_, err := send(t, c)
		if e, ok := errors.AsType[*meta.SendError](err); !ok || e.Sent {
			t.Errorf("%s: %v, want nothing sent", name, err)
		}
	}
	_, err := refused.Send(t.Context(), creds, "../debug_token", nil)
	if e, ok := errors.AsType[*meta.SendError](err); !ok || e.Sent {
		t.Errorf("odd id: %v", err)
	}
	_, err = refused.Send(t.Context(), creds, "1", make(chan int))
	if e, ok := errors.AsType[*meta.SendError](err); !ok || e.Sent {
		t.Errorf("odd payload: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		status     int
		code       int
		kind       meta.Kind
	}{
		{"graph error", `{"error":{"code":131047,"message":"x"}}`, 400, 131047, meta.Fail},
		{"graph error with 500", `{"error":{"code":131000}}`, 500, 131000, meta.RetryMessage},
		{"graph error with 200", `{"error":{"code":190}}`, 200, 190, meta.HoldChannel},
		{"429 without json", `slow down`, 429, meta.NoCode, meta.RetryNumber},
		{"403 of a proxy", `<html>`, 403, meta.NoCode, meta.Unmapped},
		{"redirect", ``, 302, meta.NoCode, meta.Unmapped},
	}
	for _, tt := range tests {
		c := graph(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "7")
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.WriteHeader(tt.status)
			io.WriteString(w, tt.body)
		})
		_, err := send(t, c)
		e, ok := errors.AsType[*meta.Error](err)
		if !ok || e.Code != tt.code || e.HTTPStatus != tt.status || e.Verdict().Kind != tt.kind || e.RetryAfter != 7*time.Second {
			t.Errorf("%s: %+v", tt.name, err)
		}
	}
}

func TestMarkRead(t *testing.T) {
	t.Parallel()
	var got string
	c := graph(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got = string(b)
		io.WriteString(w, `{"success":true}`)
	})
	if err := c.MarkRead(t.Context(), creds, "1", "wamid.x", true); err != nil {
		t.Fatal(err)
	}
	if want := `{"message_id":"wamid.x","messaging_product":"whatsapp","status":"read","typing_indicator":{"type":"text"}}`; got != want {
		t.Errorf("%s", got)
	}
}
