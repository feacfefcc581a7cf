package media

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/queue"
)

// moveKey is the row of instance that tells of the last move that a server was
// asked for.
const moveKey = "media.move"

const (
	moveTime   = 12 * time.Hour // of one run; a longer move goes on in the next
	moveNoted  = time.Second    // between two notes of how far it is
	moveClears = time.Hour      // a file that is under way for longer was left behind
)

// MoveState is how a move by the server stands.
type MoveState struct {
	To        string `json:"to"`
	AskedAt   int64  `json:"askedAt"` // names the move
	Done      int64  `json:"done"`    // in bytes
	Total     int64  `json:"total"`
	Ended     bool   `json:"ended"`
	Error     string `json:"error"` // why it ended early
	Moved     Moved  `json:"moved"`
	UpdatedAt int64  `json:"updatedAt"`
}

type moveArgs struct {
	To      string
	AskedAt int64
}

// AskMove lets the server that runs on this database move the files. One that
// is under way to the same store goes on.
func (s *Service) AskMove(ctx context.Context, to string) (err error) {
	defer errs.Wrap(&err, "media.AskMove(%s)", to)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		now, err := LastMove(tx)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		if err == nil && !now.Ended {
			if now.To != to {
				return errs.Coded(errs.Conflict, "move_other", "the server is moving files to the other store: wait until it is done")
			}
			return s.move.Add(s.queue, tx, moveArgs{to, now.AskedAt}, queue.Once("all"))
		}
		st := MoveState{To: to, AskedAt: tx.Now()}
		if err := noteMoveTx(tx, st); err != nil {
			return err
		}
		return s.move.Add(s.queue, tx, moveArgs{to, st.AskedAt}, queue.Once("all"))
	})
}

// EndMove takes back what a server was asked for: the files are moved without
// one now.
func (s *Service) EndMove(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`DELETE FROM instance WHERE key = ?`, moveKey)
		return err
	})
}

// LastMove is how the last move stands that a server was asked for; NotFound
// if there was none.
func LastMove(q db.Q) (st MoveState, err error) {
	text, err := db.Value[string](q, `SELECT value FROM instance WHERE key = ?`, moveKey)
	if err == nil {
		err = json.Unmarshal([]byte(text), &st)
	}
	return st, err
}

func noteMoveTx(tx *db.Tx, st MoveState) error {
	st.UpdatedAt = tx.Now()
	text, err := json.Marshal(st)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO instance (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value`, moveKey, string(text))
	return err
}

// runMove moves the files as asked, if that still stands. What the files or the
// bucket are to blame for ends it; a stop of the server does not.
func (s *Service) runMove(ctx context.Context, j *queue.Job[moveArgs]) error {
	st, err := LastMove(s.db.Read(ctx))
	if errs.Is(err, errs.NotFound) || err == nil && (st.Ended || st.AskedAt != j.Args.AskedAt) {
		return nil
	}
	if err != nil {
		return err
	}
	note := &moveNote{s: s, st: st}
	moved, err := s.Move(ctx, st.To, note.progress(ctx))
	if ctx.Err() != nil {
		return ctx.Err()
	}
	st.Moved, st.Ended = moved, true
	if err != nil {
		s.log.WarnContext(ctx, "moving files ended early", "to", st.To, "err", err)
		st.Error = err.Error()
		if e := errs.As(err); e != nil {
			st.Error = e.Message
		}
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if err := noteMoveTx(tx, st); err != nil {
			return err
		}
		return j.Finish(tx)
	})
}

// moveNote writes down how far a move is, from time to time.
type moveNote struct {
	s    *Service
	mu   sync.Mutex
	st   MoveState
	last int64
}

func (n *moveNote) progress(ctx context.Context) func(done, total int64) {
	return func(done, total int64) {
		n.mu.Lock()
		defer n.mu.Unlock()
		now := n.s.db.Now()
		if now-n.last < moveNoted.Milliseconds() {
			return
		}
		n.last, n.st.Done, n.st.Total = now, done, total
		st := n.st
		err := n.s.db.Write(ctx, func(tx *db.Tx) error { return noteMoveTx(tx, st) })
		if err != nil {
			n.s.log.WarnContext(ctx, "cannot note how far a move is", "err", err)
		}
	}
}
