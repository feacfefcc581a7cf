// Package app puts the parts together: configuration, commands and the server.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"badala/app/db"

	"github.com/urfave/cli/v3"
)

// exitSchema is the exit status when the database is newer than the program.
const exitSchema = 3

// Main runs the command line and returns the exit status.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := &cli.Command{
		Name:      "badala",
		Usage:     "a WhatsApp Business team inbox that you own",
		Reader:    stdin,
		Writer:    stdout,
		ErrWriter: stderr,
		// The exit status is ours to choose.
		ExitErrHandler: func(context.Context, *cli.Command, error) {},
		Commands:       []*cli.Command{serveCommand(), backupCommand(), restoreCommand(), upgradeCommand(), checkCommand(), userCommand(), auditCommand(), importCommand(), exportCommand(), mediaCommand(), secretsCommand(), versionCommand()},
	}
	err := root.Run(ctx, args)
	if err == nil {
		return 0
	}
	fmt.Fprintln(stderr, "badala:", err)
	if schema, ok := errors.AsType[*db.SchemaError](err); ok && schema.Have > schema.Want {
		return exitSchema
	}
	return 1
}
