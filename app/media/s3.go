package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"badala/app/errs"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// partSize is what one upload to S3 holds in memory.
const partSize = 5 << 20

// S3Options name a bucket. It must exist.
type S3Options struct {
	Endpoint  string // with http:// or https://
	Region    string
	Bucket    string
	AccessKey string
	SecretKey string
	PathStyle bool   // host/bucket/key (MinIO) instead of bucket.host/key (AWS)
	PublicURL string // public base address of the bucket, if it has one

	Transport http.RoundTripper // nil: the default one
}

// bucket is the S3 store.
type bucket struct {
	core   *minio.Core
	name   string
	public string
}

func openBucket(o S3Options) (*bucket, error) {
	u, err := url.Parse(o.Endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("the S3 endpoint %q is not a URL such as https://s3.eu-central-1.amazonaws.com", o.Endpoint)
	}
	lookup := minio.BucketLookupDNS
	if o.PathStyle {
		lookup = minio.BucketLookupPath
	}
	core, err := minio.NewCore(u.Host, &minio.Options{
		Creds: credentials.NewStaticV4(o.AccessKey, o.SecretKey, ""), Secure: u.Scheme == "https",
		Region: o.Region, BucketLookup: lookup, Transport: o.Transport,
	})
	if err != nil {
		return nil, fmt.Errorf("the S3 settings are not usable: %w", err)
	}
	return &bucket{core: core, name: o.Bucket, public: strings.TrimRight(o.PublicURL, "/")}, nil
}

// CheckS3 proves that the bucket is there and can be used.
func (s *Service) CheckS3(ctx context.Context) error {
	if s.bucket == nil {
		return nil
	}
	ok, err := s.bucket.core.BucketExists(ctx, s.bucket.name)
	if err != nil {
		return fmt.Errorf("the S3 bucket %s cannot be reached: %w", s.bucket.name, err)
	}
	if !ok {
		return fmt.Errorf("there is no S3 bucket %s: create it, or name another with --s3-bucket", s.bucket.name)
	}
	return nil
}

// put uploads r. Small files go in one request; larger ones in parts, which are taken back if r breaks off.
func (b *bucket) put(ctx context.Context, name, contentType string, r io.Reader) error {
	var head bytes.Buffer
	_, err := io.CopyN(&head, r, partSize)
	o := minio.PutObjectOptions{ContentType: contentType, PartSize: partSize, NumThreads: 1}
	switch {
	case errors.Is(err, io.EOF):
		_, err = b.core.Client.PutObject(ctx, b.name, name, &head, int64(head.Len()), o)
	case err == nil:
		_, err = b.core.Client.PutObject(ctx, b.name, name, io.MultiReader(&head, r), -1, o)
	}
	return b.explain(err)
}

func (b *bucket) remove(ctx context.Context, name string) error {
	if err := b.core.RemoveIncompleteUpload(ctx, b.name, name); err != nil && minio.ToErrorResponse(err).Code != "NoSuchUpload" {
		return b.explain(err)
	}
	return b.explain(b.core.RemoveObject(ctx, b.name, name, minio.RemoveObjectOptions{}))
}

// explain makes a failure of the bucket a temporary one; our own errors pass.
func (b *bucket) explain(err error) error {
	if err == nil || errs.As(err) != nil || errors.Is(err, context.Canceled) {
		return err
	}
	if minio.ToErrorResponse(err).Code == minio.NoSuchKey {
		return &errs.Error{Kind: errs.NotFound, Message: "the file is no longer in the bucket", Err: err}
	}
	return &errs.Error{Kind: errs.Unavailable, Code: "s3", Message: "the media store cannot be reached", Err: err}
}

// objectReader reads an object by ranged requests.
type objectReader struct {
	ctx  context.Context
	b    *bucket
	name string
	size int64
	off  int64
	body io.ReadCloser // from off on; nil = none open
}

func (r *objectReader) Read(p []byte) (int, error) {
	if r.off >= r.size {
		return 0, io.EOF
	}
	if r.body == nil {
		var o minio.GetObjectOptions
		if err := o.SetRange(r.off, r.size-1); err != nil {
			return 0, err
		}
		body, _, _, err := r.b.core.GetObject(r.ctx, r.b.name, r.name, o)
		if err != nil {
			return 0, r.b.explain(err)
		}
		r.body = body
	}
	n, err := r.body.Read(p)
	r.off += int64(n)
	if errors.Is(err, io.EOF) && r.off < r.size {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (r *objectReader) Seek(offset int64, whence int) (int64, error) {
	off, err := seek(r.off, r.size, offset, whence)
	if err != nil || off == r.off {
		return off, err
	}
	r.off = off
	return off, r.Close()
}

func (r *objectReader) Close() error {
	if r.body == nil {
		return nil
	}
	err := r.body.Close()
	r.body = nil
	return err
}
