package media

import (
	"bytes"
	"encoding/hex"
	"mime"
	"net/http"
	"strings"
	"time"

	"badala/app/db"
	"badala/app/errs"
)

const serveTime = 30 * time.Minute // for one answer, instead of the server's usual limit

// inline are the types that browsers may show from our origin. Everything else is saved, and has no type of its own.
var inline = map[string]bool{
	"image/jpeg": true, "image/png": true, "image/webp": true, "image/gif": true,
	"audio/mpeg": true, "audio/ogg": true, "audio/mp4": true, "audio/amr": true, "audio/aac": true,
	"video/mp4": true, "video/3gpp": true,
}

// Handler serves signed addresses under /media/, with ranges. ?thumb=1 is the preview, ?dl=1 saves.
func (s *Service) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "only GET", http.StatusMethodNotAllowed)
			return
		}
		if err := s.serve(w, r); err != nil {
			s.refuse(w, r, err)
		}
	})
}

func (s *Service) refuse(w http.ResponseWriter, r *http.Request, err error) {
	status, text := errs.KindOf(err).Status(), "the file cannot be read"
	if e := errs.As(err); e != nil {
		text = e.Message
	}
	if status >= 500 && r.Context().Err() == nil {
		s.log.ErrorContext(r.Context(), "media not served", "err", err)
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, text, status)
}

func (s *Service) serve(w http.ResponseWriter, r *http.Request) error {
	safeHeaders(w.Header())
	q := r.URL.Query()
	org, key, err := s.verify(strings.TrimPrefix(r.URL.Path, "/media/"), q)
	if err != nil {
		return err
	}
	body, m, err := s.Open(r.Context(), org, key)
	if err != nil {
		return err
	}
	defer body.Close()
	h := w.Header()
	if q.Get("thumb") == "1" && m.HasThumb() {
		data, err := s.thumb(r.Context(), m)
		if err != nil {
			return err
		}
		h.Set("Content-Type", "image/jpeg")
		h.Set("ETag", `"t`+hex.EncodeToString(m.SHA256)+`"`)
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
		return nil
	}
	describe(h, m, q.Get("dl") == "1")
	// A server without deadlines has nothing to extend.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(serveTime))
	http.ServeContent(w, r, "", db.Time(m.ReadyAt), body)
	return nil
}

// safeHeaders make sure that nothing sent by a customer acts as a page of ours.
func safeHeaders(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "private, max-age=3600, immutable")
}

// describe sets what the file is and whether it is shown or saved.
func describe(h http.Header, m Media, save bool) {
	contentType, how := "application/octet-stream", "attachment"
	if inline[baseType(m.ContentType)] {
		contentType = m.ContentType
		if !save {
			how = "inline"
		}
	}
	name := cleanName(m.FileName)
	if name == "" {
		name = m.Key
	}
	h.Set("Content-Type", contentType)
	h.Set("Content-Disposition", mime.FormatMediaType(how, map[string]string{"filename": name}))
	h.Set("ETag", `"`+hex.EncodeToString(m.SHA256)+`"`)
}
