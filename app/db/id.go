package db

import (
	"strings"
	"time"

	"badala/app/errs"
)

// Ids are one 63-bit integer per row: 41 bits of milliseconds since 2024 and a
// 22-bit counter, so that they sort by time and index as appends.
const (
	idEpoch       = 1704067200000 // 2024-01-01T00:00:00Z
	idCounterBits = 22
	crockford     = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	idDigits      = 13 // 63 bits in base 32
)

// nextID follows last, or starts at offset in the millisecond now (Unix, UTC)
// if that is later.
func nextID(last, now, offset int64) int64 {
	return max(last+1, (now-idEpoch)<<idCounterBits+offset)
}

// FirstID is the smallest id that a row made at t (Unix milliseconds) can have.
func FirstID(t int64) int64 { return max(0, (t-idEpoch)<<idCounterBits) }

// FormatID shows an id outside: prefix, underscore and 13 Crockford base-32 digits.
func FormatID(prefix string, id int64) string {
	var b [idDigits]byte
	for i := idDigits - 1; i >= 0; i-- {
		b[i] = crockford[id&31]
		id >>= 5
	}
	return prefix + "_" + string(b[:])
}

// ParseID reads what FormatID wrote. Anything else is NotFound: a thing with
// such a name does not exist.
func ParseID(prefix, s string) (int64, error) {
	digits, ok := strings.CutPrefix(s, prefix+"_")
	if !ok || len(digits) != idDigits || digits[0] > '7' {
		return 0, errs.Newf(errs.NotFound, "no such %s", nounOf(prefix))
	}
	var id int64
	for i := range len(digits) {
		d := strings.IndexByte(crockford, digits[i])
		if d < 0 {
			return 0, errs.Newf(errs.NotFound, "no such %s", nounOf(prefix))
		}
		id = id<<5 | int64(d)
	}
	return id, nil
}

// nounOf is the word for a prefix in a message.
func nounOf(prefix string) string {
	switch prefix {
	case "org":
		return "organisation"
	case "chan":
		return "channel"
	case "conv":
		return "conversation"
	case "msg":
		return "message"
	case "inv":
		return "invitation"
	case "key":
		return "API key"
	case "hook":
		return "webhook"
	case "dlv":
		return "delivery"
	case "canned":
		return "canned response"
	default:
		return prefix
	}
}

// Millis is a time as tables keep it: milliseconds UTC, 0 for the zero time.
func Millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// Time is the opposite of Millis.
func Time(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// FormatTime shows a time outside: RFC 3339 in UTC with milliseconds.
func FormatTime(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z") }

// Clock tells the time; tests bring their own.
type Clock interface{ Now() time.Time }

// SystemClock is the machine's clock.
type SystemClock struct{}

// Now is the wall clock's time.
func (SystemClock) Now() time.Time { return time.Now() }
