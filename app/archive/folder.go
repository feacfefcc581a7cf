package archive

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"os"
	"path/filepath"

	"badala/app/db"
)

const (
	manifestFile = "manifest.json"
	markFile     = ".badala-export.json" // while the export is not complete
	sumsFile     = "SHA256SUMS"
	mediaDir     = "media"
	partEnding   = ".part" // of a file that is not complete
)

// mark is what an export that is not complete says of itself.
type mark struct {
	Org string `json:"organisation"`
}

// Unfinished says whether a folder holds an export that can go on.
func Unfinished(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, markFile))
	return err == nil
}

// folder is where an export goes.
type folder struct {
	dir  string
	list *file // of all sums
}

// openFolder takes a folder that is new, empty, or holds an unfinished export
// of the same organisation.
func openFolder(dir string, org int64) (*folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	own := mark{db.FormatID("org", org)}
	if err := mayUse(dir, own); err != nil {
		return nil, err
	}
	f := &folder{dir: dir}
	for _, d := range []string{dir, f.path(mediaDir)} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return nil, err
		}
		if err := os.Chmod(d, 0o700); err != nil {
			return nil, err
		}
	}
	text, err := json.Marshal(own)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(f.path(markFile), text, 0o600); err != nil {
		return nil, err
	}
	f.list, err = f.create(sumsFile)
	return f, err
}

// mayUse says why an export cannot go into a folder, nil if it can.
func mayUse(dir string, own mark) error {
	found, err := os.ReadDir(dir)
	if err != nil || len(found) == 0 {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, manifestFile)); err == nil {
		return fmt.Errorf("%s holds a finished export: choose another folder, or remove this one", dir)
	}
	text, err := os.ReadFile(filepath.Join(dir, markFile))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is not empty: choose a new folder", dir)
	}
	if err != nil {
		return err
	}
	var other mark
	if err := json.Unmarshal(text, &other); err != nil || other != own {
		return fmt.Errorf("%s holds an unfinished export of another organisation: choose another folder, or remove this one", dir)
	}
	return nil
}

func (f *folder) path(name string) string { return filepath.Join(f.dir, filepath.FromSlash(name)) }

// close lets go of what was begun and not finished.
func (f *folder) close() { f.list.abandon() }

// file is one that is being written. It has its name only when it is whole.
type file struct {
	folder *folder
	name   string
	f      *os.File
	out    *bufio.Writer
	sum    hash.Hash
	size   int64
}

func (f *folder) create(name string) (*file, error) {
	out, err := os.OpenFile(f.path(name)+partEnding, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return &file{folder: f, name: name, f: out, out: bufio.NewWriterSize(out, 64<<10), sum: sha256.New()}, nil
}

func (w *file) Write(p []byte) (int, error) {
	w.sum.Write(p)
	w.size += int64(len(p))
	return w.out.Write(p)
}

// place puts the file on disk under its name, and its sum on the list.
func (w *file) place() (size int64, sum string, err error) {
	if err := w.out.Flush(); err != nil {
		return 0, "", err
	}
	if err := errors.Join(w.f.Sync(), w.f.Close()); err != nil {
		return 0, "", err
	}
	w.f = nil
	if err := os.Rename(w.folder.path(w.name)+partEnding, w.folder.path(w.name)); err != nil {
		return 0, "", err
	}
	sum = hex.EncodeToString(w.sum.Sum(nil))
	if w == w.folder.list {
		return w.size, sum, nil
	}
	return w.size, sum, w.folder.listed(w.name, sum)
}

// abandon removes a file that was not placed.
func (w *file) abandon() {
	if w == nil || w.f == nil {
		return
	}
	_ = w.f.Close() // it goes
	_ = os.Remove(w.folder.path(w.name) + partEnding)
	w.f = nil
}

// listed puts the sum of a file on the list, as sha256sum reads it.
func (f *folder) listed(name, sum string) error {
	_, err := fmt.Fprintf(f.list, "%s  %s\n", sum, name)
	return err
}

// text writes a small file.
func (f *folder) text(name, content string) error {
	w, err := f.create(name)
	if err != nil {
		return err
	}
	defer w.abandon()
	if _, err := w.Write([]byte(content)); err != nil {
		return err
	}
	if name != manifestFile {
		_, _, err = w.place()
		return err
	}
	if err := errors.Join(w.out.Flush(), w.f.Sync()); err != nil {
		return err
	}
	return os.Rename(f.path(name)+partEnding, f.path(name))
}

// sums puts the list in place: nothing is listed after it.
func (f *folder) sums() error {
	_, _, err := f.list.place()
	return err
}

// finished puts the folder on disk and says that it is complete.
func (f *folder) finished() error {
	if err := os.Remove(f.path(markFile)); err != nil {
		return err
	}
	return errors.Join(db.Sync(f.path(mediaDir)), db.Sync(f.dir))
}

// existing is the folder, or the nearest one above that is there.
func existing(dir string) string {
	for {
		if _, err := os.Stat(dir); err == nil {
			return dir
		}
		above := filepath.Dir(dir)
		if above == dir {
			return dir
		}
		dir = above
	}
}
