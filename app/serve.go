package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"

	"badala/app/db"

	"github.com/urfave/cli/v3"
)

func serveCommand() *cli.Command {
	return &cli.Command{
		Name:  "serve",
		Usage: "run the inbox: web, API, Meta webhook and workers",
		Flags: serveFlags(),
		Action: func(ctx context.Context, c *cli.Command) error {
			cfg, err := configFrom(c)
			if err != nil {
				return err
			}
			return serve(ctx, cfg, c.Root().Writer, c.Root().ErrWriter)
		},
	}
}

// serve runs until ctx ends.
func serve(ctx context.Context, cfg Config, stdout, stderr io.Writer) error {
	log := newLogger(cfg, stderr)
	limitMemory(log)
	a, err := Start(ctx, cfg, log)
	if err != nil {
		return err
	}
	log.Info("started", "version", version(), "go", runtime.Version(), "sqlite", db.EngineVersion, "db", cfg.DB, "address", a.listen.Addr().String())
	if err := a.welcome(ctx, stdout); err != nil {
		return err
	}
	a.running.Go(func() { a.tellHealth(ctx) })
	<-ctx.Done()
	log.Info("stopping")
	err = errors.Join(a.Stop(), forget(a.tokenFile()))
	if err == nil {
		log.Info("stopped")
	}
	return err
}

func newLogger(cfg Config, w io.Writer) *slog.Logger {
	o := &slog.HandlerOptions{Level: cfg.LogLevel}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// tokenFile holds the set-up token while nobody has claimed the install.
func (a *App) tokenFile() string { return filepath.Join(filepath.Dir(a.cfg.DB), "setup-token") }

// welcome says where to go: the demo's logins, the set-up link of a new
// install, or just the address.
func (a *App) welcome(ctx context.Context, w io.Writer) error {
	if a.demo != nil {
		fmt.Fprintf(w, "\nBadala demo: %s\n\n", a.PublicURL())
		for _, l := range demoLogins {
			fmt.Fprintf(w, "  %-8s %s  password: %s\n", l.language, l.email, demoPassword)
		}
		fmt.Fprintf(w, "\nPlay a customer on a phone at %s/simulator\n\n", a.PublicURL())
		return nil
	}
	claimed, err := a.Accounts.Claimed(ctx)
	if err != nil {
		return err
	}
	if claimed {
		fmt.Fprintf(w, "Badala: %s\n", a.PublicURL())
		return nil
	}
	token, err := a.Accounts.SetupToken(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nNobody owns this Badala yet. Open this link once to set it up:\n\n  %s/setup?token=%s\n\n", a.PublicURL(), token)
	if err := os.WriteFile(a.tokenFile(), []byte(token+"\n"), 0o600); err != nil {
		a.log.Warn("the set-up token could not be written to a file", "err", err)
	}
	return nil
}

// forget removes the token of a set-up that is over; a new start makes a new one.
func forget(file string) error {
	if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
