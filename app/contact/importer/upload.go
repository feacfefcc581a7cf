package importer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"

	"badala/app/account"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/table"
)

// Upload keeps a file and recognises what it is, with a mapping for every
// column. A file that cannot be read is refused with its code, and not kept.
func (s *Service) Upload(ctx context.Context, who account.Actor, name string, r io.Reader) (_ Import, err error) {
	defer errs.Wrap(&err, "importer.Upload")
	if err := mine(who); err != nil {
		return Import{}, err
	}
	if err := s.DB.Spare(db.ForExtra); err != nil {
		return Import{}, err
	}
	file, err := os.CreateTemp(s.TempDir, "import-*")
	if err != nil {
		return Import{}, err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	sum := sha256.New()
	size, err := io.Copy(io.MultiWriter(file, sum), io.LimitReader(r, table.MaxBytes+1))
	if err != nil {
		return Import{}, err
	}
	if size > table.MaxBytes {
		return Import{}, errs.Coded(errs.TooLarge, table.FileTooMuchText, "the file is larger than 20 MiB; split it")
	}
	org, err := account.OrgByID(s.DB.Read(ctx), who.OrgID)
	if err != nil {
		return Import{}, err
	}
	i := Import{
		OrgID: who.OrgID, Name: contact.CleanName(name), Size: size, SHA256: hex.EncodeToString(sum.Sum(nil)), State: Uploaded, Actor: who,
		Settings: Settings{Timezone: org.Timezone},
	}
	if err := s.lastChoices(ctx, &i); err != nil {
		return i, err
	}
	if err := s.recognise(ctx, &i, file.Name()); err != nil {
		return i, err
	}
	if err := s.insert(ctx, &i); err != nil {
		return i, err
	}
	return i, s.keepFile(ctx, i.ID, file)
}

// lastChoices takes over what was decided for an earlier file of any kind.
func (s *Service) lastChoices(ctx context.Context, i *Import) error {
	last, err := s.List(s.DB.Read(ctx), i.OrgID, 0, 1)
	if err == nil && len(last) > 0 {
		i.Settings.DefaultCountry = last[0].Settings.DefaultCountry
	}
	return err
}

// recognise opens the file and fills settings that are not decided.
func (s *Service) recognise(ctx context.Context, i *Import, path string) error {
	f, err := table.Open(ctx, path, i.Name, table.Options{Encoding: i.Settings.Encoding, Separator: i.Settings.Separator})
	if err != nil {
		return err
	}
	if i.Recognised, err = recognise(ctx, f, &i.Settings); err != nil {
		return err
	}
	return s.recall(ctx, i)
}

// recall maps the columns as the last file with the same header did.
func (s *Service) recall(ctx context.Context, i *Import) error {
	text, err := db.Value[string](s.DB.Read(ctx), `SELECT mapping FROM import_mapping WHERE org_id = ? AND signature = ?`, i.OrgID, i.Recognised.Signature)
	if errs.Is(err, errs.NotFound) {
		return s.joinFields(ctx, i)
	}
	if err != nil {
		return err
	}
	var saved []Column
	if err := json.Unmarshal([]byte(text), &saved); err != nil || len(saved) != len(i.Settings.Columns) {
		return err
	}
	for n := range saved {
		i.Settings.Columns[n].Field, i.Settings.Columns[n].Clear = saved[n].Field, saved[n].Clear
	}
	i.Recognised.Remembered = true
	return nil
}

// joinFields lets columns go to the custom fields that exist, however these are spelt.
func (s *Service) joinFields(ctx context.Context, i *Import) error {
	fields, err := contact.CustomFields(s.DB.Read(ctx), i.OrgID)
	if err != nil {
		return err
	}
	byName := map[string]string{}
	for _, f := range fields {
		byName[foldWord(f.Title())], byName[foldWord(f.Name)] = f.Name, f.Name
	}
	for n, c := range i.Settings.Columns {
		if c.Field == CustomPrefix+c.Header {
			if name, ok := byName[foldWord(c.Header)]; ok {
				i.Settings.Columns[n].Field = CustomPrefix + name
			}
		}
	}
	return nil
}

func (s *Service) insert(ctx context.Context, i *Import) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		i.ID, i.CreatedAt = tx.NewID(), tx.Now()
		if _, err := tx.Exec(`INSERT INTO import(id, org_id, name, sha256, size, state, actor_kind, actor_id, key_id, actor_name, settings, recognised, created_at)
			VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '{}', '{}', ?)`,
			i.ID, i.OrgID, i.Name, i.SHA256, i.Size, i.State, i.Actor.Kind, i.Actor.UserID, i.Actor.KeyID, i.Actor.Name, i.CreatedAt); err != nil {
			return err
		}
		return i.saveTx(tx)
	})
}

