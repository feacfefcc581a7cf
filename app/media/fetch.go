package media

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/meta"
	"badala/app/queue"
)

const (
	urlLife   = 4 * time.Minute // Meta's addresses live five
	goneAfter = 3               // attempts at which an absent file counts as lost
)

// fetchPauses lie between attempts; Meta keeps a received file for seven days, a person can ask again.
var fetchPauses = []time.Duration{5 * time.Second, 20 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute}

func fetchPause(attempt int) time.Duration { return fetchPauses[min(attempt, len(fetchPauses))-1] }

type fetchArgs struct{ Org, Media int64 }

// Remote is a file that Meta announced.
type Remote struct {
	OrgID, ChannelID          int64
	MetaID, URL               string
	ContentType, FileName     string
	MessageID, ConversationID int64
}

// AddRemoteTx notes an announced file and its fetch job, in the caller's transaction.
func (s *Service) AddRemoteTx(tx *db.Tx, r Remote) (mediaID int64, err error) {
	defer errs.Wrap(&err, "media.AddRemoteTx(org %d)", r.OrgID)
	m := Media{
		ID: tx.NewID(), OrgID: r.OrgID, State: Pending, store: s.where(), ContentType: baseType(r.ContentType),
		FileName: cleanName(r.FileName), Source: Source{r.MetaID, r.URL}, ChannelID: r.ChannelID,
		MessageID: r.MessageID, ConversationID: r.ConversationID, CreatedAt: tx.Now(),
	}
	m.Key = newKey(m.ContentType, m.FileName)
	if err := insertTx(tx, m); err != nil {
		return 0, err
	}
	return m.ID, s.addFetchTx(tx, m)
}

func (s *Service) addFetchTx(tx *db.Tx, m Media) error {
	return s.fetch.Add(s.queue, tx, fetchArgs{m.OrgID, m.ID}, queue.Once("%d", m.ID))
}

// Refetch asks for a FAILED or LOST file again. One that is whole or on its way is left alone.
func (s *Service) Refetch(ctx context.Context, org, id int64) (err error) {
	defer errs.Wrap(&err, "media.Refetch(%d)", id)
	_, hook := s.hooks()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		m, err := ByID(tx, org, id)
		if err != nil || m.State == Ready {
			return err
		}
		if m.Source == (Source{}) {
			return errs.New(errs.Conflict, "this file was uploaded here; upload it again")
		}
		if m.State != Pending {
			m.State, m.Error = Pending, ""
			if err := updateTx(tx, m); err != nil {
				return err
			}
			if hook != nil {
				if err := hook(tx, m); err != nil {
					return err
				}
			}
		}
		return s.addFetchTx(tx, m)
	})
}

// runFetch is one attempt at a remote file.
func (s *Service) runFetch(ctx context.Context, j *queue.Job[fetchArgs]) error {
	m, err := ByID(s.db.Read(ctx), j.Args.Org, j.Args.Media)
	if errs.Is(err, errs.NotFound) || err == nil && m.State == Ready {
		return nil
	}
	if err != nil {
		return err
	}
	if m.erased() {
		return s.eraseOne(ctx, m)
	}
	fetcher, _ := s.hooks()
	if fetcher == nil {
		return queue.Wait(time.Minute, errors.New("nobody fetches files yet"))
	}
	if err := s.db.Spare(db.ForExtra); err != nil {
		return queue.Wait(time.Minute, err)
	}
	if err = s.download(ctx, fetcher, &m, j.Attempt); err == nil {
		m.State = Ready
		return s.conclude(ctx, j, m)
	}
	var final bool
	m.State, m.Error, final = judge(err, j.Attempt)
	if !final && !j.Last {
		return err
	}
	s.log.WarnContext(ctx, "file given up", "media", m.ID, "reason", m.Error, "err", err)
	if err := s.removeBytes(ctx, m); err != nil {
		return err
	}
	return s.conclude(ctx, j, m)
}

