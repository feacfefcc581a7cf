package meta

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Kind is what an error asks of whoever sends.
type Kind int

const (
	// Fail: this message will never go out.
	Fail Kind = iota
	// FailForADay: as Fail; nothing of the kind to this person for 24 hours.
	FailForADay
	// RetryNumber: the business number waits; the message uses no attempt.
	RetryNumber
	// RetryPair: only this conversation waits.
	RetryPair
	// RetryMessage: the message may be out. Wait CheckFirst for a status, then
	// try again after each of Waits, then fail.
	RetryMessage
	// HoldChannel: nothing of the channel goes out until a person acts.
	HoldChannel
	// HoldTemplates: no templates or broadcasts of the account go out.
	HoldTemplates
	// HoldBroadcasts: the number's broadcasts wait for a person.
	HoldBroadcasts
	// HoldTemplate: broadcasts that use this template wait; the message fails.
	HoldTemplate
	// Unmapped: fail, show code and details, and count it.
	Unmapped
)

var kindNames = [...]string{"fail", "fail-for-a-day", "retry-number", "retry-pair", "retry-message",
	"hold-channel", "hold-templates", "hold-broadcasts", "hold-template", "unmapped"}

func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return "kind " + strconv.Itoa(int(k))
	}
	return kindNames[k]
}

// Verdict is the action for an error. Waits are the pauses before each further
// try; the last one repeats for RetryNumber and RetryPair.
type Verdict struct {
	Kind       Kind
	Waits      []time.Duration
	CheckFirst time.Duration
	// Reconnect: the hold ends when the channel gets working credentials.
	Reconnect bool
	// Explain is the catalogue key of the plain words and the remedy.
	Explain string
}

// Wait is the pause before try n+1, where n counts the tries so far from 0.
func (v Verdict) Wait(n int) time.Duration {
	if len(v.Waits) == 0 {
		return 0
	}
	return v.Waits[max(0, min(n, len(v.Waits)-1))]
}

// UnknownKey explains an error that has no entry of its own.
const UnknownKey = "meta.unknown"

// Action says what to do about a code, however it arrived. httpStatus is zero
// for an error in a webhook.
func Action(code, httpStatus int) Verdict {
	if v, ok := verdicts[code]; ok {
		return v
	}
	switch {
	case code >= 200 && code <= 299:
		return verdicts[200]
	case httpStatus == http.StatusTooManyRequests:
		return verdicts[130429]
	case code >= 132000 && code <= 132012:
		return Verdict{Explain: "meta.132000"}
	case code >= 2388000 && code <= 2388999:
		return Verdict{Explain: "meta.2388000"}
	}
	return Verdict{Kind: Unmapped, Explain: UnknownKey}
}

// KnownCodes lists every code with an entry of its own, ascending.
func KnownCodes() []int {
	codes := make([]int, 0, len(verdicts))
	for c := range verdicts {
		codes = append(codes, c)
	}
	slices.Sort(codes)
	return codes
}

var (
	ratePauses  = []time.Duration{1e9, 2e9, 4e9, 8e9, 16e9, 32e9, time.Minute}
	pairPauses  = []time.Duration{1e9, 4e9, 16e9, 64e9, 256e9}
	minutePause = []time.Duration{time.Minute}
	retryPauses = []time.Duration{5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute}
)

// verdicts is the whole table. Codes that mean the same share a key.
var verdicts = map[int]Verdict{
	4:      {Kind: RetryNumber, Waits: ratePauses, Explain: "meta.130429"},
	80007:  {Kind: RetryNumber, Waits: ratePauses, Explain: "meta.130429"},
	130429: {Kind: RetryNumber, Waits: ratePauses, Explain: "meta.130429"},
	131057: {Kind: RetryNumber, Waits: minutePause, Explain: "meta.131057"},
	// Meta's older code for the same maintenance.
	2494100: {Kind: RetryNumber, Waits: minutePause, Explain: "meta.131057"},
	131056:  {Kind: RetryPair, Waits: pairPauses, Explain: "meta.131056"},

	1:      {Kind: RetryMessage, Waits: retryPauses, CheckFirst: 10 * time.Second, Explain: "meta.131000"},
	2:      {Kind: RetryMessage, Waits: retryPauses, CheckFirst: 10 * time.Second, Explain: "meta.131000"},
	131000: {Kind: RetryMessage, Waits: retryPauses, CheckFirst: 10 * time.Second, Explain: "meta.131000"},
	131016: {Kind: RetryMessage, Waits: retryPauses, CheckFirst: 10 * time.Second, Explain: "meta.131000"},
	133004: {Kind: RetryMessage, Waits: retryPauses, CheckFirst: 10 * time.Second, Explain: "meta.131000"},

	0:      {Kind: HoldChannel, Reconnect: true, Explain: "meta.190"},
	190:    {Kind: HoldChannel, Reconnect: true, Explain: "meta.190"},
	3:      {Kind: HoldChannel, Reconnect: true, Explain: "meta.200"},
	10:     {Kind: HoldChannel, Reconnect: true, Explain: "meta.200"},
	200:    {Kind: HoldChannel, Reconnect: true, Explain: "meta.200"},
	131005: {Kind: HoldChannel, Reconnect: true, Explain: "meta.200"},
	33:     {Kind: HoldChannel, Reconnect: true, Explain: "meta.33"},
	131045: {Kind: HoldChannel, Reconnect: true, Explain: "meta.133010"},
	133010: {Kind: HoldChannel, Reconnect: true, Explain: "meta.133010"},
	368:    {Kind: HoldChannel, Explain: "meta.131031"},
	131031: {Kind: HoldChannel, Explain: "meta.131031"},
	130497: {Kind: HoldChannel, Explain: "meta.130497"},

	131042: {Kind: HoldTemplates, Explain: "meta.131042"},
	131064: {Kind: HoldTemplates, Explain: "meta.131064"},
	131048: {Kind: HoldBroadcasts, Explain: "meta.131048"},
	132015: {Kind: HoldTemplate, Explain: "meta.132015"},
	132016: {Kind: HoldTemplate, Explain: "meta.132016"},

	131049: {Kind: FailForADay, Explain: "meta.131049"},
	130472: {Kind: FailForADay, Explain: "meta.130472"},

	100:    {Explain: "meta.100"},
	131008: {Explain: "meta.100"},
	131009: {Explain: "meta.100"},
	135000: {Explain: "meta.100"},
	130403: {Explain: "meta.130403"},
	131021: {Explain: "meta.131021"},
	131026: {Explain: "meta.131026"},
	131030: {Explain: "meta.131030"},
	131037: {Explain: "meta.131037"},
	131047: {Explain: "meta.131047"},
	131050: {Explain: "meta.131050"},
	131051: {Explain: "meta.131051"},
	131052: {Explain: "meta.131052"},
	131053: {Explain: "meta.131053"},
	131060: {Explain: "meta.131060"},
	131062: {Explain: "meta.131062"},
	131065: {Explain: "meta.131065"},
	132000: {Explain: "meta.132000"},
	132001: {Explain: "meta.132001"},
	132005: {Explain: "meta.132005"},
	132007: {Explain: "meta.132007"},
	132012: {Explain: "meta.132012"},
	132018: {Explain: "meta.132012"},
	132068: {Explain: "meta.132068"},
	132069: {Explain: "meta.132068"},
	133005: {Explain: "meta.133005"},
	133008: {Explain: "meta.133005"},
	133009: {Explain: "meta.133005"},
	133016: {Explain: "meta.133016"},
	137000: {Explain: "meta.137000"},
}
