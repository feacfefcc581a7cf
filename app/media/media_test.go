package media_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"badala/app/db"
	"badala/app/db/dbtest"
	"badala/app/errs"
	"badala/app/media"
	"badala/app/media/s3test"
	"badala/app/queue"
)

const org, otherOrg = 11, 22

// clock can be set forward.
type clock struct {
	mu   sync.Mutex
	plus time.Duration
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.plus)
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.plus += d
}

// world is a service over a fresh database.
type world struct {
	*media.Service
	db    *db.DB
	queue *queue.Queue
	clock *clock
	free  *atomic.Int64 // bytes of the disk
}

func open(t testing.TB, o media.Options) world {
	t.Helper()
	c, free := &clock{}, &atomic.Int64{}
	free.Store(50 << 30)
	d, err := db.Open(dbtest.File(t), db.Options{Clock: c, Disk: func(string) (db.Disk, error) {
		return db.Disk{Free: free.Load(), Total: 100 << 30}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	q := queue.New(d, nil)
	s, err := media.New(t.Context(), d, q, nil, o)
	if err != nil {
		t.Fatal(err)
	}
	return world{s, d, q, c, free}
}

// run starts the queue until the test ends.
func (w world) run(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.queue.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func (w world) store(t testing.TB, data []byte, o media.StoreOptions) media.Media {
	t.Helper()
	m, err := w.Store(t.Context(), org, bytes.NewReader(data), o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// rows counts what lies in the file's tables.
func (w world) rows(t testing.TB) (n [3]int) {
	t.Helper()
	for i, table := range []string{"media", "media_chunk", "media_thumb"} {
		var err error
		if n[i], err = db.Value[int](w.db.Read(t.Context()), "SELECT count(*) FROM "+table); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

func (w world) get(t testing.TB, url string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), "GET", url, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	w.Handler().ServeHTTP(rec, r)
	return rec
}

func noise(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	r.Read(b) //nolint:errcheck // it cannot fail
	return b
}

func pattern(w, h int) image.Image {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.Set(x, y, color.RGBA{uint8(x), uint8(y), uint8(x * y), 255})
		}
	}
	return img
}

func encode(t testing.TB, format string, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch format {
	case "jpeg":
		err = jpeg.Encode(&b, img, nil)
	case "png":
		err = png.Encode(&b, img)
	case "gif":
		err = gif.Encode(&b, img, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// stores runs a test on both stores.
func stores(t *testing.T, test func(t *testing.T, w world)) {
	t.Run("database", func(t *testing.T) { t.Parallel(); test(t, open(t, media.Options{})) })
	t.Run("s3", func(t *testing.T) {
		t.Parallel()
		o := s3test.Start(t)
		test(t, open(t, media.Options{S3: &o}))
	})
}

func TestStoreAndOpen(t *testing.T) {
	t.Parallel()
	stores(t, func(t *testing.T, w world) {
		if err := w.CheckS3(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, size := range []int{1, 3071, 256 << 10, 256<<10 + 1, 12<<20 + 7} {
			data := noise(size)
			m := w.store(t, data, media.StoreOptions{FileName: "a.bin"})
			if m.State != media.Ready || m.Size != int64(size) || len(m.SHA256) != 32 {
				t.Errorf("%d: %+v", size, m)
			}
			r, again, err := w.Open(t.Context(), org, m.Key)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, data) || again.ID != m.ID {
				t.Errorf("%d: read %d bytes, %v", size, len(got), err)
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestRange(t *testing.T) {
	t.Parallel()
	stores(t, func(t *testing.T, w world) {
		data := noise(1 << 20)
		m := w.store(t, data, media.StoreOptions{})
		url := w.SignedURL(m, 0)
		tests := []struct {
			header   string
			code     int
			from, to int
		}{
			{"", 200, 0, 1 << 20},
			{"bytes=0-0", 206, 0, 1},
			{"bytes=262143-262145", 206, 262143, 262146},
			{"bytes=1048570-", 206, 1048570, 1 << 20},
			{"bytes=-100", 206, 1<<20 - 100, 1 << 20},
			{"bytes=2000000-", 416, 0, 0},
		}
		for _, test := range tests {
			rec := w.get(t, url, "Range", test.header)
			if rec.Code != test.code || rec.Code < 300 && !bytes.Equal(rec.Body.Bytes(), data[test.from:test.to]) {
				t.Errorf("%q: %d, %d bytes", test.header, rec.Code, rec.Body.Len())
			}
		}
	})
}

func TestNothingRemainsOfACutOrLargeUpload(t *testing.T) {
	t.Parallel()
	stores(t, func(t *testing.T, w world) {
		cut := io.MultiReader(bytes.NewReader(noise(6<<20)), errorReader{io.ErrUnexpectedEOF})
		if _, err := w.Store(t.Context(), org, cut, media.StoreOptions{}); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("cut: %v", err)
		}
		if _, err := w.Store(t.Context(), org, bytes.NewReader(noise(700<<10)), media.StoreOptions{MaxSize: 600 << 10}); !errs.Is(err, errs.TooLarge) {
			t.Errorf("large: %v", err)
		}
		if _, err := w.Store(t.Context(), org, strings.NewReader(""), media.StoreOptions{}); !errs.Is(err, errs.Invalid) {
			t.Errorf("empty: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		stop := io.MultiReader(bytes.NewReader(noise(1<<20)), funcReader(func() { cancel() }), bytes.NewReader(noise(1<<20)))
		if _, err := w.Store(ctx, org, stop, media.StoreOptions{}); err == nil {
			t.Error("cancelled upload was kept")
		}
		if n := w.rows(t); n != [3]int{} {
			t.Errorf("left behind: %v", n)
		}
	})
}

type errorReader struct{ err error }

func (e errorReader) Read([]byte) (int, error) { return 0, e.err }

type funcReader func()

func (f funcReader) Read([]byte) (int, error) { f(); return 0, io.EOF }

func TestExactlyAtTheLimit(t *testing.T) {
	t.Parallel()
	w := open(t, media.Options{})
	w.store(t, noise(1000), media.StoreOptions{MaxSize: 1000})
	if _, err := w.Store(t.Context(), org, bytes.NewReader(noise(1001)), media.StoreOptions{MaxSize: 1000}); !errs.Is(err, errs.TooLarge) {
		t.Errorf("one more: %v", err)
	}
}

func TestServedSafely(t *testing.T) {
	t.Parallel()
	w := open(t, media.Options{})
	jpg := encode(t, "jpeg", pattern(10, 10))
	page := []byte("<!DOCTYPE html><html><script>alert(1)</script></html>")
	svg := []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`)
	tests := []struct {
		name, declared, file string
		data                 []byte
		contentType, disp    string
	}{
		{"jpeg", "image/jpeg", "photo.jpg", jpg, "image/jpeg", `inline; filename=photo.jpg`},
		{"html said to be jpeg", "image/jpeg", "photo.jpg", page, "application/octet-stream", `attachment; filename=photo.jpg`},
		{"html after jpeg", "text/html", "x.html", append(jpg[:len(jpg):len(jpg)], page...), "image/jpeg", `inline; filename=x.html`},
		{"svg", "image/svg+xml", "x.svg", svg, "application/octet-stream", `attachment; filename=x.svg`},
		{"text said to be html", "text/html", "x.html", []byte("hello"), "application/octet-stream", `attachment; filename=x.html`},
		{"pdf", "application/pdf", "a b.pdf", []byte("%PDF-1.7\n"), "application/octet-stream", `attachment; filename="a b.pdf"`},
		{"direction override", "", "invoice\u202Efdp.exe", []byte("MZ"), "application/octet-stream", `attachment; filename=invoicefdp.exe`},
		{"folders and control letters", "", "../../etc/pass\r\nwd", []byte("x"), "application/octet-stream", `attachment; filename=passwd`},
		{"Arabic", "", "فاتورة.pdf", []byte("%PDF-1.7\n"), "application/octet-stream", `attachment; filename*=utf-8''%D9%81%D8%A7%D8%AA%D9%88%D8%B1%D8%A9.pdf`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			m := w.store(t, test.data, media.StoreOptions{FileName: test.file, DeclaredType: test.declared})
			rec := w.get(t, w.SignedURL(m, 0))
			h := rec.Header()
			if rec.Code != 200 || h.Get("Content-Type") != test.contentType || h.Get("Content-Disposition") != test.disp {
				t.Errorf("%d %q %q", rec.Code, h.Get("Content-Type"), h.Get("Content-Disposition"))
			}
			if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Security-Policy") != "default-src 'none'; sandbox" {
				t.Errorf("headers %v", h)
			}
			if d := w.get(t, w.DownloadURL(m, 0)).Header().Get("Content-Disposition"); !strings.HasPrefix(d, "attachment;") {
				t.Errorf("download %q", d)
			}
		})
	}
}

func TestLongNameKeepsItsEnding(t *testing.T) {
	t.Parallel()
	w := open(t, media.Options{})
	m := w.store(t, []byte("x"), media.StoreOptions{FileName: strings.Repeat("ب", 300) + ".pdf"})
	if n := len([]rune(m.FileName)); n != 150 || !strings.HasSuffix(m.FileName, ".pdf") {
		t.Errorf("%d letters: %s", n, m.FileName)
	}
}

func TestSignedAddresses(t *testing.T) {
	t.Parallel()
	w := open(t, media.Options{PublicURL: "https://inbox.example"})
	m := w.store(t, []byte("hello"), media.StoreOptions{})
	url := w.SignedURL(m, time.Minute)
	if again := w.SignedURL(m, time.Hour); again == url {
		t.Error("the time is not part of the address")
	}
	if p := w.PublicURL(m); !strings.HasPrefix(p, "https://inbox.example/media/orgs/"+db.FormatID("org", org)+"/uploads/"+m.Key+"?") {
		t.Error(p)
	}
	foreign := strings.Replace(url, db.FormatID("org", org), db.FormatID("org", otherOrg), 1)
	for name, bad := range map[string]string{
		"other organisation": foreign,
		"no signature":       url[:strings.Index(url, "&s=")],
		"longer life":        strings.Replace(url, "?e=1", "?e=2", 1),
		"other key":          strings.Replace(url, m.Key, "x"+m.Key, 1),
		"nothing":            "/media/",
	} {
		if rec := w.get(t, bad); rec.Code != http.StatusForbidden {
			t.Errorf("%s: %d", name, rec.Code)
		}
	}
	if rec := w.get(t, url); rec.Code != 200 || rec.Body.String() != "hello" {
		t.Errorf("%d", rec.Code)
	}
	w.clock.add(50 * time.Second)
	if rec := w.get(t, url); rec.Code != 200 {
		t.Errorf("before its end: %d", rec.Code)
	}
	w.clock.add(time.Minute + 11*time.Second)
	if rec := w.get(t, url); rec.Code != http.StatusForbidden {
		t.Errorf("expired: %d", rec.Code)
	}
	if _, _, err := w.Open(t.Context(), otherOrg, m.Key); !errs.Is(err, errs.NotFound) {
		t.Errorf("other organisation: %v", err)
	}
	if _, err := media.ByID(w.db.Read(t.Context()), otherOrg, m.ID); !errs.Is(err, errs.NotFound) {
		t.Errorf("other organisation: %v", err)
	}
}

func TestCleaning(t *testing.T) {
	t.Parallel()
	w := open(t, media.Options{})
	kept := w.store(t, []byte("kept"), media.StoreOptions{})
	err := w.db.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(`INSERT INTO media (id, org_id, key, state, store, created_at) VALUES (5, ?, 'k', 'PENDING', 'db', ?)`, org, tx.Now())
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO media_chunk (media_id, n, data) VALUES (5, 0, x'00')`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Clean(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := w.rows(t); n != [3]int{2, 2, 0} {
		t.Errorf("a fresh upload was removed: %v", n)
	}
	w.clock.add(25 * time.Hour)
	if err := w.Clean(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := w.rows(t); n != [3]int{1, 1, 0} {
		t.Errorf("left: %v", n)
	}
	if _, err := media.ByKey(w.db.Read(t.Context()), org, kept.Key); err != nil {
		t.Error(err)
	}
}

// TestAnAlmostFullDiskTakesNoFile: an upload is refused before it is read.
func TestAnAlmostFullDiskTakesNoFile(t *testing.T) {
	t.Parallel()
	w := open(t, media.Options{})
	w.free.Store(150 << 20)
	_, err := w.Store(t.Context(), org, strings.NewReader("plain words"), media.StoreOptions{})
	if e := errs.As(err); e == nil || e.Code != db.CodeDiskLow {
		t.Errorf("stored on an almost full disk: %v", err)
	}
	if n := w.rows(t); n != [3]int{} {
		t.Errorf("left behind: %v", n)
	}
	w.free.Store(1 << 30)
	w.clock.add(3 * time.Second)
	w.store(t, []byte("plain words"), media.StoreOptions{})
}