// keepFile puts the file into the database, in small pieces.
func (s *Service) keepFile(ctx context.Context, id int64, file *os.File) error {
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	buf := make([]byte, pieceOfFile)
	for n := 0; ; n++ {
		size, err := io.ReadFull(file, buf)
		if size > 0 {
			if err := s.DB.Write(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(`INSERT INTO import_file(import_id, n, data) VALUES(?, ?, ?)`, id, n, buf[:size])
				return err
			}); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// fetchFile puts the kept file where it can be read, until done is called.
func (s *Service) fetchFile(ctx context.Context, id int64) (path string, done func(), err error) {
	file, err := os.CreateTemp(s.TempDir, "import-*")
	if err != nil {
		return "", nil, err
	}
	done = func() { os.Remove(file.Name()) }
	defer func() {
		file.Close()
		if err != nil {
			done()
		}
	}()
	for n := 0; ; n++ {
		data, err := db.Value[[]byte](s.DB.Read(ctx), `SELECT data FROM import_file WHERE import_id = ? AND n = ?`, id, n)
		if errs.Is(err, errs.NotFound) && n > 0 {
			return file.Name(), done, nil
		}
		if errs.Is(err, errs.NotFound) {
			err = errs.New(errs.Conflict, "the file of this import is no longer kept; upload it again")
		}
		if err != nil {
			return "", nil, err
		}
		if _, err := file.Write(data); err != nil {
			return "", nil, err
		}
	}
}

// Configure changes settings of an import that was not started. A change of
// how the file is read recognises the columns again.
func (s *Service) Configure(ctx context.Context, who account.Actor, id int64, p Patch) (_ Import, err error) {
	defer errs.Wrap(&err, "importer.Configure(%d)", id)
	if err := mine(who); err != nil {
		return Import{}, err
	}
	i, err := s.Get(s.DB.Read(ctx), who.OrgID, id)
	if err != nil {
		return i, err
	}
	if err := i.open(); err != nil {
		return i, err
	}
	if p.rereads() {
		if err := s.reread(ctx, &i, p); err != nil {
			return i, err
		}
	}
	if err := p.apply(&i.Settings); err != nil {
		return i, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		now, err := byID(tx, id)
		if err != nil {
			return err
		}
		if err := now.open(); err != nil {
			return err
		}
		next := i
		next.State, next.Code, next.Message, next.Preview = Uploaded, "", "", Preview{}
		return next.saveTx(tx)
	})
	i.State, i.Preview = Uploaded, Preview{}
	return i, err
}

// open is nil while settings can change.
func (i *Import) open() error {
	if i.State == Uploaded || i.State == Checked || i.State == Failed && i.StartedAt == 0 {
		return nil
	}
	return errs.Coded(errs.Conflict, "import_started", "this import was started already")
}

// reread recognises the file again under other settings.
func (s *Service) reread(ctx context.Context, i *Import, p Patch) error {
	path, done, err := s.fetchFile(ctx, i.ID)
	if err != nil {
		return err
	}
	defer done()
	st := &i.Settings
	for _, f := range []struct{ to, from *string }{{&st.Encoding, p.Encoding}, {&st.Separator, p.Separator}, {&st.Sheet, p.Sheet}} {
		if f.from != nil {
			*f.to = *f.from
			st.HeaderRow, st.Source = 0, "" // of other text
		}
	}
	if p.HeaderRow != nil {
		st.HeaderRow, st.Source = *p.HeaderRow, ""
	}
	if p.Source != nil {
		st.Source = *p.Source
	}
	return s.recognise(ctx, i, path)
}
