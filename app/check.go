package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"badala/app/db"
	"badala/app/health"
	"badala/app/secret"

	"github.com/urfave/cli/v3"
)

func checkCommand() *cli.Command {
	return &cli.Command{
		Name:  "check",
		Usage: "look whether all is well: the database, the disk, the clock, S3, Meta, the public address, numbers and backups",
		Description: "It works while the server runs, and takes the same settings. Each line is ok, WRONG or look; the latter two have a remedy.\n" +
			"WRONG is what does not work, or soon will not: a damaged file, a full disk, a clock that is off, S3, Meta or the public address out of\n" +
			"reach, a late backup, a number that cannot send. It makes the exit status 1. \"look\" is what works and could be better, as a server\n" +
			"without a public address: it makes the exit status 1 only with --strict.",
		Flags: append(serveFlags(), &cli.BoolFlag{Name: "quick", Usage: "do not read the whole database through"},
			&cli.BoolFlag{Name: "strict", Usage: "exit with status 1 also for what is only worth a look"}),
		Action: func(ctx context.Context, c *cli.Command) error {
			cfg, err := configFrom(c)
			if err != nil {
				return err
			}
			r := &report{out: c.Root().Writer}
			r.check(ctx, cfg, c.Bool("quick"))
			return r.verdict(c.Bool("strict"))
		},
	}
}

// report writes the lines of a check and counts what is wrong, and what is only
// worth a look.
type report struct {
	out          io.Writer
	wrong, looks int
}

func (r *report) good(text string) { fmt.Fprintln(r.out, "ok    "+text) }

func (r *report) bad(text, remedy string) {
	r.wrong++
	fmt.Fprintf(r.out, "WRONG %s\n      %s\n", text, remedy)
}

func (r *report) look(text, remedy string) {
	r.looks++
	fmt.Fprintf(r.out, "look  %s\n      %s\n", text, remedy)
}

// verdict is nil if all is well; what is only worth a look counts if strict.
func (r *report) verdict(strict bool) error {
	n := r.wrong
	if strict {
		n += r.looks
	}
	switch {
	case n == 0:
		return nil
	case r.wrong == 0:
		return fmt.Errorf("nothing is wrong; worth a look: %d", r.looks)
	case r.wrong == 1:
		return errors.New("one thing is wrong")
	}
	return fmt.Errorf("%d things are wrong", r.wrong)
}

// check looks at everything that can be seen from outside of the server.
func (r *report) check(ctx context.Context, cfg Config, quick bool) {
	if r.schema(ctx, cfg.DB) {
		if !quick {
			r.whole(ctx, cfg.DB)
		}
		if err := r.everything(ctx, cfg); err != nil {
			r.bad("The database cannot be looked into: "+err.Error()+".", "See what the server's log says; restore a backup if the file is damaged.")
		}
	}
	r.address(ctx, cfg.PublicURL)
}

// schema says whether the database is there and of this program's version.
func (r *report) schema(ctx context.Context, path string) bool {
	have, program, err := db.SchemaOf(ctx, path)
	want := db.SchemaVersion()
	switch {
	case err != nil:
		r.bad(err.Error()+".", "Name the file with --db, or start the server once to make it.")
	case have > want:
		r.bad(fmt.Sprintf("The database has schema version %d and this program knows %d.", have, want), "Use badala "+program+" or newer.")
	case have < want:
		r.bad(fmt.Sprintf("The database has schema version %d and this program needs %d.", have, want), "Start the server, or run: badala upgrade --db "+path)
	default:
		r.good(fmt.Sprintf("%s has schema version %d", filepath.Base(path), have))
		return true
	}
	return false
}

// whole reads the database through.
func (r *report) whole(ctx context.Context, path string) {
	c, err := db.OpenLive(ctx, path)
	if err == nil {
		err = errors.Join(c.Check(ctx, false), c.Close())
	}
	if err != nil {
		r.bad(err.Error()+".", "Stop the server and put the newest good backup in place: badala restore FILE")
		return
	}
	r.good("The database is whole")
}

// everything makes the checks of the health page.
func (r *report) everything(ctx context.Context, cfg Config) (err error) {
	quiet := slog.New(slog.DiscardHandler)
	a := &App{cfg: cfg, log: quiet, clock: db.SystemClock{}}
	defer func() { err = errors.Join(err, a.Stop()) }()
	if a.DB, err = db.Open(cfg.DB, db.Options{Shared: true, Log: quiet, Version: version()}); err != nil {
		return err
	}
	if err := a.wire(ctx); err != nil {
		return err
	}
	a.Health.Probe(ctx)
	all, err := a.Health.Everything(ctx)
	if err != nil {
		return err
	}
	host, err := a.Health.Host(a.DB.Read(ctx))
	if err != nil {
		return err
	}
	locked, err := secret.Look(a.DB.Read(ctx), secretColumns(), cfg.SecretKey, cfg.SecretKey)
	if err != nil {
		return err
	}
	if n := len(locked.Locked); n > 0 {
		r.bad(fmt.Sprintf("%d stored secrets do not open with this secret key.", n), lockedRemedy)
	}
	for _, name := range host.Good {
		r.good(health.AreaName(name, "en"))
	}
	for _, f := range all {
		tell := r.look
		if f.Level == health.Bad {
			tell = r.bad
		}
		tell(f.Sentence("en", time.Local), f.Remedy("en", time.Local))
	}
	return nil
}

const addressTime = 10 * time.Second

// address asks the server by its public address.
func (r *report) address(ctx context.Context, address string) {
	if address == "" {
		return // the health checks have said so
	}
	ctx, cancel := context.WithTimeout(ctx, addressTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/healthz", nil)
	if err != nil {
		r.bad(address+" is not an address.", "Set --public-url to one such as https://inbox.example.com")
		return
	}
	res, err := http.DefaultClient.Do(req)
	if bad, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		r.bad(fmt.Sprintf("The certificate of %s is not good: %v.", address, bad.Err), "Start the server with --tls-domain, or renew the certificate of the proxy before it.")
		return
	}
	if err != nil {
		r.bad(fmt.Sprintf("%s cannot be reached from here: %v.", address, err), "See that the server runs, that the name leads to this machine, and that the firewall lets it in.")
		return
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 64))
	if err != nil || res.StatusCode != http.StatusOK || strings.TrimSpace(string(body)) != "ok" {
		r.bad(fmt.Sprintf("%s/healthz answers %d, and not as a healthy Badala does.", address, res.StatusCode), "See that the proxy leads to this server, and what the server's log says.")
		return
	}
	r.good(address + " answers")
}

// tellHealth logs what is not right with the install at its start, with what to
// do about it. All is well goes without saying.
func (a *App) tellHealth(ctx context.Context) {
	a.Health.Probe(ctx)
	all, err := a.Health.Everything(ctx)
	if err != nil {
		if ctx.Err() == nil {
			a.log.Warn("health could not be looked at", "err", err)
		}
		return
	}
	others := 0
	for _, f := range all {
		if f.Org != 0 { // may name people
			others++
			continue
		}
		a.log.Warn(f.Sentence("en", time.UTC), "do", f.Remedy("en", time.UTC))
	}
	if others > 0 {
		a.log.Warn("numbers, webhooks or files need a look", "findings", others, "do", "Open Settings → Health.")
	}
}
