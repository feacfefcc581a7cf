package httpx_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"badala/app/errs"
	"badala/app/httpx"
)

func TestClientIP(t *testing.T) {
	t.Parallel()
	proxies, err := httpx.ParseProxies("10.0.0.0/8, 192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, peer, forwarded, want string
		proxies                     httpx.Proxies
	}{
		{"direct", "203.0.113.7:99", "", "203.0.113.7", nil},
		{"direct that lies", "203.0.113.7:99", "198.51.100.1", "203.0.113.7", proxies},
		{"no proxy trusted", "10.0.0.1:99", "198.51.100.1", "10.0.0.1", nil},
		{"one proxy", "10.0.0.1:99", "198.51.100.1", "198.51.100.1", proxies},
		{"two proxies", "10.0.0.1:99", "198.51.100.1, 192.0.2.1", "198.51.100.1", proxies},
		{"client lies through the proxy", "10.0.0.1:99", "1.2.3.4, 198.51.100.1", "198.51.100.1", proxies},
		{"rubbish", "10.0.0.1:99", "unknown", "10.0.0.1", proxies},
		{"mapped", "[::ffff:10.0.0.1]:99", "2001:db8::5", "2001:db8::5", proxies},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = tc.peer
			if tc.forwarded != "" {
				r.Header.Set("X-Forwarded-For", tc.forwarded)
			}
			if got := tc.proxies.ClientIP(r); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
	if _, err := httpx.ParseProxies("10.0.0.0/8,localhost"); err == nil {
		t.Error("a name passes as a network")
	}
}

func TestHostCheck(t *testing.T) {
	t.Parallel()
	ok := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") })
	tests := []struct {
		name, public, host, path string
		loopback                 bool
		code                     int
	}{
		{"no public address", "", "anything", "/", false, 200},
		{"the public host", "https://inbox.example.com", "INBOX.example.com", "/", false, 200},
		{"with its port", "http://inbox.example.com:8080", "inbox.example.com:8080", "/", false, 200},
		{"another", "https://inbox.example.com", "evil.example", "/", true, 421},
		{"loopback", "https://inbox.example.com", "127.0.0.1:8080", "/", false, 421},
		{"loopback in the demo", "https://inbox.example.com", "localhost:8080", "/", true, 200},
		{"health", "https://inbox.example.com", "10.1.2.3", "/healthz", false, 200},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := httpx.Front{Log: slog.New(slog.DiscardHandler), PublicURL: tc.public, AllowLoopback: tc.loopback}.Wrap(ok)
			r := httptest.NewRequest("GET", tc.path, nil)
			r.Host = tc.host
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != tc.code || w.Header().Get("X-Request-Id") == "" {
				t.Errorf("status %d, want %d; headers %v", w.Code, tc.code, w.Header())
			}
		})
	}
}

func TestPanicAndLog(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /invite/{token}", func(http.ResponseWriter, *http.Request) { panic("boom") })
	h := httpx.Front{Log: log}.Wrap(mux)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/invite/s3cret?q=personal", nil))
	if w.Code != 500 || strings.Contains(w.Body.String(), "boom") {
		t.Errorf("status %d, body %q", w.Code, w.Body)
	}
	text := out.String()
	if !strings.Contains(text, "boom") || !strings.Contains(text, "status=500") || strings.Contains(text, "s3cret") || strings.Contains(text, "personal") {
		t.Errorf("log: %s", text)
	}
}

func TestReadBody(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		body io.Reader
		kind errs.Kind
	}{
		"fits":            {strings.NewReader("12345"), 0},
		"over":            {strings.NewReader("123456"), errs.TooLarge},
		"over, unknown":   {io.MultiReader(strings.NewReader("123456")), errs.TooLarge},
		"fits, unknown":   {io.MultiReader(strings.NewReader("12345")), 0},
		"broken, unknown": {io.MultiReader(strings.NewReader("1"), errReader{}), errs.Invalid},
	} {
		w := httptest.NewRecorder()
		got, err := httpx.ReadBody(w, httptest.NewRequest("POST", "/", tc.body), 5)
		if tc.kind == 0 && (err != nil || string(got) != "12345") || tc.kind != 0 && !errs.Is(err, tc.kind) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errors.New("cut") }

func TestHandle(t *testing.T) {
	t.Parallel()
	h := httpx.Handle(func(w http.ResponseWriter, _ *http.Request, err error) {
		httpx.RetryAfter(w.Header(), err)
		w.WriteHeader(httpx.Status(err))
	}, func(http.ResponseWriter, *http.Request) error {
		return &errs.Error{Kind: errs.TooMany, RetryAfter: 1500 * time.Millisecond}
	})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != 429 || w.Header().Get("Retry-After") != "2" {
		t.Errorf("status %d, headers %v", w.Code, w.Header())
	}
}

func TestConnectionLimit(t *testing.T) {
	t.Parallel()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := httpx.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") }), slog.New(slog.DiscardHandler))
	go srv.Serve(httpx.Limit(inner, 2, 1, nil))
	t.Cleanup(func() { srv.Close() })
	get := func() (*http.Client, error) {
		c := &http.Client{Transport: &http.Transport{}, Timeout: 5 * time.Second}
		resp, err := c.Get("http://" + inner.Addr().String())
		if err == nil {
			_, err = io.Copy(io.Discard, resp.Body) // the connection stays open, idle
			resp.Body.Close()
		}
		return c, err
	}
	first, err := get()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := get(); err != nil { // loopback is exempt from the limit per address
		t.Fatal(err)
	}
	if _, err := get(); err == nil {
		t.Fatal("a third connection is served")
	}
	first.CloseIdleConnections()
	deadline := time.Now().Add(5 * time.Second)
	for {
		if _, err := get(); err == nil {
			return
		} else if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}
