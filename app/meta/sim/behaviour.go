package sim

import "time"

// Behaviour is how the simulator misbehaves. Counts say how many of the next
// sends are hit, -1 all of them; each goes down by itself.
type Behaviour struct {
	// PhoneNumberID limits everything below to one number; empty: all.
	PhoneNumberID string `json:"number,omitempty"`
	// Delay passes before a send is looked at.
	Delay time.Duration `json:"-"`

	// FailNext sends are refused with FailCode (131000 if zero) and FailHTTP.
	FailNext int `json:"failNext"`
	FailCode int `json:"failCode"`
	FailHTTP int `json:"failHttp"`
	// FailLater sends are accepted and fail afterwards with FailCode.
	FailLater int `json:"failLater"`
	// RateLimit sends are answered 429.
	RateLimit int `json:"rateLimit"`

	// The answer to these sends is lost on the way. Meta has taken the message
	// all the same, unless Lost is set.
	ResetAfterBody int  `json:"resetAfterBody"`
	HTML502        int  `json:"html502"`
	TruncatedJSON  int  `json:"truncatedJson"`
	Lost           bool `json:"lost"`

	// MediaFail is how many media calls fail.
	MediaFail int `json:"mediaFail"`

	// DuplicateWebhooks is how many extra times each webhook comes.
	DuplicateWebhooks int `json:"duplicateWebhooks"`
	// ShuffleWebhooks sends them in random order.
	ShuffleWebhooks bool `json:"shuffleWebhooks"`
	// DropStatuses sends no statuses at all.
	DropStatuses bool `json:"dropStatuses"`
	// StatusBeforeAnswer delivers the status sent before the send call returns.
	StatusBeforeAnswer bool `json:"statusBeforeAnswer"`
	// EnforceWindow refuses free-form messages to people who did not write
	// within 24 hours.
	EnforceWindow bool `json:"enforceWindow"`
}

// behaviourJSON is Behaviour as the control API shows it.
type behaviourJSON struct {
	Behaviour
	DelayMS int64 `json:"delayMs"`
}

// maxDelay bounds what a page can ask for.
const maxDelay = 2 * time.Minute

func (b behaviourJSON) behaviour() Behaviour {
	b.Delay = min(max(0, time.Duration(b.DelayMS)*time.Millisecond), maxDelay)
	b.DuplicateWebhooks = min(b.DuplicateWebhooks, 100)
	return b.Behaviour
}

// Misbehave replaces the present behaviour. The zero Behaviour is a good day.
func (s *Sim) Misbehave(b Behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behaviour = b
	s.touch()
}

// Behaviour gives the present behaviour with the counts that are left.
func (s *Sim) Behaviour() Behaviour {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.behaviour
}

// trouble is what happens to one send.
type trouble int

const (
	noTrouble trouble = iota
	failNow
	rateLimited
	resetAfter
	html502
	truncated
)

// nextTrouble decides about one send. The lock is held.
func (s *Sim) nextTrouble(pnid string) trouble {
	b := &s.behaviour
	if !b.hits(pnid) {
		return noTrouble
	}
	for _, c := range []struct {
		left *int
		t    trouble
	}{
		{&b.FailNext, failNow}, {&b.RateLimit, rateLimited},
		{&b.ResetAfterBody, resetAfter}, {&b.HTML502, html502}, {&b.TruncatedJSON, truncated},
	} {
		if take(c.left) {
			return c.t
		}
	}
	return noTrouble
}

func (b *Behaviour) hits(pnid string) bool {
	return b.PhoneNumberID == "" || b.PhoneNumberID == pnid
}

// take uses one of a count up and reports whether there was one.
func take(left *int) bool {
	if *left > 0 {
		*left--
		return true
	}
	return *left < 0
}
