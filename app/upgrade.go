package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"badala/app/db"

	"github.com/urfave/cli/v3"
)

func upgradeCommand() *cli.Command {
	return &cli.Command{
		Name:        "upgrade",
		Usage:       "bring the database up to date for this program, after a verified copy",
		Description: "`badala serve` does the same when it starts.",
		Flags: []cli.Flag{
			dbFlag(),
			&cli.BoolFlag{Name: "check", Usage: "try it on a copy, also while an older server runs, and change nothing"},
		},
		Action: func(ctx context.Context, c *cli.Command) error {
			return upgrade(ctx, dbPath(c), c.Bool("check"), c.Root().Writer)
		},
	}
}

func upgrade(ctx context.Context, path string, check bool, out io.Writer) error {
	have, program, err := db.SchemaOf(ctx, path)
	if err != nil {
		return err
	}
	want := db.SchemaVersion()
	if have > want {
		return &db.SchemaError{Have: have, Want: want, Needs: program}
	}
	if have == want {
		_, err := fmt.Fprintf(out, "%s is up to date: schema version %d\n", path, have)
		return err
	}
	pending, err := db.Pending(have)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s has schema version %d and needs %d:\n", path, have, want)
	for _, name := range pending {
		fmt.Fprintln(out, " ", name)
	}
	if check {
		return tryUpgrade(ctx, path, out)
	}
	began := time.Now()
	d, err := db.Open(path, db.Options{Version: version(), Step: func(did string) { fmt.Fprintln(out, "done:", did) }})
	if err != nil {
		return err
	}
	if err := d.Close(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s was upgraded in %.1f s; a copy from before is in %s\n", path, time.Since(began).Seconds(), filepath.Join(filepath.Dir(path), "backups"))
	return err
}

// tryUpgrade upgrades a copy, checks it through and removes it.
func tryUpgrade(ctx context.Context, path string, out io.Writer) (err error) {
	dir := filepath.Dir(path)
	if err := db.Room(dir, db.SizeOf(path)); err != nil {
		return err
	}
	apart, err := os.MkdirTemp(dir, ".badala-upgrade-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(apart)) }()
	scratch := filepath.Join(apart, filepath.Base(path))
	if err := db.Snapshot(ctx, path, scratch, nil); err != nil {
		return err
	}
	if err := db.Verify(ctx, scratch); err != nil {
		return err
	}
	began := time.Now()
	d, err := db.Open(scratch, db.Options{Version: version(), NoCopy: true})
	if err != nil {
		return fmt.Errorf("the upgrade does not work on a copy: %w", err)
	}
	if err := d.Close(); err != nil {
		return err
	}
	took := time.Since(began)
	c, err := db.OpenCopy(ctx, scratch)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := c.Check(ctx, true); err != nil {
		return fmt.Errorf("the copy is not whole after the upgrade: %w", err)
	}
	_, err = fmt.Fprintf(out, "It works on a verified copy, in %.1f s besides the copy. There is room for it. Nothing was changed.\n", took.Seconds())
	return err
}
