package media

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"io"
	"strings"

	"badala/app/db"
	"badala/app/errs"
)

// MaxSize is the largest file of all, sent or received.
const MaxSize = 100 << 20

// StoreOptions describe a file to be stored. The zero value stores anything up to MaxSize.
type StoreOptions struct {
	FileName     string
	DeclaredType string // a claim, used only where the bytes do not tell
	MaxSize      int64
}

func (o StoreOptions) limit() int64 {
	if o.MaxSize <= 0 || o.MaxSize > MaxSize {
		return MaxSize
	}
	return o.MaxSize
}

// Store keeps a file of an organisation. It becomes visible when all of it is on disk; of one that is cut, too large
// or refused nothing remains.
func (s *Service) Store(ctx context.Context, org int64, r io.Reader, o StoreOptions) (m Media, err error) {
	defer errs.Wrap(&err, "media.Store(org %d)", org)
	if s.bucket == nil {
		if err := s.db.Spare(db.ForExtra); err != nil {
			return Media{}, err
		}
	}
	head, r, err := peek(r)
	if err != nil {
		return Media{}, err
	}
	if len(head) == 0 {
		return Media{}, errs.Field("file", "is empty")
	}
	m = Media{OrgID: org, State: Pending, store: s.where(), ContentType: sniff(head, o.DeclaredType)}
	m.FileName = cleanName(o.FileName)
	m.Key = newKey(m.ContentType, m.FileName)
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		m.ID, m.CreatedAt = tx.NewID(), tx.Now()
		return insertTx(tx, m)
	})
	if err != nil {
		return Media{}, err
	}
	err = s.fill(ctx, &m, r, o.limit())
	if err == nil {
		err = s.db.Write(ctx, func(tx *db.Tx) error {
			m.State, m.ReadyAt = Ready, tx.Now()
			return updateTx(tx, m)
		})
	}
	if err != nil {
		s.remove(context.WithoutCancel(ctx), m)
		return Media{}, err
	}
	return m, nil
}

// where names the store for new files.
func (s *Service) where() string {
	if s.bucket != nil {
		return InBucket
	}
	return InDatabase
}

// fill writes the bytes of m and finds out what they are: size, hash, measures, duration, preview.
func (s *Service) fill(ctx context.Context, m *Media, r io.Reader, limit int64) error {
	sum := sha256.New()
	in := &limited{r: io.TeeReader(r, sum), left: limit, limit: limit}
	var err error
	if m.store == InBucket {
		err = s.bucket.put(ctx, path(m.OrgID, m.Key), m.ContentType, in)
	} else {
		err = s.putChunks(ctx, m.ID, in)
	}
	if err != nil {
		return err
	}
	m.Size, m.SHA256 = in.n, sum.Sum(nil)
	return s.measure(ctx, m)
}

// limited counts what is read and fails beyond the limit.
type limited struct {
	r              io.Reader
	n, left, limit int64
}

func (l *limited) Read(p []byte) (int, error) {
	if int64(len(p)) > l.left+1 {
		p = p[:l.left+1]
	}
	n, err := l.r.Read(p)
	l.n += int64(n)
	l.left -= int64(n)
	if l.left < 0 {
		return 0, tooLarge(l.limit)
	}
	if err != nil && err != io.EOF {
		// A bare io.ErrUnexpectedEOF is taken for the end by the S3 client: a cut upload would count as whole.
		err = fmt.Errorf("the file broke off: %w", err)
	}
	return n, err
}

func tooLarge(limit int64) error {
	return &errs.Error{Kind: errs.TooLarge, Code: "media_too_large", Message: "the file is larger than " + megabytes(limit)}
}

// peek reads enough of r to tell its type, and gives a reader of the whole.
func peek(r io.Reader) ([]byte, io.Reader, error) {
	head := make([]byte, sniffLen)
	n, err := readAll(r, head)
	if err == io.EOF {
		err = nil
	}
	return head[:n], io.MultiReader(bytes.NewReader(head[:n]), r), err
}

// newKey is an unguessable name with an ending that fits the type.
func newKey(contentType, fileName string) string {
	var b [16]byte
	rand.Read(b[:]) //nolint:errcheck // it cannot fail
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:])) + ending(contentType, fileName)
}

func insertTx(tx *db.Tx, m Media) error {
	_, err := tx.Exec(`
		INSERT INTO media (id, org_id, key, state, store, content_type, file_name, channel_id, meta_id, url, message_id, conversation_id, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		m.ID, m.OrgID, m.Key, m.State, m.store, m.ContentType, m.FileName,
		m.ChannelID, m.Source.MetaID, m.Source.URL, m.MessageID, m.ConversationID, m.CreatedAt)
	return err
}

// updateTx writes what became known of m.
func updateTx(tx *db.Tx, m Media) error {
	n, err := tx.Exec(`
		UPDATE media SET state = ?, store = ?, content_type = ?, size = ?, sha256 = ?, file_name = ?, width = ?, height = ?, duration = ?,
			thumb_width = ?, thumb_height = ?, error = ?, ready_at = ?
		WHERE id = ? AND org_id = ?`,
		m.State, m.store, m.ContentType, m.Size, m.SHA256, m.FileName, m.Width, m.Height, m.Duration,
		m.ThumbWidth, m.ThumbHeight, m.Error, m.ReadyAt, m.ID, m.OrgID)
	if err == nil && n == 0 {
		return errs.New(errs.NotFound, "no such file")
	}
	return err
}

// remove takes a file away, bytes first. What fails is left to the cleaning job.
func (s *Service) remove(ctx context.Context, m Media) {
	err := s.removeBytes(ctx, m)
	if err == nil {
		err = s.db.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(`DELETE FROM media WHERE id = ? AND org_id = ?`, m.ID, m.OrgID)
			return err
		})
	}
	if err != nil {
		s.log.WarnContext(ctx, "cannot remove a file now", "media", m.ID, "err", err)
	}
}

func (s *Service) removeBytes(ctx context.Context, m Media) error {
	if m.store == InBucket && s.bucket != nil {
		if err := s.bucket.remove(ctx, path(m.OrgID, m.Key)); err != nil {
			return err
		}
	}
	return s.dropChunks(ctx, m.ID)
}
