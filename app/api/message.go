package api

import (
	"encoding/json"

	"badala/app/db"
	"badala/app/inbox"
	"badala/app/media"
)

// Message is one message of a conversation. What it does not have is null.
type Message struct {
	ID             string        `json:"id"`
	ConversationID string        `json:"conversationId"`
	ContactID      string        `json:"contactId"`
	ChannelID      string        `json:"channelId"`
	Direction      string        `json:"direction" enum:"INBOUND,OUTBOUND"`
	Type           string        `json:"type" doc:"TEXT, IMAGE, VIDEO, AUDIO, DOCUMENT, STICKER, LOCATION, CONTACTS, INTERACTIVE, BUTTON, TEMPLATE, REACTION, ORDER or UNSUPPORTED."`
	Body           *string       `json:"body"`
	Caption        *string       `json:"caption"`
	Media          *Media        `json:"media"`
	Template       *Template     `json:"template"`
	Interactive    *Interactive  `json:"interactive"`
	Location       *Location     `json:"location"`
	Contacts       []Card        `json:"contacts"`
	Order          *Order        `json:"order"`
	Reaction       *Reaction     `json:"reaction"`
	ReplyTo        *string       `json:"replyTo" doc:"The message that this one quotes."`
	Status         string        `json:"status" enum:"PENDING,UNCONFIRMED,SENT,DELIVERED,READ,FAILED,RECEIVED"`
	Error          *MessageError `json:"error"`
	SentBy         *Sender       `json:"sentBy"`
	WaMessageID    *string       `json:"waMessageId"`
	CreatedAt      string        `json:"createdAt" format:"date-time"`
	SentAt         *string       `json:"sentAt" format:"date-time"`
	DeliveredAt    *string       `json:"deliveredAt" format:"date-time"`
	ReadAt         *string       `json:"readAt" format:"date-time"`
}

// Media is the file of a message.
type Media struct {
	URL         *string `json:"url" doc:"Signed; expires. null until the file is there."`
	ContentType *string `json:"contentType"`
	Size        int64   `json:"size"`
	FileName    *string `json:"fileName"`
	Status      string  `json:"status" enum:"PENDING,READY,FAILED,LOST"`
}

// Template is an approved message that was sent.
type Template struct {
	Name      string                `json:"name"`
	Language  *string               `json:"language"`
	Category  *string               `json:"category"`
	Body      *string               `json:"body" doc:"The text with its values."`
	Header    *TemplateShownHeader  `json:"header"`
	Footer    *string               `json:"footer"`
	Buttons   []TemplateShownButton `json:"buttons" nullable:"false"`
	Cards     []TemplateShownCard   `json:"cards" nullable:"false" doc:"Of a carousel."`
	ExpiresAt *string               `json:"expiresAt" format:"date-time" doc:"Of a limited-time offer."`
}

// Interactive is an answer by button, list or form (button_reply, list_reply,
// nfm_reply) or, outgoing, what the customer may choose from (button, list,
// cta_url).
type Interactive struct {
	Type        string          `json:"type"`
	ID          *string         `json:"id"`
	Title       *string         `json:"title"`
	Description *string         `json:"description"`
	Body        *string         `json:"body"`
	Response    json.RawMessage `json:"response" doc:"What a form was filled with; null for others."`
	Header      *string         `json:"header"`
	Footer      *string         `json:"footer"`
	Buttons     []Choice        `json:"buttons"`
	Button      *string         `json:"button" doc:"What opens a list."`
	Sections    []Section       `json:"sections"`
	DisplayText *string         `json:"displayText" doc:"Of a link."`
	URL         *string         `json:"url"`
}

// Choice is a reply button or a row of a list. Its id comes back in the answer.
type Choice struct {
	ID          string `json:"id" doc:"At most 256 characters, in a list 200."`
	Title       string `json:"title" doc:"At most 20 characters, in a list 24."`
	Description string `json:"description,omitempty" doc:"Of a row: at most 72 characters."`
}

// Section is a part of a list.
type Section struct {
	Title string   `json:"title,omitempty" doc:"At most 24 characters; needed if there is more than one."`
	Rows  []Choice `json:"rows" nullable:"false"`
}

// Location is a place.
type Location struct {
	Latitude  float64 `json:"latitude" minimum:"-90" maximum:"90"`
	Longitude float64 `json:"longitude" minimum:"-180" maximum:"180"`
	Name      string  `json:"name,omitempty"`
	Address   string  `json:"address,omitempty"`
	URL       string  `json:"url,omitempty" readOnly:"true"`
}

// Card is a shared contact.
type Card struct {
	Name      string      `json:"name"`
	Company   string      `json:"company,omitempty"`
	JobTitle  string      `json:"jobTitle,omitempty"`
	Birthday  string      `json:"birthday,omitempty"`
	Phones    []CardEntry `json:"phones" nullable:"false"`
	Emails    []CardEntry `json:"emails" nullable:"false"`
	URLs      []CardEntry `json:"urls" nullable:"false"`
	Addresses []CardEntry `json:"addresses" nullable:"false"`
}

// CardEntry is one phone, address or link of a shared contact.
type CardEntry struct {
	Value string `json:"value"`
	Type  string `json:"type,omitempty"`
	WaID  string `json:"waId,omitempty"`
}

// Order is a basket that a customer sent.
type Order struct {
	CatalogID *string     `json:"catalogId"`
	Text      *string     `json:"text"`
	Items     []OrderItem `json:"items" nullable:"false"`
}

// OrderItem is one line of a basket.
type OrderItem struct {
	ProductID string  `json:"productId"`
	Quantity  int64   `json:"quantity"`
	Price     *string `json:"price"`
	Currency  *string `json:"currency"`
}

