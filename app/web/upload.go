package web

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"time"

	"badala/app/errs"
	"badala/app/httpx"
	"badala/app/media"
)

const (
	uploadLimit   = httpx.UploadLimit
	uploadTimeout = 15 * time.Minute // for a large file over a slow line
	maxFiles      = 10
	maxParts      = 400
)

// upload stores one file for a message to come.
func (s *Server) upload(c *call) error {
	keys, _, err := c.multipart()
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		return errs.Field("file", "is missing")
	}
	m, err := media.ByKey(c.q(), c.actor.OrgID, keys[0])
	if err != nil {
		return err
	}
	return c.json(http.StatusCreated, struct {
		Key         string `json:"key"`
		URL         string `json:"url"`
		ContentType string `json:"contentType"`
		Size        int64  `json:"size"`
		FileName    string `json:"fileName"`
	}{m.Key, s.Media.SignedURL(m, mediaTTL), m.ContentType, m.Size, m.FileName})
}

// composed reads the composer's form in either encoding, and stores its files.
func (c *call) composed() ([]string, error) {
	kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type"))
	if err == nil && kind == "multipart/form-data" {
		keys, form, err := c.multipart()
		c.r.Form, c.r.PostForm = form, form
		return keys, err
	}
	c.r.Body = http.MaxBytesReader(c.w, c.r.Body, formLimit)
	return nil, c.parse()
}

// multipart reads a form as it arrives: files go to the store without standing
// in memory, fields within the form limit.
func (c *call) multipart() (keys []string, form url.Values, err error) {
	files, form, err := c.parts()
	for _, f := range files {
		keys = append(keys, f.key)
	}
	return keys, form, err
}

// namedFile is a stored file of a form, with the field that it was chosen in.
type namedFile struct{ field, key string }

// parts is multipart with the names of the fields.
func (c *call) parts() (files []namedFile, form url.Values, err error) {
	c.extend()
	form = url.Values{}
	reader, err := c.r.MultipartReader()
	if err != nil {
		return nil, form, errs.New(errs.MediaType, "the file must come as multipart/form-data")
	}
	room := int64(formLimit)
	for range maxParts {
		part, err := reader.NextPart()
		if errors.Is(err, io.EOF) {
			return files, form, nil
		}
		if err != nil {
			return nil, form, badBody(err)
		}
		if part.FileName() != "" {
			key, err := c.store(part)
			if err != nil {
				return nil, form, err
			}
			if files = append(files, namedFile{part.FormName(), key}); len(files) > maxFiles {
				return nil, form, errs.Coded(errs.TooLarge, "too_many_files", "too many files at once")
			}
			continue
		}
		value, err := io.ReadAll(io.LimitReader(part, room+1))
		if err != nil {
			return nil, form, badBody(err)
		}
		if room -= int64(len(value)); room < 0 {
			return nil, form, errs.Coded(errs.TooLarge, "too_large", "the request is too large")
		}
		if name := part.FormName(); name != "file" && !strings.HasPrefix(name, "file.") {
			form.Add(name, string(value))
		}
	}
	return nil, form, errs.New(errs.Invalid, "the form has too many parts")
}

// extend gives a large upload the time it needs.
func (c *call) extend() {
	rc := http.NewResponseController(c.w)
	until := time.Now().Add(uploadTimeout)
	_ = rc.SetReadDeadline(until) // where deadlines cannot be set there are none
	_ = rc.SetWriteDeadline(until)
}

// store keeps one file of a form.
func (c *call) store(part *multipart.Part) (string, error) {
	m, err := c.s.Media.Store(c.r.Context(), c.actor.OrgID, part, media.StoreOptions{
		FileName: part.FileName(), DeclaredType: strings.TrimSpace(part.Header.Get("Content-Type")),
	})
	if err != nil {
		if _, large := asMaxBytes(err); large {
			err = badBody(err)
		}
		return "", err
	}
	return m.Key, nil
}
