package app_test

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"badala/app"
	"badala/app/db"
	"badala/app/inbox"
	"badala/app/meta/sim"
)

// TestMetrics reads the series as a program would, and from where it may.
func TestMetrics(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(c *app.Config) { c.MetricsToken = "let-me-look" })
	s.customer("966555000101", "Mona").SendText(s.number.PhoneNumberID, "hello there")
	s.settle()
	conv, err := db.ParseID("conv", s.conversations()[0])
	ok(t, err)
	for _, b := range []sim.Behaviour{{}, {ResetAfterBody: 1, Lost: true}, {FailNext: 1, FailCode: 424242}} {
		s.sim.Misbehave(b)
		_, err := s.Inbox.Send(t.Context(), s.owner, conv, inbox.SendInput{Type: inbox.TypeText, Body: "hello back"})
		ok(t, err)
	}
	ok(t, s.Backups.Start(t.Context(), s.owner))
	s.settle()
	ask := func(header ...string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL()+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(header); i += 2 {
			if header[i] == "Host" {
				req.Host = header[i+1]
			}
			req.Header.Set(header[i], header[i+1])
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(body)
	}
	code, text := ask()
	if code != http.StatusOK {
		t.Fatal(code, text)
	}
	line := regexp.MustCompile(`^(#.*|[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-zA-Z_][a-zA-Z0-9_]*="[^"\n]*",? ?)*\})? [-+0-9.eEInfNa]+)$`)
	for l := range strings.Lines(text) {
		if l = strings.TrimSuffix(l, "\n"); l != "" && !line.MatchString(l) {
			t.Errorf("not a series: %q", l)
		}
	}
	for _, want := range []string{`badala_http_requests_total{group="meta",status="200"}`, "badala_messages_received_total 1", `badala_http_request_seconds{group="meta",quantile="0.99"}`,
		`badala_sends_total{outcome="sent"} 1`, `badala_sends_total{outcome="unconfirmed"} 1`, `badala_sends_total{outcome="failed"} 1`, "badala_send_errors_unmapped_total 1",
		"badala_send_seconds_count 3", "badala_backup_age_seconds",
		"badala_db_commits_total", "badala_db_wal_bytes", "badala_db_bytes", "badala_disk_free_bytes", "badala_live_pages 0", `badala_deliveries{state="waiting"} 0`, "go_memstats_alloc_bytes"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s", want)
		}
	}
	for _, secret := range []string{"Mona", "966555000101", "Walnut", s.number.PhoneNumberID} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is among the metrics", secret)
		}
	}
	for _, c := range []struct {
		header []string
		want   int
	}{
		{[]string{"X-Forwarded-For", "192.0.2.7"}, http.StatusForbidden}, {[]string{"X-Real-IP", "192.0.2.7"}, http.StatusForbidden},
		{[]string{"Host", "inbox.example.com"}, http.StatusForbidden}, {[]string{"X-Forwarded-For", "192.0.2.7", "Authorization", "Bearer wrong"}, http.StatusForbidden},
		{[]string{"X-Forwarded-For", "192.0.2.7", "Authorization", "Bearer let-me-look"}, http.StatusOK},
	} {
		if code, _ := ask(c.header...); code != c.want {
			t.Errorf("%v: %d, want %d", c.header, code, c.want)
		}
	}
}
