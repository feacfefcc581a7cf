package inbox

import (
	"context"

	"badala/app/db"
)

// TellDue does what the schedule does every minute.
func (s *Service) TellDue(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error { return s.tellDueTx(tx, tx.Now()) })
}

// TellStep is how many are told of in one transaction.
const TellStep = tellStep
