package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"badala/app/db"
	"badala/app/media"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// uploadPart is what one upload holds in memory.
const uploadPart = 16 << 20

// bucket is a place in S3.
type bucket struct {
	client *minio.Client
	name   string
}

// openBucket reaches a bucket; name goes before the one of the settings.
func openBucket(o *media.S3Options, name string) (*bucket, error) {
	if o == nil || o.Endpoint == "" {
		return nil, errors.New("no S3 server is configured: give --s3-endpoint, --s3-access-key and --s3-secret-key")
	}
	u, err := url.Parse(o.Endpoint)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("the S3 endpoint %q is not a URL", o.Endpoint)
	}
	if name == "" {
		name = o.Bucket
	}
	lookup := minio.BucketLookupDNS
	if o.PathStyle {
		lookup = minio.BucketLookupPath
	}
	client, err := minio.New(u.Host, &minio.Options{
		Creds: credentials.NewStaticV4(o.AccessKey, o.SecretKey, ""), Secure: u.Scheme == "https",
		Region: o.Region, BucketLookup: lookup, Transport: o.Transport,
	})
	if err != nil {
		return nil, fmt.Errorf("the S3 settings are not usable: %w", err)
	}
	return &bucket{client, name}, nil
}

// put uploads a finished backup and reads it back: what lies in the bucket is
// then known to be what lies here. Its description follows it.
func (b *bucket) put(ctx context.Context, file, key string, m Manifest, report Report) error {
	if err := b.upload(ctx, file, key, report.of(Uploading)); err != nil {
		return b.explain(key, err)
	}
	sum := sha256.New()
	body, err := b.open(ctx, key)
	if err != nil {
		return err
	}
	defer body.Close()
	if _, err := io.Copy(sum, &counting{ctx: ctx, r: body, total: m.Size, progress: report.of(Checking)}); err != nil {
		return b.explain(key, err)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != m.SHA256 {
		return fmt.Errorf("s3://%s/%s does not hold what was uploaded", b.name, key)
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return b.putText(ctx, Beside(key), text)
}

func (b *bucket) upload(ctx context.Context, file, key string, progress db.Progress) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	_, err = b.client.PutObject(ctx, b.name, key, &counting{ctx: ctx, r: f, total: st.Size(), progress: progress}, st.Size(),
		minio.PutObjectOptions{ContentType: "application/octet-stream", PartSize: uploadPart, NumThreads: 1})
	return err
}

func (b *bucket) putText(ctx context.Context, key string, text []byte) error {
	_, err := b.client.PutObject(ctx, b.name, key, strings.NewReader(string(text)), int64(len(text)), minio.PutObjectOptions{ContentType: "application/json"})
	return b.explain(key, err)
}

// open streams an object; one that is not there is os.ErrNotExist.
func (b *bucket) open(ctx context.Context, key string) (io.ReadCloser, error) {
	body, err := b.client.GetObject(ctx, b.name, key, minio.GetObjectOptions{})
	if err == nil {
		_, err = body.Stat()
	}
	if err != nil {
		return nil, b.explain(key, err)
	}
	return body, nil
}

func (b *bucket) text(ctx context.Context, key string) ([]byte, error) {
	body, err := b.open(ctx, key)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	text, err := io.ReadAll(io.LimitReader(body, 64<<20))
	return text, b.explain(key, err)
}

// list gives the names of objects below a prefix.
func (b *bucket) list(ctx context.Context, prefix string) ([]string, error) {
	var keys []string
	for o := range b.client.ListObjectsIter(ctx, b.name, minio.ListObjectsOptions{Prefix: prefix, Recursive: true}) {
		if o.Err != nil {
			return nil, b.explain(prefix, o.Err)
		}
		keys = append(keys, o.Key)
	}
	return keys, nil
}

func (b *bucket) remove(ctx context.Context, key string) error {
	for _, k := range []string{Beside(key), key} {
		if err := b.client.RemoveObject(ctx, b.name, k, minio.RemoveObjectOptions{}); err != nil {
			return b.explain(k, err)
		}
	}
	return nil
}

func (b *bucket) explain(key string, err error) error {
	switch {
	case err == nil || errors.Is(err, context.Canceled):
		return err
	case minio.ToErrorResponse(err).Code == minio.NoSuchKey:
		return fmt.Errorf("s3://%s/%s is not there: %w", b.name, key, os.ErrNotExist)
	}
	return fmt.Errorf("s3://%s/%s: %w", b.name, key, err)
}

// SplitS3 takes s3://bucket/key apart; ok is false for a path.
func SplitS3(s string) (name, key string, ok bool) {
	rest, ok := strings.CutPrefix(s, "s3://")
	if !ok {
		return "", "", false
	}
	name, key, _ = strings.Cut(rest, "/")
	return name, key, true
}
