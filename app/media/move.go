package media

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"badala/app/db"
	"badala/app/errs"
)

// Where files lie: in the database file, or in the bucket.
const (
	InDatabase = "db"
	InBucket   = "s3"
)

const (
	movers     = 4   // files under way at a time
	moveAtOnce = 100 // files read into memory
	keptLeft   = 100 // files that a move tells of by name
)

// Left is a file that stayed where it is, or should be.
type Left struct {
	ID     int64  `json:"id"`
	Org    int64  `json:"org"`
	Key    string `json:"key"`
	Reason string `json:"reason"` // missing, or damaged
}

// Why a file is left.
const (
	LeftMissing = "missing" // its bytes are not there
	LeftDamaged = "damaged" // they are not the ones that were stored
)

// Moved is what became of a move.
type Moved struct {
	Files  int64  `json:"files"`
	Bytes  int64  `json:"bytes"`
	Missed int    `json:"missed"` // files that were left, of which Left names the first
	Left   []Left `json:"left,omitempty"`
}

// ToMove counts the files that do not lie where they should.
func ToMove(q db.Q, to string) (files, bytes int64, err error) {
	type sum struct{ files, bytes int64 }
	s, err := db.One(q, func(r *db.Rows, v *sum) error { return r.Scan(&v.files, &v.bytes) },
		`SELECT count(*), coalesce(sum(size), 0) FROM media WHERE store = ? AND state = 'READY'`, other(to))
	return s.files, s.bytes, err
}

// other is where files come from that go to a store.
func other(to string) string {
	if to == InBucket {
		return InDatabase
	}
	return InBucket
}

// errNoBucket says what a move needs.
var errNoBucket = errs.Coded(errs.Conflict, "no_bucket", "no S3 bucket is configured: give --s3-endpoint, --s3-bucket, --s3-access-key and --s3-secret-key, to the server as well if it runs")

// canMove says why files cannot be moved, nil if they can.
func (s *Service) canMove(ctx context.Context, to string, files, bytes int64) error {
	if to == InDatabase && files == 0 {
		return nil
	}
	if s.bucket == nil {
		return errNoBucket
	}
	if to == InDatabase {
		if err := db.Room(s.db.Dir(), bytes); err != nil {
			return err
		}
	}
	return s.CheckS3(ctx)
}

// Move brings every whole file to one store. A file is copied, read back and
// compared, then its row is switched, then the old bytes go: whatever cuts a
// move short, each file is whole in one place, and the next move clears away
// what is left of it in the other. Files that are missing or damaged stay as
// they are and are told of.
func (s *Service) Move(ctx context.Context, to string, report func(done, total int64)) (r Moved, err error) {
	defer errs.Wrap(&err, "media.Move(%s)", to)
	files, bytes, err := ToMove(s.db.Read(ctx), to)
	if err != nil {
		return r, err
	}
	if err := s.canMove(ctx, to, files, bytes); err != nil {
		return r, err
	}
	if err := s.clearMoves(ctx); err != nil {
		return r, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	v := &moving{s: s, to: to, total: bytes, report: report, cancel: cancel, queue: make(chan Media)}
	var all sync.WaitGroup
	for place := range movers {
		all.Go(func() { v.work(ctx, place) })
	}
	err = v.feed(ctx)
	close(v.queue)
	all.Wait()
	if v.failed != nil { // it is why the feed ended
		err = v.failed
	}
	return v.moved, err
}

// moving is a move at work.
type moving struct {
	s      *Service
	to     string
	total  int64
	report func(done, total int64)
	cancel context.CancelFunc
	queue  chan Media

	mu     sync.Mutex
	moved  Moved
	seen   int64 // bytes that are done with
	failed error
}

// feed gives out the files to be moved, also those that come in meanwhile.
func (v *moving) feed(ctx context.Context) error {
	for after := int64(0); ; {
		page, err := db.All(v.s.db.Read(ctx), scan, `SELECT `+columns+` FROM media
			WHERE store = ? AND state = 'READY' AND id > ? ORDER BY id LIMIT ?`, other(v.to), after, moveAtOnce)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, m := range page {
			select {
			case v.queue <- m:
			case <-ctx.Done():
				return ctx.Err()
			}
			after = m.ID
		}
	}
}

// work moves what it is given until there is no more. place tells this worker
// from its neighbours.
func (v *moving) work(ctx context.Context, place int) {
	for m := range v.queue {
		if ctx.Err() == nil {
			v.note(m, v.one(ctx, place, m))
		}
	}
}

// note counts a file. What concerns no single file ends the move.
func (v *moving) note(m Media, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	reason := ""
	switch {
	case err == nil:
		v.moved.Files++
		v.moved.Bytes += m.Size
	case errors.Is(err, errNotNow):
	case errors.Is(err, errDamaged):
		reason = LeftDamaged
	case errs.Is(err, errs.NotFound):
		reason = LeftMissing
	default:
		if v.failed == nil {
			v.failed = err
		}
		v.cancel()
		return
	}
	if reason != "" {
		if v.moved.Missed++; len(v.moved.Left) < keptLeft {
			v.moved.Left = append(v.moved.Left, Left{m.ID, m.OrgID, m.Key, reason})
		}
	}
	v.seen += m.Size
	if v.report != nil {
		v.report(v.seen, v.total)
	}
}

var (
	errDamaged = errors.New("the file is not what was stored")
	errNotNow  = errors.New("the file was erased meanwhile")
)

// one moves a file.
func (v *moving) one(ctx context.Context, place int, m Media) error {
	s := v.s
	if v.to == InDatabase {
		if err := s.db.Spare(db.ForExtra); err != nil {
			return err
		}
	}
	if err := s.beginMove(ctx, place, m, v.to); err != nil {
		return err
	}
	err := s.copyTo(ctx, m, v.to)
	if err == nil {
		err = s.switchTo(ctx, m, v.to)
	}
	gone := m.store
	if err != nil {
		if !errors.Is(err, errNotNow) && !errors.Is(err, errDamaged) && !errs.Is(err, errs.NotFound) {
			return err
		}
		gone = v.to // the copy, or what there is of it
	}
	if clear := s.dropFrom(ctx, m, gone); clear != nil {
		return clear
	}
	if clear := s.endMove(ctx, place); clear != nil {
		return clear
	}
	return err
}

// copyTo writes a file into the other store and reads it back.
func (s *Service) copyTo(ctx context.Context, m Media, to string) error {
	if m.store == InBucket {
		if err := s.bucket.hasSize(ctx, path(m.OrgID, m.Key), m.Size); err != nil {
			return err
		}
	}
	r, err := s.readerAt(ctx, m, m.store)
	if err != nil {
		return err
	}
	defer r.Close()
	sum, err := s.write(ctx, m, to, r)
	if m.store == InDatabase && errors.Is(err, io.ErrUnexpectedEOF) {
		return errDamaged // a piece is too short
	}
	if err != nil {
		return err
	}
	if len(m.SHA256) > 0 && !bytes.Equal(sum, m.SHA256) {
		return errDamaged
	}
	again, err := s.readerAt(ctx, m, to)
	if err != nil {
		return err
	}
	defer again.Close()
	back, err := digest(again)
	if err == nil && !bytes.Equal(sum, back) {
		err = fmt.Errorf("the copy of a file is not the same as the file: %s", path(m.OrgID, m.Key))
	}
	return err
}
