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
	"path/filepath"

	"badala/app/db"
	"badala/app/media"
)

// Phases of making or proving a backup.
const (
	Copying    = "copying"
	Checking   = "checking"
	Encrypting = "encrypting"
	Uploading  = "uploading"
	Fetching   = "fetching"
)

// Report is told how far a phase is, in bytes; total is 0 where nobody knows.
type Report func(phase string, done, total int64)

func (r Report) tell(phase string, done, total int64) {
	if r != nil {
		r(phase, done, total)
	}
}

func (r Report) of(phase string) db.Progress {
	return func(done, total int64) { r.tell(phase, done, total) }
}

// Order says how a backup is to be made.
type Order struct {
	App        string // version of the program
	At         int64
	Passphrase string // "": not encrypted
	Report     Report // may be nil
}

// Take writes a backup of the database at source to dest, with its description
// beside it. Only what was opened, checked and counted gets its name. It gives
// way to all other work of the machine.
func Take(ctx context.Context, source, dest string, o Order) (m Manifest, err error) {
	err = gently(func() error {
		m, err = take(ctx, source, dest, o)
		return err
	})
	return m, err
}

func take(ctx context.Context, source, dest string, o Order) (m Manifest, err error) {
	tmp := dest + ".tmp"
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("backup to %s: %w", dest, err), remove(tmp), remove(tmp+".age"))
		}
	}()
	dir := filepath.Dir(dest)
	size := db.SizeOf(source)
	if o.Passphrase != "" {
		size *= 2 // both are there for a while
	}
	if err := db.Room(dir, size); err != nil {
		return m, err
	}
	if err := db.Snapshot(ctx, source, tmp, o.Report.of(Copying)); err != nil {
		return m, err
	}
	if m, err = describeInside(ctx, tmp, o); err != nil {
		return m, err
	}
	final, err := checkAndSeal(ctx, tmp, &m, o)
	if err != nil {
		return m, err
	}
	// Its description first: a backup that has its name is complete.
	if err := writeBeside(dest, m); err != nil {
		return m, err
	}
	return m, db.Place(final, dest)
}

// describeInside writes into a copy what it is.
func describeInside(ctx context.Context, tmp string, o Order) (m Manifest, err error) {
	c, err := db.OpenCopy(ctx, tmp)
	if err != nil {
		return m, err
	}
	m, err = describe(ctx, c, o.App, o.At)
	if err = errors.Join(err, c.Close()); err != nil {
		return m, err
	}
	text, err := json.Marshal(m)
	if err != nil {
		return m, err
	}
	return m, db.Label(ctx, tmp, manifestKey, string(text))
}

// checkers is how many threads look through a copy.
const checkers = 2

// checkAndSeal checks a copy and meanwhile makes of it what is kept: the file
// that it names, with its size and SHA-256 in m.
func checkAndSeal(ctx context.Context, tmp string, m *Manifest, o Order) (final string, err error) {
	o.Report.tell(Checking, 0, db.SizeOf(tmp))
	c, err := db.OpenCopy(ctx, tmp)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	final = tmp
	seal := func() (err error) {
		if o.Passphrase != "" {
			m.Encrypted, final = true, tmp+".age"
			if err := encrypt(ctx, tmp, final, o.Passphrase, o.Report.of(Encrypting)); err != nil {
				return err
			}
		}
		m.SHA256, m.Size, err = hashFile(ctx, final, o.Report.of(Checking))
		return err
	}
	if err := together(append(c.QuickChecks(ctx, checkers), seal)...); err != nil || final == tmp {
		return final, err
	}
	return final, remove(tmp)
}

// hashFile gives the SHA-256 of a file in hex, and its size.
func hashFile(ctx context.Context, path string, progress db.Progress) (string, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return "", 0, err
	}
	sum := sha256.New()
	n, err := io.Copy(sum, &counting{ctx: ctx, r: f, total: st.Size(), progress: progress})
	return hex.EncodeToString(sum.Sum(nil)), n, err
}

// counting reads on until its context ends, and tells how far it is.
type counting struct {
	ctx         context.Context
	r           io.Reader
	done, total int64
	progress    db.Progress
}

func (c *counting) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.r.Read(p)
	c.done += int64(n)
	if c.progress != nil {
		c.progress(c.done, c.total)
	}
	return n, err
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// TakeToS3 makes a backup beside the database and brings it to s3://bucket/key.
func TakeToS3(ctx context.Context, source, dest string, o *media.S3Options, order Order) (m Manifest, err error) {
	name, key, _ := SplitS3(dest)
	b, err := openBucket(o, name)
	if err != nil {
		return m, err
	}
	dir, err := os.MkdirTemp(filepath.Dir(source), ".badala-backup-*")
	if err != nil {
		return m, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	file := filepath.Join(dir, "badala.db")
	if m, err = Take(ctx, source, file, order); err != nil {
		return m, err
	}
	return m, b.put(ctx, file, key, m, order.Report)
}
