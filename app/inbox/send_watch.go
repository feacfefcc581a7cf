package inbox

import (
	"time"

	"badala/app/db"
)

// Watch hears how sending goes, for those who count. It is called by many at
// once.
type Watch interface {
	// Asked hears how long a call to WhatsApp took, whatever came of it.
	Asked(took time.Duration)
	// Unconfirmed hears of a message of which nobody knows whether it went out.
	Unconfirmed()
	// Unmapped hears of an error of WhatsApp's that has no words of our own.
	Unmapped()
}

// OnSend lets w hear how sending goes. Register it before the queue runs.
func (s *Service) OnSend(w Watch) { s.watch = w }

func (s *Service) askedFor(took time.Duration) {
	if s.watch != nil {
		s.watch.Asked(took)
	}
}

// heardTx tells the watch something once it is durable.
func (s *Service) heardTx(tx *db.Tx, what func(Watch)) {
	if w := s.watch; w != nil {
		tx.AfterCommit(func() { what(w) })
	}
}
