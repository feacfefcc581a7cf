package media

import (
	"context"
	"errors"
	"io"

	"badala/app/db"
)

const (
	chunkSize  = 256 << 10
	dropAtOnce = 32 // chunks deleted in one Write
)

// putChunks writes r in pieces, one Write each, so that messages pass in between.
func (s *Service) putChunks(ctx context.Context, id int64, r io.Reader) error {
	buf := make([]byte, chunkSize)
	for n := 0; ; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		size, err := readAll(r, buf)
		last := errors.Is(err, io.EOF)
		if err != nil && !last {
			return err
		}
		if size > 0 {
			err := s.db.Write(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(`INSERT INTO media_chunk (id, media_id, n, data) VALUES (?, ?, ?, ?)`, tx.NewID(), id, n, buf[:size])
				return err
			})
			if err != nil {
				return err
			}
		}
		if last {
			return nil
		}
	}
}

// readAll fills buf. Unlike io.ReadFull it leaves the reader's own error as it is, so that a cut upload
// is not taken for the end of the file.
func readAll(r io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var got int
		got, err = r.Read(buf[n:])
		n += got
	}
	return n, err
}

// dropChunks removes all pieces and the preview of a file.
func (s *Service) dropChunks(ctx context.Context, id int64) error {
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`DELETE FROM media_thumb WHERE media_id = ?`, id)
		return err
	})
	if err != nil {
		return err
	}
	return s.dropPieces(ctx, id)
}

// dropPieces removes the pieces of a file, in slices.
func (s *Service) dropPieces(ctx context.Context, id int64) error {
	for {
		var gone int64
		err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
			gone, err = tx.Exec(`DELETE FROM media_chunk WHERE id IN (SELECT id FROM media_chunk WHERE media_id = ? LIMIT ?)`, id, dropAtOnce)
			return err
		})
		if err != nil || gone < dropAtOnce {
			return err
		}
	}
}

// chunkReader reads a file out of the database, one short query a piece.
type chunkReader struct {
	db   *db.DB
	ctx  context.Context
	id   int64
	size int64
	off  int64
	n    int64 // the piece that buf holds; -1 = none
	buf  []byte
}

func (c *chunkReader) Read(p []byte) (int, error) {
	if c.off >= c.size {
		return 0, io.EOF
	}
	if n := c.off / chunkSize; n != c.n {
		data, err := db.Value[[]byte](c.db.Read(c.ctx), `SELECT data FROM media_chunk WHERE media_id = ? AND n = ?`, c.id, n)
		if err != nil {
			return 0, err
		}
		c.n, c.buf = n, data
	}
	at := c.off % chunkSize
	if at >= int64(len(c.buf)) {
		return 0, io.ErrUnexpectedEOF
	}
	got := copy(p, c.buf[at:])
	c.off += int64(got)
	return got, nil
}

func (c *chunkReader) Seek(offset int64, whence int) (int64, error) {
	off, err := seek(c.off, c.size, offset, whence)
	if err == nil {
		c.off = off
	}
	return off, err
}

func (c *chunkReader) Close() error {
	c.buf, c.n = nil, -1
	return nil
}

// seek is where a file position comes to lie.
func seek(now, size, offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += now
	case io.SeekEnd:
		offset += size
	}
	if offset < 0 {
		return now, errors.New("media: seek before the beginning")
	}
	return offset, nil
}
