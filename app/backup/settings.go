package backup

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/seal"
	"badala/app/secret"
)

// Settings say when backups are made, where they go and how long they stay.
type Settings struct {
	Daily     bool   `json:"daily"`
	Time      string `json:"time"` // 15:04 in the zone of the first organisation
	Folder    bool   `json:"folder"`
	Path      string `json:"path"` // "": backups/ beside the database
	S3        bool   `json:"s3"`
	Bucket    string `json:"bucket"` // "": that of the media
	Prefix    string `json:"prefix"`
	Days      int    `json:"days"`
	Weeks     int    `json:"weeks"`
	Months    int    `json:"months"`
	Encrypted bool   `json:"encrypted"` // a passphrase is kept
}

func defaults() Settings {
	return Settings{Daily: true, Time: "03:15", Folder: true, Prefix: "backups/", Days: 7, Weeks: 4, Months: 6}
}

const (
	settingsKey   = "backup.settings"
	passphraseKey = "backup.passphrase"
)

// sealPurpose is of the key that seals the passphrase.
const sealPurpose = "backup passphrase"

// Secrets tells where the secrets of backups lie.
func Secrets() []secret.Column {
	return []secret.Column{{
		Purpose: sealPurpose, Table: "instance", Name: "value", Place: passphraseKey, Where: "key = '" + passphraseKey + "'",
		What: "passphrase of the backups",
	}}
}

var passphrasePlace = seal.Place{Table: "instance", Column: passphraseKey}

// Settings reads what is set.
func (s *Service) Settings(q db.Q) (Settings, error) {
	set := defaults()
	text, err := db.Value[string](q, `SELECT value FROM instance WHERE key = ?`, settingsKey)
	if errs.Is(err, errs.NotFound) {
		return set, nil
	}
	if err != nil {
		return set, err
	}
	return set, json.Unmarshal([]byte(text), &set)
}

// passphrase is what backups are encrypted with, "" for nothing.
func (s *Service) passphrase(q db.Q) (string, error) {
	kept, err := db.Value[string](q, `SELECT value FROM instance WHERE key = ?`, passphraseKey)
	if errs.Is(err, errs.NotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	plain := s.seal.Open(kept, passphrasePlace)
	if plain == "" {
		return "", errs.Coded(errs.Conflict, "passphrase_lost", "the passphrase of the backups cannot be opened with this secret key: enter it again")
	}
	return plain, nil
}

// Change is what a form changes. Passphrase nil leaves it as it is, "" removes it.
type Change struct {
	Settings
	Passphrase *string
}

// Save changes the settings.
func (s *Service) Save(ctx context.Context, who account.Actor, c Change) (err error) {
	defer errs.Wrap(&err, "backup.Save")
	next, err := s.clean(c)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := require(tx, who); err != nil {
			return err
		}
		before, err := s.Settings(tx)
		if err != nil {
			return err
		}
		next.Encrypted = before.Encrypted
		if c.Passphrase != nil {
			next.Encrypted = *c.Passphrase != ""
			if err := s.savePassphraseTx(tx, *c.Passphrase); err != nil {
				return err
			}
		}
		text, err := json.Marshal(next)
		if err != nil {
			return err
		}
		if err := putTx(tx, settingsKey, string(text)); err != nil {
			return err
		}
		return account.AuditTx(tx, who, account.Line{Action: "backup.settings", Before: before, After: next})
	})
}

func (s *Service) savePassphraseTx(tx *db.Tx, plain string) error {
	if plain == "" {
		_, err := tx.Exec(`DELETE FROM instance WHERE key = ?`, passphraseKey)
		return err
	}
	sealed, err := s.seal.Seal(plain, passphrasePlace)
	if err != nil {
		return err
	}
	return putTx(tx, passphraseKey, sealed)
}

func putTx(tx *db.Tx, key, value string) error {
	_, err := tx.Exec(`INSERT INTO instance(key, value) VALUES(?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value`, key, value)
	return err
}

// clean checks every field and reports all that are wrong.
func (s *Service) clean(c Change) (Settings, error) {
	next := c.Settings
	var faults []string
	fault := func(field, text string) { faults = append(faults, field+": "+text) }
	if _, err := time.Parse("15:04", next.Time); err != nil {
		fault("time", "a time such as 03:15")
	}
	if !next.Folder && !next.S3 {
		fault("folder", "choose at least one place")
	}
	next.Path = strings.TrimSpace(next.Path)
	if next.Folder && next.Path != "" {
		if why := badFolder(next.Path); why != "" {
			fault("path", why)
		}
		next.Path = filepath.Clean(next.Path)
	}
	if next.S3 && (s.Deps.S3 == nil || cmp.Or(next.Bucket, s.Deps.S3.Bucket) == "") {
		fault("s3", "no S3 server is configured: start with --s3-endpoint, --s3-bucket, --s3-access-key and --s3-secret-key")
	}
	next.Prefix = strings.TrimLeft(strings.TrimSpace(next.Prefix), "/")
	if next.Prefix != "" && !strings.HasSuffix(next.Prefix, "/") {
		next.Prefix += "/"
	}
	if strings.HasPrefix(next.Prefix, "orgs/") {
		fault("prefix", "media are kept there")
	}
	for name, n := range map[string]int{"days": next.Days, "weeks": next.Weeks, "months": next.Months} {
		if n < 0 || n > 400 {
			fault(name, "a number from 0 to 400")
		}
	}
	if c.Passphrase != nil {
		if err := checkPassphrase(*c.Passphrase); err != nil {
			faults = append(faults, errs.As(err).Details...)
		}
	}
	if len(faults) > 0 {
		slices.Sort(faults)
		return next, errs.Fields(faults...)
	}
	return next, nil
}

// badFolder says why backups cannot be written into a folder, "" if they can.
func badFolder(path string) string {
	if !filepath.IsAbs(path) {
		return "a whole path, beginning with /"
	}
	probe, err := os.CreateTemp(path, ".badala-*")
	if err != nil {
		return fmt.Sprintf("cannot be written: %v", err)
	}
	if err := probe.Close(); err != nil {
		return fmt.Sprintf("cannot be written: %v", err)
	}
	if err := os.Remove(probe.Name()); err != nil {
		return fmt.Sprintf("cannot be written: %v", err)
	}
	return ""
}

// folder is where backups go on this machine.
func (s *Service) folder(set Settings) string {
	if set.Path != "" {
		return set.Path
	}
	return s.ownFolder()
}
