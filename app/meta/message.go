package meta

import (
	"encoding/json"
	"errors"
	"time"
)

// Message is one item of messages, message_echoes or a history thread. Type
// says which of the pointers to expect; it may still be nil, because Meta
// leaves objects out. A type that is not known here has none; see Raw.
type Message struct {
	ID        string // wamid
	Type      string
	Timestamp time.Time

	From, FromUserID, FromParentUserID string
	To, ToUserID, ToParentUserID       string // only when the business sent it
	GroupID                            string

	Context  *Context
	Referral *Referral
	Errors   []Error

	Text        *Text
	Media       *Media // image, video, audio, document, sticker
	Location    *Location
	Cards       []Card       // contacts
	Interactive *Interactive // answer to an interactive message of ours
	Button      *Button      // tap on a button of a template
	Reaction    *Reaction
	Order       *Order
	System      *System
	Edit        *Edit
	Revoke      *Revoke
	// Unsupported is what the person sent, of a message that the API does not
	// carry ("poll_creation"); empty when Meta does not say.
	Unsupported string
	// HistoryStatus is the status of an old message in a history chunk.
	HistoryStatus string

	Raw json.RawMessage
}

// Text is a plain message.
type Text struct{ Body string }

// Media is an attachment. Filename and MimeType are claims of the sender. URL
// may be empty and lives for minutes; the ID lives for days.
type Media struct {
	ID       string
	MimeType string
	SHA256   string // base64 or hex, see MediaHash
	Caption  string
	Filename string
	URL      string
	Voice    bool
	Animated bool
}

// Location is a place; only the coordinates are certain.
type Location struct {
	Latitude, Longitude float64
	Name, Address, URL  string
}

// Context tells what a message refers to. ID may be unknown to us.
type Context struct {
	From, ID            string
	Forwarded           bool
	FrequentlyForwarded bool
	CatalogID           string
	ProductRetailerID   string
}

// Referral is the ad or post that a person came from.
type Referral struct {
	SourceURL, SourceID, SourceType string
	Headline, Body                  string
	MediaType, MediaURL             string
	ThumbnailURL                    string
	ClickID                         string
	Welcome                         string
}

// Interactive is an answer to an interactive message. Type is button_reply,
// list_reply, nfm_reply, call_permission_reply or something new.
type Interactive struct {
	Type        string
	ID          string // of the button or row
	Title       string
	Description string
	Name, Body  string // of a flow or address answer
	// ResponseJSON is the answer of a flow: text that holds JSON.
	ResponseJSON string
	Permission   *CallPermission
}

// CallPermission is the answer to a request to call.
type CallPermission struct {
	Response  string // accept or reject
	Permanent bool
	Expires   time.Time
	Source    string
}

// Button is a tap on a quick-reply button of a template.
type Button struct{ Payload, Text string }

// Reaction is put on a message. An empty Emoji takes it back.
type Reaction struct{ MessageID, Emoji string }

// Order is a basket sent from a catalogue.
type Order struct {
	CatalogID, Text string
	Items           []OrderItem
}

// OrderItem is one line of an order. Price is a decimal number as Meta wrote
// it, in units of Currency.
type OrderItem struct {
	ProductRetailerID string
	Quantity          int64
	Price             string
	Currency          string
}

// System tells that a person changed number or id. WaID and UserID are the new
// ones; the sender of the message is the old one.
type System struct {
	Type, Body                         string
	WaID                               string
	UserID, ParentUserID               string
	PreviousUserID, PreviousParentUser string
}

// Edit replaces the text or caption of an earlier message.
type Edit struct {
	OriginalID string
	Message    Message
}

// Revoke says that the sender deleted a message for everyone.
type Revoke struct{ OriginalID string }

var errNotObject = errors.New("meta: item is not an object")

// ParseMessage reads one message. It fails only when raw is no JSON object.
func ParseMessage(raw json.RawMessage) (Message, error) {
	o := parseObject(raw)
	if o == nil {
		return Message{}, errNotObject
	}
	m := parseMessage(o, 1)
	m.Raw = raw
	return m, nil
}

// parseMessage reads o; depth is how many messages inside each other are
// followed, since an edit carries a message.
func parseMessage(o object, depth int) Message {
	m := Message{
		ID:               o.text("id"),
		Type:             o.text("type"),
		Timestamp:        o.time("timestamp"),
		From:             o.text("from"),
		FromUserID:       o.text("from_user_id"),
		FromParentUserID: o.text("from_parent_user_id"),
		To:               o.text("to"),
		ToUserID:         o.text("to_user_id"),
		ToParentUserID:   o.text("to_parent_user_id"),
		GroupID:          o.text("group_id"),
		Context:          parseContext(o.object("context")),
		Referral:         parseReferral(o.object("referral")),
		Errors:           parseErrors(o.list("errors")),
		HistoryStatus:    o.object("history_context").text("status"),
	}
	m.parseContent(o, depth)
	return m
}

func (m *Message) parseContent(o object, depth int) {
	if m.Type == "contacts" {
		m.Cards = parseCards(o)
		return
	}
	c := o.object(m.Type)
	if c == nil {
		return
	}
	switch m.Type {
	case "text":
		m.Text = &Text{Body: c.text("body")}
	case "image", "video", "audio", "document", "sticker":
		m.Media = parseMedia(c)
	case "location":
		m.Location = parseLocation(c)
	case "interactive":
		m.Interactive = parseInteractive(c)
	case "button":
		m.Button = &Button{Payload: c.text("payload"), Text: c.text("text")}
	case "reaction":
		m.Reaction = &Reaction{MessageID: c.text("message_id"), Emoji: c.text("emoji")}
	case "order":
		m.Order = parseOrder(c)
	case "system":
		m.System = parseSystem(c)
	case "unsupported":
		m.Unsupported = c.text("type")
	case "revoke":
		m.Revoke = &Revoke{OriginalID: c.text("original_message_id")}
	case "edit":
		m.Edit = &Edit{OriginalID: c.text("original_message_id")}
		if depth > 0 {
			m.Edit.Message = parseMessage(c.object("message"), depth-1)
			m.Edit.Message.Raw = c["message"]
		}
	}
}
