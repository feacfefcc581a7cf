package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/media"
)

// MediaFile is a line about a file that was sent, received or uploaded.
type MediaFile struct {
	ID             string  `json:"id"`
	Key            string  `json:"key"`
	ConversationID *string `json:"conversationId"`
	MessageID      *string `json:"messageId"`
	Status         string  `json:"status"`
	ContentType    string  `json:"contentType"`
	Size           int64   `json:"size"`
	SHA256         *string `json:"sha256"`
	FileName       string  `json:"fileName"`
	CreatedAt      string  `json:"createdAt"`
	File           *string `json:"file"`    // in this export
	Problem        *string `json:"problem"` // why there is none, or it is not what it was
}

// PathOf is where the file of a media row lies in an export, "" for one that is
// not there to be exported.
func PathOf(m media.Media) string {
	if m.State != media.Ready {
		return ""
	}
	return mediaDir + "/" + db.FormatID("med", m.ID) + path.Ext(m.Key)
}

// media writes every file and a line about each.
func (e *Export) media(ctx context.Context, n *Media) (File, error) {
	if err := e.forget(ctx); err != nil {
		return File{}, err
	}
	total, err := media.CountOf(e.DB.Read(ctx), e.Org.ID)
	if err != nil {
		return File{}, err
	}
	return e.lines(ctx, mediaDir, func(put func(any) error) error {
		for after, done := int64(0), int64(0); ; {
			page, err := media.After(e.DB.Read(ctx), e.Org.ID, after)
			if err != nil || len(page) == 0 {
				return err
			}
			for _, m := range page {
				line, err := e.one(ctx, m, n)
				if err != nil {
					return err
				}
				if err := put(line); err != nil {
					return err
				}
				after, done = m.ID, done+1
				e.tell("media files", done, total)
			}
		}
	})
}

// forget removes files of an earlier run that was cut off which nobody has any
// more: who was erased since is in no export.
func (e *Export) forget(ctx context.Context) error {
	d, err := os.Open(e.folder.path(mediaDir))
	if err != nil {
		return err
	}
	defer d.Close()
	for {
		names, err := d.Readdirnames(1000)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for _, name := range names {
			id, _ := db.ParseID("med", strings.TrimSuffix(name, path.Ext(name))) // none is no file's
			m, err := media.ByID(e.DB.Read(ctx), e.Org.ID, id)
			if err != nil && !errs.Is(err, errs.NotFound) {
				return err
			}
			if err == nil && PathOf(m) == mediaDir+"/"+name {
				continue
			}
			if err := os.Remove(e.folder.path(mediaDir + "/" + name)); err != nil {
				return err
			}
		}
	}
}

// one writes a file and tells of it. What is missing or damaged is told of and
// stops nothing.
func (e *Export) one(ctx context.Context, m media.Media, n *Media) (MediaFile, error) {
	line := MediaFile{ID: db.FormatID("med", m.ID), Key: m.Key, ConversationID: ref("conv", m.ConversationID), MessageID: ref("msg", m.MessageID),
		Status: m.State, ContentType: m.ContentType, Size: m.Size, FileName: m.FileName, CreatedAt: db.FormatTime(m.CreatedAt)}
	problem := func(text string, count *int64) (MediaFile, error) {
		line.Problem, *count = &text, *count+1
		return line, nil
	}
	name := PathOf(m)
	if name == "" {
		return problem("not stored", &n.Missing)
	}
	if err := e.spare(); err != nil {
		return line, err
	}
	size, sum, err := e.copied(ctx, m, name, n)
	switch {
	case errs.Is(err, errs.NotFound) || errors.Is(err, io.ErrUnexpectedEOF):
		return problem("missing", &n.Missing)
	case err != nil:
		return line, err
	}
	n.Files++
	n.Bytes += size
	line.File, line.SHA256 = &name, &sum
	if want := hex.EncodeToString(m.SHA256); want != "" && want != sum {
		return problem("damaged", &n.Damaged)
	}
	return line, nil
}

// copied writes the bytes of a file, unless an earlier run has done so.
func (e *Export) copied(ctx context.Context, m media.Media, name string, n *Media) (int64, string, error) {
	if sum, err := sumOf(e.folder.path(name)); err == nil && len(m.SHA256) > 0 && sum == hex.EncodeToString(m.SHA256) {
		n.Kept++
		return m.Size, sum, e.folder.listed(name, sum)
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, "", err
	}
	r, _, err := e.Media.Open(ctx, m.OrgID, m.Key)
	if err != nil {
		return 0, "", err
	}
	defer r.Close()
	w, err := e.folder.create(name)
	if err != nil {
		return 0, "", err
	}
	defer w.abandon()
	if _, err := io.Copy(w, r); err != nil {
		return 0, "", err
	}
	return w.place()
}

func sumOf(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	_, err = io.Copy(sum, f)
	return hex.EncodeToString(sum.Sum(nil)), err
}

// ref shows an id, or null for none.
func ref(prefix string, id int64) *string {
	if id == 0 {
		return nil
	}
	s := db.FormatID(prefix, id)
	return &s
}
