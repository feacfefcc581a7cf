package app_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"badala/app"
	"badala/app/db"
	"badala/app/media"
	"badala/app/media/s3test"
	"badala/app/meta/sim"
)

func TestMediaTravelThroughABucketBothWays(t *testing.T) {
	t.Parallel()
	bucket := s3test.Start(t)
	s := newShop(t, func(c *app.Config) {
		c.S3 = app.S3Config{Endpoint: bucket.Endpoint, Region: bucket.Region, Bucket: bucket.Bucket, AccessKey: bucket.AccessKey, SecretKey: bucket.SecretKey, PathStyle: true}
	})
	nora := s.customer("46701740611", "Nora")
	nora.SendPicture(s.number.PhoneNumberID, "like this one")
	s.settle()
	chunks, err := db.Value[int](s.DB.Read(t.Context()), "SELECT count(*) FROM media_chunk")
	if err != nil || chunks != 0 {
		t.Errorf("%d chunks in the database, want the picture in the bucket: %v", chunks, err)
	}
	base, token := s.URL()+"/orgs/"+db.FormatID("org", s.org), s.token(ownerEmail)
	var got struct {
		Items []struct {
			Media struct{ URL, Status string }
		}
	}
	conv := base + "/conversations/" + s.conversations()[0] + "/messages"
	if code := call(t, http.MethodGet, conv, token, nil, &got); code != 200 || len(got.Items) != 1 || got.Items[0].Media.Status != "READY" {
		t.Fatalf("%d %+v", code, got)
	}
	res, err := http.Get(got.Items[0].Media.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 200 || !strings.HasPrefix(res.Header.Get("Content-Type"), "image/jpeg") {
		t.Errorf("the picture: %s %s", res.Status, res.Header.Get("Content-Type"))
	}
	m, err := s.Media.Store(t.Context(), s.org, bytes.NewReader(sim.SamplePicture()), media.StoreOptions{FileName: "answer.jpg"})
	if err != nil {
		t.Fatal(err)
	}
	if code := call(t, http.MethodPost, conv, token, map[string]string{"type": "IMAGE", "uploadKey": m.Key, "caption": "from the bucket"}, nil); code != 201 {
		t.Fatalf("send: %d", code)
	}
	receives(t, nora, "the picture", func(m sim.PhoneMessage) bool { return m.Text == "from the bucket" && len(m.Media) > 0 })
}
