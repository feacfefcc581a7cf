package app

import (
	"context"
	"fmt"

	"badala/app/db"

	"github.com/urfave/cli/v3"
)

func backupCommand() *cli.Command {
	return &cli.Command{
		Name:      "backup",
		Usage:     "write one verified copy of everything, also while the server runs",
		ArgsUsage: "DEST",
		Flags:     []cli.Flag{dbFlag()},
		Action: func(ctx context.Context, c *cli.Command) error {
			dest := c.Args().First()
			if dest == "" || c.NArg() > 1 {
				return fmt.Errorf("say where to: badala backup FILE")
			}
			d, err := db.Open(dbPath(c), db.Options{Shared: true})
			if err != nil {
				return err
			}
			defer d.Close()
			if err := d.Backup(ctx, dest); err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.Root().Writer, "%s is complete and verified\n", dest)
			return err
		},
	}
}
