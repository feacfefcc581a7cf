package backup

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"badala/app/db"
	"badala/app/errs"
)

// Where a backup comes from, where it lies, and how it is.
const (
	OriginPlan  = "PLAN"
	OriginHand  = "HAND"
	OriginFound = "FOUND" // made by the command line, or known to an earlier database

	Folder = "FOLDER"
	S3     = "S3"

	Working  = "working"
	Verified = "verified"
	Failed   = "failed"
	Gone     = "gone"
)

// Backup is one copy in one place.
type Backup struct {
	ID           int64
	Origin       string
	Target       string
	Place, Name  string // a folder, or s3://bucket/prefix; and the name in it
	State        string
	At, Finished int64
	Size         int64
	SHA256       string
	Encrypted    bool
	Manifest     Manifest
	Error        string
}

// Path names the backup as `badala restore` takes it.
func (b Backup) Path() string {
	if b.Target == S3 {
		return b.Place + b.Name
	}
	return filepath.Join(b.Place, b.Name)
}

const columns = `id, origin, target, place, name, state, at, finished, size, sha256, encrypted, manifest, error`

func scan(r *db.Rows, b *Backup) error {
	var manifest string
	if err := r.Scan(&b.ID, &b.Origin, &b.Target, &b.Place, &b.Name, &b.State, &b.At, &b.Finished, &b.Size, &b.SHA256, &b.Encrypted, &manifest, &b.Error); err != nil {
		return err
	}
	return json.Unmarshal([]byte(manifest), &b.Manifest)
}

// maxListed is how many backups a page shows.
const maxListed = 200

// List gives the backups that are there or failed lately, newest first.
func (s *Service) List(q db.Q) ([]Backup, error) {
	return db.All(q, scan, `SELECT `+columns+` FROM backup WHERE state <> 'gone' ORDER BY at DESC, id DESC LIMIT ?`, maxListed)
}

// Get reads one backup.
func (s *Service) Get(q db.Q, id int64) (Backup, error) {
	return db.One(q, scan, `SELECT `+columns+` FROM backup WHERE id = ?`, id)
}

// saveTx writes a backup, by its place and name.
func saveTx(tx *db.Tx, b Backup) error {
	text, err := json.Marshal(b.Manifest)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO backup(`+columns+`) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
		ON CONFLICT(place, name) DO UPDATE SET state = ?6, at = ?7, finished = ?8, size = ?9, sha256 = ?10, encrypted = ?11, manifest = ?12, error = ?13`,
		tx.NewID(), b.Origin, b.Target, b.Place, b.Name, b.State, b.At, b.Finished, b.Size, b.SHA256, b.Encrypted, string(text), b.Error)
	return err
}

func (s *Service) save(ctx context.Context, b Backup) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error { return saveTx(tx, b) })
}

// known finds a backup by place and name.
func known(q db.Q, place, name string) (Backup, bool, error) {
	b, err := db.One(q, scan, `SELECT `+columns+` FROM backup WHERE place = ? AND name = ?`, place, name)
	if errs.Is(err, errs.NotFound) {
		return b, false, nil
	}
	return b, err == nil, err
}

// look compares the list with what lies in a place: a database that was
// restored does not know the backups made after it.
func (s *Service) look(ctx context.Context, p place) error {
	names, err := p.names(ctx)
	if err != nil {
		return err
	}
	there := map[string]bool{}
	for _, name := range names {
		there[name] = true
	}
	for name := range there {
		if !s.ours(name) || !there[Beside(name)] {
			continue
		}
		b, ok, err := known(s.DB.Read(ctx), p.name(), name)
		if err != nil {
			return err
		}
		if ok && b.State == Verified || ok && b.State == Working {
			continue
		}
		m, err := p.manifest(ctx, name)
		if err != nil {
			s.Log.WarnContext(ctx, "a backup cannot be read", "place", p.name(), "name", name, "err", err)
			continue
		}
		if err := s.save(ctx, filled(Backup{Origin: OriginFound, Target: p.target(), Place: p.name(), Name: name, State: Verified, Finished: s.DB.Now()}, m)); err != nil {
			return err
		}
	}
	return s.forgetGone(ctx, p, there)
}

// forgetGone notes which backups of a place are no longer there.
func (s *Service) forgetGone(ctx context.Context, p place, there map[string]bool) error {
	all, err := db.All(s.DB.Read(ctx), scan, `SELECT `+columns+` FROM backup WHERE place = ? AND state = 'verified'`, p.name())
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		for _, b := range all {
			if there[b.Name] {
				continue
			}
			b.State = Gone
			if err := saveTx(tx, b); err != nil {
				return err
			}
		}
		return nil
	})
}

// filled is a backup with what its manifest says.
func filled(b Backup, m Manifest) Backup {
	b.At, b.Size, b.SHA256, b.Encrypted, b.Manifest, b.Error = m.At, m.Size, m.SHA256, m.Encrypted, m, ""
	return b
}

// place is where backups lie: a folder or a bucket.
type place interface {
	target() string
	name() string
	names(ctx context.Context) ([]string, error)
	manifest(ctx context.Context, name string) (Manifest, error)
	remove(ctx context.Context, name string) error
}

// folderPlace is a folder of this machine.
type folderPlace string

func (f folderPlace) target() string { return Folder }
func (f folderPlace) name() string   { return string(f) }

func (f folderPlace) names(context.Context) ([]string, error) {
	all, err := os.ReadDir(string(f))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	names := make([]string, 0, len(all))
	for _, e := range all {
		names = append(names, e.Name())
	}
	return names, err
}

func (f folderPlace) manifest(_ context.Context, name string) (Manifest, error) {
	m, _, err := readBeside(filepath.Join(string(f), name))
	return m, err
}

func (f folderPlace) remove(_ context.Context, name string) error {
	path := filepath.Join(string(f), name)
	return errors.Join(remove(path), remove(Beside(path)))
}

// bucketPlace is a prefix of a bucket.
type bucketPlace struct {
	b      *bucket
	prefix string
}

func (p bucketPlace) target() string { return S3 }
func (p bucketPlace) name() string   { return "s3://" + p.b.name + "/" + p.prefix }

func (p bucketPlace) names(ctx context.Context) ([]string, error) {
	keys, err := p.b.list(ctx, p.prefix)
	for i := range keys {
		keys[i] = strings.TrimPrefix(keys[i], p.prefix)
	}
	return keys, err
}

func (p bucketPlace) manifest(ctx context.Context, name string) (m Manifest, err error) {
	text, err := p.b.text(ctx, Beside(p.prefix+name))
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(text, &m)
}

func (p bucketPlace) remove(ctx context.Context, name string) error {
	return p.b.remove(ctx, p.prefix+name)
}

// places are those of the settings.
func (s *Service) places(set Settings) (folder *folderPlace, s3 *bucketPlace, err error) {
	if set.Folder {
		f := folderPlace(s.folder(set))
		folder = &f
	}
	if set.S3 {
		b, err := openBucket(s.Deps.S3, set.Bucket)
		if err != nil {
			return folder, nil, err
		}
		s3 = &bucketPlace{b, set.Prefix}
	}
	return folder, s3, nil
}