// Reaction is an emoji put on a message; an empty one takes it back.
type Reaction struct {
	Emoji     string `json:"emoji"`
	MessageID string `json:"messageId"`
}

// MessageError is why a message failed.
type MessageError struct {
	Code   int    `json:"code"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
}

// Sender is who wrote an outgoing message.
type Sender struct {
	Type string  `json:"type" enum:"USER,API,AUTOMATION,BROADCAST"`
	ID   *string `json:"id" doc:"The user's or the API key's; null for the token of POST /auth/login and for the phone."`
}

// isMessage leaves out what is in the thread but was never on WhatsApp.
func isMessage(m inbox.Message) bool {
	return m.Direction == inbox.Inbound || m.Direction == inbox.Outbound
}

func (a *API) messageOf(m inbox.Message) Message {
	out := Message{
		ID: db.FormatID("msg", m.ID), ConversationID: db.FormatID("conv", m.ConversationID),
		ContactID: db.FormatID("contact", m.ContactID), ChannelID: db.FormatID("chan", m.ChannelID),
		Direction: m.Direction, Type: m.Type, Body: text(m.Body), Caption: text(m.Caption), ReplyTo: ref("msg", m.ReplyTo),
		Status: m.Status, SentBy: senderOf(m), WaMessageID: text(m.WaID),
		CreatedAt: when(m.At), SentAt: maybe(m.SentAt), DeliveredAt: maybe(m.DeliveredAt), ReadAt: maybe(m.ReadAt),
	}
	if m.Error != (inbox.MessageError{}) {
		out.Error = &MessageError{Code: m.Error.Code, Title: m.Error.Title, Detail: m.Error.Detail}
	}
	if m.Media != nil {
		out.Media = a.mediaOf(*m.Media)
	}
	out.unpack(m.Extra())
	return out
}

func (a *API) mediaOf(m media.Media) *Media {
	out := &Media{ContentType: text(m.ContentType), Size: m.Size, FileName: text(m.FileName), Status: m.State}
	if m.State == media.Ready {
		out.URL = text(a.Media.PublicURL(m))
	}
	return out
}

// senderOf is null for what a customer wrote. What was written on the phone
// itself is a person's without an account.
func senderOf(m inbox.Message) *Sender {
	switch m.SentByKind {
	case "":
		return nil
	case inbox.SentByPhone:
		return &Sender{Type: inbox.SentByUser}
	}
	prefix := "user"
	if m.SentByKind == inbox.SentByAPI {
		prefix = "key" // none for the token of a person
	}
	return &Sender{Type: m.SentByKind, ID: ref(prefix, m.SentByID)}
}

// unpack shows what a message carries besides text and file.
func (out *Message) unpack(p inbox.Payload) {
	if p.Link != "" && out.Media == nil { // WhatsApp fetched it: it is not kept here
		out.Media = &Media{URL: text(p.Link), FileName: text(p.FileName), Status: media.Ready}
	}
	if l := p.Location; l != nil {
		out.Location = &Location{Latitude: l.Latitude, Longitude: l.Longitude, Name: l.Name, Address: l.Address, URL: l.URL}
	}
	for _, c := range p.Contacts {
		out.Contacts = append(out.Contacts, cardOf(c))
	}
	if o := p.Order; o != nil {
		out.Order = &Order{CatalogID: text(o.CatalogID), Text: text(o.Text), Items: []OrderItem{}}
		for _, i := range o.Items {
			out.Order.Items = append(out.Order.Items, OrderItem{ProductID: i.ProductID, Quantity: i.Quantity, Price: text(i.Price), Currency: text(i.Currency)})
		}
	}
	if i := p.Interactive; i != nil {
		out.Interactive = interactiveOf(i)
		if out.Direction == inbox.Outbound {
			out.Interactive.Body = out.Body
		}
	}
	if b := p.Button; b != nil {
		out.Interactive = &Interactive{Type: "button", ID: text(b.Payload), Title: text(b.Text)}
	}
	if t := p.Template; t != nil {
		out.Template = shownTemplate(t, out.Body)
	}
	if t := p.Target; t != nil {
		out.Reaction = &Reaction{Emoji: t.Emoji, MessageID: db.FormatID("msg", t.MessageID)}
	}
}

func interactiveOf(i *inbox.Interactive) *Interactive {
	out := &Interactive{Type: i.Type, ID: text(i.ID), Title: text(i.Title), Description: text(i.Description), Body: text(i.Body), Response: i.Response,
		Header: text(i.Header), Footer: text(i.Footer), Buttons: choicesOf(i.Buttons), Button: text(i.Button), DisplayText: text(i.DisplayText), URL: text(i.URL)}
	for _, s := range i.Sections {
		out.Sections = append(out.Sections, Section{Title: s.Title, Rows: choicesOf(s.Rows)})
	}
	return out
}

func choicesOf(all []inbox.Option) []Choice {
	var out []Choice
	for _, o := range all {
		out = append(out, Choice(o))
	}
	return out
}

func cardOf(c inbox.Card) Card {
	entries := func(all []inbox.Entry) []CardEntry {
		out := make([]CardEntry, 0, len(all))
		for _, e := range all {
			out = append(out, CardEntry{Value: e.Value, Type: e.Type, WaID: e.WaID})
		}
		return out
	}
	return Card{Name: c.Name, Company: c.Company, JobTitle: c.JobTitle, Birthday: c.Birthday,
		Phones: entries(c.Phones), Emails: entries(c.Emails), URLs: entries(c.URLs), Addresses: entries(c.Addresses)}
}
