package meta_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"badala/app/meta"
)

func TestUploadMedia(t *testing.T) {
	t.Parallel()
	c := graph(t, func(w http.ResponseWriter, r *http.Request) {
		file, head, err := r.FormFile("file")
		if err != nil {
			http.Error(w, "cut off", http.StatusInternalServerError)
			return
		}
		b, err := io.ReadAll(file)
		if err != nil || string(b) != "bytes" || head.Header.Get("Content-Type") != "image/png" || head.Filename != "a_b.png" ||
			r.FormValue("type") != "image/png" || r.FormValue("messaging_product") != "whatsapp" || r.ContentLength <= 0 {
			t.Errorf("%q %v %v", b, head, err)
		}
		io.WriteString(w, `{"id":1290022}`)
	})
	id, err := c.UploadMedia(t.Context(), creds, "1", "image/png", "a\"b.png", strings.NewReader("bytes"), 5)
	if err != nil || id != "1290022" {
		t.Errorf("%q %v", id, err)
	}
	if _, err := c.UploadMedia(t.Context(), creds, "1", "image/png", "short.png", strings.NewReader("by"), 5); err == nil {
		t.Error("a short file was uploaded")
	}
}

func TestMediaInfo(t *testing.T) {
	t.Parallel()
	c := graph(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v26.0/1290022" || r.URL.Query().Get("phone_number_id") != "6" {
			t.Errorf("%s", r.URL)
		}
		io.WriteString(w, `{"url":"https://lookaside.fbsbx.com/x","mime_type":"image/jpeg","sha256":"RhLHqy5ByGsKLeohS053RDtWP3+pwI2LHuOppXXj1ZI=","file_size":"184220","id":"1290022"}`)
	})
	got, err := c.MediaInfo(t.Context(), creds, "1290022", "6")
	want := meta.MediaInfo{URL: "https://lookaside.fbsbx.com/x", MimeType: "image/jpeg",
		SHA256: "4612c7ab2e41c86b0a2dea214b4e77443b563f7fa9c08d8b1ee3a9a575e3d592", Size: 184220}
	if err != nil || got != want {
		t.Errorf("%+v %v", got, err)
	}
	for _, id := range []string{"", "12a", "../1", "1/2", "1?x"} {
		if _, err := c.MediaInfo(t.Context(), creds, id, ""); err == nil {
			t.Errorf("id %q was asked for", id)
		}
	}
}

func TestDownload(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("called elsewhere: %v", r.Header) }))
	t.Cleanup(elsewhere.Close)
	c := graph(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer EAAG-token" || r.UserAgent() != "Badala" {
			t.Errorf("headers %v", r.Header)
		}
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, elsewhere.URL+"/x", http.StatusFound)
		case "/gone":
			http.NotFound(w, r)
		case "/moved":
			http.Redirect(w, r, "/file", http.StatusFound)
		default:
			w.Header().Set("Content-Type", "image/jpeg")
			io.WriteString(w, "jpeg")
		}
	})
	for _, path := range []string{"/file", "/moved"} {
		body, contentType, size, err := c.Download(t.Context(), creds, c.BaseURL+path)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(body)
		if err != nil || string(b) != "jpeg" || contentType != "image/jpeg" || size != 4 {
			t.Errorf("%s: %q %q %d %v", path, b, contentType, size, err)
		}
		if err := body.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, _, _, err := c.Download(t.Context(), creds, c.BaseURL+"/away"); !errors.Is(err, meta.ErrForeignHost) {
		t.Errorf("redirect away: %v", err)
	}
	_, _, _, err := c.Download(t.Context(), creds, c.BaseURL+"/gone")
	if e, ok := errors.AsType[*meta.Error](err); !ok || e.HTTPStatus != 404 {
		t.Errorf("gone: %v", err)
	}
	for _, address := range []string{
		elsewhere.URL + "/x", "http://lookaside.fbsbx.com/x", "https://fbsbx.com.evil.test/x", "https://evilfbsbx.com/x",
		"https://a@lookaside.fbsbx.com/x", "https://lookaside.fbsbx.com:8443/x", "file:///etc/passwd", "https:lookaside.fbsbx.com", "", "://",
	} {
		if _, _, _, err := c.Download(t.Context(), creds, address); !errors.Is(err, meta.ErrForeignHost) {
			t.Errorf("%q: %v, want a foreign host", address, err)
		}
	}
}
