package inbox

import (
	"context"
	"time"

	"badala/app/db"
	"badala/app/queue"
)

// resumeArgs names a channel that sends again.
type resumeArgs struct {
	Channel int64 `json:"channel"`
}

// resumeKind wakes held messages a second time: a job that was being put aside
// while its channel came back has not heard the first.
var resumeKind = &queue.Kind[resumeArgs]{Name: "inbox.resume", Timeout: 10 * time.Second, Workers: 1}

const resumeAgain = 2 * time.Second

// resumeSendsTx lets the held messages of a channel go, each conversation in
// its order.
func (s *Service) resumeSendsTx(tx *db.Tx, ch int64) error {
	if err := s.wakeSendsTx(tx, ch); err != nil {
		return err
	}
	return resumeKind.Add(s.Queue, tx, resumeArgs{ch}, queue.At(tx.Now()+resumeAgain.Milliseconds()))
}

// pending picks the few messages that wait by an index that has only those;
// SQLite uses it where its own condition is repeated.
const pending = `INDEXED BY message_waiting WHERE status IN ('PENDING', 'UNCONFIRMED') AND status = 'PENDING'`

func (s *Service) wakeSendsTx(tx *db.Tx, ch int64) error {
	convs, err := db.All(tx, func(r *db.Rows, v *int64) error { return r.Scan(v) },
		`SELECT DISTINCT conversation_id FROM message `+pending+` AND channel_id = ?`, ch)
	if err != nil {
		return err
	}
	for _, conv := range convs {
		if err := s.Queue.Wake(tx, sendKind.Name, sendLane(conv)); err != nil {
			return err
		}
	}
	return s.WakeBroadcastsTx(tx)
}

func (s *Service) runResume(ctx context.Context, j *queue.Job[resumeArgs]) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := s.wakeSendsTx(tx, j.Args.Channel); err != nil {
			return err
		}
		return j.Finish(tx)
	})
}
