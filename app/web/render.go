package web

import (
	"bytes"
	"compress/gzip"
	"strconv"
	"strings"
	"sync"

	"github.com/a-h/templ"
)

// gzipFrom is the size from which packing an answer is worth its time.
const gzipFrom = 2 << 10

var (
	buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}
	packers = sync.Pool{New: func() any {
		z, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // fails for unknown levels only
		return z
	}}
)

// render writes components whole, so that a failure inside one can still become an error page.
func (c *call) render(status int, parts ...templ.Component) error {
	buf := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(buf)
	buf.Reset()
	for _, part := range parts {
		if err := part.Render(c.r.Context(), buf); err != nil {
			return err
		}
	}
	h := c.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Add("Vary", "Accept-Encoding")
	if buf.Len() >= gzipFrom && strings.Contains(c.r.Header.Get("Accept-Encoding"), "gzip") {
		return ignoreGone(c.packed(status, buf.Bytes()))
	}
	h.Set("Content-Length", strconv.Itoa(buf.Len()))
	c.w.WriteHeader(status)
	_, err := c.w.Write(buf.Bytes())
	return ignoreGone(err)
}

// packed writes a body with gzip.
func (c *call) packed(status int, body []byte) error {
	out := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(out)
	out.Reset()
	z := packers.Get().(*gzip.Writer)
	defer packers.Put(z)
	z.Reset(out)
	if _, err := z.Write(body); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	c.w.Header().Set("Content-Encoding", "gzip")
	c.w.Header().Set("Content-Length", strconv.Itoa(out.Len()))
	c.w.WriteHeader(status)
	_, err := c.w.Write(out.Bytes())
	return err
}
