package db

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// applicationID marks our files: "BDLA".
const applicationID = 0x42444C41

const keepPreMigration = 3

// SchemaError says that the file and the program are of different ages.
type SchemaError struct {
	Have, Want int
	Needs      string // the version of the program that the file was last used with, if it says so
}

func (e *SchemaError) Error() string {
	if e.Have <= e.Want {
		return fmt.Sprintf("this database has schema version %d and needs %d: start `badala serve` once to bring it up to date", e.Have, e.Want)
	}
	needs := "the newer badala that wrote it"
	if e.Needs != "" {
		needs = "badala " + e.Needs + " or newer"
	}
	return fmt.Sprintf("this database has schema version %d, newer than this badala understands (%d): it needs %s", e.Have, e.Want, needs)
}

type migration struct {
	version int
	name    string
}

// migrations lists the embedded files by version.
func migrations() ([]migration, error) {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	var all []migration
	for _, name := range names {
		v, err := strconv.Atoi(strings.SplitN(filepath.Base(name), "_", 2)[0])
		if err != nil {
			return nil, fmt.Errorf("migration %s has no number", name)
		}
		all = append(all, migration{v, name})
	}
	slices.SortFunc(all, func(a, b migration) int { return a.version - b.version })
	return all, nil
}

// SchemaVersion is the newest version this program knows.
func SchemaVersion() int {
	all, err := migrations()
	if err != nil || len(all) == 0 {
		return 0
	}
	return all[len(all)-1].version
}

// migrate brings the schema up to date. Existing data is copied and the copy
// verified before anything changes.
func (d *DB) migrate(allowed bool) error {
	ctx := context.Background()
	var have int
	if err := d.writer.conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&have); err != nil {
		return fmt.Errorf("%s is not a database: %w", d.path, err)
	}
	if have == 0 {
		if err := d.refuseForeign(ctx); err != nil {
			return err
		}
	}
	want := SchemaVersion()
	if have == want {
		return nil
	}
	if have > want || !allowed {
		return &SchemaError{have, want, d.lastVersion(ctx)}
	}
	if have > 0 && !d.noCopy {
		if err := d.copyBeforeMigration(ctx, have, want); err != nil {
			return err
		}
		d.did("copied")
	}
	all, err := migrations()
	if err != nil {
		return err
	}
	for _, m := range all {
		if m.version <= have {
			continue
		}
		if err := d.apply(ctx, m); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		d.did(filepath.Base(m.name))
	}
	return nil
}

func (d *DB) did(step string) {
	if d.step != nil {
		d.step(step)
	}
}

// lastVersion is the program that the file was last used with, "" if it does not say.
func (d *DB) lastVersion(ctx context.Context) string {
	var v string
	if err := d.writer.conn.QueryRowContext(ctx, "SELECT value FROM instance WHERE key = 'app.version'").Scan(&v); err != nil {
		return ""
	}
	return v
}

// noteVersion keeps the program's version, for older programs to name.
func (d *DB) noteVersion(allowed bool) error {
	ctx := context.Background()
	if !allowed || d.version == "" || d.lastVersion(ctx) == d.version {
		return nil
	}
	_, err := d.writer.conn.ExecContext(ctx, "INSERT INTO instance(key, value) VALUES('app.version', ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value", d.version)
	return err
}

// Pending names the upgrades that a database of a version lacks.
func Pending(have int) ([]string, error) {
	all, err := migrations()
	var names []string
	for _, m := range all {
		if m.version > have {
			names = append(names, filepath.Base(m.name))
		}
	}
	return names, err
}

// refuseForeign keeps us from filling a database that another program made.
func (d *DB) refuseForeign(ctx context.Context) error {
	var tables int
	if err := d.writer.conn.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return fmt.Errorf("%s is not a database: %w", d.path, err)
	}
	if tables > 0 {
		return fmt.Errorf("%s is a database of another program; name another file with --db", d.path)
	}
	return nil
}

// apply runs one migration in a transaction of its own.
func (d *DB) apply(ctx context.Context, m migration) error {
	text, err := migrationFiles.ReadFile(m.name)
	if err != nil {
		return err
	}
	tx, err := d.writer.conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, string(text)); err != nil {
		return err
	}
	if err := foreignKeysHold(ctx, tx); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d; PRAGMA application_id = %d", m.version, applicationID)); err != nil {
		return err
	}
	d.did("ran " + filepath.Base(m.name))
	return tx.Commit()
}

func foreignKeysHold(ctx context.Context, q interface {
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
}) error {
	rows, err := q.QueryContext(ctx, "PRAGMA foreign_key_check")
	if err != nil {
		return err
	}
	defer rows.Close()
	if rows.Next() {
		return fmt.Errorf("a reference names a row that is not there")
	}
	return rows.Err()
}

// copyBeforeMigration leaves a verified copy in backups/ and keeps the last three.
func (d *DB) copyBeforeMigration(ctx context.Context, from, to int) error {
	dir := filepath.Join(d.Dir(), "backups")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := Room(dir, SizeOf(d.path)); err != nil {
		return fmt.Errorf("no copy can be made before the upgrade, so nothing was changed: %w", err)
	}
	dest := filepath.Join(dir, fmt.Sprintf("pre-%04d-to-%04d.db", from, to))
	if err := d.Backup(ctx, dest); err != nil {
		return fmt.Errorf("no copy could be made before the upgrade, so nothing was changed: %w", err)
	}
	d.log.Info("copied before upgrade", "file", dest, "from", from, "to", to)
	old, err := filepath.Glob(filepath.Join(dir, "pre-*.db"))
	if err != nil {
		return err
	}
	slices.Sort(old)
	for _, name := range old[:max(0, len(old)-keepPreMigration)] {
		if err := os.Remove(name); err != nil {
			return err
		}
	}
	return nil
}
