// Package cert gets and renews the certificate of the server's own name, so
// that nobody has to, and serves what the certificate authority asks for.
package cert

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/caddyserver/certmagic"
	"go.uber.org/zap"
)

// Options says for which name, and from whom.
type Options struct {
	Domain string // inbox.example.com
	Email  string // that the authority may write to; may be empty
	// Directory is the address of the authority's ACME directory; empty is
	// Let's Encrypt's. Roots are whom to trust there, nil the system's.
	Directory string
	Roots     *x509.CertPool
	Folder    string // keeps keys and certificates
	// HTTP and HTTPS are where this server listens.
	HTTP, HTTPS net.Addr
}

// Manager keeps one certificate fresh.
type Manager struct {
	domain string
	log    *slog.Logger
	cache  *certmagic.Cache
	magic  *certmagic.Config
	issuer *certmagic.ACMEIssuer

	mu      sync.Mutex
	problem string // of the latest try, "" when it worked
}

// Status is how the certificate stands.
type Status struct {
	Domain  string
	Until   time.Time // zero while there is none
	Problem string    // of the latest try to get or renew it, in the authority's words
}

// New prepares a certificate; Start gets it.
func New(o Options, log *slog.Logger) (*Manager, error) {
	m := &Manager{domain: o.Domain, log: log}
	httpPort, err := port(o.HTTP)
	if err != nil {
		return nil, err
	}
	tlsPort, err := port(o.HTTPS)
	if err != nil {
		return nil, err
	}
	quiet := zap.NewNop() // what matters comes as events
	m.cache = certmagic.NewCache(certmagic.CacheOptions{
		GetConfigForCert: func(certmagic.Certificate) (*certmagic.Config, error) { return m.magic, nil },
		Logger:           quiet,
	})
	m.magic = certmagic.New(m.cache, certmagic.Config{
		Storage: &certmagic.FileStorage{Path: o.Folder}, OnEvent: m.event, Logger: quiet,
		OCSP: certmagic.OCSPConfig{DisableStapling: true}, // Let's Encrypt has ended it
	})
	m.issuer = certmagic.NewACMEIssuer(m.magic, certmagic.ACMEIssuer{
		CA: o.Directory, Email: o.Email, Agreed: true, TrustedRoots: o.Roots,
		AltHTTPPort: httpPort, AltTLSALPNPort: tlsPort, Logger: quiet,
	})
	m.magic.Issuers = []certmagic.Issuer{m.issuer}
	return m, nil
}

func port(a net.Addr) (int, error) {
	_, p, err := net.SplitHostPort(a.String())
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(p)
}

// Start gets the certificate, or loads and renews the one there is, in the
// background until ctx ends. The handlers must be served already: the authority
// asks them.
func (m *Manager) Start(ctx context.Context) error {
	return m.magic.ManageAsync(ctx, []string{m.domain})
}

// Stop ends the renewing.
func (m *Manager) Stop() { m.cache.Stop() }

// TLS is how connections are encrypted: TLS 1.2 at least, with the newest
// certificate.
func (m *Manager) TLS() *tls.Config {
	c := m.magic.TLSConfig()
	c.MinVersion = tls.VersionTLS12
	return c
}

// Door answers on plain HTTP: the authority's questions, and for everybody else
// the way to the same page on https.
func (m *Manager) Door() http.Handler {
	return m.issuer.HTTPChallengeHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Connection", "close")
			http.Error(w, "use https://"+m.domain, http.StatusForbidden)
			return
		}
		http.Redirect(w, r, "https://"+m.domain+r.URL.RequestURI(), http.StatusMovedPermanently)
	}))
}

// Status tells how the certificate stands.
func (m *Manager) Status() Status {
	m.mu.Lock()
	s := Status{Domain: m.domain, Problem: m.problem}
	m.mu.Unlock()
	for _, c := range m.cache.AllMatchingCertificates(m.domain) {
		if c.Leaf != nil && c.Leaf.NotAfter.After(s.Until) {
			s.Until = c.Leaf.NotAfter
		}
	}
	return s
}

// event notes what became of a try.
func (m *Manager) event(_ context.Context, name string, data map[string]any) error {
	switch name {
	case "cert_obtained":
		m.note("")
		m.log.Info("the certificate is here", "domain", m.domain, "renewal", data["renewal"])
	case "cert_failed":
		problem := fmt.Sprint(data["error"])
		m.note(problem)
		m.log.Warn("no certificate yet; it is tried again. The name must lead to this server, and ports 80 and 443 must be open", "domain", m.domain, "err", problem)
	}
	return nil
}

func (m *Manager) note(problem string) {
	m.mu.Lock()
	m.problem = problem
	m.mu.Unlock()
}
