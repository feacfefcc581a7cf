package media_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"badala/app/errs"
	"badala/app/media"
)

func TestGuard(t *testing.T) {
	t.Parallel()
	strict, err := media.NewGuard(nil)
	if err != nil {
		t.Fatal(err)
	}
	strict.SetOwn(netip.MustParseAddr("203.0.114.9"), netip.MustParseAddr("2a00:1450::9"))
	listing, err := media.NewGuard([]string{
		"127.0.0.1:5678", "192.168.1.0/24", "n8n.lan:5678", "10.1.2.3", "fd12::/16",
		"169.254.0.0/16", "0.0.0.0/0", "::/0",
	})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		addr           string
		strict, listed bool // reachable
	}{
		{"93.184.215.14:443", true, true},
		{"93.184.215.14:8443", true, true},
		{"[2606:2800:21f:cb07:6820:80da:af6b:8b2c]:443", true, true},
		{"203.0.114.9:443", false, true}, // our own
		{"[2a00:1450::9]:80", false, true},
		{"127.0.0.1:5678", false, true},
		{"127.0.0.1:80", false, true},
		{"192.168.1.7:80", false, true},
		{"10.1.2.3:80", false, true},
		{"172.16.0.1:80", false, true},
		{"100.64.0.1:80", false, true},
		{"[::1]:80", false, true},
		{"[fd12::1]:80", false, true},
		{"[::ffff:127.0.0.1]:80", false, true},
		{"[64:ff9b::7f00:1]:80", false, true},
		{"[2002:7f00:1::]:80", false, true},
		// never, whatever is listed
		{"169.254.169.254:80", false, false},
		{"[::ffff:169.254.169.254]:80", false, false},
		{"[fe80::1]:80", false, false},
		{"[fe80::1%eth0]:80", false, false},
		{"[fd00:ec2::254]:80", false, false},
		{"168.63.129.16:80", false, false},
		{"100.100.100.200:80", false, false},
		{"0.0.0.0:80", false, false},
		{"0.1.2.3:80", false, false},
		{"[::]:80", false, false},
		{"224.0.0.1:80", false, false},
		{"255.255.255.255:80", false, false},
		{"[ff02::1]:80", false, false},
		{"[64:ff9b::a9fe:a9fe]:80", false, false}, // 169.254.169.254 by NAT64
		{"[2002:a9fe:a9fe::]:80", false, false},   // by 6to4
		{"[::169.254.169.254]:80", false, false},  // in the old form
		{"[2002:a83f:8110::1]:443", false, false}, // 168.63.129.16
	}
	for _, test := range tests {
		addr := netip.MustParseAddrPort(test.addr)
		if err := strict.Check(addr); (err == nil) != test.strict || err != nil && !media.Blocked(err) {
			t.Errorf("%s: %v", test.addr, err)
		}
		if err := listing.Check(addr); (err == nil) != test.listed {
			t.Errorf("%s listed: %v", test.addr, err)
		}
	}
	exact, err := media.NewGuard([]string{"127.0.0.1:5678"})
	if err != nil {
		t.Fatal(err)
	}
	if err := exact.Check(netip.MustParseAddrPort("127.0.0.1:5679")); !media.Blocked(err) || !strings.Contains(err.Error(), "BADALA_WEBHOOK_ALLOW") {
		t.Errorf("another port: %v", err)
	}
	if _, err := media.NewGuard([]string{"what is this"}); err == nil {
		t.Error("nonsense was taken")
	}
}

// TestOwnPorts holds that a listed network does not open this server itself.
func TestOwnPorts(t *testing.T) {
	t.Parallel()
	g, err := media.NewGuard([]string{"127.0.0.0/8", "::1", "203.0.114.0/24", "127.0.0.1:9090", "badala.lan:8080"})
	if err != nil {
		t.Fatal(err)
	}
	g.SetOwn(netip.MustParseAddr("203.0.114.9"))
	g.DenyPorts(8080, 9090)
	for addr, reachable := range map[string]bool{
		"127.0.0.1:8080": false, "127.1.2.3:8080": false, "[::1]:8080": false, "203.0.114.9:8080": false, "[::ffff:127.0.0.1]:8080": false,
		"127.0.0.1:8081": true, "203.0.114.8:8080": true, "127.0.0.1:9090": true,
	} {
		if err := g.Check(netip.MustParseAddrPort(addr)); (err == nil) != reachable {
			t.Errorf("%s: %v", addr, err)
		}
	}
}

func TestFetchURL(t *testing.T) {
	t.Parallel()
	png := encode(t, "png", pattern(20, 10))
	mux := http.NewServeMux()
	mux.HandleFunc("/photo.png", func(w http.ResponseWriter, _ *http.Request) { w.Write(png) })
	mux.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/photo.png", http.StatusFound) })
	mux.HandleFunc("/large", func(w http.ResponseWriter, _ *http.Request) { w.Write(bytes.Repeat([]byte("x"), 5000)) })
	mux.HandleFunc("/cut", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		w.Write([]byte("only this"))
	})
	mux.HandleFunc("/named", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Disposition", `attachment; filename="report.pdf"`)
		w.Write([]byte("%PDF-1.7\n"))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	w := open(t, media.Options{Allow: []string{strings.TrimPrefix(server.URL, "http://")}})
	closed := open(t, media.Options{})

	m, err := w.FetchURL(t.Context(), org, server.URL+"/photo.png", media.StoreOptions{})
	if err != nil || m.FileName != "photo.png" || m.ContentType != "image/png" || m.Width != 20 {
		t.Errorf("%+v %v", m, err)
	}
	if m, err = w.FetchURL(t.Context(), org, server.URL+"/named", media.StoreOptions{}); err != nil || m.FileName != "report.pdf" {
		t.Errorf("%+v %v", m, err)
	}
	before := w.rows(t)
	tests := []struct {
		w         world
		url, says string
		kind      errs.Kind
	}{
		{w, server.URL + "/moved", "redirect", errs.Invalid},
		{w, server.URL + "/absent", "404", errs.Invalid},
		{w, server.URL + "/large", "larger than", errs.TooLarge},
		{w, server.URL + "/cut", "cannot be reached", errs.Invalid},
		{w, "ftp://example.com/x", "https://", errs.Invalid},
		{w, "http://example.com/x", "https://", errs.Invalid},
		{w, "https://user:secret@example.com/x", "user name", errs.Invalid},
		{w, "https://", "not an address", errs.Invalid},
		{w, "https://127.0.0.1:1/x", "BADALA_WEBHOOK_ALLOW", errs.Invalid},
		{closed, strings.Replace(server.URL, "http:", "https:", 1) + "/photo.png", "not a public address", errs.Invalid},
		{closed, "https://[::ffff:169.254.169.254]/latest", "never a target", errs.Invalid},
		{closed, "https://localhost/x", "not a public address", errs.Invalid},
	}
	for _, test := range tests {
		_, err := test.w.FetchURL(t.Context(), org, test.url, media.StoreOptions{MaxSize: 4000})
		if !errs.Is(err, test.kind) || !strings.Contains(said(err), test.says) {
			t.Errorf("%s: %v", test.url, err)
		}
	}
	if after := w.rows(t); after != before {
		t.Errorf("rows %v, before %v", after, before)
	}
}

// said is what the caller is shown.
func said(err error) string {
	e := errs.As(err)
	if e == nil {
		return fmt.Sprint(errors.Unwrap(err))
	}
	return e.Message + " " + strings.Join(e.Details, " ")
}
