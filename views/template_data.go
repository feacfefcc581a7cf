package views

import (
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"badala/app/template"
)

// TemplatesPage lists the templates of an account.
type TemplatesPage struct {
	Page
	Filter    TemplateFilter
	Channels  []Option // one number of each account; where there is a choice
	Account   string   // whose templates these are, "" when no number is connected
	Rows      []TemplateRow
	Total     int // that the account has
	Languages []Option
	Statuses  []string
	Synced    time.Time
	SyncError string
	CanEdit   bool
}

// TemplateFilter is the list's filter as the address carries it.
type TemplateFilter struct{ Channel, Query, Language, Category, Status, Quality string }

func (f TemplateFilter) narrowed() bool {
	return f.Query != "" || f.Language != "" || f.Category != "" || f.Status != "" || f.Quality != ""
}

// TemplateRow is one template of the list.
type TemplateRow struct {
	ID, Channel, Name, Text           string
	Language, LanguageName            string // code and name
	Category, Status, Quality         string
	Next                              string // announced category
	Star, Used                        bool   // favourite; used before
	Refused                           string // why it cannot be sent here, "" when it can
	Media, Buttons, Cards, Offer, OTP bool
}

// TemplateShown is a template or a sent message as the customer sees it.
type TemplateShown struct {
	template.Filled
	Language string
	Files    map[string]string // addresses of stored files by upload key
	Code     bool              // one-time code, whose words are Meta's
	Advice   bool
	Minutes  int
}

// dir is the direction of the template's language.
func (s TemplateShown) dir() string {
	base, _, _ := strings.Cut(s.Language, "_")
	switch base {
	case "ar", "fa", "he", "ps", "prs", "ur":
		return "rtl"
	case "":
		return "auto"
	}
	return "ltr"
}

func (s TemplateShown) lang() string { return strings.ReplaceAll(s.Language, "_", "-") }

func (s TemplateShown) file(h template.FilledHeader) string {
	if h.UploadKey != "" {
		return s.Files[h.UploadKey]
	}
	return ""
}

// TemplatePage is one template.
type TemplatePage struct {
	Page
	Row                TemplateRow
	Shown              TemplateShown
	Reason             string // Meta's, in words
	NextAt             time.Time
	Synced             time.Time
	TTL                int
	Unknown            string // parts that cannot be sent from here
	Unread             bool   // Meta has only named it so far
	Siblings           []TemplateRow
	CanEdit, CanChange bool // ManageTemplates; and Meta takes a change now
	CanSend            bool
	Delete             bool // the question is asked
}

func templateURL(channel, id, action string) templ.SafeURL {
	return under("/templates/"+url.PathEscape(channel), id, action)
}

// templateStates are the colours of Meta's states.
var templateStates = map[string]string{"APPROVED": "good", "REJECTED": "bad", "DISABLED": "bad", "PAUSED": "bad", "DELETED": "quiet", "ARCHIVED": "quiet"}

// word is a word of Meta's in ours, else as it came.
func (p Page) word(prefix, s string) string {
	if key := prefix + s; p.has(key) {
		return p.T(key)
	}
	return s
}

func (p Page) templateStatus(s string) string {
	if s == "" {
		s = "UNKNOWN"
	}
	return p.word("template.status.", s)
}

func templateHeaderIcon(kind string) string {
	return map[string]string{template.HeaderImage: "image", template.HeaderVideo: "video", template.HeaderLocation: "map-pin"}[kind]
}

func templateButtonIcon(kind string) string {
	icon := map[string]string{template.QuickReply: "reply", template.URL: "external-link", template.PhoneNumber: "phone", template.CopyCode: "copy",
		template.OTP: "copy", template.Flow: "list-checks", template.Catalog: "shopping-cart", template.VoiceCall: "phone", template.RequestContact: "contact"}[kind]
	if icon == "" {
		return "circle-help"
	}
	return icon
}

// buttonText is what stands on a button; on some it is Meta's own.
func (p Page) buttonText(b template.FilledButton) string {
	if b.Text == "" || b.Kind == template.CopyCode {
		return p.word("template.button.text.", b.Kind)
	}
	return b.Text
}

func orWord(p Page, s, key string) string {
	if s == "" {
		return p.word("", key)
	}
	return s
}

func orIcon(icon string) string {
	if icon == "" {
		return "file-text"
	}
	return icon
}

var (
	templateCategories = []string{template.Marketing, template.Utility, template.Authentication}
	templateQualities  = []string{"GREEN", "YELLOW", "RED"}
)

// statuses are those that the account's templates have.
func (d TemplatesPage) statuses() []Option {
	out := make([]Option, len(d.Statuses))
	for i, s := range d.Statuses {
		out[i] = Option{ID: s, Name: d.templateStatus(s)}
	}
	return out
}

// TemplateFormPage makes or changes a template.
type TemplateFormPage struct {
	Page
	Channel   string // of the account
	ID        string // "": a new one
	Channels  []Option
	Draft     template.Draft
	Shape     string // "", OFFER or CAROUSEL
	Languages []Option
	Names     map[string]string // of example files, by slot
	Shown     TemplateShown
	Errors    map[string]string // by part or slot; "" for the whole
	Approved  bool              // its category cannot change
	Count     int               // of what is wrong
}
