package views

import (
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"badala/app/template"
)

// WritePage sends a template: to whom, which one, with what.
type WritePage struct {
	Page
	To      WriteTarget
	Problem string // of the whole

	// To whom.
	Phone, Country string
	Countries      []Option
	Channels       []Option
	PhoneError     string

	// Which one.
	Query, Language string
	Languages       []Option
	Rows            []TemplateRow
	Nothing         bool // the account has none that can be sent

	// With what.
	Row      TemplateRow
	Slots    []WriteSlot
	Shown    TemplateShown
	Known    []string // values that fit somewhere
	Draft    string   // what the composer holds
	UsedIt   bool
	ClientID string
	Refusal  string // why it cannot be sent to this one
	Errors   map[string]string
}

// WriteTarget is for whom the message is: a conversation, a contact or a phone.
type WriteTarget struct {
	Conv, Contact, Phone, Channel string
	Name, ChannelName             string // as people read them
	Refused                       bool   // marketing is not wanted
}

// known says whether the recipient is settled.
func (t WriteTarget) known() bool {
	return t.Conv != "" || t.Channel != "" && (t.Contact != "" || t.Phone != "")
}

func (t WriteTarget) values() url.Values {
	v := url.Values{}
	for name, s := range map[string]string{"conv": t.Conv, "contact": t.Contact, "phone": t.Phone, "channel": t.Channel} {
		if s != "" && (t.Conv == "" || name == "conv") {
			v.Set(name, s)
		}
	}
	return v
}

// url is a step of the way with the recipient.
func (t WriteTarget) url(template string) templ.SafeURL {
	path := "/write"
	if template != "" {
		path += "/" + url.PathEscape(template)
	}
	return templ.SafeURL(path + "?" + t.values().Encode())
}

// back is where the way began.
func (t WriteTarget) back() string {
	switch {
	case t.Conv != "":
		return "/c/" + url.PathEscape(t.Conv)
	case t.Contact != "":
		return string(contactURL(t.Contact))
	}
	return "/contacts"
}

// WriteSlot is a field of the form that fills a template.
type WriteSlot struct {
	template.Slot
	Value    string
	FileName string
	Place    map[string]string // latitude, longitude, name and address
	Until    time.Time
}

// label says what is asked for.
func (s WriteSlot) label(p Page) string {
	text := ""
	switch {
	case s.Kind == template.SlotText && isDigits(s.Name):
		text = p.T("template.slot.number", s.Name)
	case s.Kind == template.SlotText:
		text = strings.ReplaceAll(s.Name, "_", " ")
	default:
		text = p.T("template.slot."+string(s.Kind), isolate(s.Label))
	}
	if strings.Contains(s.Key, "header.") {
		text = p.T("template.slot.header", text)
	}
	if s.Card >= 0 {
		text = p.T("template.slot.card", s.Card+1, text)
	}
	return text
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// local is the time as date fields hold it.
func (s WriteSlot) local(p Page) string {
	if s.Until.IsZero() {
		return ""
	}
	return s.Until.In(p.zone()).Format("2006-01-02T15:04")
}

func (s WriteSlot) hint(p Page) string {
	if s.Example == "" || s.Kind.IsMedia() || strings.HasPrefix(s.Example, "http") {
		return ""
	}
	return p.T("template.slot.example", s.Example)
}

// writeURL leads to the templates for a conversation.
func writeURL(conv string) templ.SafeURL {
	return templ.SafeURL("/write?conv=" + url.QueryEscape(conv))
}
