package app

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"badala/app/db"
)

// backupWords say what a plain copy does and does not guarantee; README.md
// says the same.
//
//go:embed backup_words.txt
var backupWords string

// keepWhole does what a start owes to the data: people find out beside it how
// to treat it, and a copy that was put in place by hand is taken for a restore.
func (a *App) keepWhole(ctx context.Context) error {
	if a.demo == nil {
		if err := writeMark(a.cfg.DB); err != nil {
			a.log.Warn("the words about backups could not be written beside the database", "err", err)
		}
	}
	return a.Backups.Began(ctx)
}

// writeMark puts the words beside the database, and with them the mark that it
// was there.
func writeMark(path string) error {
	mark, name := db.Mark(path), filepath.Base(path)
	text := fmt.Sprintf("%s\nBadala wrote this file. It also tells Badala that %s belongs into this folder: without it Badala does not\nstart, so that a disk that was not mounted is noticed. To begin anew on purpose, delete this file as well.\n", backupWords, name)
	if was, err := os.ReadFile(mark); err == nil && string(was) == text {
		return nil
	}
	tmp := mark + ".tmp"
	if err := os.WriteFile(tmp, []byte(text), 0o600); err != nil {
		return err
	}
	return errors.Join(os.Rename(tmp, mark), db.Sync(filepath.Dir(mark)))
}
