package views

import (
	"net/url"
	"time"
)

// AuditPage lists what people and keys did.
type AuditPage struct {
	Page
	Lines        []AuditLine
	Next         string // cursor; "" at the end
	Older        bool   // not the first page
	Filter       AuditFilter
	People, Keys []Option
	Groups       []string // of actions: "conversation"
	Errors       map[string]string
}

// AuditFilter is what the log is narrowed to, as in the address.
type AuditFilter struct {
	Who   string // user_… or key_…
	Group string // "conversation"
	From  string // 2026-11-01
	To    string
}

// AuditLine is one thing that was done.
type AuditLine struct {
	ID         string
	At         time.Time
	Kind       string // USER, API, SYSTEM
	Who        string // person's or key's name; "" for the server itself
	Action     string // "conversation.assigned"
	Target     string // id of what it was done to; may be ""
	TargetName string // its name, where it is known
	URL        string // its page; "" when it has none
	Detail, IP string
	Changes    []AuditChange
}

// AuditChange is one field before and after.
type AuditChange struct{ Field, Before, After string }

func (f AuditFilter) values() url.Values {
	v := url.Values{}
	for key, value := range map[string]string{"who": f.Who, "group": f.Group, "from": f.From, "to": f.To} {
		if value != "" {
			v.Set(key, value)
		}
	}
	return v
}

func (f AuditFilter) narrowed() bool { return f != AuditFilter{} }

func (f AuditFilter) csvURL() string { return "/settings/audit.csv?" + f.values().Encode() }

func (d AuditPage) olderURL() string {
	v := d.Filter.values()
	v.Set("cursor", d.Next)
	return "/settings/audit?" + v.Encode()
}

// AuditText says an action in words; one that has none shows itself.
func AuditText(p Page, action string) string {
	if key := "audit.do." + action; p.has(key) {
		return p.T(key)
	}
	return action
}

func (d AuditPage) groupOptions() []Option {
	var out []Option
	for _, g := range d.Groups {
		name := g
		if key := "audit.group." + g; d.has(key) {
			name = d.T(key)
		}
		out = append(out, Option{ID: g, Name: name})
	}
	return out
}

func (l AuditLine) who(p Page) string {
	if l.Kind == "SYSTEM" || l.Who == "" {
		return p.T("audit.system")
	}
	return l.Who
}

// detail is a word or two about what was done, where the words are known.
func (l AuditLine) detail(p Page) string {
	for _, family := range []string{"role.", "hook.event.", "hook.reason.", "audit.detail."} {
		if key := family + l.Detail; p.has(key) {
			return p.T(key)
		}
	}
	return l.Detail
}

// fieldName is a changed field as people read it.
func (c AuditChange) fieldName(p Page) string {
	if key := "audit.field." + c.Field; p.has(key) {
		return p.T(key)
	}
	return c.Field
}

// AuditValue is a word of our own in a changed field, as people read it.
func AuditValue(p Page, field, value string) string {
	family := "audit.value."
	switch field {
	case "scopes":
		family = "keys.scope."
	case "role":
		family = "role."
	}
	if p.has(family + value) {
		return p.T(family + value)
	}
	if t, err := time.Parse(time.RFC3339, value); err == nil {
		return p.full(t)
	}
	return value
}
