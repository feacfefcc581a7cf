package views

import (
	"time"

	"badala/app/template"
)

// Kind is what a message is.
type Kind string

// The kinds of message, notes and activities.
const (
	Text        Kind = "text"
	Image       Kind = "image"
	Video       Kind = "video"
	Voice       Kind = "voice" // recorded voice note
	Audio       Kind = "audio"
	Document    Kind = "document"
	Sticker     Kind = "sticker"
	Location    Kind = "location"
	Contacts    Kind = "contacts"
	Order       Kind = "order"
	Choice      Kind = "choice" // the customer tapped a button or a list entry
	Template    Kind = "template"
	Interactive Kind = "interactive" // ours, with buttons or a list
	Reaction    Kind = "reaction"    // only in previews; in a thread they hang on their message
	System      Kind = "system"      // number changed and the like: Text is the sentence
	Call        Kind = "call"
	Unsupported Kind = "unsupported"
	Unknown     Kind = "unknown"
	Deleted     Kind = "deleted"
	Note        Kind = "note"
	Activity    Kind = "activity"
)

// Status is how far a message of ours has come.
type Status string

// The statuses of outbound messages; inbound ones have none.
const (
	Pending     Status = "pending"
	Unconfirmed Status = "unconfirmed"
	Sent        Status = "sent"
	Delivered   Status = "delivered"
	Read        Status = "read"
	Failed      Status = "failed"
)

// BubbleData is one entry of a thread.
type BubbleData struct {
	ID       string
	ClientID string // given by the browser that sent it
	Rev      int64
	Order    int64 // breaks ties between messages of the same time
	At       time.Time
	Out      bool
	Kind     Kind
	Text     string // body or caption
	Status   Status
	Author   string // teammate's name, or of a group's speaker; "" for the customer
	Via      string // "" teammate, else "api", "automation", "broadcast", "phone"

	Broadcast BroadcastRef // that sent it

	Edited     bool
	Deleted    bool // shown instead of the content
	Forwarded  bool
	Frequently bool // forwarded many times

	Quote     *QuoteData
	Media     *MediaData
	Place     *PlaceData
	Cards     []CardData
	Cart      *OrderData
	Choice    *ChoiceData
	Template  *TemplateData // also of Interactive
	Reactions []ReactionData
	Referral  *ReferralData
	Call      *CallData
	Failure   *FailureData
	Activity  *ActivityData
	Mentions  map[string]string // of a note: user id → name
	Detail    string            // Unsupported and Unknown: Meta's type or error

	// Set by Group: where the entry stands among its neighbours.
	Continues bool   // same speaker as above, within five minutes
	DayBreak  bool   // first of its day
	UnreadBar bool   // first unread
	CanReply  bool   // show reply and react; set by the thread
	Conv      string // set by the thread
}

// BroadcastRef is the broadcast of a message; its name is empty when it was deleted.
type BroadcastRef struct{ ID, Name string }

// QuoteData is the message that is answered.
type QuoteData struct {
	ID      string // "" when it is not ours to show
	Author  string // "" for the customer
	Out     bool
	Kind    Kind
	Text    string
	Thumb   string // URL
	Missing bool
}

// MediaState says whether a file can be shown.
type MediaState string

// The states of media.
const (
	MediaReady    MediaState = "ready"
	MediaFetching MediaState = "fetching"
	MediaFailed   MediaState = "failed" // can be fetched again
	MediaGone     MediaState = "gone"   // cannot
)

// MediaData is the file of a message.
type MediaData struct {
	State         MediaState
	URL, Thumb    string
	Download      string // URL that saves instead of showing; "" means URL
	ContentType   string
	FileName      string
	Size          int64
	Width, Height int
	Seconds       int
	Problem       string // plain words, when failed or gone
}

// PlaceData is a location.
type PlaceData struct {
	Lat, Lng      float64
	Name, Address string
}

// CardData is one contact card.
type CardData struct {
	Name, Company string
	Phones        []string
	Emails        []string
	Links         []string
}

// OrderData is a cart sent by the customer.
type OrderData struct {
	Lines []OrderLine
	Total string // with the currency
	Note  string
}

// OrderLine is one product of a cart.
type OrderLine struct {
	Name, Price string
	Quantity    int
}

// ChoiceData is what the customer tapped.
type ChoiceData struct {
	Title, Description string
	From               string // "button", "list", "template", "flow", "call"
	Fields             []Field
}

// Field is a name with its value.
type Field struct{ Name, Value string }

// TemplateData is a template or an interactive message of ours.
type TemplateData struct {
	Name    string // "" for interactive
	Header  string
	Footer  string
	Buttons []string
	Shown   *TemplateShown // as the customer sees it; nil where only the text is known
}

// shown is the template with the message's text, and without the file that the
// bubble shows itself.
func (t TemplateData) shown(b BubbleData) TemplateShown {
	s := *t.Shown
	s.Body = b.Text
	if b.Media != nil {
		s.Header = template.FilledHeader{}
	}
	return s
}

// ReactionData is one emoji on a message.
type ReactionData struct {
	Emoji string
	By    string // name; "" is the customer
	Mine  bool   // by our side: can be taken back
}

// ReferralData is the advertisement that led the customer here.
type ReferralData struct{ Headline, Body, URL, Thumb string }

// CallData is a call through WhatsApp.
type CallData struct {
	Out, Missed bool
	Seconds     int
}

// FailureData explains a failed or unconfirmed message.
type FailureData struct {
	Code        int    // Meta's, 0 for ours
	Reason      string // plain words; "" looks the code up in the catalogue
	CanRetry    bool
	CanAgain    bool
	CanMarkSent bool
}

// ActivityData is what happened to the conversation.
type ActivityData struct {
	What    string // "assigned", "claimed", "unassigned", "closed", "reopened", "tagged", "untagged", "created", "reopened_by_customer", "assigned_turn", "assigned_rule", "assigned_fallback"
	Actor   string // name; "" for the system
	Subject string // assignee, tag
	Minutes int    // of "waiting_assignee", "waiting_team", "waiting_supervisors"
}
