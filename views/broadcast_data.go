package views

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
)

// BroadcastsPage lists the broadcasts.
type BroadcastsPage struct {
	Page
	State, Query string
	Rows         []BroadcastRow
	Total        int
	Newer, Older string // addresses of the pages beside this one
	Nobody       bool   // there is no broadcast at all

	Need BroadcastNeed
}

// BroadcastNeed is what is missing for a first broadcast.
type BroadcastNeed struct {
	Number, Template, People bool
	CanConnect, CanTemplate  bool
}

func (n BroadcastNeed) any() bool { return n.Number || n.Template || n.People }

// BroadcastRow is one broadcast in a few words.
type BroadcastRow struct {
	ID, Name, State  string
	Template, Number string
	By               string
	Counts           BroadcastCounts
	Percent          int
	Paused           string // why, in words
	At               time.Time
	AtKey            string // what happened then: created, planned, started, finished
}

// BroadcastCounts are the people of a broadcast by what became of them.
type BroadcastCounts struct {
	Waiting, Sent, Delivered, Read, Answered, Failed, Unknown, LeftOut int
	Total, Settled                                                     int
}

// accepted is how many WhatsApp took.
func (c BroadcastCounts) accepted() int { return c.Sent + c.Delivered + c.Read }

// delivered is how many have it on their phone, read or not.
func (c BroadcastCounts) delivered() int { return c.Delivered + c.Read }

// broadcastStates are what the list can be narrowed to.
var broadcastStates = []string{"DRAFT", "SCHEDULED", "RUNNING", "PAUSED", "DONE", "CANCELLED"}

func broadcastURL(id, action string) templ.SafeURL { return under("/broadcasts", id, action) }

func broadcastStep(id, step string) templ.SafeURL { return under("/broadcasts", id, "edit/"+step) }

func broadcastClass(state string) string {
	return map[string]string{"DONE": "good", "PAUSED": "bad", "DRAFT": "quiet", "CANCELLED": "quiet"}[state]
}

func (d BroadcastsPage) pill(state string) templ.SafeURL {
	v := url.Values{}
	if state != "" {
		v.Set("state", state)
	}
	if d.Query != "" {
		v.Set("q", d.Query)
	}
	return templ.SafeURL("/broadcasts" + query(v))
}

// BroadcastPage is one broadcast that is planned, under way or over.
type BroadcastPage struct {
	Page
	Row         BroadcastRow
	TemplateURL string
	Audience    []string // in words
	Speed       string
	OfficeHours bool
	Planned     time.Time
	Created     time.Time
	Started     time.Time
	Finished    time.Time
	Working     bool // begun and not over
	LeftOut     []BroadcastReason
	Pause       BroadcastPause
	Why         string // nothing goes out although it runs
	WhyUntil    time.Time
	PerSecond   float64
	EndsAt      time.Time
	CanRetry    bool
	CanDelete   bool
	Ask         string // cancel, delete, start

	Filter     string // state of the recipients that are listed, or ANSWERED
	Recipients []BroadcastRecipient
	Next       string
	Cursor     string
}

// BroadcastPause is why a broadcast is paused and what to do about it.
type BroadcastPause struct{ Reason, Remedy, Link, LinkText string }

// BroadcastReason is why so many people are left out.
type BroadcastReason struct {
	Text string
	N    int
}

// BroadcastRecipient is one person of a broadcast.
type BroadcastRecipient struct {
	Contact, Name, Phone string
	State                string
	Reason, Detail       string
	Code                 int
	Retryable            bool
	Conv, Message        string
	Answer               string // message that answers
	At, AnsweredAt       time.Time
}

func (r BroadcastRecipient) name(p Page) string {
	if r.Name != "" {
		return r.Name
	}
	if r.Phone != "" {
		return phone(r.Phone)
	}
	return p.T("broadcast.gone")
}

func (r BroadcastRecipient) link() templ.SafeURL {
	msg := r.Message
	if r.Answer != "" {
		msg = r.Answer
	}
	if msg == "" {
		return templ.SafeURL("/inbox?conv=" + url.QueryEscape(r.Conv))
	}
	return templ.SafeURL("/c/" + url.PathEscape(r.Conv) + "/m/" + url.PathEscape(msg))
}

