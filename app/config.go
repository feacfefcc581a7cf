package app

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"

	"badala/app/httpx"
	"badala/app/media"

	"github.com/urfave/cli/v3"
)

const (
	defaultDB       = "badala.db"
	defaultDemoDB   = "badala-demo.db"
	defaultListen   = ":8080"
	defaultGraphURL = "https://graph.facebook.com"
	// Meta: v26.0 of 29 July 2026 is the newest version known to us.
	defaultGraphVersion = "v26.0"
)

// Config is everything a server is told at its start.
type Config struct {
	DB             string
	Listen         string
	PublicURL      string // no slash at the end
	TrustedProxies httpx.Proxies
	GraphURL       string
	GraphVersion   string
	SecretKey      string
	MetricsToken   string
	WebhookAllow   []string // private targets for URLs given by users
	S3             S3Config
	TLS            TLSConfig
	Demo           bool
	HashMemory     uint32 // of one password, in KiB; 0: the rule of account
	LogFormat      string
	LogLevel       slog.Level
}

// S3Config names a bucket for media; an empty Bucket means none.
type S3Config struct {
	Endpoint, Region, Bucket, AccessKey, SecretKey, PublicURL string
	PathStyle                                                 bool
}

// flag makes a string flag that BADALA_<NAME> can set as well.
func flag(name, value, usage string) cli.Flag {
	return &cli.StringFlag{Name: name, Value: value, Usage: usage, Sources: cli.EnvVars(envName(name))}
}

func boolFlag(name, usage string) cli.Flag {
	return &cli.BoolFlag{Name: name, Usage: usage, Sources: cli.EnvVars(envName(name))}
}

func envName(flag string) string {
	return "BADALA_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

func dbFlag() cli.Flag { return flag("db", "", "the database `FILE` (default "+defaultDB+")") }

// s3Flags name an S3 server.
func s3Flags() []cli.Flag {
	return []cli.Flag{
		flag("s3-endpoint", "", "S3 `URL` for media, such as https://s3.eu-central-1.amazonaws.com"),
		flag("s3-region", "", "S3 `REGION`"),
		flag("s3-bucket", "", "S3 `BUCKET`; media stay in the database file when it is empty"),
		flag("s3-access-key", "", "S3 access `KEY`"),
		flag("s3-secret-key", "", "S3 secret `KEY`"),
		flag("s3-public-url", "", "public base `URL` of the bucket, if it has one"),
		boolFlag("s3-path-style", "put the bucket into the path (MinIO)"),
	}
}

func serveFlags() []cli.Flag {
	return append([]cli.Flag{
		dbFlag(),
		flag("listen", defaultListen, "`ADDRESS` to listen on"),
		flag("public-url", "", "the `URL` under which people and Meta reach this server, such as https://inbox.example.com"),
		flag("trusted-proxies", "", "`CIDRS` of reverse proxies whose X-Forwarded-For is believed"),
		flag("graph-url", defaultGraphURL, "base `URL` of Meta's Graph API"),
		flag("graph-version", defaultGraphVersion, "`VERSION` of Meta's Graph API"),
		flag("secret-key", "", "`KEY` that encrypts stored secrets: 32 bytes in base64 or hex"),
		flag("webhook-allow", "", "private `ADDRESSES` that URLs given by users may reach: CIDRs, addresses or host:port"),
		boolFlag("demo", "run against a built-in WhatsApp simulator with sample data"),
		flag("log-format", "text", "text or json"),
		flag("log-level", "info", "debug, info, warn or error"),
		flag("metrics-token", "", "`TOKEN` with which /metrics answers from elsewhere than this machine"),
	}, append(s3Flags(), tlsFlags()...)...)
}

func s3From(c *cli.Command) S3Config {
	return S3Config{
		Endpoint: c.String("s3-endpoint"), Region: c.String("s3-region"), Bucket: c.String("s3-bucket"),
		AccessKey: c.String("s3-access-key"), SecretKey: c.String("s3-secret-key"),
		PublicURL: strings.TrimRight(c.String("s3-public-url"), "/"), PathStyle: c.Bool("s3-path-style"),
	}
}

// check refuses a bucket without what it is reached by.
func (s S3Config) check() error {
	if s.Bucket != "" && (s.Endpoint == "" || s.AccessKey == "" || s.SecretKey == "") {
		return errors.New("--s3-bucket needs --s3-endpoint, --s3-access-key and --s3-secret-key as well")
	}
	return nil
}

// server are the settings as the packages take them; nil without a server.
func (s S3Config) server() *media.S3Options {
	if s.Endpoint == "" {
		return nil
	}
	return &media.S3Options{
		Endpoint: s.Endpoint, Region: s.Region, Bucket: s.Bucket, AccessKey: s.AccessKey, SecretKey: s.SecretKey,
		PathStyle: s.PathStyle, PublicURL: s.PublicURL,
	}
}

// configFrom reads and checks the flags; every fault is reported, not only the first.
func configFrom(c *cli.Command) (Config, error) {
	cfg := Config{
		DB:           dbPath(c),
		Listen:       c.String("listen"),
		PublicURL:    strings.TrimRight(c.String("public-url"), "/"),
		GraphURL:     strings.TrimRight(c.String("graph-url"), "/"),
		GraphVersion: c.String("graph-version"),
		SecretKey:    c.String("secret-key"),
		MetricsToken: c.String("metrics-token"),
		Demo:         c.Bool("demo"),
		LogFormat:    c.String("log-format"),
		WebhookAllow: splitList(c.String("webhook-allow")),
		S3:           s3From(c),
	}
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if err := cfg.LogLevel.UnmarshalText([]byte(c.String("log-level"))); err != nil {
		fault("--log-level: %q is not debug, info, warn or error", c.String("log-level"))
	}
	if cfg.LogFormat != "text" && cfg.LogFormat != "json" {
		fault("--log-format: %q is neither text nor json", cfg.LogFormat)
	}
	if _, _, err := net.SplitHostPort(cfg.Listen); err != nil {
		fault("--listen: %q is not an address such as :8080 or 127.0.0.1:8080", cfg.Listen)
	}
	for name, value := range map[string]string{"public-url": cfg.PublicURL, "graph-url": cfg.GraphURL, "s3-endpoint": cfg.S3.Endpoint, "s3-public-url": cfg.S3.PublicURL} {
		if value != "" && !isWebURL(value) {
			fault("--%s: %q is not a URL that starts with http:// or https://", name, value)
		}
	}
	cfg.tlsFrom(c, fault)
	var err error
	if cfg.TrustedProxies, err = httpx.ParseProxies(c.String("trusted-proxies")); err != nil {
		fault("--trusted-proxies: %w", err)
	}
	if err := cfg.S3.check(); err != nil {
		faults = append(faults, err)
	}
	return cfg, errors.Join(faults...)
}

func dbPath(c *cli.Command) string {
	switch {
	case c.String("db") != "":
		return c.String("db")
	case c.Bool("demo"):
		return defaultDemoDB
	}
	return defaultDB
}

func isWebURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

func splitList(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}
