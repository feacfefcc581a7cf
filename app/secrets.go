package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"badala/app/account"
	"badala/app/backup"
	"badala/app/channel"
	"badala/app/db"
	"badala/app/seal"
	"badala/app/secret"
	"badala/app/webhook"

	"github.com/urfave/cli/v3"
)

// secretColumns is where all sealed secrets lie.
func secretColumns() []secret.Column {
	return slices.Concat(account.Secrets(), channel.Secrets(), webhook.Secrets(), backup.Secrets())
}

func secretsCommand() *cli.Command {
	return &cli.Command{
		Name:  "secrets",
		Usage: "change the key that encrypts stored secrets",
		Commands: []*cli.Command{{
			Name:  "rotate",
			Usage: "encrypt every stored secret with a new key: all of them, or none and a reason",
			Description: "The server must not run. Afterwards start it with the new key as --secret-key. Backups made before need the old key:\n" +
				"keep it as long as you keep them. `openssl rand -hex 32` makes a good key.",
			Flags: []cli.Flag{
				dbFlag(),
				flag("secret-key", "", "the present `KEY`, as for serve; none if secrets are stored plain"),
				flag("new-secret-key", "", "the new `KEY`: 32 bytes in base64 or hex"),
				&cli.BoolFlag{Name: "plain", Usage: "instead of a new key: store the secrets plain from now on"},
				&cli.BoolFlag{Name: "dry-run", Usage: "say what would change, also while the server runs, and change nothing"},
			},
			Action: rotateSecrets,
		}},
	}
}

// keyChange is from which key to which; "" is none.
type keyChange struct{ from, to, fromID, toID string }

// keysFrom reads the keys and refuses a change that is none.
func keysFrom(c *cli.Command) (k keyChange, err error) {
	k = keyChange{from: c.String("secret-key"), to: c.String("new-secret-key")}
	switch {
	case k.to == "" && !c.Bool("plain"):
		return k, errors.New("say what the new key is with --new-secret-key or BADALA_NEW_SECRET_KEY, or --plain for none")
	case k.to != "" && c.Bool("plain"):
		return k, errors.New("give --new-secret-key or --plain, not both")
	}
	if k.fromID, err = keyID(k.from); err != nil {
		return k, fmt.Errorf("--secret-key: %w", err)
	}
	if k.toID, err = keyID(k.to); err != nil {
		return k, fmt.Errorf("--new-secret-key: %w", err)
	}
	if k.toID != "" && k.toID == k.fromID {
		return k, errors.New("the new key is the present one")
	}
	return k, nil
}

// keyID names a key without telling it, "" for none.
func keyID(key string) (string, error) {
	s, err := seal.New(key, "id")
	return s.KeyID(), err
}

func rotateSecrets(ctx context.Context, c *cli.Command) (err error) {
	k, err := keysFrom(c)
	if err != nil {
		return err
	}
	path, out := dbPath(c), c.Root().Writer
	if _, _, err := db.SchemaOf(ctx, path); err != nil {
		return err
	}
	if c.Bool("dry-run") {
		return tryRotation(ctx, path, k, out)
	}
	d, err := db.Open(path, db.Options{Version: version()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	var found secret.Found
	err = d.Write(ctx, func(tx *db.Tx) (err error) {
		if found, err = secret.RotateTx(tx, secretColumns(), k.from, k.to); err != nil || found.Change() == 0 {
			return err
		}
		return account.AuditEverywhereTx(tx, account.SystemActor(0), account.Line{
			Action: "secrets.rotate", Detail: cmp.Or(k.fromID, "plain") + " → " + cmp.Or(k.toID, "plain"), After: map[string]int{"secrets": found.Change()},
		})
	})
	if err != nil {
		return err
	}
	return tellRotation(out, k, found)
}

// tellRotation says what came of it and what is to be done now.
func tellRotation(out io.Writer, k keyChange, found secret.Found) error {
	if found.Change() == 0 {
		_, err := fmt.Fprintf(out, "Nothing to do: %s.\n", keptAs(found.Done, k))
		return err
	}
	fmt.Fprintln(out, "Done: "+keptAs(found.Change()+found.Done, k)+".")
	if k.to == "" {
		fmt.Fprintln(out, "Start `badala serve` without --secret-key.")
	} else {
		fmt.Fprintln(out, "Start `badala serve` with the new key as --secret-key or BADALA_SECRET_KEY, and keep a copy of it apart from the database.")
	}
	if k.from == "" {
		_, err := fmt.Fprintln(out, "Backups made before hold the secrets plain.")
		return err
	}
	_, err := fmt.Fprintf(out, "Backups made before need the old key (%s): keep it as long as you keep them.\n", k.fromID)
	return err
}

// keptAs says how so many secrets are stored.
func keptAs(n int, k keyChange) string {
	what := fmt.Sprintf("all %d secrets are", n)
	switch n {
	case 0:
		return "no secrets are stored"
	case 1:
		what = "the one secret is"
	}
	if k.to == "" {
		return what + " stored plain"
	}
	return what + " encrypted with the key " + k.toID
}

// tryRotation looks what a change of the key would do.
func tryRotation(ctx context.Context, path string, k keyChange, out io.Writer) (err error) {
	d, err := openBeside(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	found, err := secret.Look(d.Read(ctx), secretColumns(), k.from, k.to)
	if err != nil {
		return err
	}
	if err := found.Error(); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%d secrets would be sealed anew: %d that are encrypted with the key %s, %d that are plain. %d are as they should be. Nothing was changed.\n",
		found.Change(), found.Sealed, cmp.Or(k.fromID, "(none)"), found.Plain, found.Done)
	return err
}

// lockedRemedy is what to do about secrets that do not open.
const lockedRemedy = "Start with the key that sealed them as --secret-key; if it is lost, enter the secrets again under Settings."

// tellSecrets says at the start if secrets do not open with the server's key.
func (a *App) tellSecrets(ctx context.Context) error {
	found, err := secret.Look(a.DB.Read(ctx), secretColumns(), a.cfg.SecretKey, a.cfg.SecretKey)
	if err != nil || len(found.Locked) == 0 {
		return err
	}
	own, err := keyID(a.cfg.SecretKey)
	if err != nil {
		return err
	}
	var ids []string
	for _, l := range found.Locked {
		ids = append(ids, l.KeyID)
	}
	slices.Sort(ids)
	a.log.Error("stored secrets do not open with this server's secret key: what needs them stands still",
		"secrets", len(found.Locked), "sealed_with", strings.Join(slices.Compact(ids), " "), "this_key", cmp.Or(own, "none"),
		"do", lockedRemedy)
	return nil
}
