package inbox

import (
	"context"
	"time"

	"badala/app/db"
	"badala/app/queue"
)

// The search index puts work off so that no commit waits for it. This job
// makes up for it in slices of a few milliseconds.
var mergeKind = &queue.Kind[struct{}]{Name: "inbox.search_merge", Attempts: 3, Timeout: 10 * time.Minute, Workers: 1}

// maxMerges bounds one run.
const maxMerges = 2000

func (s *Service) initSearch() {
	mergeKind.Handle(s.Queue, s.mergeSearch)
	err := s.Queue.Every("inbox.search_merge", "*/15 * * * *", time.UTC, func(tx *db.Tx, planned int64) error {
		return mergeKind.Add(s.Queue, tx, struct{}{}, queue.Once("%d", planned))
	})
	if err != nil {
		s.Log.Error("the search index will not be tended", "err", err)
	}
}

func (s *Service) mergeSearch(ctx context.Context, _ *queue.Job[struct{}]) error {
	for range maxMerges {
		more, err := s.mergeIndex(ctx, "message_fts", 8)
		if err != nil {
			return err
		}
		if !more {
			return s.Contacts.MergeSearch(ctx)
		}
	}
	return nil
}
