package webhook

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"badala/app/db"
)

// maxBody bounds what is posted.
const maxBody = 64 << 10

// blank stands in stored bodies where the id of the delivery goes: ids have a
// fixed width, and nothing before it can contain it.
var blank = db.FormatID("dlv", 0)

// envelope is what is posted.
type envelope struct {
	Event      string          `json:"event"`
	Type       string          `json:"type"` // as the Standard Webhooks specification calls it
	DeliveryID string          `json:"deliveryId"`
	EventID    string          `json:"eventId"`
	OrgID      string          `json:"orgId"`
	Timestamp  string          `json:"timestamp"`
	Test       bool            `json:"test,omitempty"`
	Data       json.RawMessage `json:"data"`
}

// bodyOf makes the bytes of an event, at most maxBody of them.
func bodyOf(e envelope) (string, error) {
	e.Type, e.DeliveryID = e.Event, blank
	body, err := encode(e)
	for limit := maxBody / 4; err == nil && len(body) > maxBody && limit > 0; limit /= 2 {
		if e.Data, err = shorten(e.Data, limit); err == nil {
			body, err = encode(e)
		}
	}
	return string(body), err
}

// addressed puts the id of a delivery into a stored body.
func addressed(body string, delivery int64) []byte {
	return []byte(strings.Replace(body, blank, db.FormatID("dlv", delivery), 1))
}

// shorten cuts every text in data to limit bytes and says so in "truncated".
func shorten(data json.RawMessage, limit int) (json.RawMessage, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var all map[string]any
	if err := dec.Decode(&all); err != nil {
		return nil, err
	}
	for key, v := range all {
		all[key] = cut(v, limit)
	}
	all["truncated"] = true
	return encode(all)
}

func cut(v any, limit int) any {
	switch v := v.(type) {
	case string:
		if len(v) <= limit {
			return v
		}
		n := limit
		for n > 0 && !utf8.RuneStart(v[n]) {
			n--
		}
		return v[:n]
	case map[string]any:
		for key := range v {
			v[key] = cut(v[key], limit)
		}
		return v
	case []any:
		for i := range v {
			v[i] = cut(v[i], limit)
		}
		return v
	}
	return v
}
