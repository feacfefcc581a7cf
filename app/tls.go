package app

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"badala/app/cert"
	"badala/app/httpx"

	"github.com/urfave/cli/v3"
)

const (
	defaultTLSListen  = ":443"
	defaultHTTPListen = ":80"
)

// TLSConfig is how the server gets its own certificate; an empty Domain means
// that it speaks plain HTTP.
type TLSConfig struct {
	Domain     string
	Email      string
	HTTPListen string // where plain HTTP is sent on, and the authority asks
	Directory  string // of another authority than Let's Encrypt
	RootsFile  string // PEM, whom to trust there
}

func tlsFlags() []cli.Flag {
	return []cli.Flag{
		flag("tls-domain", "", "the `NAME` of this server; gets and renews its certificate by itself, and listens on "+defaultTLSListen+" and "+defaultHTTPListen),
		flag("tls-email", "", "`ADDRESS` that the certificate authority may write to"),
		flag("http-listen", defaultHTTPListen, "`ADDRESS` that leads from http to https, with --tls-domain"),
		flag("acme-url", "", "directory `URL` of another certificate authority (ACME) than Let's Encrypt"),
		flag("acme-roots", "", "`FILE` of certificates to trust at that authority"),
	}
}

// tlsFrom reads the flags of the certificate. With a name of its own the server
// listens where browsers and Meta look, and that name is its address.
func (cfg *Config) tlsFrom(c *cli.Command, fault func(string, ...any)) {
	cfg.TLS = TLSConfig{
		Domain: strings.ToLower(strings.TrimSpace(c.String("tls-domain"))), Email: c.String("tls-email"), HTTPListen: c.String("http-listen"),
		Directory: c.String("acme-url"), RootsFile: c.String("acme-roots"),
	}
	if cfg.TLS.Domain == "" {
		return
	}
	if strings.ContainsAny(cfg.TLS.Domain, ":/ ,*") || net.ParseIP(cfg.TLS.Domain) != nil {
		fault("--tls-domain: %q is not a name such as inbox.example.com", cfg.TLS.Domain)
	}
	if !c.IsSet("listen") {
		cfg.Listen = defaultTLSListen
	}
	if cfg.PublicURL == "" {
		cfg.PublicURL = "https://" + cfg.TLS.Domain
	}
	if _, _, err := net.SplitHostPort(cfg.TLS.HTTPListen); err != nil {
		fault("--http-listen: %q is not an address such as :80", cfg.TLS.HTTPListen)
	}
}

// listenTLS opens the plain door and prepares the certificate.
func (a *App) listenTLS() error {
	var roots *x509.CertPool
	if file := a.cfg.TLS.RootsFile; file != "" {
		pem, err := os.ReadFile(file)
		if err != nil {
			return fmt.Errorf("--acme-roots: %w", err)
		}
		roots = x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return fmt.Errorf("--acme-roots: %s holds no certificate in PEM", file)
		}
	}
	var err error
	if a.door.listen, err = net.Listen("tcp", a.cfg.TLS.HTTPListen); err != nil {
		return fmt.Errorf("cannot listen on %s: %w; certificates need port 80: stop what holds it, allow it (setcap cap_net_bind_service=+ep badala), or use a proxy in place of --tls-domain", a.cfg.TLS.HTTPListen, err)
	}
	a.cert, err = cert.New(cert.Options{
		Domain: a.cfg.TLS.Domain, Email: a.cfg.TLS.Email, Directory: a.cfg.TLS.Directory, Roots: roots,
		Folder: filepath.Join(filepath.Dir(a.cfg.DB), "certificates"), HTTP: a.door.listen.Addr(), HTTPS: a.listen.Addr(),
	}, a.log)
	return err
}

// door is the plain HTTP beside the encrypted server.
type door struct {
	listen net.Listener
	server *http.Server
}

// serveTLS serves both, and has the certificate fetched.
func (a *App) serveTLS(ctx context.Context) {
	a.door.server = httpx.NewServer(a.cert.Door(), a.log)
	a.running.Go(func() {
		if err := a.door.server.Serve(a.limited(a.door.listen)); !errors.Is(err, http.ErrServerClosed) {
			a.log.Error("the door from http to https ended", "err", err)
		}
	})
	a.server.TLSConfig = a.cert.TLS()
	a.running.Go(func() {
		if err := a.server.ServeTLS(a.limited(a.listen), "", ""); !errors.Is(err, http.ErrServerClosed) {
			a.log.Error("the web server ended", "err", err)
		}
	})
	if err := a.cert.Start(ctx); err != nil {
		a.log.Error("the certificate cannot be looked after", "err", err)
	}
}

// stopTLS ends what serveTLS and listenTLS began.
func (a *App) stopTLS(ctx context.Context) error {
	if a.cert != nil {
		a.cert.Stop()
	}
	switch {
	case a.door.server != nil:
		return a.door.server.Shutdown(ctx)
	case a.door.listen != nil:
		return a.door.listen.Close()
	}
	return nil
}

func (a *App) limited(l net.Listener) net.Listener {
	return httpx.Limit(l, maxConns(), httpx.MaxConnsPerIP, a.cfg.TrustedProxies)
}

// Certificate tells how the server's own certificate stands; its Domain is
// empty when there is none of our own.
func (a *App) Certificate() cert.Status {
	if a.cert == nil {
		return cert.Status{}
	}
	return a.cert.Status()
}
