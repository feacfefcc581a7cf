package app

import (
	"context"
	"fmt"
	"log/slog"

	"badala/app/account"
	"badala/app/db"
	"badala/app/event"

	"github.com/urfave/cli/v3"
)

func auditCommand() *cli.Command {
	return &cli.Command{
		Name:  "audit",
		Usage: "check that nobody has changed the audit log",
		Commands: []*cli.Command{{
			Name:  "verify",
			Usage: "go through the whole log; exit 1 at the first line that is not as it was written",
			Flags: []cli.Flag{
				dbFlag(),
				&cli.StringFlag{Name: "head", Usage: "a `HASH` that the server's log or a backup named on an earlier day: its line must still be there"},
			},
			Action: verifyAudit,
		}},
	}
}

func verifyAudit(ctx context.Context, c *cli.Command) error {
	d, err := openBeside(dbPath(c))
	if err != nil {
		return err
	}
	defer d.Close()
	s := account.New(d, event.New(), slog.New(slog.DiscardHandler), account.Options{})
	chain, err := s.VerifyAudit(ctx, c.String("head"))
	if err != nil {
		return err
	}
	if chain.Broken != "" {
		return fmt.Errorf("the line %s of %s is not as it was written, or a line before it is missing; what stands before it is whole",
			chain.Broken, db.Time(chain.BrokenAt).UTC().Format("2006-01-02 15:04:05Z"))
	}
	if c.String("head") != "" && !chain.Seen {
		return fmt.Errorf("no line has the head %s: the log was cut off or written anew since", c.String("head"))
	}
	w := c.Root().Writer
	fmt.Fprintf(w, "%d lines, each as it was written\n", chain.Lines)
	if chain.Unbound > 0 {
		fmt.Fprintf(w, "all are older than the chain, which begins with the next line\n")
		return nil
	}
	_, err = fmt.Fprintf(w, "head %s\n", chain.Head)
	return err
}
