package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"badala/app/db"
	"badala/app/media"
)

// Source is where a backup is to be had from.
type Source struct {
	Name       string // a path, or s3://bucket/key
	S3         *media.S3Options
	Passphrase string
	Report     Report
}

// Fetched is a backup that was brought here, plain, to be looked at.
type Fetched struct {
	Name      string // where it came from
	Path      string
	Beside    Manifest // zero without a description
	Described bool
	Erasures  []byte // the list of erased people that lay beside it, if any
}

// Fetch brings a backup to dest, decrypted. When it is described, what arrives
// must be exactly what was written.
func (s Source) Fetch(ctx context.Context, dest string) (f Fetched, err error) {
	f.Name, f.Path = s.Name, dest
	body, size, err := s.open(ctx, &f)
	if err != nil {
		return f, err
	}
	defer body.Close()
	sum := sha256.New()
	in := io.TeeReader(&counting{ctx: ctx, r: body, total: size, progress: s.Report.of(Fetching)}, sum)
	plain, err := decrypt(in, s.Passphrase)
	if err != nil {
		return f, fmt.Errorf("%s: %w", s.Name, err)
	}
	out, err := os.OpenFile(dest, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return f, err
	}
	_, err = io.Copy(out, plain)
	if _, rest := io.Copy(io.Discard, in); err == nil {
		err = rest
	}
	if err = errors.Join(err, out.Close()); err != nil {
		return f, fmt.Errorf("%s is damaged, or cannot be read: %w", s.Name, err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); f.Described && f.Beside.SHA256 != got {
		return f, fmt.Errorf("%s is not the file that was written: its SHA-256 is %s, and %s says %s", s.Name, got, Beside(s.Name), f.Beside.SHA256)
	}
	return f, nil
}

// open starts reading a backup and reads what lies beside it.
func (s Source) open(ctx context.Context, f *Fetched) (io.ReadCloser, int64, error) {
	if name, key, ok := SplitS3(s.Name); ok {
		return s.openS3(ctx, f, name, key)
	}
	st, err := os.Stat(s.Name)
	if err != nil {
		return nil, 0, err
	}
	if wal, err := os.Stat(s.Name + "-wal"); err == nil && wal.Size() > 0 {
		return nil, 0, fmt.Errorf("%s-wal lies beside %s: this is no backup but a database that was not closed; `badala backup --db %s FILE` makes one of it", s.Name, s.Name, s.Name)
	}
	if f.Beside, f.Described, err = readBeside(s.Name); err != nil {
		return nil, 0, err
	}
	if f.Erasures, err = os.ReadFile(erasuresBeside(s.Name)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, 0, err
	}
	body, err := os.Open(s.Name)
	return body, st.Size(), err
}

func (s Source) openS3(ctx context.Context, f *Fetched, name, key string) (io.ReadCloser, int64, error) {
	b, err := openBucket(s.S3, name)
	if err != nil {
		return nil, 0, err
	}
	text, err := b.text(ctx, Beside(key))
	switch {
	case err == nil:
		if err := json.Unmarshal(text, &f.Beside); err != nil {
			return nil, 0, fmt.Errorf("%s cannot be read: %w", Beside(s.Name), err)
		}
		f.Described = true
	case !errors.Is(err, os.ErrNotExist):
		return nil, 0, err
	}
	if f.Erasures, err = b.text(ctx, erasuresBeside(key)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, 0, err
	}
	body, err := b.open(ctx, key)
	return body, f.Beside.Size, err
}

// Room is how much a fetched backup will take, as far as can be known before.
func (s Source) Room(dir string) error {
	if _, _, ok := SplitS3(s.Name); ok {
		return nil
	}
	st, err := os.Stat(s.Name)
	if err != nil {
		return err
	}
	return db.Room(dir, st.Size())
}
