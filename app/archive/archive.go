// Package archive writes everything of an organisation into a folder: a file of
// JSON lines for each kind of thing, the media as files, and what proves them.
package archive

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/media"
)

// Noun is one kind of thing, in pages.
type Noun struct {
	Name string // of its file, without the ending
	Says string // for the README: what a line is
	// Page gives the things behind a cursor, "" at first, and the cursor of the
	// page behind them, "" at the end. Each page is a read of its own.
	Page func(ctx context.Context, after string) (things []any, next string, err error)
}

// Export is an organisation on its way into a folder.
type Export struct {
	DB      *db.DB
	Media   *media.Service
	Org     account.Org
	Nouns   []Noun
	Dir     string
	Version string // of the program
	// Tell hears how many things of a kind are written; nil: nobody.
	Tell func(name string, done, total int64)

	folder *folder
}

// format is the version of what is written.
const format = 1

// Manifest tells what an export holds.
type Manifest struct {
	Format     int    `json:"format"`
	Badala     string `json:"badala"`
	Schema     int    `json:"schema"`
	Org        Named  `json:"organisation"`
	StartedAt  string `json:"startedAt"`
	FinishedAt string `json:"finishedAt"`
	Files      []File `json:"files"`
	Media      Media  `json:"media"`
}

// Named is an id with its name.
type Named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// File is one file of JSON lines.
type File struct {
	Name   string `json:"name"`
	Lines  int64  `json:"lines"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Media counts the files in the folder media.
type Media struct {
	Files   int64 `json:"files"`
	Bytes   int64 `json:"bytes"`
	Kept    int64 `json:"-"` // of an earlier run that was cut off
	Missing int64 `json:"missing"`
	Damaged int64 `json:"damaged"`
}

// Run writes the folder. It may be cut off and run again: then the lines are
// written anew, and the media that are there and whole are kept. A folder that
// holds something else, or is complete, is refused.
func (e *Export) Run(ctx context.Context) (m Manifest, err error) {
	if err := e.spare(); err != nil {
		return m, err
	}
	if e.folder, err = openFolder(e.Dir, e.Org.ID); err != nil {
		return m, err
	}
	defer e.folder.close()
	if err := e.audit(ctx); err != nil {
		return m, err
	}
	m = Manifest{Format: format, Badala: e.Version, Schema: db.SchemaVersion(), StartedAt: db.FormatTime(e.DB.Now()),
		Org: Named{db.FormatID("org", e.Org.ID), e.Org.Name}}
	for _, n := range e.Nouns {
		f, err := e.noun(ctx, n)
		if err != nil {
			return m, err
		}
		m.Files = append(m.Files, f)
	}
	f, err := e.media(ctx, &m.Media)
	if err != nil {
		return m, err
	}
	m.Files = append(m.Files, f)
	m.FinishedAt = db.FormatTime(e.DB.Now())
	return m, e.finish(m)
}

// audit writes down that everything is about to leave.
func (e *Export) audit(ctx context.Context) error {
	return e.DB.Write(ctx, func(tx *db.Tx) error {
		return account.AuditTx(tx, account.SystemActor(e.Org.ID), account.Line{Action: "org.export", Target: "org", TargetID: e.Org.ID})
	})
}

// spare refuses to fill a disk: the database's, or the one written to.
func (e *Export) spare() error {
	if err := e.DB.Spare(db.ForExtra); err != nil {
		return err
	}
	free, err := db.Free(existing(e.Dir))
	if err == nil && free < db.DiskExtra {
		err = &db.RoomError{Dir: e.Dir, Need: db.DiskExtra, Free: free}
	}
	return err
}

func (e *Export) tell(name string, done, total int64) {
	if e.Tell != nil {
		e.Tell(name, done, total)
	}
}

// noun writes the file of one kind of thing.
func (e *Export) noun(ctx context.Context, n Noun) (File, error) {
	return e.lines(ctx, n.Name, func(put func(any) error) error {
		for after := ""; ; {
			page, next, err := n.Page(ctx, after)
			if err != nil {
				return err
			}
			for _, v := range page {
				if err := put(v); err != nil {
					return err
				}
			}
			if next == "" {
				return nil
			}
			after = next
		}
	})
}

// lookAgain is how often the room on the disks is looked at, in lines.
const lookAgain = 5000

// lines writes one file of JSON lines.
func (e *Export) lines(ctx context.Context, name string, each func(put func(any) error) error) (File, error) {
	f := File{Name: name + ".jsonl"}
	w, err := e.folder.create(f.Name)
	if err != nil {
		return f, err
	}
	defer w.abandon()
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	err = each(func(v any) error {
		line.Reset()
		if err := enc.Encode(v); err != nil {
			return err
		}
		if f.Lines++; f.Lines%lookAgain == 0 {
			if err := e.spare(); err != nil {
				return err
			}
		}
		e.tell(name, f.Lines, 0)
		if err := ctx.Err(); err != nil {
			return err
		}
		_, err := w.Write(line.Bytes())
		return err
	})
	if err != nil {
		return f, err
	}
	f.Size, f.SHA256, err = w.place()
	return f, err
}

// finish writes what tells of the whole, last of all the manifest: only with it
// is the export complete.
func (e *Export) finish(m Manifest) error {
	if err := e.folder.text("README.txt", e.words(m)); err != nil {
		return err
	}
	if err := e.folder.sums(); err != nil {
		return err
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(m); err != nil {
		return err
	}
	if err := e.folder.text(manifestFile, text.String()); err != nil {
		return err
	}
	return e.folder.finished()
}

// moment is a time as the README shows it.
func moment(s string) string {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return s
	}
	return at.UTC().Format("2006-01-02 15:04:05 UTC")
}
