package meta

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// object is a JSON object whose members are read one by one. A member of an
// unexpected kind reads as absent, so that a novelty costs only itself.
type object map[string]json.RawMessage

// parseObject reads raw as an object; anything else gives nil.
func parseObject(raw json.RawMessage) object {
	var o object
	if json.Unmarshal(raw, &o) != nil {
		return nil
	}
	return o
}

func (o object) object(key string) object { return parseObject(o[key]) }

// list gives the elements of an array, each unread; anything else gives nil.
func (o object) list(key string) []json.RawMessage {
	var items []json.RawMessage
	if json.Unmarshal(o[key], &items) != nil {
		return nil
	}
	return items
}

// text gives a string as it is, and a number or boolean as it is written:
// Meta sends ids both ways, and some exceed what a float64 holds.
func (o object) text(key string) string {
	raw := bytes.TrimSpace(o[key])
	if len(raw) == 0 {
		return ""
	}
	switch raw[0] {
	case '"':
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return ""
		}
		return s
	case '{', '[', 'n':
		return ""
	}
	return string(raw)
}

// first gives the first non-empty text of several spellings of one key.
func (o object) first(keys ...string) string {
	for _, k := range keys {
		if s := o.text(k); s != "" {
			return s
		}
	}
	return ""
}

// username gives a user name without the @ that some payloads put in front.
func (o object) username(key string) string { return strings.TrimPrefix(o.text(key), "@") }

func (o object) flag(key string) bool { return o.text(key) == "true" }

func (o object) number(key string) float64 {
	f, err := strconv.ParseFloat(o.text(key), 64)
	if err != nil {
		return 0
	}
	return f
}

func (o object) integer(key string) int64 {
	n, err := strconv.ParseInt(o.text(key), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// lastSecond is the largest second taken for a Unix time (year 9999).
const lastSecond = 253402300799

// time reads Unix seconds, written as a string or a number. Anything that is
// no plausible time gives the zero time.
func (o object) time(key string) time.Time {
	n := o.integer(key)
	if n <= 0 || n > lastSecond {
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}
