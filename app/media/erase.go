package media

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/queue"
)

// reasonErased is the error of a file that is being taken away.
const reasonErased = "erased"

type eraseArgs struct {
	Org int64
	IDs []int64
}

// eraseKind takes the bytes of erased files away; a bucket may be out of reach
// for long.
var eraseKind = &queue.Kind[eraseArgs]{Name: "media.erase", Attempts: 10_000, Timeout: 10 * time.Minute, Workers: 1}

// EraseTx removes files for good. Nobody can open them once tx is committed;
// their bytes go by a job.
func (s *Service) EraseTx(tx *db.Tx, org int64, ids []int64) (err error) {
	defer errs.Wrap(&err, "media.EraseTx(org %d)", org)
	if len(ids) == 0 {
		return nil
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`UPDATE media SET state = CASE state WHEN 'PENDING' THEN 'PENDING' ELSE 'LOST' END, error = 'erased',
			file_name = '', meta_id = '', url = '', sha256 = NULL, thumb_width = 0, thumb_height = 0, message_id = 0, conversation_id = 0
		WHERE id IN (SELECT value FROM json_each(?)) AND org_id = ?`, string(list), org); err != nil {
		return err
	}
	return eraseKind.Add(s.queue, tx, eraseArgs{org, ids})
}

// runErase takes away what EraseTx and ExpireTx named. A file that is being
// fetched is left to that job, which sees that nobody wants it any more.
func (s *Service) runErase(ctx context.Context, j *queue.Job[eraseArgs]) error {
	for _, id := range j.Args.IDs {
		m, err := ByID(s.db.Read(ctx), j.Args.Org, id)
		if errs.Is(err, errs.NotFound) || err == nil && (!m.erased() && !m.expired() || m.State == Pending) {
			continue
		}
		if err != nil {
			return err
		}
		if m.store == InBucket && s.bucket == nil {
			return queue.Wait(time.Hour, errors.New("a file to be erased is in an S3 bucket, and none is configured"))
		}
		if err := s.eraseOne(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

func (m Media) erased() bool { return m.Error == reasonErased }

// eraseOne takes the bytes of a file away, then the row of an erased one.
func (s *Service) eraseOne(ctx context.Context, m Media) error {
	if err := s.removeBytes(ctx, m); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`DELETE FROM media WHERE id = ? AND org_id = ? AND error = 'erased'`, m.ID, m.OrgID)
		return err
	})
}
