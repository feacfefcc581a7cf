package media

import (
	"context"
	"io"

	"badala/app/db"
	"badala/app/errs"
)

// Open reads a whole file of an organisation. The caller closes it; ctx bounds the reading.
func (s *Service) Open(ctx context.Context, org int64, key string) (_ io.ReadSeekCloser, m Media, err error) {
	defer errs.Wrap(&err, "media.Open(org %d)", org)
	if m, err = ByKey(s.db.Read(ctx), org, key); err != nil {
		return nil, m, err
	}
	if m.State != Ready {
		return nil, m, errs.Coded(errs.Conflict, "media_not_ready", "the file is not there yet")
	}
	r, err := s.reader(ctx, m)
	return r, m, err
}

// reader reads the bytes of m, whatever its state.
func (s *Service) reader(ctx context.Context, m Media) (io.ReadSeekCloser, error) {
	if m.store == "s3" {
		if s.bucket == nil {
			return nil, errs.New(errs.Unavailable, "this file is in an S3 bucket, and none is configured")
		}
		return &objectReader{ctx: ctx, b: s.bucket, name: path(m.OrgID, m.Key), size: m.Size}, nil
	}
	return &chunkReader{db: s.db, ctx: ctx, id: m.ID, size: m.Size, n: -1}, nil
}

// thumb is the preview of m.
func (s *Service) thumb(ctx context.Context, m Media) ([]byte, error) {
	data, err := db.Value[[]byte](s.db.Read(ctx), `SELECT data FROM media_thumb WHERE media_id = ?`, m.ID)
	if errs.Is(err, errs.NotFound) {
		return nil, errs.New(errs.NotFound, "there is no preview")
	}
	return data, err
}
