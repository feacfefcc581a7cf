package app_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"badala/app"
	"badala/app/db"
)

// checked runs `badala check`.
func checked(args ...string) (status int, out string) {
	var all bytes.Buffer
	status = app.Main(append([]string{"badala", "check"}, args...), strings.NewReader(""), &all, &all)
	return status, all.String()
}

// TestCheck looks at a server that runs, at what is wrong with it, and at what
// is no database.
func TestCheck(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		res, err := http.Get(s.URL() + r.URL.Path)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer res.Body.Close()
		_, _ = io.Copy(w, res.Body)
	}))
	defer front.Close()
	file := s.DB.Path()
	status, out := checked("--db", file, "--graph-url", front.URL, "--public-url", front.URL)
	for _, want := range []string{"The database is whole", "has schema version", "Meta can be reached", "The clock is right", front.URL + " answers", "look  The public address", "BADALA_SECRET_KEY"} {
		if !strings.Contains(out, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if status != 0 {
		t.Errorf("status %d:\n%s", status, out)
	}
	if status, out = checked("--db", file, "--graph-url", front.URL, "--public-url", front.URL, "--quick", "--strict"); status != 1 || strings.Contains(out, "WRONG") || !strings.Contains(out, "worth a look") {
		t.Errorf("strict: status %d:\n%s", status, out)
	}
	status, out = checked("--db", file, "--graph-url", "http://127.0.0.1:1", "--public-url", "http://127.0.0.1:1", "--quick")
	if status != 1 || !strings.Contains(out, "WRONG Meta cannot be reached") || !strings.Contains(out, "cannot be reached from here") || strings.Contains(out, "is whole") {
		t.Errorf("status %d:\n%s", status, out)
	}
	if err := s.DB.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE channel SET quality = 'RED'`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	status, out = checked("--db", file, "--graph-url", front.URL, "--quick")
	if status != 1 || !strings.Contains(out, "rates the quality of WhatsApp as low") || !strings.Contains(out, "Send broadcasts only") {
		t.Errorf("status %d:\n%s", status, out)
	}
	status, out = checked("--db", filepath.Join(t.TempDir(), "none.db"))
	if status != 1 || !strings.Contains(out, "there is no database") {
		t.Errorf("status %d:\n%s", status, out)
	}
}
