package views

import (
	"strconv"
	"time"
)

// HooksPage lists the webhooks that we send.
type HooksPage struct {
	Page
	Hooks []HookData
}

// HookState is how a webhook does.
type HookState string

// The states of a webhook.
const (
	HookNew      HookState = "new" // nothing has been sent yet
	HookWorking  HookState = "working"
	HookFailing  HookState = "failing"
	HookPaused   HookState = "paused"
	HookDisabled HookState = "disabled"
)

// HookData is one webhook; its secret and its password are not in it.
type HookData struct {
	ID, URL, Host string
	State         HookState
	Reason        string // why it is switched off: "system" words, already translated
	Events        []string
	LastAttempt   time.Time
	LastSuccess   time.Time
	FailingSince  time.Time
	NextTry       time.Time // of the whole webhook, after failures
	LastStatus    int
	LastError     string // as in AttemptData
	Waiting, Held int
	Failed        int
	Staged        time.Time // a new secret was made and is not used yet
	OldUntil      time.Time // the old secret signs along until then
}

// HookForm is a webhook's form as entered.
type HookForm struct {
	URL, Rate, Username, Headers string
	Events                       map[string]bool
	HasPassword                  bool // one is kept; the form does not show it
}

// EventGroup is a heading with the events below it.
type EventGroup struct {
	Name   string // "messages"
	Events []string
}

// NewHookPage is the form of a new webhook.
type NewHookPage struct {
	Page
	Form   HookForm
	Groups []EventGroup
	Errors map[string]string
}

// HookPage is one webhook with its deliveries.
type HookPage struct {
	Page
	Hook       HookData
	Form       HookForm
	Groups     []EventGroup
	Created    bool   // just made
	Secret     string // just made; shown once
	Test       *TestData
	TestEvents []string
	Deliveries DeliveryList
	Errors     map[string]string
}

// TestData is what a test event met.
type TestData struct {
	Event string
	AttemptData
}

// DeliveryList is one page of a webhook's deliveries.
type DeliveryList struct {
	Hook, State string
	Items       []DeliveryData
	Next        string // cursor; "" at the end
	Older       bool   // not the first page
}

// DeliveryData is one event on its way to one webhook.
type DeliveryData struct {
	ID, Event, State string // State: PENDING DELIVERED FAILED HELD EXPIRED ERASED
	Status           int
	MS               int64
	Attempts         int
	Created, Next    time.Time
	Last             time.Time
	Error            string
	Test             bool
}

// AttemptData is one try of a delivery.
type AttemptData struct {
	At       time.Time
	Trigger  string // AUTO MANUAL TEST
	IP       string
	Status   int
	MS       int64
	Error    string // dns blocked_address refused reset tls timeout redirect http_4xx http_5xx too_large, or ""
	Response string
}

// DeliveryPage is one delivery in full.
type DeliveryPage struct {
	Page
	Hook     HookData
	Delivery DeliveryData
	EventID  string
	Attempts []AttemptData
	Body     string // as sent, indented; "" when it is no more
}

// deliveryStates are the filters of the list.
var deliveryStates = []string{"", "PENDING", "DELIVERED", "FAILED", "HELD", "EXPIRED"}

// sinces are the spans, in hours, whose failures can be sent again.
var sinces = []string{"1", "24", "168"}

func (h HookData) class() string {
	switch h.State {
	case HookWorking:
		return "good"
	case HookFailing, HookDisabled:
		return "bad"
	case HookNew:
		return "quiet"
	}
	return ""
}

// stateText is the chip of a webhook.
func (h HookData) stateText(p Page) string { return p.T("hook.state." + string(h.State)) }

func (l DeliveryList) path() string { return string(under("/settings/webhooks", l.Hook, "")) }

func (l DeliveryList) filterURL(state string) string {
	if state == "" {
		return l.path() + "#deliveries"
	}
	return l.path() + "?state=" + state + "#deliveries"
}

func (l DeliveryList) olderURL() string {
	return l.path() + "?state=" + l.State + "&cursor=" + l.Next + "#deliveries"
}

// liveURL is the part that the page asks for again; pages further back stay as they are.
func (l DeliveryList) liveURL() string { return l.path() + "/live?state=" + l.State }

func deliveryStateKey(state string) string {
	if state == "" {
		return "delivery.all"
	}
	return "delivery.state." + state
}

func deliveryClass(state string) string {
	switch state {
	case "DELIVERED":
		return "good"
	case "FAILED":
		return "bad"
	case "PENDING":
		return ""
	}
	return "quiet"
}

// version tells an open delivery that there is more to show.
func (d DeliveryData) version() string { return d.State + strconv.Itoa(d.Attempts) }

// canResend says whether the delivery is over, so that it can be sent again.
func (d DeliveryData) canResend() bool { return d.State != "PENDING" && d.State != "ERASED" && !d.Test }

// outcome is what one try met, in words.
func outcome(p Page, status int, code string) string {
	switch {
	case status != 0 && (code == "" || code == "http_4xx" || code == "http_5xx" || code == "redirect"):
		return p.T("hook.answer", status)
	case code != "" && p.has("hook.error."+code):
		return p.T("hook.error." + code)
	case code != "":
		return code
	}
	return ""
}

// remedy is what to do about it; "" where there is nothing to say.
func remedy(p Page, status int, code string) string {
	key := "hook.fix." + code
	switch status {
	case 401, 403, 404, 410, 429:
		key = "hook.fix." + strconv.Itoa(status)
	}
	if code == "" || !p.has(key) {
		return ""
	}
	return p.T(key)
}

// duration is a short time, as in "120 ms" or "1.4 s".
func duration(p Page, ms int64) string {
	if ms < 1000 {
		return p.T("duration.ms", ms)
	}
	return p.T("duration.s", strconv.FormatFloat(float64(ms)/1000, 'f', 1, 64))
}

// good says whether the receiver has it: any 2xx, whatever came of the rest of the answer.
func (a AttemptData) good() bool { return a.Status/100 == 2 }

// title is what a try met, in a few words.
func (a AttemptData) title(p Page) string {
	if text := outcome(p, a.Status, a.Error); text != "" {
		return text
	}
	return p.T("hook.error.none")
}

func (h HookData) healthClass() string {
	switch h.State {
	case HookWorking:
		return "ok"
	case HookFailing, HookDisabled:
		return "bad"
	case HookNew:
		return "waiting"
	}
	return ""
}

func (h HookData) healthIcon() string {
	switch h.State {
	case HookWorking:
		return "circle-check"
	case HookFailing:
		return "triangle-alert"
	case HookDisabled:
		return "circle-x"
	case HookPaused:
		return "pause"
	}
	return "info"
}

func secretTitle(created bool) string {
	if created {
		return "hook.created"
	}
	return "hook.rotate.new"
}

func passwordHint(p Page, f HookForm) string {
	if f.HasPassword {
		return p.T("hook.password.keep")
	}
	return ""
}

// advancedWrong says whether something in the folded part needs a look.
func advancedWrong(wrong map[string]string) bool {
	return wrong["ratePerSecond"]+wrong["username"]+wrong["password"]+wrong["headers"] != ""
}
