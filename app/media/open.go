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

// reader reads the bytes of m, whatever its state, and goes on where they are
// if they are moved meanwhile.
func (s *Service) reader(ctx context.Context, m Media) (io.ReadSeekCloser, error) {
	r, err := s.readerAt(ctx, m, m.store)
	if err != nil {
		return nil, err
	}
	return &follower{ReadSeekCloser: r, s: s, ctx: ctx, m: m}, nil
}

// readerAt reads the bytes that one store has of m.
func (s *Service) readerAt(ctx context.Context, m Media, store string) (io.ReadSeekCloser, error) {
	if store == InBucket {
		if s.bucket == nil {
			return nil, errs.New(errs.Unavailable, "this file is in an S3 bucket, and none is configured")
		}
		return &objectReader{ctx: ctx, b: s.bucket, name: path(m.OrgID, m.Key), size: m.Size}, nil
	}
	return &chunkReader{db: s.db, ctx: ctx, id: m.ID, size: m.Size, n: -1}, nil
}

// follower reads a file that may be moved to the other store meanwhile.
type follower struct {
	io.ReadSeekCloser // in the store that m names
	s                 *Service
	ctx               context.Context
	m                 Media
}

func (f *follower) Read(p []byte) (int, error) {
	n, err := f.ReadSeekCloser.Read(p)
	if n > 0 || !errs.Is(err, errs.NotFound) || !f.follow() {
		return n, err
	}
	return f.ReadSeekCloser.Read(p)
}

// follow goes to where the bytes are now; false if that is no other place.
func (f *follower) follow() bool {
	now, err := ByID(f.s.db.Read(f.ctx), f.m.OrgID, f.m.ID)
	if err != nil || now.State != Ready || now.store == f.m.store {
		return false
	}
	off, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return false
	}
	r, err := f.s.readerAt(f.ctx, now, now.store)
	if err != nil {
		return false
	}
	if _, err := r.Seek(off, io.SeekStart); err != nil {
		return false
	}
	_ = f.Close() // nothing is read from it any more
	f.ReadSeekCloser, f.m = r, now
	return true
}

// thumb is the preview of m.
func (s *Service) thumb(ctx context.Context, m Media) ([]byte, error) {
	data, err := db.Value[[]byte](s.db.Read(ctx), `SELECT data FROM media_thumb WHERE media_id = ?`, m.ID)
	if errs.Is(err, errs.NotFound) {
		return nil, errs.New(errs.NotFound, "there is no preview")
	}
	return data, err
}
