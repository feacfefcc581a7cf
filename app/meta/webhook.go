package meta

import (
	"encoding/json"
	"errors"
	"time"
)

// Webhook is one body that Meta posted.
type Webhook struct {
	Object  string
	Entries []Entry
}

// Entry is what one account has to tell. ID is the WhatsApp Business Account,
// in a few account events the business portfolio.
type Entry struct {
	ID      string
	Time    time.Time // zero on message fields
	Changes []Change
}

// Change is one piece of news. Fields that nobody knows yet arrive like any
// other; Raw is their whole value.
type Change struct {
	Field string
	// WABAID is the account concerned: waba_info.waba_id where the value has
	// one, else the id of the entry.
	WABAID string
	Time   time.Time // of the entry: the newest news of a field wins
	Value  Value
	Raw    json.RawMessage
}

// Value is the part of a change that several fields share. Items are left
// unread; ParseMessage, ParseStatus and their kin read one at a time, so an
// odd item spoils nothing but itself.
type Value struct {
	Metadata        Metadata
	Contacts        []WebhookContact
	Messages        []json.RawMessage
	Statuses        []json.RawMessage
	Errors          []Error
	MessageEchoes   []json.RawMessage
	UserPreferences []json.RawMessage
	History         []json.RawMessage
	StateSync       []json.RawMessage
	Calls           []json.RawMessage
}

// Metadata names the business number that a change belongs to.
type Metadata struct {
	DisplayPhoneNumber string
	PhoneNumberID      string
}

// WebhookContact is what Meta tells of a person. Every field may be empty.
type WebhookContact struct {
	WaID         string
	UserID       string // business-scoped user id
	ParentUserID string
	Name         string
	Username     string
}

var errNotWebhook = errors.New("meta: body is not a webhook")

// ParseWebhook reads a body. It fails only when the body is no JSON object or
// has no array of entries; odd entries and changes are left out.
func ParseWebhook(body []byte) (Webhook, error) {
	var root object
	if err := json.Unmarshal(body, &root); err != nil {
		return Webhook{}, errors.Join(errNotWebhook, err)
	}
	var entries []json.RawMessage
	if err := json.Unmarshal(root["entry"], &entries); err != nil {
		return Webhook{}, errors.Join(errNotWebhook, err)
	}
	w := Webhook{Object: root.text("object")}
	for _, raw := range entries {
		if o := parseObject(raw); o != nil {
			w.Entries = append(w.Entries, parseEntry(o))
		}
	}
	return w, nil
}

func parseEntry(o object) Entry {
	e := Entry{ID: o.text("id"), Time: o.time("time")}
	for _, raw := range o.list("changes") {
		c := parseObject(raw)
		if c == nil {
			continue
		}
		v := c.object("value")
		ch := Change{Field: c.text("field"), WABAID: e.ID, Time: e.Time, Value: parseValue(v), Raw: c["value"]}
		if id := v.object("waba_info").text("waba_id"); id != "" {
			ch.WABAID = id
		}
		e.Changes = append(e.Changes, ch)
	}
	return e
}

func parseValue(o object) Value {
	meta := o.object("metadata")
	v := Value{
		Metadata: Metadata{
			DisplayPhoneNumber: meta.text("display_phone_number"),
			PhoneNumberID:      meta.text("phone_number_id"),
		},
		Messages:        o.list("messages"),
		Statuses:        o.list("statuses"),
		Errors:          parseErrors(o.list("errors")),
		MessageEchoes:   o.list("message_echoes"),
		UserPreferences: o.list("user_preferences"),
		History:         o.list("history"),
		StateSync:       o.list("state_sync"),
		Calls:           o.list("calls"),
	}
	for _, raw := range o.list("contacts") {
		if c := parseObject(raw); c != nil {
			v.Contacts = append(v.Contacts, parseContact(c))
		}
	}
	return v
}

func parseContact(o object) WebhookContact {
	profile := o.object("profile")
	c := WebhookContact{
		WaID:         o.text("wa_id"),
		UserID:       o.text("user_id"),
		ParentUserID: o.text("parent_user_id"),
		Name:         profile.text("name"),
		Username:     profile.username("username"),
	}
	if c.Username == "" {
		c.Username = o.username("username")
	}
	return c
}

// Contact finds a person among the contacts of a change by business-scoped
// user id or phone. What the change does not tell is filled from the arguments.
func (v Value) Contact(waID, userID string) WebhookContact {
	for _, c := range v.Contacts {
		if userID != "" && c.UserID == userID || waID != "" && c.WaID == waID {
			if c.WaID == "" {
				c.WaID = waID
			}
			if c.UserID == "" {
				c.UserID = userID
			}
			return c
		}
	}
	return WebhookContact{WaID: waID, UserID: userID}
}

// Who gives the customer of a message: its sender, or its addressee when the
// business sent it from the phone app. For a change of number or id it is who
// the customer was before.
func (v Value) Who(m Message) WebhookContact {
	waID, userID, parent := m.From, m.FromUserID, m.FromParentUserID
	if m.To != "" || m.ToUserID != "" {
		waID, userID, parent = m.To, m.ToUserID, m.ToParentUserID
	}
	if userID == "" && m.System != nil {
		userID = m.System.PreviousUserID
	}
	c := v.Contact(waID, userID)
	if c.ParentUserID == "" {
		c.ParentUserID = parent
	}
	return c
}
