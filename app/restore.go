package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"badala/app/backup"
	"badala/app/db"

	"github.com/urfave/cli/v3"
)

func restoreCommand() *cli.Command {
	return &cli.Command{
		Name:      "restore",
		Usage:     "check a backup through, then put it in place of the database",
		ArgsUsage: "SRC",
		Description: "SRC is a file, or s3://bucket/key with the --s3 settings. The server must not run. What was there before is kept in a\n" +
			"folder before-restore-…; people who were erased meanwhile are erased again; nothing is sent until somebody says so.",
		Flags: append([]cli.Flag{
			dbFlag(), passphraseFlag(),
			&cli.BoolFlag{Name: "dry-run", Usage: "check the backup and change nothing"},
			&cli.BoolFlag{Name: "drill", Usage: "restore it into a folder of its own, check that, and remove it again: the proof that it works"},
			&cli.BoolFlag{Name: "force", Usage: "replace a database that is there"},
		}, s3Flags()...),
		Action: func(ctx context.Context, c *cli.Command) error {
			name := c.Args().First()
			if name == "" || c.NArg() > 1 {
				return fmt.Errorf("say which backup: badala restore FILE")
			}
			passphrase, err := passphraseFrom(c)
			if err != nil {
				return err
			}
			bar := newBar(c.Root().ErrWriter)
			defer bar.end()
			r := &restoring{
				path: dbPath(c), s3: s3From(c), force: c.Bool("force"), dry: c.Bool("dry-run"), drill: c.Bool("drill"),
				out: c.Root().Writer, bar: bar, now: time.Now(),
				source: backup.Source{Name: name, Passphrase: passphrase, S3: s3From(c).server(), Report: bar.report},
			}
			return r.run(ctx)
		},
	}
}

// restoring is a restore in progress.
type restoring struct {
	path              string // of the database
	source            backup.Source
	s3                S3Config
	force, dry, drill bool
	out               io.Writer
	bar               *bar
	now               time.Time

	stage string // where the backup is made ready
	proof backup.Proof
}

// run checks everything before it changes anything.
func (r *restoring) run(ctx context.Context) (err error) {
	if !r.dry && !r.drill {
		release, err := db.Lock(r.path)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, release()) }()
		if _, err := os.Stat(r.path); err == nil && !r.force {
			return fmt.Errorf("%s is there: --force puts the backup in its place, and keeps it in a folder before-restore-…", r.path)
		}
	}
	dir := filepath.Dir(r.path)
	if err := r.source.Room(dir); err != nil {
		return err
	}
	apart, err := os.MkdirTemp(dir, ".badala-restore-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(apart)) }()
	r.stage = filepath.Join(apart, filepath.Base(r.path))
	began := time.Now()
	fetched, err := r.source.Fetch(ctx, r.stage)
	if err == nil {
		r.proof, err = backup.Prove(ctx, fetched, r.source.S3, r.source.Report)
	}
	r.bar.end()
	if err != nil {
		return errors.Join(err, r.noteDrill(ctx, began, err))
	}
	r.describe()
	if r.dry {
		_, err := fmt.Fprintln(r.out, "The backup is good. Nothing was changed.")
		return err
	}
	left, err := r.prepare(ctx, fetched)
	if err != nil {
		return errors.Join(err, r.noteDrill(ctx, began, err))
	}
	if r.drill {
		fmt.Fprintf(r.out, "The backup was restored into a folder of its own and started in %.1f s, then removed. Nothing was changed.\n", time.Since(began).Seconds())
		return r.noteDrill(ctx, began, nil)
	}
	return r.swap(left)
}

// describe tells what the backup is.
func (r *restoring) describe() {
	p := r.proof
	fmt.Fprintf(r.out, "%s: schema %d", r.source.Name, p.Schema)
	if p.Described {
		fmt.Fprintf(r.out, ", taken %s by badala %s", db.Time(p.At).Local().Format(time.DateTime), p.App)
	}
	fmt.Fprintln(r.out)
	for _, table := range slices.Sorted(maps.Keys(p.Counts)) {
		if n := p.Counts[table]; n > 0 && slices.Contains([]string{"org", "user", "channel", "contact", "conversation", "message", "media"}, table) {
			fmt.Fprintf(r.out, "  %-14s %d\n", table, n)
		}
	}
	for _, w := range p.Warnings {
		fmt.Fprintln(r.out, "  note:", w)
	}
}

// prepare starts the whole program on the backup apart, without serving: it is
// brought up to date, and nobody is in it who was erased since.
func (r *restoring) prepare(ctx context.Context, f backup.Fetched) (left backup.Restored, err error) {
	lists, err := r.erasures(ctx, f)
	if err != nil {
		return left, err
	}
	a, err := openParts(ctx, Config{DB: r.stage, S3: r.s3, GraphURL: defaultGraphURL, GraphVersion: defaultGraphVersion})
	if err != nil {
		return left, err
	}
	defer func() { err = errors.Join(err, a.Stop()) }()
	return a.Backups.AfterRestore(ctx, r.source.Name, r.proof.At, lists...)
}

// erasures are the lists of erased people that can be had: beside the
// database, beside the backup, and in the database that is replaced.
func (r *restoring) erasures(ctx context.Context, f backup.Fetched) ([]backup.Erasures, error) {
	beside, err := backup.ReadErasures(r.path)
	if err != nil {
		return nil, err
	}
	with, err := backup.ParseErasures(f.Erasures)
	if err != nil {
		return nil, err
	}
	lists := []backup.Erasures{beside, with}
	if _, err := os.Stat(r.path); err != nil || r.drill {
		return lists, nil
	}
	old, err := erasuresIn(ctx, r.path)
	if err != nil {
		fmt.Fprintf(r.out, "  note: the database that is replaced cannot be read (%v): who was erased is known from %s alone\n", err, backup.ErasuresFile(r.path))
		return lists, nil
	}
	return append(lists, old), nil
}

// erasuresIn reads who was erased out of a database that nobody uses.
func erasuresIn(ctx context.Context, path string) (e backup.Erasures, err error) {
	if err := db.Fold(path); err != nil {
		return e, err
	}
	c, err := db.OpenCopy(ctx, path)
	if err != nil {
		return e, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	return backup.ErasuresOf(c.Read(ctx))
}

// openParts puts the whole program together without serving.
func openParts(ctx context.Context, cfg Config) (_ *App, err error) {
	a := &App{cfg: cfg, log: slog.New(slog.DiscardHandler), clock: db.SystemClock{}}
	if a.DB, err = db.Open(cfg.DB, db.Options{NoCopy: true, Version: version()}); err != nil {
		return nil, err
	}
	if a.listen, err = net.Listen("tcp", "127.0.0.1:0"); err == nil { // nobody is answered: links need an address
		err = a.wire(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, a.Stop())
	}
	return a, nil
}

// noteDrill records a drill in the database that is there, if there is one.
func (r *restoring) noteDrill(ctx context.Context, began time.Time, why error) error {
	if _, err := os.Stat(r.path); err != nil || !r.drill {
		return nil
	}
	d, err := db.Open(r.path, db.Options{Shared: true})
	if err != nil {
		fmt.Fprintf(r.out, "  note: the drill could not be recorded: %v\n", err)
		return nil
	}
	defer d.Close()
	drill := backup.Drill{Source: r.source.Name, TakenAt: r.proof.At, Started: began.UnixMilli(), Finished: d.Now(), OK: why == nil}
	if why != nil {
		drill.Error = why.Error()
	}
	return d.Write(ctx, func(tx *db.Tx) error { return backup.NoteDrillTx(tx, drill) })
}
