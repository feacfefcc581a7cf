package web

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// exampleDepth is how deep an example goes; deeper things are left out.
const exampleDepth = 4

// example is a value that fits a schema, as indented JSON with the fields in
// the schema's order.
func (d *openapi) example(s schema, name string, all bool) string {
	var b bytes.Buffer
	d.sample(&b, s, name, all, 0)
	return indented(b.Bytes())
}

// indented is JSON with line breaks, or as it was if it is none.
func indented(raw []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, raw, "", "  ") != nil {
		return string(raw)
	}
	return b.String()
}

// sample writes a value; all says whether optional fields are there too.
func (d *openapi) sample(b *bytes.Buffer, s schema, name string, all bool, depth int) {
	s = d.resolve(s)
	kind := ""
	if i := slices.IndexFunc(s.Type, func(t string) bool { return t != "null" }); i >= 0 {
		kind = s.Type[i]
	}
	switch {
	case len(s.Enum) > 0:
		put(b, s.Enum[0])
	case s.nullable() && (kind == "array" || len(s.Properties) > 0 || depth > 2), depth > exampleDepth:
		b.WriteString("null")
	case kind == "object" || len(s.Properties) > 0:
		d.sampleObject(b, s, all, depth)
	case kind == "array" && s.Items != nil:
		b.WriteByte('[')
		d.sample(b, *s.Items, strings.TrimSuffix(name, "s"), all, depth+1)
		b.WriteByte(']')
	case kind == "boolean":
		b.WriteString("true")
	case kind == "integer", kind == "number":
		if s.Default != nil {
			put(b, s.Default)
		} else {
			b.WriteByte('1')
		}
	case kind == "string":
		put(b, sampleText(name, s.Format))
	default:
		b.WriteString("null")
	}
}

func (d *openapi) sampleObject(b *bytes.Buffer, s schema, all bool, depth int) {
	b.WriteByte('{')
	first := true
	for _, name := range s.names() {
		if !all && !slices.Contains(s.Required, name) && len(s.Required) > 0 {
			continue
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		put(b, name)
		b.WriteByte(':')
		d.sample(b, s.Properties[name], name, all, depth+1)
	}
	b.WriteByte('}')
}

func put(b *bytes.Buffer, v any) {
	raw, err := json.Marshal(v)
	if err != nil {
		raw = []byte("null")
	}
	b.Write(raw)
}

// sampleText is a text such as a field of this name holds.
func sampleText(name, format string) string {
	switch {
	case format == "date-time":
		return "2026-11-22T09:30:00.000Z"
	case format == "date":
		return "2026-11-22"
	case name == "externalId":
		return "crm-77"
	case name == "id" || strings.HasSuffix(name, "Id"):
		if prefix := idPrefixes[name]; prefix != "" {
			return prefix + "_…"
		}
		return "…"
	}
	if text := sampleTexts[name]; text != "" {
		return text
	}
	return "text"
}

var idPrefixes = map[string]string{"orgId": "org", "userId": "user", "assigneeId": "user", "contactId": "contact", "conversationId": "conv",
	"channelId": "chan", "messageId": "msg", "deliveryId": "dlv", "keyId": "key", "webhookId": "wh", "inviteId": "inv", "tagId": "tag", "cannedId": "canned"}

var sampleTexts = map[string]string{"phone": "+96550001000", "email": "fatima@example.com", "name": "Fatima Ali", "url": "https://example.com/hook",
	"mediaUrl": "https://example.com/picture.jpg", "password": "…", "token": "…", "secret": "whsec_…", "tag": "vip", "event": "message.received", "nextCursor": "…"}
