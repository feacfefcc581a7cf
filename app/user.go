package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"badala/app/account"
	"badala/app/db"
	"badala/app/event"

	"github.com/urfave/cli/v3"
)

func userCommand() *cli.Command {
	return &cli.Command{
		Name:  "user",
		Usage: "create people and reset their passwords and second steps, also while the server runs",
		Commands: []*cli.Command{
			{
				Name:  "create",
				Usage: "create a user, and the organisation if it does not exist",
				Flags: []cli.Flag{
					dbFlag(), publicURLFlag(),
					&cli.StringFlag{Name: "email", Required: true, Usage: "`ADDRESS` to sign in with"},
					&cli.StringFlag{Name: "name", Required: true, Usage: "the person's `NAME`"},
					&cli.StringFlag{Name: "org", Usage: "the organisation's `NAME` or id"},
					&cli.StringFlag{Name: "role", Value: string(account.Owner), Usage: "OWNER, ADMIN, SUPERVISOR, AGENT or VIEWER"},
					&cli.BoolFlag{Name: "password-stdin", Usage: "read the password from standard input instead of printing a sign-in link"},
				},
				Action: createUser,
			},
			{
				Name:  "reset-password",
				Usage: "print a one-time link that sets a new password",
				Flags: []cli.Flag{
					dbFlag(), publicURLFlag(),
					&cli.StringFlag{Name: "email", Required: true, Usage: "`ADDRESS` of the user"},
				},
				Action: resetPassword,
			},
			{
				Name:   "reset-second-step",
				Usage:  "turn two-step sign-in off for somebody who has lost the app and the recovery codes",
				Flags:  []cli.Flag{dbFlag(), &cli.StringFlag{Name: "email", Required: true, Usage: "`ADDRESS` of the user"}},
				Action: resetSecondStep,
			},
		},
	}
}

func publicURLFlag() cli.Flag {
	return flag("public-url", "http://localhost"+defaultListen, "the `URL` that links begin with")
}

// withAccounts opens the database beside a running server, creating it where
// there is none.
func withAccounts(c *cli.Command, fn func(*account.Service) error) error {
	d, err := openBeside(dbPath(c))
	if err != nil {
		return err
	}
	defer d.Close()
	return fn(account.New(d, event.New(), slog.New(slog.DiscardHandler), account.Options{}))
}

func createUser(ctx context.Context, c *cli.Command) error {
	in := account.CreateInput{Email: c.String("email"), Name: c.String("name"), Org: c.String("org"), Role: account.Role(strings.ToUpper(c.String("role")))}
	if c.Bool("password-stdin") {
		line, err := io.ReadAll(io.LimitReader(c.Root().Reader, 4096))
		if err != nil {
			return err
		}
		if in.Password = strings.TrimRight(string(line), "\r\n"); in.Password == "" {
			return fmt.Errorf("standard input held no password")
		}
	}
	return withAccounts(c, func(s *account.Service) error {
		made, err := s.CreateUser(ctx, in)
		if err != nil {
			return err
		}
		w := c.Root().Writer
		fmt.Fprintf(w, "%s is %s of %s\n", made.User.Email, in.Role, made.Org.Name)
		if made.SignInToken != "" {
			fmt.Fprintf(w, "Open this link once to sign in and choose a password:\n%s/signin/%s\n", base(c), made.SignInToken)
		}
		return nil
	})
}

func resetPassword(ctx context.Context, c *cli.Command) error {
	return withAccounts(c, func(s *account.Service) error {
		token, err := s.ResetLink(ctx, c.String("email"))
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.Root().Writer, "Open this link within an hour to set a new password:\n%s/reset/%s\n", base(c), token)
		return err
	})
}

func resetSecondStep(ctx context.Context, c *cli.Command) error {
	return withAccounts(c, func(s *account.Service) error {
		if err := s.ResetSecondStep(ctx, c.String("email")); err != nil {
			return err
		}
		_, err := fmt.Fprintln(c.Root().Writer, "The password alone opens this account now, and every browser is signed out.")
		return err
	})
}

func base(c *cli.Command) string { return strings.TrimRight(c.String("public-url"), "/") }

// openBeside opens the database next to a running server, or alone where none runs.
func openBeside(path string) (*db.DB, error) {
	if d, err := db.Open(path, db.Options{}); err == nil {
		return d, nil
	}
	return db.Open(path, db.Options{Shared: true})
}
