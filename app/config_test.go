package app_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"badala/app"
)

// said gives every flag of `badala serve` a value that is not its own.
var said = map[string]string{
	"db": "/data/shop.db", "listen": "127.0.0.1:9000", "public-url": "https://shop.example.com", "trusted-proxies": "10.0.0.0/8",
	"graph-url": "http://127.0.0.1:9001", "graph-version": "v99.0", "secret-key": "a key", "webhook-allow": "10.1.2.3", "demo": "true",
	"log-format": "json", "log-level": "warn", "metrics-token": "a token",
	"s3-endpoint": "https://s3.example.com", "s3-region": "eu", "s3-bucket": "media", "s3-access-key": "access", "s3-secret-key": "secret",
	"s3-public-url": "https://files.example.com", "s3-path-style": "true",
	"tls-domain": "inbox.example.com", "tls-email": "host@example.com", "http-listen": "127.0.0.1:9002",
	"acme-url": "https://127.0.0.1:9003/dir", "acme-roots": "/data/roots.pem",
}

// configOf is what the command line makes of arguments that are right.
func configOf(t *testing.T, args ...string) app.Config {
	t.Helper()
	cfg, err := app.ServeConfig(args...)
	ok(t, err)
	return cfg
}

func TestEveryConfigIsReachedFromTheCommandLine(t *testing.T) {
	t.Parallel()
	var args []string
	for name, value := range said {
		args = append(args, "--"+name+"="+value)
	}
	bare, all := reflect.ValueOf(configOf(t)), reflect.ValueOf(configOf(t, args...))
	for _, f := range reflect.VisibleFields(bare.Type()) {
		switch f.Name {
		case "HashMemory": // for tests alone
			continue
		case "S3", "TLS":
			for i := range f.Type.NumField() {
				if reflect.DeepEqual(bare.FieldByIndex(f.Index).Field(i).Interface(), all.FieldByIndex(f.Index).Field(i).Interface()) {
					t.Errorf("no flag sets %s.%s", f.Name, f.Type.Field(i).Name)
				}
			}
			continue
		}
		if reflect.DeepEqual(bare.FieldByIndex(f.Index).Interface(), all.FieldByIndex(f.Index).Interface()) {
			t.Errorf("no flag sets %s", f.Name)
		}
	}
	for _, name := range app.ServeFlags() {
		if said[name] == "" {
			t.Errorf("--%s is not looked at", name)
		}
		rest := slices.DeleteFunc(slices.Clone(args), func(arg string) bool { return strings.HasPrefix(arg, "--"+name+"=") })
		if cfg, err := app.ServeConfig(rest...); err == nil && reflect.DeepEqual(cfg, all.Interface()) {
			t.Errorf("--%s changes nothing", name)
		}
	}
}

// It runs alone: the environment is everybody's.
func TestEveryFlagHasItsVariable(t *testing.T) {
	var args []string
	for name, value := range said {
		args = append(args, "--"+name+"="+value)
	}
	want := configOf(t, args...)
	for name, value := range said {
		t.Setenv("BADALA_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_")), value)
	}
	if got := configOf(t); !reflect.DeepEqual(got, want) {
		t.Errorf("by variables: %+v\nby flags: %+v", got, want)
	}
}

func TestWithANameOfItsOwnTheServerListensWhereBrowsersLook(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args            []string
		listen, address string
	}{
		{nil, ":8080", ""},
		{[]string{"--tls-domain", "Inbox.Example.com"}, ":443", "https://inbox.example.com"},
		{[]string{"--tls-domain", "inbox.example.com", "--listen", ":8443", "--public-url", "https://inbox.example.com:8443/"}, ":8443", "https://inbox.example.com:8443"},
	} {
		cfg := configOf(t, c.args...)
		if cfg.Listen != c.listen || cfg.PublicURL != c.address || cfg.TLS.HTTPListen != ":80" {
			t.Errorf("%q: listens on %s and %s as %s", c.args, cfg.Listen, cfg.TLS.HTTPListen, cfg.PublicURL)
		}
	}
	for _, wrong := range []string{"https://inbox.example.com", "192.0.2.1", "*.example.com", "inbox.example.com:443"} {
		if _, err := app.ServeConfig("--tls-domain", wrong); err == nil || !strings.Contains(err.Error(), "--tls-domain") {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}
