package app

import (
	"context"

	"badala/app/account"
	"badala/app/archive"
	"badala/app/secret"

	"github.com/urfave/cli/v3"
)

// ServeFlags names the flags of `badala serve`.
func ServeFlags() (names []string) {
	for _, f := range serveCommand().Flags {
		names = append(names, f.Names()[0])
	}
	return names
}

// ServeConfig is what `badala serve` would start with.
func ServeConfig(args ...string) (cfg Config, err error) {
	serve := serveCommand()
	serve.Action = func(_ context.Context, c *cli.Command) (err error) {
		cfg, err = configFrom(c)
		return err
	}
	err = serve.Run(context.Background(), append([]string{"serve"}, args...))
	return cfg, err
}

// SecretColumns is where all sealed secrets lie.
func SecretColumns() []secret.Column { return secretColumns() }

// Nouns are all kinds of things that an export of an organisation has.
func (a *App) Nouns(org account.Org) []archive.Noun { return a.rest.Nouns(org) }
