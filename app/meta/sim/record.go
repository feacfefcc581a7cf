package sim

import (
	"encoding/json"
	"slices"
	"time"
)

// RecordedSend is one POST of a message, however it ended.
type RecordedSend struct {
	At            time.Time
	PhoneNumberID string
	To            string // phone or user id it was addressed to
	Type          string
	Opaque        string // biz_opaque_callback_data
	Body          json.RawMessage
	// MessageID is set when Meta took the message, whether or not the answer
	// arrived.
	MessageID string
	// Outcome is accepted, refused, unanswered (taken, but the answer got lost),
	// dropped (neither), or vanished: answered 200 and never delivered, the
	// fate of a user id in "to".
	Outcome string
}

// RecordedRead is one call that marks a message as read.
type RecordedRead struct {
	At        time.Time
	MessageID string
	Typing    bool
}

// Sends lists every POST of a message, oldest first.
func (s *Sim) Sends() []RecordedSend {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sends)
}

// Reads lists every call that marked a message as read, oldest first.
func (s *Sim) Reads() []RecordedRead {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.reads)
}

// ForgetSends empties both records.
func (s *Sim) ForgetSends() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sends, s.reads = nil, nil
}

// Deliveries says how many webhooks the callback took, how many tries it
// refused, and how many wait.
func (s *Sim) Deliveries() (taken, refused, waiting int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.delivered, s.refused, len(s.queue) + s.inFlight
}

// record notes a send. The lock is held.
func (s *Sim) record(r RecordedSend) {
	r.At = s.now()
	s.sends = limit(append(s.sends, r), maxRecords)
}
