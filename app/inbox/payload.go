package inbox

import (
	"encoding/json"

	"badala/app/template"
)

// Payload is what a message carries besides text and media. What is not there
// is nil, false or empty.
type Payload struct {
	Location    *Location    `json:"location,omitempty"`
	Contacts    []Card       `json:"contacts,omitempty"`
	Order       *Order       `json:"order,omitempty"`
	Interactive *Interactive `json:"interactive,omitempty"`
	Button      *Button      `json:"button,omitempty"`
	Template    *Template    `json:"template,omitempty"`
	Referral    *Referral    `json:"referral,omitempty"`
	Product     *Product     `json:"product,omitempty"` // asked from this product of the catalogue
	Target      *Target      `json:"target,omitempty"`  // of a reaction of ours
	Call        *Call        `json:"call,omitempty"`
	Change      *Change      `json:"change,omitempty"` // of a number or user id

	Forwarded           bool `json:"forwarded,omitempty"`
	FrequentlyForwarded bool `json:"frequentlyForwarded,omitempty"`
	Voice               bool `json:"voice,omitempty"`
	Animated            bool `json:"animated,omitempty"`
	// MediaMissing tells that Meta could not give the file at all.
	MediaMissing bool `json:"mediaMissing,omitempty"`

	FileName string `json:"fileName,omitempty"`
	// Link is where Meta fetches the file of a message of ours itself.
	Link string `json:"link,omitempty"`
	// Unsupported is what Meta calls the content that it does not carry, or the
	// type that is not known here.
	Unsupported string  `json:"unsupported,omitempty"`
	Unavailable bool    `json:"unavailable,omitempty"` // 131060: ask to send again
	Assignee    int64   `json:"assignee,omitempty"`    // of an activity line
	Reason      string  `json:"reason,omitempty"`
	Minutes     int     `json:"minutes,omitempty"`  // of an activity line: how long the customer has waited
	Mentions    []int64 `json:"mentions,omitempty"` // users named in a note
}

// Location is a place; Name, Address and URL may be empty.
type Location struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Name      string  `json:"name,omitempty"`
	Address   string  `json:"address,omitempty"`
	URL       string  `json:"url,omitempty"`
}

// Card is a contact that somebody shared. Own means that the sender answered
// our request for their number.
type Card struct {
	Name      string  `json:"name,omitempty"`
	Company   string  `json:"company,omitempty"`
	JobTitle  string  `json:"jobTitle,omitempty"`
	Birthday  string  `json:"birthday,omitempty"`
	Phones    []Entry `json:"phones,omitempty"`
	Emails    []Entry `json:"emails,omitempty"`
	URLs      []Entry `json:"urls,omitempty"`
	Addresses []Entry `json:"addresses,omitempty"`
	Own       bool    `json:"own,omitempty"`
}

// Entry is one phone, address or link of a card. WaID is set for a phone that
// WhatsApp knows.
type Entry struct {
	Value string `json:"value"`
	Type  string `json:"type,omitempty"`
	WaID  string `json:"waId,omitempty"`
}

// Order is a basket. Prices are decimal numbers as Meta wrote them.
type Order struct {
	CatalogID string      `json:"catalogId,omitempty"`
	Text      string      `json:"text,omitempty"`
	Items     []OrderItem `json:"items,omitempty"`
}

// OrderItem is a line of an order.
type OrderItem struct {
	ProductID string `json:"productId"`
	Quantity  int64  `json:"quantity"`
	Price     string `json:"price,omitempty"`
	Currency  string `json:"currency,omitempty"`
}

// Interactive is an answer to, or, outbound, an interactive message. The Type of
// an answer is button_reply, list_reply, nfm_reply, call_permission_reply or
// something new; of ours, button, list or cta_url.
type Interactive struct {
	Type        string          `json:"type"`
	ID          string          `json:"id,omitempty"`
	Title       string          `json:"title,omitempty"`
	Description string          `json:"description,omitempty"`
	Name        string          `json:"name,omitempty"`
	Body        string          `json:"body,omitempty"`
	Response    json.RawMessage `json:"response,omitempty"` // of a flow, when it is JSON
	Answer      string          `json:"answer,omitempty"`   // accept or reject a call
	Permanent   bool            `json:"permanent,omitempty"`
	Expires     int64           `json:"expires,omitempty"`

	// Of ours; the text itself is the body of the message.
	Header      string    `json:"header,omitempty"`
	Footer      string    `json:"footer,omitempty"`
	Buttons     []Option  `json:"buttons,omitempty"`
	Button      string    `json:"button,omitempty"` // that opens a list
	Sections    []Section `json:"sections,omitempty"`
	DisplayText string    `json:"displayText,omitempty"` // of a link
	URL         string    `json:"url,omitempty"`
}

// Option is a reply button, or a row of a list, which alone may have a Description.
type Option struct {
	ID          string `json:"id"`
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
}

// Section is a group of rows of a list.
type Section struct {
	Title string   `json:"title,omitempty"`
	Rows  []Option `json:"rows"`
}

// Button is a tap on a quick-reply button of a template.
type Button struct {
	Text    string `json:"text"`
	Payload string `json:"payload,omitempty"`
}

// Template is a template message, with the text it made where we know it.
type Template struct {
	Name     string `json:"name"`
	Language string `json:"language,omitempty"`
	Body     string `json:"body,omitempty"`

	// Of ours: what it was sent with, and how it looks. Its text is the body of
	// the message.
	Category string           `json:"category,omitempty"`
	Values   *template.Values `json:"values,omitempty"`
	Shown    *template.Filled `json:"shown,omitempty"`
}

// Referral is the ad or post that a person came from. Its addresses are
// strangers' text: check them before linking.
type Referral struct {
	SourceURL    string `json:"sourceUrl,omitempty"`
	SourceID     string `json:"sourceId,omitempty"`
	SourceType   string `json:"sourceType,omitempty"`
	Headline     string `json:"headline,omitempty"`
	Body         string `json:"body,omitempty"`
	MediaType    string `json:"mediaType,omitempty"`
	MediaURL     string `json:"mediaUrl,omitempty"`
	ThumbnailURL string `json:"thumbnailUrl,omitempty"`
	ClickID      string `json:"clickId,omitempty"`
	Welcome      string `json:"welcome,omitempty"`
}

// Product is one of a catalogue.
type Product struct {
	CatalogID string `json:"catalogId,omitempty"`
	ProductID string `json:"productId,omitempty"`
}

// Target is what a reaction of ours is put on. An empty Emoji takes it back.
type Target struct {
	MessageID int64  `json:"messageId"`
	Emoji     string `json:"emoji,omitempty"`
}

// Call is a voice call. Event is connect or terminate.
type Call struct {
	Event     string `json:"event"`
	Direction string `json:"direction,omitempty"`
}

// Change is the move of a person to another number or user id.
type Change struct {
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
}

// Extra reads the payload of the message; an empty or odd one gives the zero
// Payload.
func (m Message) Extra() Payload {
	var p Payload
	if len(m.Payload) > 0 && json.Unmarshal(m.Payload, &p) != nil {
		return Payload{}
	}
	return p
}

// encode gives the column of a payload: nothing when there is nothing in it.
func (p Payload) encode() json.RawMessage {
	b, err := json.Marshal(p)
	if err != nil || string(b) == "{}" {
		return nil
	}
	return b
}
