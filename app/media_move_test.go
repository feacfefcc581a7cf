package app_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"badala/app"
	"badala/app/backup"
	"badala/app/db"
	"badala/app/media"
	"badala/app/media/s3test"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// stocked is a shop with files and a bucket beside it.
type stocked struct {
	*shop
	s3     media.S3Options
	bucket *minio.Client
	files  map[string][]byte
}

func newStocked(t *testing.T, files, size int) *stocked {
	t.Helper()
	s := &stocked{s3: s3test.Start(t), files: map[string][]byte{}}
	s.shop = newShop(t)
	var err error
	s.bucket, err = minio.New(strings.TrimPrefix(s.s3.Endpoint, "http://"), &minio.Options{Creds: credentials.NewStaticV4(s.s3.AccessKey, s.s3.SecretKey, ""), Region: s.s3.Region})
	ok(t, err)
	for range files {
		data := make([]byte, size)
		_, err := rand.Read(data)
		ok(t, err)
		m, err := s.Media.Store(t.Context(), s.org, bytes.NewReader(data), media.StoreOptions{FileName: "a.bin"})
		ok(t, err)
		s.files[m.Key] = data
	}
	return s
}

// moves runs the command.
func (s *stocked) moves(to string, args ...string) (int, string) {
	return badala(append(append([]string{"media", "move", "--db", s.cfg.DB, "--to", to}, s3Args(s.s3)...), args...)...)
}

func (s *stocked) objects() (n int) {
	s.t.Helper()
	for o := range s.bucket.ListObjects(s.t.Context(), s.s3.Bucket, minio.ListObjectsOptions{Recursive: true}) {
		ok(s.t, o.Err)
		n++
	}
	return n
}

// again starts the shop, with the bucket or without.
func (s *stocked) again(withBucket bool) {
	s.cfg.S3 = app.S3Config{}
	if withBucket {
		s.cfg.S3 = s3Config(s.s3)
	}
	s.start()
}

// whole reads every file.
func (s *stocked) whole() {
	s.t.Helper()
	for key, data := range s.files {
		r, _, err := s.Media.Open(s.t.Context(), s.org, key)
		ok(s.t, err)
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, data) {
			s.t.Fatalf("%s: %d bytes, %v", key, len(got), err)
		}
		ok(s.t, r.Close())
	}
}

func TestMediaMoveWithAndWithoutTheServer(t *testing.T) {
	t.Parallel()
	s := newStocked(t, 4, 1<<20)
	if status, out := s.moves("tape"); status != 1 || !strings.Contains(out, "neither s3 nor embedded") {
		t.Error(status, out)
	}
	if status, out := s.moves("s3"); status != 1 || !strings.Contains(out, "to the server as well") {
		t.Error("the server has no bucket:", status, out)
	}
	if status, out := s.moves("s3", "--dry-run"); status != 0 || !strings.Contains(out, "4 files (4096 KB) would") || s.objects() != 0 {
		t.Error(status, out)
	}
	ok(t, s.Stop())
	if status, out := badala("media", "move", "--db", s.cfg.DB, "--to", "s3"); status != 1 || !strings.Contains(out, "--s3-bucket") {
		t.Error(status, out)
	}
	before := db.SizeOf(s.cfg.DB)
	if status, out := s.moves("s3"); status != 0 || !strings.Contains(out, "4 files (4096 KB) were moved") || s.objects() != 4 {
		t.Fatal(status, out)
	}
	if after := db.SizeOf(s.cfg.DB); after > before-3<<20 {
		t.Errorf("the database had %d bytes and has %d", before, after)
	}
	s.again(true)
	s.whole()
	s.exports(t)
	if status, out := badala("media", "move", "--db", s.cfg.DB, "--to", "embedded"); status != 0 || !strings.Contains(out, "4 files") || s.objects() != 0 {
		t.Fatal(status, out)
	}
	s.whole()
	// The one file of a backup is everything again.
	file := filepath.Join(t.TempDir(), "b.db")
	runs(t, "backup", "--db", s.cfg.DB, file)
	c, err := db.OpenCopy(t.Context(), file)
	ok(t, err)
	defer c.Close()
	counts, err := c.Counts(t.Context())
	ok(t, err)
	if counts["media_chunk"] < 16 {
		t.Errorf("%d pieces in the backup", counts["media_chunk"])
	}
	if p, err := backup.Prove(t.Context(), backup.Fetched{Path: file, Name: "b.db"}, nil, nil); err != nil || p.Objects != 0 {
		t.Error(p.Objects, err)
	}
	if status, out := s.moves("s3"); status != 0 || !strings.Contains(out, "stop the server and run this once more") || s.objects() != 4 {
		t.Error(status, out)
	}
	s.whole()
}

// exports writes the organisation out, its files from the bucket.
func (s *stocked) exports(t *testing.T) {
	t.Helper()
	args := []string{"export", "--db", s.cfg.DB, "--org", db.FormatID("org", s.org)}
	if status, out := badala(append(args, t.TempDir())...); status != 1 || !strings.Contains(out, "give its --s3 settings") {
		t.Error(status, out)
	}
	dir := t.TempDir()
	if out := runs(t, append(append(args, s3Args(s.s3)...), dir)...); !strings.Contains(out, "with 4 media files (4096 KB)") {
		t.Error(out)
	}
	for _, line := range exportedLines(t, dir, "media") {
		got, err := os.ReadFile(filepath.Join(dir, fmt.Sprint(line["file"])))
		if err != nil || !bytes.Equal(got, s.files[fmt.Sprint(line["key"])]) {
			t.Errorf("%v: %d bytes, %v", line["file"], len(got), err)
		}
	}
}

func TestMediaMoveIsKilled(t *testing.T) {
	t.Parallel()
	for _, to := range []string{"s3", "embedded"} {
		t.Run(to, func(t *testing.T) {
			t.Parallel()
			s := newStocked(t, 60, 40<<10)
			ok(t, s.Stop())
			half := func() bool { return s.objects() > 15 }
			if to == "embedded" {
				if status, out := s.moves("s3"); status != 0 {
					t.Fatal(out)
				}
				half = func() bool { return s.objects() < 45 }
			}
			cmd := exec.Command(os.Args[0], append([]string{"media", "move", "--db", s.cfg.DB, "--to", to}, s3Args(s.s3)...)...)
			cmd.Env = append(os.Environ(), childEnv+"=1")
			ok(t, cmd.Start())
			for until := time.Now().Add(30 * time.Second); !half() && time.Now().Before(until); {
				time.Sleep(time.Millisecond)
			}
			ok(t, cmd.Process.Kill())
			_ = cmd.Wait() // it was killed
			s.again(true)
			s.whole()
			ok(t, s.Stop())
			status, out := s.moves(to)
			if status != 0 || strings.HasPrefix(out, "60 files") {
				t.Fatal(status, out)
			}
			s.again(to == "s3")
			s.whole()
			if n := s.objects(); to == "s3" && n != 60 || to == "embedded" && n != 0 {
				t.Errorf("%d objects", n)
			}
			pieces, err := db.Value[int](s.DB.Read(t.Context()), "SELECT count(*) FROM media_chunk")
			if err != nil || to == "s3" && pieces != 0 || to == "embedded" && pieces != 60 {
				t.Errorf("%d pieces in the database, %v", pieces, err)
			}
		})
	}
}
