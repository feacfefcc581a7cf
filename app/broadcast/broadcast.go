// Package broadcast sends one template to many people: whom it means, what it
// says to each of them, how fast it goes, and what became of it.
package broadcast

import (
	"badala/app/template"
)

// States of a broadcast.
const (
	Draft     = "DRAFT"
	Scheduled = "SCHEDULED"
	Running   = "RUNNING"
	Paused    = "PAUSED"
	Done      = "DONE"
	Cancelled = "CANCELLED"
)

// States of a recipient. Unknown is when WhatsApp may or may not have the
// message: it is never sent again by itself.
const (
	Waiting   = "WAITING"
	Queued    = "QUEUED"
	Sent      = "SENT"
	Delivered = "DELIVERED"
	Read      = "READ"
	Failed    = "FAILED"
	Unknown   = "UNKNOWN"
	Skipped   = "SKIPPED"
)

// RecipientStates lists every state of a recipient.
var RecipientStates = [...]string{Waiting, Queued, Sent, Delivered, Read, Failed, Unknown, Skipped}

// Why somebody is left out. Each has words below "broadcast.skip.".
const (
	SkipOptedOut  = "OPTED_OUT"  // refused marketing
	SkipNoConsent = "NO_CONSENT" // never agreed, and the organisation asks for it
	SkipNoNumber  = "NO_NUMBER"  // cannot be written to
	SkipDuplicate = "DUPLICATE"  // the same person or number again
	SkipNotNumber = "NOT_A_NUMBER"
	SkipGone      = "GONE"      // there is no such contact (any more)
	SkipNoValue   = "NO_VALUE"  // a variable has no value for them and no fallback
	SkipCancelled = "CANCELLED" // the broadcast was cancelled first
)

// Why a broadcast is paused. Each has words below "broadcast.pause."; those
// that begin with "meta." are the catalogue's own.
const (
	PauseManual   = "MANUAL"
	PauseFailures = "FAILURES" // too many of the last messages failed
	PauseQuality  = "QUALITY"  // Meta rates the number low
	PauseMissed   = "MISSED"   // the server was down at the time
	PauseTemplate = "TEMPLATE" // the template is not there, or not approved
	PauseChannel  = "CHANNEL"  // the number was removed
	PauseRestored = "RESTORED" // the database came out of a backup
)

// Broadcast is one template to many people.
type Broadcast struct {
	ID, OrgID int64
	Name      string
	ChannelID int64
	Template  string // its name
	Language  string
	Category  string // of the template, known once it has started
	// Given are the values of the template. A text may name fields of a contact,
	// each with what stands for it where there is none: "{{firstName|friend}}".
	Given    template.Values
	Audience Audience

	State       string
	ScheduleAt  int64 // in milliseconds; 0: by hand
	OfficeHours bool  // only while the number's office is open
	Rate        int   // messages a second; 0: DefaultRate
	GapMS       int64 // at least so much between two messages; 0: as the rate has it

	PauseReason string
	Counts      Counts
	LeftOut     map[string]int // who has no place among the recipients, by reason
	Frozen      bool           // everybody meant is known

	CreatedBy             int64
	CreatedAt, UpdatedAt  int64
	StartedAt, FinishedAt int64

	cursor            string
	nextAt, watchFrom int64
}

// Counts are the recipients by state. Answered counts those of them who wrote
// back.
type Counts struct {
	Waiting   int `json:"waiting"`
	Queued    int `json:"queued"`
	Sent      int `json:"sent"`
	Delivered int `json:"delivered"`
	Read      int `json:"read"`
	Failed    int `json:"failed"`
	Unknown   int `json:"unknown"`
	Skipped   int `json:"skipped"`
	Answered  int `json:"answered"`
}

// Total is how many recipients there are.
func (c Counts) Total() int {
	return c.Waiting + c.Queued + c.Sent + c.Delivered + c.Read + c.Failed + c.Unknown + c.Skipped
}

// Accepted is how many WhatsApp took, whatever it reported since.
func (c Counts) Accepted() int { return c.Sent + c.Delivered + c.Read }

// Settled is how many have been dealt with.
func (c Counts) Settled() int { return c.Total() - c.Waiting - c.Queued }

// Editable says whether the broadcast can still be changed.
func (b Broadcast) Editable() bool { return b.State == Draft || b.State == Scheduled }

// Working says whether it is begun and not over.
func (b Broadcast) Working() bool { return b.State == Running || b.State == Paused }

// Ended says whether nothing goes out any more unless somebody retries.
func (b Broadcast) Ended() bool { return b.State == Done || b.State == Cancelled }

// Percent is how far it is.
func (b Broadcast) Percent() int {
	total := b.Counts.Total()
	switch {
	case b.State == Done || b.State == Cancelled:
		return 100
	case total == 0 || !b.Frozen:
		return 0
	}
	return 100 * b.Counts.Settled() / total
}

// Input is a broadcast as a person or program describes it.
type Input struct {
	Name        string
	ChannelID   int64
	Template    string
	Language    string
	Given       template.Values
	Audience    Audience
	ScheduleAt  int64
	OfficeHours bool
	Rate        int
	GapMS       int64

	Draft bool // it stays a draft, whatever time is thought of
}

// Input is what describes the broadcast, for changing it. A draft has no time
// in it.
func (b Broadcast) Input() Input {
	in := Input{
		Name: b.Name, ChannelID: b.ChannelID, Template: b.Template, Language: b.Language, Given: b.Given, Audience: b.Audience,
		ScheduleAt: b.ScheduleAt, OfficeHours: b.OfficeHours, Rate: b.Rate, GapMS: b.GapMS,
	}
	if b.State == Draft {
		in.ScheduleAt = 0
	}
	return in
}

// Recipient is one person of a broadcast.
type Recipient struct {
	ID, ContactID int64
	Name, Phone   string // as the contact now is; empty when it was erased
	State         string
	// Reason is a catalogue key of why it failed or was left out; Detail is
	// WhatsApp's own word for it.
	Reason, Detail string
	Code           int // WhatsApp's code of a failure, or 0
	Retryable      bool
	MessageID      int64
	ConversationID int64
	AnswerID       int64 // the message that answers it
	AnsweredAt     int64
	UpdatedAt      int64
}
