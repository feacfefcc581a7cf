package inbox

import (
	"slices"

	"badala/app/meta"
)

// Codes of failures that are ours and not Meta's. Meta's are positive; -1 is
// an answer of Meta's without a code.
const (
	codeUnreachable = -2
	codeMediaLost   = -3
	codeChannelGone = -4
	codeNoAddress   = -5
	codeGivenUp     = -6
	codeRestored    = -7

	// Of broadcasts, which left somebody out at the last moment.
	CodeOptedOut  = -8
	CodeNoConsent = -9
	CodeCancelled = -10
	CodeGone      = -11
)

var ownKeys = map[int]string{
	codeUnreachable: "send.unreachable",
	codeMediaLost:   "send.media_lost",
	codeChannelGone: "send.channel_gone",
	codeNoAddress:   "send.no_address",
	codeGivenUp:     "send.given_up",
	codeRestored:    "send.restored",
	CodeOptedOut:    "send.opted_out",
	CodeNoConsent:   "send.no_consent",
	CodeCancelled:   "send.cancelled",
	CodeGone:        "send.gone",
}

// Key is the catalogue key of the failure in plain words; with ".fix" behind
// it, of the remedy. It is empty when nothing failed.
func (e MessageError) Key() string {
	if e.Code == 0 && e.Title == "" && e.Detail == "" {
		return ""
	}
	if key := ownKeys[e.Code]; key != "" {
		return key
	}
	return meta.Action(e.Code, 0).Explain
}

// hopeless are the failures that another try only repeats: the content or the
// person would have to change first.
var hopeless = []string{
	"meta.100", "meta.130403", "meta.131021", "meta.131049", "meta.130472", "meta.131050", "meta.131051",
	"meta.131053", "meta.131062", "meta.131065", "meta.132000", "meta.132001", "meta.132005", "meta.132007", "meta.132012", "meta.132016", "send.media_lost", "send.channel_gone", "send.no_address",
}

// Retriable says whether trying a FAILED message again may help. The 24-hour
// window is a question of its own.
func (m Message) Retriable() bool {
	return m.Direction == Outbound && m.Status == StatusFailed && m.Type != TypeReaction &&
		!slices.Contains(hopeless, m.Error.Key())
}

// CanSendAgain says whether an UNCONFIRMED message waits for somebody's
// decision to send it again or to mark it as sent.
func (m Message) CanSendAgain() bool {
	return m.Status == StatusUnconfirmed && m.Outcome != OutcomeResent
}

// ConfirmBy is until when an UNCONFIRMED message may still be confirmed by
// itself, in milliseconds. After that somebody should look.
func (m Message) ConfirmBy() int64 {
	if m.Status != StatusUnconfirmed {
		return 0
	}
	if m.Outcome == OutcomeInterrupted {
		return m.AttemptStartedAt + confirmRestart.Milliseconds()
	}
	return m.AttemptStartedAt + confirmAnswer.Milliseconds()
}

// Hopeless says whether another try of what failed with a code only repeats the
// failure.
func Hopeless(code int) bool {
	return slices.Contains(hopeless, MessageError{Code: code, Title: "-"}.Key())
}
