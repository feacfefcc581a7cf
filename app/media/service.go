package media

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/queue"
)

// Options say where files go and how they are reached. All may be zero.
type Options struct {
	S3         *S3Options // nil: files go into the database
	PublicURL  string     // of this server, for addresses given to others; no slash at the end
	SigningKey []byte     // nil: a random one, kept in the database
	Allow      []string   // private targets that FetchURL may reach: 127.0.0.1:5678, 192.168.1.0/24, n8n.lan:5678
}

// Fetcher opens a file at Meta. With an empty url it asks for the media id's present one.
// A file that is not there is errs.NotFound or Meta's own 404.
type Fetcher func(ctx context.Context, channelID int64, metaID, url string) (body io.ReadCloser, contentType string, size int64, err error)

// Service stores, fetches and serves files. Safe for concurrent use.
type Service struct {
	db      *db.DB
	queue   *queue.Queue
	log     *slog.Logger
	opts    Options
	signKey []byte
	bucket  *bucket // nil without S3
	egress  *http.Client
	guard   *Guard

	fetch *queue.Kind[fetchArgs]
	clean *queue.Kind[struct{}]
	move  *queue.Kind[moveArgs]

	mu      sync.Mutex
	fetcher Fetcher
	ready   func(*db.Tx, Media) error

	drawing sync.Mutex // one picture is decoded at a time: it may take 160 MB
}

// New makes the service and registers its jobs. Call it before the queue runs.
func New(ctx context.Context, d *db.DB, q *queue.Queue, log *slog.Logger, o Options) (_ *Service, err error) {
	defer errs.Wrap(&err, "media.New")
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s := &Service{db: d, queue: q, log: log, opts: o, signKey: o.SigningKey}
	if len(s.signKey) == 0 {
		if s.signKey, err = signingKey(ctx, d); err != nil {
			return nil, err
		}
	}
	if o.S3 != nil {
		if s.bucket, err = openBucket(*o.S3); err != nil {
			return nil, err
		}
	}
	if s.guard, err = NewGuard(o.Allow); err != nil {
		return nil, err
	}
	s.egress = s.guard.Client(fetchURLTime)
	s.fetch = &queue.Kind[fetchArgs]{Name: "media.fetch", Attempts: len(fetchPauses) + 1, Timeout: 3 * time.Minute, Workers: 4, Backoff: fetchPause}
	s.fetch.Handle(q, s.runFetch)
	s.clean = &queue.Kind[struct{}]{Name: "media.clean", Attempts: 3, Timeout: 10 * time.Minute, Workers: 1}
	s.clean.Handle(q, s.runClean)
	s.move = &queue.Kind[moveArgs]{Name: "media.move", Attempts: 1000, Timeout: moveTime, Workers: 1}
	s.move.Handle(q, s.runMove)
	eraseKind.Handle(q, s.runErase)
	err = q.Every("media.clean", "@every 1h", nil, func(tx *db.Tx, _ int64) error {
		return s.clean.Add(q, tx, struct{}{}, queue.Once(""))
	})
	return s, err
}

// SetFetcher says how files are opened at Meta. Set it before the queue runs.
func (s *Service) SetFetcher(f Fetcher) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fetcher = f
}

// OnReady sets what runs in the transaction in which a remote file becomes READY, FAILED or LOST.
func (s *Service) OnReady(hook func(*db.Tx, Media) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ready = hook
}

func (s *Service) hooks() (Fetcher, func(*db.Tx, Media) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fetcher, s.ready
}

// signingKey reads this install's key for signed addresses, or makes it.
func signingKey(ctx context.Context, d *db.DB) ([]byte, error) {
	fresh := make([]byte, 32)
	if _, err := rand.Read(fresh); err != nil {
		return nil, err
	}
	var kept string
	err := d.Write(ctx, func(tx *db.Tx) (err error) {
		_, err = tx.Exec(`INSERT INTO instance (key, value) VALUES ('media.signing_key', ?) ON CONFLICT DO NOTHING`,
			base64.StdEncoding.EncodeToString(fresh))
		if err != nil {
			return err
		}
		kept, err = db.Value[string](tx, `SELECT value FROM instance WHERE key = 'media.signing_key'`)
		return err
	})
	if err != nil {
		return nil, err
	}
	return base64.StdEncoding.DecodeString(kept)
}
