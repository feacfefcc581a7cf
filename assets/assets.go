// Package assets carries the scripts, styles, icons and fonts of the pages.
package assets

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
)

//go:embed dist/app.js dist/broadcast.js dist/contacts.js dist/docs.js dist/late.js dist/settings.js dist/simulator.js dist/template.js dist/app.css dist/docs.css dist/import.css dist/hours.css dist/template.css dist/broadcast.css dist/tags.css vendor/htmx.min.js vendor/fonts/*.woff2 img/icons.svg img/favicon.svg
var files embed.FS

type file struct {
	plain, packed []byte // packed is nil when gzip does not help
	kind, etag    string
}

var (
	all    = load()
	prefix = "/assets/" + fingerprint() + "/"
)

// name drops the folder of the source tree: the outside sees one flat place.
func name(p string) string {
	for _, dir := range []string{"dist/", "vendor/", "img/"} {
		if s, ok := strings.CutPrefix(p, dir); ok {
			return s
		}
	}
	return p
}

func load() map[string]*file {
	m := map[string]*file{}
	err := fs.WalkDir(files, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := files.ReadFile(p)
		if err != nil {
			return err
		}
		m[name(p)] = newFile(p, b)
		return nil
	})
	if err != nil {
		panic(err) // embedded: the build is broken
	}
	return m
}

func newFile(p string, b []byte) *file {
	sum := sha256.Sum256(b)
	f := &file{plain: b, kind: mime.TypeByExtension(path.Ext(p)), etag: `"` + hex.EncodeToString(sum[:8]) + `"`}
	switch path.Ext(p) {
	case ".woff2":
		f.kind = "font/woff2"
		return f
	case ".js":
		f.kind = "text/javascript; charset=utf-8"
	case ".css":
		f.kind = "text/css; charset=utf-8"
	case ".svg":
		f.kind = "image/svg+xml"
	}
	var buf bytes.Buffer
	z, _ := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	_, err := z.Write(b)
	if err == nil && z.Close() == nil {
		f.packed = buf.Bytes()
	}
	return f
}

// fingerprint changes whenever any file does.
func fingerprint() string {
	h := sha256.New()
	err := fs.WalkDir(files, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		h.Write([]byte(p + all[name(p)].etag))
		return nil
	})
	if err != nil {
		panic(err)
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}

// URL is the address of a file, such as "app.js"; it changes with the contents.
func URL(file string) string { return prefix + file }

// Handler serves /assets/<hash>/<file>. A file under today's hash may be kept
// for ever; one asked for by an older page is today's, and not kept.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rest, _ := strings.CutPrefix(r.URL.Path, "/assets/")
		_, file, _ := strings.Cut(rest, "/")
		f := all[file]
		if f == nil {
			http.NotFound(w, r)
			return
		}
		h := w.Header()
		h.Set("Content-Type", f.kind)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("ETag", f.etag)
		h.Set("Cache-Control", "no-cache")
		if strings.HasPrefix(r.URL.Path, prefix) {
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		if r.Header.Get("If-None-Match") == f.etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		f.write(w, r)
	})
}

func (f *file) write(w http.ResponseWriter, r *http.Request) {
	body := f.plain
	if f.packed != nil {
		w.Header().Set("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			w.Header().Set("Content-Encoding", "gzip")
			body = f.packed
		}
	}
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client has gone: nobody is left to tell
	}
}
