package media_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/media"
	"badala/app/media/s3test"
	"badala/app/queue"
)

func TestVirtualHostBuckets(t *testing.T) {
	t.Parallel()
	o := s3test.Start(t)
	addr := strings.TrimPrefix(o.Endpoint, "http://")
	var hosts []string
	o.PathStyle = false
	o.Endpoint = "http://s3.test" + addr[strings.LastIndex(addr, ":"):]
	o.Transport = &http.Transport{DialContext: func(ctx context.Context, network, to string) (net.Conn, error) {
		hosts = append(hosts, to)
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}}
	w := open(t, media.Options{S3: &o})
	m := w.store(t, []byte("hello"), media.StoreOptions{})
	if rec := w.get(t, w.SignedURL(m, 0), "Range", "bytes=1-2"); rec.Code != 206 || rec.Body.String() != "el" {
		t.Errorf("%d %q", rec.Code, rec.Body)
	}
	if len(hosts) == 0 || !strings.HasPrefix(hosts[0], "media.s3.test:") {
		t.Errorf("dialled %v", hosts)
	}
}

func TestPublicBucketAddress(t *testing.T) {
	t.Parallel()
	o := s3test.Start(t)
	o.PublicURL = "https://files.example/"
	w := open(t, media.Options{S3: &o})
	m := w.store(t, []byte("hello"), media.StoreOptions{})
	if got, want := w.PublicURL(m), "https://files.example/orgs/"+db.FormatID("org", org)+"/uploads/"+m.Key; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := w.SignedURL(m, 0); !strings.HasPrefix(got, "/media/orgs/") {
		t.Errorf("pages read from our own origin, not %s", got)
	}
}

func TestBucketTroubles(t *testing.T) {
	t.Parallel()
	o := s3test.Start(t)
	w := open(t, media.Options{S3: &o})
	m := w.store(t, []byte("hello"), media.StoreOptions{})

	wrong := o
	wrong.Bucket = "absent"
	v := open(t, media.Options{S3: &wrong})
	if err := v.CheckS3(t.Context()); err == nil || !strings.Contains(err.Error(), "--s3-bucket") {
		t.Errorf("absent bucket: %v", err)
	}
	wrong = o
	wrong.SecretKey = "wrong"
	v = open(t, media.Options{S3: &wrong})
	if err := v.CheckS3(t.Context()); err == nil {
		t.Error("a wrong key was taken")
	}
	if _, err := v.Store(t.Context(), org, bytes.NewReader([]byte("x")), media.StoreOptions{}); !errs.Is(err, errs.Unavailable) {
		t.Errorf("wrong key: %v", err)
	}
	wrong.Endpoint = "s3.example.com"
	if _, err := media.New(t.Context(), w.db, queue.New(w.db, nil), nil, media.Options{S3: &wrong}); err == nil {
		t.Error("an endpoint without scheme was taken")
	}

	// What went into a bucket is not readable without one, and says so.
	without, err := media.New(t.Context(), w.db, queue.New(w.db, nil), nil, media.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := without.Open(t.Context(), org, m.Key); !errs.Is(err, errs.Unavailable) {
		t.Errorf("without a bucket: %v", err)
	}
}

func TestFilesStayWhereTheyAre(t *testing.T) {
	t.Parallel()
	o := s3test.Start(t)
	w := open(t, media.Options{})
	m := w.store(t, []byte("in the database"), media.StoreOptions{})
	s, err := media.New(t.Context(), w.db, queue.New(w.db, nil), nil, media.Options{S3: &o})
	if err != nil {
		t.Fatal(err)
	}
	r, _, err := s.Open(t.Context(), org, m.Key)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || string(got) != "in the database" {
		t.Errorf("%q %v", got, err)
	}
}
