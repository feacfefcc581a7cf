package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"badala/app/backup"
	"badala/app/db"

	"github.com/urfave/cli/v3"
)

func backupCommand() *cli.Command {
	return &cli.Command{
		Name:      "backup",
		Usage:     "write one verified copy of everything, also while the server runs",
		ArgsUsage: "DEST",
		Description: "DEST is a file, a folder, or s3://bucket/key with the --s3 settings. The copy is opened, checked and counted before it\n" +
			"gets its name; a small .json beside it says what it holds.",
		Flags: append([]cli.Flag{dbFlag(), passphraseFlag()}, s3Flags()...),
		Action: func(ctx context.Context, c *cli.Command) error {
			dest := c.Args().First()
			if dest == "" || c.NArg() > 1 {
				return fmt.Errorf("say where to: badala backup FILE")
			}
			source := dbPath(c)
			if _, _, err := db.SchemaOf(ctx, source); err != nil {
				return err
			}
			passphrase, err := passphraseFrom(c)
			if err != nil {
				return err
			}
			bar := newBar(c.Root().ErrWriter)
			defer bar.end()
			now := time.Now()
			dest = withName(dest, source, now)
			o := backup.Order{App: version(), At: now.UnixMilli(), Passphrase: passphrase, Report: bar.report}
			m, err := writeBackup(ctx, c, source, dest, o)
			if err != nil {
				return err
			}
			bar.end()
			_, err = fmt.Fprintf(c.Root().Writer, "%s is complete and verified: %s, schema %d\n", dest, size(m.Size), m.Schema)
			return err
		},
	}
}

func writeBackup(ctx context.Context, c *cli.Command, source, dest string, o backup.Order) (backup.Manifest, error) {
	if _, _, ok := backup.SplitS3(dest); ok {
		return backup.TakeToS3(ctx, source, dest, s3From(c).server(), o)
	}
	if same(source, dest) {
		return backup.Manifest{}, fmt.Errorf("%s is the database itself: name another file", dest)
	}
	return backup.Take(ctx, source, dest, o)
}

// withName adds a name to a destination that is a folder.
func withName(dest, source string, now time.Time) string {
	name := strings.TrimSuffix(filepath.Base(source), filepath.Ext(source)) + now.UTC().Format("-20060102-150405") + ".db"
	if _, key, ok := backup.SplitS3(dest); ok {
		if key == "" || strings.HasSuffix(key, "/") {
			return strings.TrimSuffix(dest, "/") + "/" + name
		}
		return dest
	}
	if st, err := os.Stat(dest); err == nil && st.IsDir() {
		return filepath.Join(dest, name)
	}
	return dest
}

func same(a, b string) bool {
	x, err := os.Stat(a)
	if err != nil {
		return false
	}
	y, err := os.Stat(b)
	return err == nil && os.SameFile(x, y)
}

func passphraseFlag() cli.Flag {
	return flag("passphrase-file", "", "`FILE` whose first line encrypts or opens the backup (or BADALA_PASSPHRASE)")
}

// passphraseFrom reads what encrypts or opens a backup, "" for nothing.
func passphraseFrom(c *cli.Command) (string, error) {
	name := c.String("passphrase-file")
	if name == "" {
		return os.Getenv(envName("passphrase")), nil
	}
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	if line = strings.TrimRight(line, "\r"); line == "" {
		return "", errors.New(name + " holds no passphrase")
	}
	return line, nil
}

// report shows the phases of a backup, each from its own beginning.
func (b *bar) report(_ string, done, total int64) {
	if total > 0 {
		b.show(int(done>>10), int(total>>10))
	}
}

// size tells bytes to people.
func size(n int64) string {
	if n < 10<<20 {
		return fmt.Sprintf("%d KB", (n+1023)>>10)
	}
	return fmt.Sprintf("%d MB", n>>20)
}
