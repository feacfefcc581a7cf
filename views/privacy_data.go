package views

import (
	"strings"
	"time"
)

// PrivacyPage is for how long what is kept, and what would go.
type PrivacyPage struct {
	Page
	Form    PrivacyForm
	Errors  map[string]string // by field name
	Preview *PrivacyPreview   // nil while the form is wrong
	Changed bool              // the form is not what is saved
	Last    *PrivacyRun       // nil before the first night
	Next    time.Time
	Backups [3]int // daily, weekly and monthly ones that are kept
}

// PrivacyForm is the form as typed, in days.
type PrivacyForm struct{ Messages, Media, Raw, Webhooks string }

// PrivacyPreview is what the form would delete now.
type PrivacyPreview struct {
	Messages, Files, Raw, Webhooks PrivacyPart
	Notes                          int64
}

// PrivacyPart is one kind of it. Off: nothing of it ever goes.
type PrivacyPart struct {
	Off            bool
	Count, Bytes   int64
	First          time.Time
	Monthly, Rates int64 // a month, and their bytes
}

// PrivacyRun is what a night deleted.
type PrivacyRun struct {
	At                                          time.Time
	Working                                     bool
	Messages, Notes, Files, Bytes, Raw, Webhook int64
}

// counted is a number of things in words: "1,204 messages".
func (p Page) counted(key string, n int64) string {
	return strings.Replace(p.T("privacy.n."+key, int(n)), num(n), p.whole(n), 1)
}

// deleted says what a night deleted, "" for nothing.
func (p Page) deleted(r PrivacyRun) string {
	var all []string
	for _, part := range []struct {
		key   string
		n     int64
		bytes int64
	}{{"messages", r.Messages, 0}, {"notes", r.Notes, 0}, {"files", r.Files, r.Bytes}, {"raw", r.Raw, 0}, {"webhooks", r.Webhook, 0}} {
		if part.n > 0 {
			all = append(all, p.counted(part.key, part.n)+p.inBrackets(part.bytes))
		}
	}
	return strings.Join(all, p.T("comma")+" ")
}

// inBrackets is a size behind a number, "" for none.
func (p Page) inBrackets(n int64) string {
	if n <= 0 {
		return ""
	}
	return " (" + isolate(bytes(n)) + ")"
}

// goes says what of a kind would go.
func (d PrivacyPage) goes(key string, part PrivacyPart) string {
	text := d.counted(key, part.Count) + d.inBrackets(part.Bytes)
	if key == "messages" && d.Preview.Notes > 0 {
		text += d.T("comma") + " " + d.counted("notes", d.Preview.Notes)
	}
	return text
}

// detail is how old the oldest is, and how it goes on.
func (d PrivacyPage) detail(key string, part PrivacyPart) string {
	var all []string
	if part.Count > 0 && !part.First.IsZero() {
		all = append(all, d.T("privacy.first", d.date(part.First)))
	}
	if part.Monthly > 0 {
		all = append(all, d.T("privacy.monthly", d.counted(key, part.Monthly)+d.inBrackets(part.Rates)))
	}
	return strings.Join(all, " ")
}

// privacyKind is a kind of what is kept, with its icon.
type privacyKind struct{ key, icon string }

var privacyKinds = []privacyKind{{"messages", "message-circle"}, {"files", "paperclip"}, {"raw", "inbox"}, {"webhooks", "webhook"}}

func (v PrivacyPreview) part(key string) PrivacyPart {
	switch key {
	case "messages":
		return v.Messages
	case "files":
		return v.Files
	case "raw":
		return v.Raw
	}
	return v.Webhooks
}
