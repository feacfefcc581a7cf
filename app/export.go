package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"badala/app/account"
	"badala/app/archive"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/secret"

	"github.com/urfave/cli/v3"
)

func exportCommand() *cli.Command {
	return &cli.Command{
		Name:      "export",
		Usage:     "write everything of an organisation into a folder: JSON lines and media files",
		ArgsUsage: "DIR",
		Description: "It works while the server runs. DIR is made, or empty. An export that was cut off goes on when it is run again with the same DIR.\n" +
			"Give the --s3 settings of the server if media are in a bucket.",
		Flags: append([]cli.Flag{
			dbFlag(), flag("secret-key", "", "`KEY` that encrypts stored secrets, as for serve: only names of headers need it"),
			&cli.StringFlag{Name: "org", Required: true, Usage: "the organisation's `NAME` or id"},
			flag("public-url", "", "the `URL` of the server, for addresses in the export"),
		}, s3Flags()...),
		Action: exportOrg,
	}
}

func exportOrg(ctx context.Context, c *cli.Command) (err error) {
	dir := c.Args().First()
	if dir == "" || c.NArg() > 1 {
		return fmt.Errorf("say where to: badala export --org ORG DIR")
	}
	cfg := Config{DB: dbPath(c), SecretKey: c.String("secret-key"), PublicURL: strings.TrimRight(c.String("public-url"), "/"), S3: s3From(c),
		GraphURL: defaultGraphURL, GraphVersion: defaultGraphVersion}
	if err := cfg.S3.check(); err != nil {
		return err
	}
	a, err := openToRead(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Stop()) }()
	org, err := account.FindOrg(a.DB.Read(ctx), c.String("org"))
	if err != nil {
		return err
	}
	needs, err := a.Media.NeedsBucket(a.DB.Read(ctx), org.ID)
	if err != nil {
		return err
	}
	if needs {
		return errors.New("media of this organisation are in an S3 bucket: give its --s3 settings, as the server has them")
	}
	t := &counter{bar: newBar(c.Root().ErrWriter)}
	defer t.end()
	e := &archive.Export{DB: a.DB, Media: a.Media, Org: org, Nouns: a.rest.Nouns(org), Dir: dir, Version: version(), Tell: t.tell}
	m, err := e.Run(ctx)
	t.end()
	if err != nil {
		return explainExport(dir, err)
	}
	return tellExport(c.Root().Writer, dir, m)
}

// openToRead puts the whole program together without serving, also beside a
// server that runs. It changes nothing that it finds.
func openToRead(ctx context.Context, cfg Config) (_ *App, err error) {
	if _, _, err := db.SchemaOf(ctx, cfg.DB); err != nil {
		return nil, err
	}
	a := &App{cfg: cfg, log: slog.New(slog.DiscardHandler), clock: db.SystemClock{}}
	if a.DB, err = openBeside(cfg.DB); err != nil {
		return nil, err
	}
	// A key that the server does not have must seal nothing.
	found, err := secret.Look(a.DB.Read(ctx), secretColumns(), cfg.SecretKey, cfg.SecretKey)
	if err == nil && (found.Change() > 0 || len(found.Locked) > 0) {
		a.cfg.SecretKey = ""
	}
	if err == nil {
		err = a.wire(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, a.Stop())
	}
	return a, nil
}

// explainExport says what to do about an export that broke off.
func explainExport(dir string, err error) error {
	if !archive.Unfinished(dir) {
		return plain(err)
	}
	return fmt.Errorf("%w\nthe export is not complete: run it again with the same folder, and it goes on", plain(err))
}

// plain is an error as people read it, without where it happened.
func plain(err error) error {
	if e := errs.As(err); e != nil {
		return errors.New(e.Message)
	}
	return err
}

// counter shows on a terminal how much is written.
type counter struct {
	*bar
	name string
}

func (t *counter) tell(name string, done, total int64) {
	if t.w == nil || name == t.name && done%500 != 0 && total == 0 {
		return
	}
	if total > 0 {
		t.show(int(done), int(total))
		return
	}
	t.name, t.last = name, 0
	fmt.Fprintf(t.w, "\r%-*s", barWidth+8, fmt.Sprintf("%s: %d", name, done))
}

func tellExport(out io.Writer, dir string, m archive.Manifest) error {
	for _, f := range m.Files {
		if f.Lines > 0 {
			fmt.Fprintf(out, "  %-28s %d\n", strings.TrimSuffix(f.Name, ".jsonl"), f.Lines)
		}
	}
	if m.Media.Kept > 0 {
		fmt.Fprintf(out, "%d media files were there from the run before.\n", m.Media.Kept)
	}
	if n := m.Media.Missing + m.Media.Damaged; n > 0 {
		fmt.Fprintf(out, "%d media files are missing or damaged: see \"problem\" in media.jsonl.\n", n)
	}
	_, err := fmt.Fprintf(out, "%s holds everything of %s, with %d media files (%s). README.txt says what is what.\n", dir, m.Org.Name, m.Media.Files, size(m.Media.Bytes))
	return err
}
