package media

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"

	"badala/app/db"
	"badala/app/errs"

	"github.com/minio/minio-go/v7"
)

// movingKey begins the rows of instance that name the files under way, so that
// a move that was cut off leaves nothing behind that nobody knows of.
const movingKey = "media.moving."

// underway is a file that is being moved.
type underway struct {
	ID  int64  `json:"id"`
	Org int64  `json:"org"`
	Key string `json:"key"`
	To  string `json:"to"`
	At  int64  `json:"at"`
}

func (s *Service) beginMove(ctx context.Context, place int, m Media, to string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		text, err := json.Marshal(underway{m.ID, m.OrgID, m.Key, to, tx.Now()})
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO instance (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
			fmt.Sprint(movingKey, place), string(text))
		return err
	})
}

func (s *Service) endMove(ctx context.Context, place int) error {
	return s.forgetMove(ctx, fmt.Sprint(movingKey, place))
}

func (s *Service) forgetMove(ctx context.Context, key string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`DELETE FROM instance WHERE key = ?`, key)
		return err
	})
}

// switchTo says that a file lies in the other store from now on, unless it was
// erased meanwhile.
func (s *Service) switchTo(ctx context.Context, m Media, to string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(`UPDATE media SET store = ? WHERE id = ? AND org_id = ? AND store = ? AND state = 'READY'`, to, m.ID, m.OrgID, m.store)
		if err == nil && n == 0 {
			err = errNotNow
		}
		return err
	})
}

// write puts the bytes of m into a store and gives their SHA-256.
func (s *Service) write(ctx context.Context, m Media, to string, r io.Reader) ([]byte, error) {
	sum := sha256.New()
	in := io.TeeReader(r, sum)
	if to == InBucket {
		err := s.bucket.put(ctx, path(m.OrgID, m.Key), m.ContentType, in)
		return sum.Sum(nil), err
	}
	if err := s.dropPieces(ctx, m.ID); err != nil {
		return nil, err
	}
	err := s.putChunks(ctx, m.ID, in)
	return sum.Sum(nil), err
}

// digest is the SHA-256 of all that r has.
func digest(r io.Reader) ([]byte, error) {
	sum := sha256.New()
	_, err := io.Copy(sum, r)
	return sum.Sum(nil), err
}

// dropFrom removes the bytes of a file from one store. Its preview stays.
func (s *Service) dropFrom(ctx context.Context, m Media, store string) error {
	if store == InBucket {
		return s.bucket.remove(ctx, path(m.OrgID, m.Key))
	}
	return s.dropPieces(ctx, m.ID)
}

// clearMoves takes away what moves left behind that were cut off: of each file
// the copy in the store that its row does not name.
func (s *Service) clearMoves(ctx context.Context) error { return s.clearMovesBefore(ctx, s.db.Now()+1) }

// clearMovesBefore is clearMoves of files whose move began before a time.
func (s *Service) clearMovesBefore(ctx context.Context, before int64) error {
	type row struct{ key, value string }
	rows, err := db.All(s.db.Read(ctx), func(r *db.Rows, v *row) error { return r.Scan(&v.key, &v.value) },
		`SELECT key, value FROM instance WHERE key >= ?1 AND key < ?1 || '~' ORDER BY key`, movingKey)
	if err != nil {
		return err
	}
	for _, r := range rows {
		var u underway
		if err := json.Unmarshal([]byte(r.value), &u); err != nil {
			return err
		}
		if u.At >= before {
			continue
		}
		if err := s.clearMove(ctx, u); err != nil {
			return err
		}
		if err := s.forgetMove(ctx, r.key); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) clearMove(ctx context.Context, u underway) error {
	if s.bucket == nil {
		return errNoBucket
	}
	m, err := ByID(s.db.Read(ctx), u.Org, u.ID)
	switch {
	case errs.Is(err, errs.NotFound) || err == nil && m.State != Ready:
		m = Media{ID: u.ID, OrgID: u.Org, Key: u.Key}
		if err := s.dropFrom(ctx, m, InBucket); err != nil {
			return err
		}
		return s.dropFrom(ctx, m, InDatabase)
	case err != nil:
		return err
	}
	return s.dropFrom(ctx, m, other(m.store))
}

// ForgetMovesTx forgets moves that are under way: of a copy of the database that
// was put in place, since the bucket may belong to the original.
func ForgetMovesTx(tx *db.Tx) error {
	_, err := tx.Exec(`DELETE FROM instance WHERE key = ?1 OR key >= ?2 AND key < ?2 || '~'`, moveKey, movingKey)
	return err
}

// hasSize proves that an object is there and as long as it should be.
func (b *bucket) hasSize(ctx context.Context, name string, size int64) error {
	info, err := b.core.StatObject(ctx, b.name, name, minio.StatObjectOptions{})
	if err != nil {
		return b.explain(err)
	}
	if info.Size != size {
		return errDamaged
	}
	return nil
}
