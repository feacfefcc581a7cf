// Package backup makes copies of the whole database while it is in use, keeps
// as many as wanted in a folder and in a bucket, proves that they can be
// restored, and looks after what a restore leaves to be decided.
package backup

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"

	"badala/app/db"
	"badala/app/errs"
)

// manifestKey is the row of instance in which a copy describes itself.
const manifestKey = "backup.manifest"

// Manifest is what a backup says about itself, inside it and in the file
// beside it; what can be known only of the finished file is beside it alone.
type Manifest struct {
	Format    int              `json:"format"`
	App       string           `json:"app"` // version of the program
	Schema    int              `json:"schema"`
	At        int64            `json:"at"`
	LastEvent int64            `json:"lastEvent"`
	AuditHead string           `json:"auditHead,omitempty"`
	Objects   int64            `json:"s3Objects"` // media that are not in the file but in a bucket
	Counts    map[string]int64 `json:"counts"`

	Size      int64  `json:"size,omitempty"`
	SHA256    string `json:"sha256,omitempty"`
	Encrypted bool   `json:"encrypted,omitempty"`
}

// MediaMode says where the media of a backup are.
func (m Manifest) MediaMode() string {
	if m.Objects > 0 {
		return "s3"
	}
	return "embedded"
}

// Beside is the name of the file that describes a backup.
func Beside(name string) string { return name + ".json" }

// describe reads out of a fresh copy what its manifest says.
func describe(ctx context.Context, c *db.Copy, app string, at int64) (m Manifest, err error) {
	m = Manifest{Format: 1, App: app, At: at}
	if m.Schema, err = c.Schema(ctx); err != nil {
		return m, err
	}
	if m.Counts, err = countsOf(ctx, c); err != nil {
		return m, err
	}
	q := c.Read(ctx)
	if m.LastEvent, err = lastEvent(q); err != nil {
		return m, err
	}
	if m.Objects, err = db.Value[int64](q, `SELECT count(*) FROM media WHERE store = 's3' AND state = 'READY'`); err != nil {
		return m, err
	}
	m.AuditHead, err = auditHead(q)
	return m, err
}

// countsOf counts all rows but those about the install, to which the manifest
// itself belongs.
func countsOf(ctx context.Context, c *db.Copy) (map[string]int64, error) {
	counts, err := c.Counts(ctx)
	delete(counts, "instance")
	return counts, err
}

func lastEvent(q db.Q) (int64, error) {
	return db.Value[int64](q, `SELECT coalesce(max(seq), 0) FROM event`)
}

// auditHead is the hash of the newest audit line, where lines carry one.
func auditHead(q db.Q) (string, error) {
	has, err := db.Exists(q, `SELECT 1 FROM pragma_table_info('audit') WHERE name = 'hash'`)
	if err != nil || !has {
		return "", err
	}
	head, err := db.Value[string](q, `SELECT coalesce(lower(hex(hash)), '') FROM audit ORDER BY id DESC LIMIT 1`)
	if errs.Is(err, errs.NotFound) {
		return "", nil
	}
	return head, err
}

// inside reads the manifest that a copy carries; ok is false for a plain copy.
func inside(q db.Q) (m Manifest, ok bool, err error) {
	text, err := db.Value[string](q, `SELECT value FROM instance WHERE key = ?`, manifestKey)
	if errs.Is(err, errs.NotFound) {
		return m, false, nil
	}
	if err != nil {
		return m, false, err
	}
	return m, true, json.Unmarshal([]byte(text), &m)
}

// readBeside reads the description of a backup; ok is false where there is none.
func readBeside(file string) (m Manifest, ok bool, err error) {
	text, err := os.ReadFile(Beside(file))
	if errors.Is(err, fs.ErrNotExist) {
		return m, false, nil
	}
	if err != nil {
		return m, false, err
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, false, fmt.Errorf("%s cannot be read: %w", Beside(file), err)
	}
	return m, true, nil
}

// writeBeside puts the description of a backup on disk.
func writeBeside(file string, m Manifest) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	tmp := Beside(file) + ".tmp"
	if err := os.WriteFile(tmp, append(text, '\n'), 0o600); err != nil {
		return err
	}
	return db.Place(tmp, Beside(file))
}

// differences lists the tables in which a copy holds other numbers of rows
// than its manifest says.
func differences(want, got map[string]int64) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if n, ok := got[name]; !ok || n != want[name] {
			out = append(out, fmt.Sprintf("%s has %d rows and should have %d", name, got[name], want[name]))
		}
	}
	for _, name := range slices.SortedFunc(maps.Keys(got), cmp.Compare[string]) {
		if _, ok := want[name]; !ok {
			out = append(out, fmt.Sprintf("%s should not be there", name))
		}
	}
	return out
}
