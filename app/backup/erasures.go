package backup

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"badala/app/contact"
	"badala/app/db"
)

// Erasures is the list of people who were erased, as it lies beside the
// database in a file that only grows: what a restored copy no longer knows is
// erased from it again. The file names nobody. It holds the install's key and
// HMACs under it, as the database does.
type Erasures struct {
	Key  []byte
	List []contact.PastErasure
}

// ErasuresFile is where the list of a database lies.
func ErasuresFile(path string) string {
	return filepath.Join(filepath.Dir(path), baseOf(path)+".erasures")
}

// erasuresBeside is where the list lies that goes with a backup: one for all
// of its folder.
func erasuresBeside(name string) string {
	if i := strings.LastIndexAny(name, "/"+string(filepath.Separator)); i >= 0 {
		return name[:i+1] + "erasures"
	}
	return "erasures"
}

// baseOf is the file's name without folder and ending.
func baseOf(path string) string {
	name := filepath.Base(path)
	return strings.TrimSuffix(name, filepath.Ext(name))
}

// line is one line of the file: the first has the key, each other a person.
type line struct {
	Key []byte `json:"key,omitempty"`
	*contact.PastErasure
}

// ParseErasures reads a list. A last line that was cut while it was written is
// left out.
func ParseErasures(text []byte) (e Erasures, err error) {
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	seen := map[int64]bool{}
	for lines.Scan() {
		var l line
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			continue
		}
		if len(l.Key) > 0 {
			e.Key = l.Key
		}
		if p := l.PastErasure; p != nil && p.Contact != 0 && !seen[p.Contact] {
			seen[p.Contact] = true
			e.List = append(e.List, *p)
		}
	}
	return e, lines.Err()
}

// ReadErasures reads the list beside a database; none is an empty one.
func ReadErasures(path string) (Erasures, error) {
	text, err := os.ReadFile(ErasuresFile(path))
	if errors.Is(err, fs.ErrNotExist) {
		return Erasures{}, nil
	}
	if err != nil {
		return Erasures{}, err
	}
	return ParseErasures(text)
}

// ErasuresOf reads who was erased out of a database.
func ErasuresOf(q db.Q) (e Erasures, err error) {
	e.Key, e.List, err = contact.PastErasures(q)
	return e, err
}

// With is the list and those of another one that it lacks. Lists of different
// installs do not mix.
func (e Erasures) With(more Erasures) (Erasures, error) {
	switch {
	case len(more.List) == 0:
		return e, nil
	case len(e.List) == 0 && len(e.Key) == 0:
		return more, nil
	case len(e.Key) > 0 && !bytes.Equal(e.Key, more.Key):
		return e, errors.New("the list of erased people is of another install")
	}
	e.Key = more.Key
	e.List = append(e.List[:len(e.List):len(e.List)], missing(e.List, more.List)...)
	return e, nil
}

// missing are those of more who are not in list.
func missing(list, more []contact.PastErasure) []contact.PastErasure {
	known := make(map[int64]bool, len(list))
	for _, p := range list {
		known[p.Contact] = true
	}
	var out []contact.PastErasure
	for _, p := range more {
		if !known[p.Contact] {
			out = append(out, p)
		}
	}
	return out
}

// append puts the people whom the file lacks at its end, on disk.
func (e Erasures) append(file string) (err error) {
	if len(e.List) == 0 {
		return nil
	}
	old, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	had, err := ParseErasures(old)
	if err != nil {
		return err
	}
	if len(had.Key) > 0 && !bytes.Equal(had.Key, e.Key) {
		return fmt.Errorf("%s is of another install; move it away", file)
	}
	var b bytes.Buffer
	if len(old) > 0 && old[len(old)-1] != '\n' {
		b.WriteByte('\n')
	}
	enc := json.NewEncoder(&b)
	if len(had.Key) == 0 {
		err = enc.Encode(line{Key: e.Key})
	}
	fresh := missing(had.List, e.List)
	for i := range fresh {
		err = errors.Join(err, enc.Encode(line{PastErasure: &fresh[i]}))
	}
	if err != nil || len(fresh) == 0 {
		return err
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b.Bytes())
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return db.Sync(filepath.Dir(file))
}

// KeepErasures makes the database and the list beside it agree: who is in the
// list and not in the database is erased again, because an older copy was put
// in its place. It gives how many people were found again.
func (s *Service) KeepErasures(ctx context.Context, more ...Erasures) (again int, err error) {
	list, err := ReadErasures(s.DB.Path())
	if err != nil {
		return 0, err
	}
	for _, m := range more {
		if list, err = list.With(m); err != nil {
			return 0, err
		}
	}
	if again, err = s.Contacts.Reapply(ctx, list.Key, list.List); err != nil {
		return again, err
	}
	return again, s.noteErasures(ctx)
}

// noteErasures brings the file up to date.
func (s *Service) noteErasures(ctx context.Context) error {
	now, err := ErasuresOf(s.DB.Read(ctx))
	if err != nil {
		return err
	}
	return now.append(ErasuresFile(s.DB.Path()))
}

// AppendErasures adds the list beside one database to that beside another.
func AppendErasures(from, to string) error {
	list, err := ReadErasures(from)
	if err != nil {
		return err
	}
	return list.append(ErasuresFile(to))
}