// errErased ends a fetch whose file nobody wants any more; the next run takes
// away what it left.
var errErased = errors.New("the file was erased meanwhile")

// judge says what a failed attempt means for the file, and whether another would be in vain.
func judge(err error, attempt int) (state, reason string, final bool) {
	switch {
	case errs.Is(err, errs.TooLarge):
		return Failed, ReasonTooLarge, true
	case gone(err):
		return Lost, ReasonGone, attempt >= goneAfter
	case refused(err):
		return Failed, ReasonRefused, false
	}
	return Failed, ReasonFailed, false
}

func gone(err error) bool {
	if e, ok := errors.AsType[*meta.Error](err); ok {
		return e.HTTPStatus == 404 || e.HTTPStatus == 410 || e.Code == 100
	}
	return errs.Is(err, errs.NotFound)
}

func refused(err error) bool {
	if e, ok := errors.AsType[*meta.Error](err); ok {
		return e.HTTPStatus == 401 || e.HTTPStatus == 403 || e.Code == 190 || e.Code == 10
	}
	return errs.Is(err, errs.Forbidden) || errs.Is(err, errs.Unauthorized)
}

// conclude records the end of a fetch, tells the hook, and ends the job: one change.
func (s *Service) conclude(ctx context.Context, j *queue.Job[fetchArgs], m Media) error {
	_, hook := s.hooks()
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if m.State == Ready {
			m.ReadyAt, m.Error = tx.Now(), ""
		}
		if now, err := ByID(tx, m.OrgID, m.ID); err != nil || now.erased() {
			return cmp.Or(err, errErased)
		}
		if err := updateTx(tx, m); err != nil {
			return err
		}
		if hook != nil {
			if err := hook(tx, m); err != nil {
				return err
			}
		}
		return j.Finish(tx)
	})
}

// download opens the file, by the announced address while that is fresh and by its id else, and stores it.
func (s *Service) download(ctx context.Context, fetch Fetcher, m *Media, attempt int) error {
	url := ""
	if attempt == 1 && s.db.Now()-m.CreatedAt < urlLife.Milliseconds() || m.Source.MetaID == "" {
		url = m.Source.URL
	}
	body, declared, size, err := fetch(ctx, m.ChannelID, m.Source.MetaID, url)
	if err != nil && url != "" && m.Source.MetaID != "" {
		body, declared, size, err = fetch(ctx, m.ChannelID, m.Source.MetaID, "")
	}
	if err != nil {
		return err
	}
	defer body.Close()
	if size > MaxSize {
		return tooLarge(MaxSize)
	}
	head, r, err := peek(body)
	if err != nil {
		return err
	}
	if m.ContentType != "" {
		declared = m.ContentType
	}
	found := sniff(head, declared)
	if len(head) == 0 || found == "text/html" && !strings.Contains(declared, "html") {
		return fmt.Errorf("the answer was a page or nothing, not the file")
	}
	if attempt > 1 { // an earlier one may have left some
		if err := s.removeBytes(ctx, *m); err != nil {
			return err
		}
	}
	m.ContentType, m.store = found, s.where()
	return s.fill(ctx, m, exactly(r, size), MaxSize)
}

// exactly fails when r ends before the announced size; -1 = unknown.
func exactly(r io.Reader, size int64) io.Reader {
	if size < 0 {
		return r
	}
	return &exact{r: r, left: size}
}

type exact struct {
	r    io.Reader
	left int64
}

func (e *exact) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	e.left -= int64(n)
	if errors.Is(err, io.EOF) && e.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// CountFailed counts the files of an organisation that were announced since a
// time and could not be fetched.
func CountFailed(q db.Q, org, since int64) (int, error) {
	return db.Value[int](q, `SELECT count(*) FROM media WHERE org_id = ? AND state = 'FAILED' AND created_at > ?`, org, since)
}
