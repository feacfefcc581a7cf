package app_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"badala/app"
)

// authority is a certificate authority on this machine, as real as Let's
// Encrypt's own test server.
type authority struct {
	directory, rootsFile, management string
	client                           *http.Client
}

// newAuthority starts Pebble, which asks for proof at the given ports. Its
// binary is named by BADALA_PEBBLE_BIN.
func newAuthority(t *testing.T, plain, encrypted string) authority {
	t.Helper()
	bin := os.Getenv("BADALA_PEBBLE_BIN")
	if bin == "" {
		if os.Getenv("BADALA_REQUIRE_ALL") == "1" {
			t.Fatal("BADALA_PEBBLE_BIN does not name a certificate authority")
		}
		t.Skip("SKIPPED: BADALA_PEBBLE_BIN does not name a certificate authority (pebble)")
	}
	dir := t.TempDir()
	certFile, keyFile := selfSigned(t, dir)
	listen, management := freePort(t), freePort(t)
	config, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": "127.0.0.1:" + listen, "managementListenAddress": "127.0.0.1:" + management, "certificate": certFile, "privateKey": keyFile,
		"httpPort": number(t, plain), "tlsPort": number(t, encrypted), "domainBlocklist": []string{"blocked.test"},
		"profiles": map[string]any{"default": map[string]any{"description": "90 days", "validityPeriod": 90 * 24 * 3600}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "pebble.json")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), bin, "-config", file)
	cmd.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0")
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // it ends with the test's context
	a := authority{directory: "https://127.0.0.1:" + listen + "/dir", management: "https://127.0.0.1:" + management, rootsFile: certFile, client: trusting(content(t, certFile))}
	within(t, 20*time.Second, "the certificate authority answers", func() bool {
		res, err := a.client.Get(a.directory)
		if err != nil {
			return false
		}
		res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
	return a
}

// root is whom to trust for the certificates that the authority gives.
func (a authority) root(t *testing.T) []byte {
	t.Helper()
	res, err := a.client.Get(a.management + "/roots/0")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// trusting is a client that follows no redirects and trusts only root.
func trusting(root []byte) *http.Client {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(root)
	return &http.Client{
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func TestTheServerGetsItsOwnCertificate(t *testing.T) {
	t.Parallel()
	plain, encrypted := freePort(t), freePort(t)
	ca := newAuthority(t, plain, encrypted)
	dir := t.TempDir()
	stopped(t, app.Config{
		DB: filepath.Join(dir, "badala.db"), Listen: "127.0.0.1:" + encrypted, PublicURL: "https://localhost",
		TLS: app.TLSConfig{Domain: "localhost", HTTPListen: "127.0.0.1:" + plain, Directory: ca.directory, RootsFile: ca.rootsFile},
	})
	client := trusting(ca.root(t))
	page := "https://localhost:" + encrypted
	var res *http.Response
	within(t, 60*time.Second, "a page comes under the certificate", func() (ok bool) {
		var err error
		if res, err = client.Get(page + "/signin"); err != nil {
			return false
		}
		res.Body.Close()
		return true
	})
	if res.ProtoMajor != 2 || !strings.HasPrefix(res.Header.Get("Strict-Transport-Security"), "max-age=31536000") {
		t.Errorf("HTTP/%d, Strict-Transport-Security %q", res.ProtoMajor, res.Header.Get("Strict-Transport-Security"))
	}
	if _, err := (&tls.Dialer{Config: &tls.Config{MaxVersion: tls.VersionTLS11, InsecureSkipVerify: true}}).DialContext(t.Context(), "tcp", "127.0.0.1:"+encrypted); err == nil {
		t.Error("an encryption of last century was accepted")
	}
	res, err := client.Get("http://127.0.0.1:" + plain + "/inbox?conv=conv_1")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusMovedPermanently || res.Header.Get("Location") != "https://localhost/inbox?conv=conv_1" {
		t.Errorf("plain HTTP: %s to %q", res.Status, res.Header.Get("Location"))
	}
	res, err = client.Post("http://127.0.0.1:"+plain+"/auth/login", "application/json", strings.NewReader(`{"password":"in the clear"}`))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusForbidden {
		t.Errorf("a password in the clear: %s", res.Status)
	}
	if info, err := os.Stat(filepath.Join(dir, "certificates")); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("the keys' folder: %v %v", info, err)
	}
}

func TestARefusedCertificateIsToldAndServesOn(t *testing.T) {
	t.Parallel()
	plain, encrypted := freePort(t), freePort(t)
	ca := newAuthority(t, plain, encrypted)
	a := stopped(t, app.Config{
		DB: filepath.Join(t.TempDir(), "badala.db"), Listen: "127.0.0.1:" + encrypted, PublicURL: "https://blocked.test",
		TLS: app.TLSConfig{Domain: "blocked.test", HTTPListen: "127.0.0.1:" + plain, Directory: ca.directory, RootsFile: ca.rootsFile},
	})
	within(t, 60*time.Second, "the refusal is known", func() bool { return a.Certificate().Problem != "" })
	if until := a.Certificate().Until; !until.IsZero() {
		t.Errorf("a certificate until %s", until)
	}
	res, err := trusting(nil).Get("http://127.0.0.1:" + plain + "/inbox")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusMovedPermanently {
		t.Errorf("plain HTTP meanwhile: %s", res.Status)
	}
}

// stopped starts an app that ends with the test.
func stopped(t *testing.T, cfg app.Config) *app.App {
	t.Helper()
	a := startApp(t, cfg)
	t.Cleanup(func() {
		if err := a.Stop(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// within looks again and again until ok.
func within(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(limit); !ok(); <-tick.C {
		if time.Now().After(end) {
			t.Fatalf("not within %s: %s", limit, what)
		}
	}
}

func number(t *testing.T, port string) int {
	t.Helper()
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func content(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// selfSigned makes a certificate for 127.0.0.1.
func selfSigned(t *testing.T, dir string) (certFile, keyFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, kind string, der []byte) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	return write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", raw)
}
