package httpx_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"badala/app/httpx"
)

func TestStream(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		out := httpx.NewStream(w)
		if !out.Comment("two\nlines") || !out.Send("", "ping", []byte("{}")) || !out.Send("7", "news", []byte(`{"a":1}`)) {
			t.Error("the reader is gone")
		}
	}))
	t.Cleanup(s.Close)
	res, err := http.Get(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	want := ": two lines\n\nevent: ping\ndata: {}\n\nid: 7\nevent: news\ndata: {\"a\":1}\n\n"
	if err != nil || string(body) != want || res.Header.Get("Content-Type") != "text/event-stream; charset=utf-8" {
		t.Errorf("%q %q %v", res.Header.Get("Content-Type"), body, err)
	}
}

// TestStreamGone has a writer that cannot tell when its reader is slow: nothing is sent to it.
func TestStreamGone(t *testing.T) {
	t.Parallel()
	if httpx.NewStream(httptest.NewRecorder()).Send("", "ping", []byte("{}")) {
		t.Error("sent without a deadline")
	}
}