func (r BroadcastRecipient) class() string {
	return map[string]string{"READ": "good", "DELIVERED": "good", "FAILED": "bad", "WAITING": "quiet", "QUEUED": "quiet", "SKIPPED": "quiet"}[r.State]
}

// recipientFilters are what the recipients can be narrowed to.
var recipientFilters = []string{"", "WAITING", "SENT", "DELIVERED", "READ", "ANSWERED", "FAILED", "UNKNOWN", "SKIPPED"}

// filterCount is how many recipients a filter shows.
func (c BroadcastCounts) filterCount(filter string) int {
	switch filter {
	case "WAITING":
		return c.Waiting
	case "SENT":
		return c.Sent
	case "DELIVERED":
		return c.Delivered
	case "READ":
		return c.Read
	case "ANSWERED":
		return c.Answered
	case "FAILED":
		return c.Failed
	case "UNKNOWN":
		return c.Unknown
	case "SKIPPED":
		return c.LeftOut
	}
	return c.Total
}

func (d BroadcastPage) filterURL(filter, cursor string) templ.SafeURL {
	v := url.Values{}
	if filter != "" {
		v.Set("state", filter)
	}
	if cursor != "" {
		v.Set("cursor", cursor)
	}
	return templ.SafeURL(string(broadcastURL(d.Row.ID, "")) + query(v) + "#recipients")
}

func (d BroadcastPage) csvURL() templ.SafeURL {
	v := url.Values{}
	if d.Filter != "" {
		v.Set("state", d.Filter)
	}
	return templ.SafeURL(string(broadcastURL(d.Row.ID, "recipients.csv")) + query(v))
}

// every is how often the page looks again, in milliseconds.
func (d BroadcastPage) every() string {
	if d.Working {
		return "1500"
	}
	return "10000"
}

// receiptsFor is how long after its end a broadcast is watched for messages
// that are delivered, read or answered.
const receiptsFor = time.Hour

// over says whether the page need not look again.
func (d BroadcastPage) over() bool {
	return !d.Finished.IsZero() && d.Now.Sub(d.Finished) > receiptsFor
}

func (d BroadcastPage) ask(what string) templ.SafeURL {
	return templ.SafeURL(string(broadcastURL(d.Row.ID, "")) + "?ask=" + what)
}

// money is an amount of millionths as people write it.
func money(micros int64, currency string) string {
	digits := 2
	if micros != 0 && micros < 1_000_000 {
		digits = 4
	}
	s := strconv.FormatFloat(float64(micros)/1e6, 'f', digits, 64)
	whole, part, _ := strings.Cut(s, ".")
	n, err := strconv.Atoi(whole)
	if err == nil {
		whole = comma(n)
	}
	return whole + "." + part + " " + currency
}

// Took is a length of time in words: "about 17 minutes".
func (p Page) Took(d time.Duration) string {
	switch {
	case d < time.Minute:
		return p.count("broadcast.seconds", max(int(d.Round(time.Second).Seconds()), 1))
	case d < 90*time.Minute:
		return p.count("broadcast.minutes", int(d.Round(time.Minute).Minutes()))
	case d < 36*time.Hour:
		return p.count("broadcast.hours.n", int(d.Round(time.Hour).Hours()))
	}
	return p.count("broadcast.days", int(d.Round(24*time.Hour).Hours()/24))
}

func perSecond(f float64) string {
	if f >= 10 || f == float64(int(f)) {
		return strconv.Itoa(int(f + .5))
	}
	return strconv.FormatFloat(f, 'f', 2, 64)
}

func contains(all []string, s string) bool { return slices.Contains(all, s) }

// recipientFilter is the name of a filter of recipients.
func (p Page) recipientFilter(filter string) string {
	switch filter {
	case "":
		return p.T("broadcast.all")
	case "ANSWERED":
		return p.T("broadcast.answered")
	}
	return p.T("broadcast.recipient." + filter)
}

// Comma is a number with its thousands apart.
func Comma(n int) string { return comma(n) }
