// Package webhook tells other systems what happened: it renders each event
// once, in the transaction of its change, and delivers it to every endpoint
// that asked for it, at least once, whatever the other endpoints do.
package webhook

import "slices"

// States of an endpoint. A person pauses it, the server disables it.
const (
	Active   = "ACTIVE"
	Paused   = "PAUSED"
	Disabled = "DISABLED"
)

// Why the server disabled an endpoint.
const (
	ReasonGone    = "GONE"    // it answered 410
	ReasonFailing = "FAILING" // nothing came through for days
)

// Endpoint is an address that hears of events. Pending, Held, Failed and
// Expired count its deliveries.
type Endpoint struct {
	ID, OrgID      int64
	URL            string
	Events         []string
	State          string
	DisabledReason string // ReasonGone, ReasonFailing or ""
	RatePerSecond  int    // 0: no limit
	Username       string
	Headers        map[string]string

	FailingSince, LastSuccessAt, LastAttemptAt int64
	FailuresInRow, LastStatus                  int
	LastError                                  string
	BreakerUntil                               int64 // until then only waiting

	Pending, Held, Failed, Expired int

	StagedAt      int64 // a new secret waits to be promoted
	PreviousUntil int64 // the former secret still signs as well
	CreatedAt     int64
	UpdatedAt     int64
}

// Input describes a new endpoint.
type Input struct {
	URL                string
	Events             []string
	RatePerSecond      int
	Username, Password string
	Headers            map[string]string
}

// Patch changes an endpoint; nil leaves a field alone. Headers replaces all of
// them. State is Paused, or Active: what was held is then sent.
type Patch struct {
	URL                *string
	Events             *[]string
	RatePerSecond      *int
	Username, Password *string
	Headers            *map[string]string
	State              *string
}

// States of a delivery.
const (
	Pending   = "PENDING"
	Delivered = "DELIVERED"
	Failed    = "FAILED"
	Held      = "HELD" // its endpoint is not active
	Expired   = "EXPIRED"
	Erased    = "ERASED" // its contact was erased
)

// DeliveryStates lists every state of a delivery.
var DeliveryStates = [...]string{Pending, Delivered, Failed, Held, Expired, Erased}

// Delivery is one event on its way to one endpoint. Status, DurationMS, Error
// and Response tell of the last attempt; a list leaves Response out.
type Delivery struct {
	ID, EndpointID, EventID int64
	Event, State            string
	Attempts                int
	NextAt, LastAt          int64
	FinishedAt, CreatedAt   int64
	Status                  int
	DurationMS              int64
	Error, Response         string
	Test                    bool
}

// Why an attempt was made.
const (
	Auto   = "AUTO"
	Manual = "MANUAL"
	Tried  = "TEST"
)

// Attempt is one call of an endpoint. Error is a class: dns, blocked_address,
// refused, reset, tls, timeout, redirect, http_4xx, http_5xx, too_large, or ""
// for a success whose answer was read.
type Attempt struct {
	At         int64
	Trigger    string
	IP         string
	Status     int
	DurationMS int64
	Error      string
	Response   string
}

// Filter narrows a list of deliveries, newest first.
type Filter struct {
	State, Cursor string
	Take          int
}

// EventInfo is one type of event that an endpoint may ask for.
type EventInfo struct {
	Name    string
	Default bool // asked for unless the person chooses
}

// Events lists every type of event that is told outside.
var Events = []EventInfo{
	{"message.received", true}, {"message.sent", true}, {"message.delivered", true}, {"message.read", true},
	{"conversation.created", true}, {"conversation.assigned", true}, {"conversation.closed", true},
	{"contact.created", true}, {"contact.updated", true},
	{"message.failed", false}, {"conversation.reopened", false}, {"conversation.waiting", false}, {"contact.deleted", false},
	{"broadcast.finished", false}, {"channel.health", false},
}

func isEvent(name string) bool {
	return slices.ContainsFunc(Events, func(e EventInfo) bool { return e.Name == name })
}

// DefaultEvents are the names of those that are asked for by default.
func DefaultEvents() (names []string) {
	for _, e := range Events {
		if e.Default {
			names = append(names, e.Name)
		}
	}
	return names
}
