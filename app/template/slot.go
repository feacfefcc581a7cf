package template

import (
	"strconv"
	"strings"

	"badala/app/errs"
)

// SlotKind is what a slot takes.
type SlotKind string

// The kinds of slots.
const (
	SlotText     SlotKind = "TEXT"
	SlotImage    SlotKind = "IMAGE"
	SlotVideo    SlotKind = "VIDEO"
	SlotDocument SlotKind = "DOCUMENT"
	SlotLocation SlotKind = "LOCATION"
	SlotURL      SlotKind = "URL"     // the end of a button's address
	SlotCoupon   SlotKind = "COUPON"  // that a button copies
	SlotCode     SlotKind = "CODE"    // one-time code
	SlotPayload  SlotKind = "PAYLOAD" // that comes back when a quick reply is tapped
	SlotFlow     SlotKind = "FLOW"    // token of a flow
	SlotExpiry   SlotKind = "EXPIRY"  // when a limited-time offer ends
)

// IsMedia says whether the slot takes a file.
func (k SlotKind) IsMedia() bool { return k == SlotImage || k == SlotVideo || k == SlotDocument }

// Slot is one thing that a sender must or may give.
type Slot struct {
	// Key is stable: "body.1", "body.first_name", "header", "header.name",
	// "button.1", "card.0.header", "card.0.body.1", "card.0.button.1",
	// "expiresAt".
	Key      string
	Kind     SlotKind
	Name     string // of the variable, "" for files and buttons
	Label    string // text of the button
	Example  string // that Meta was given
	Optional bool
	Card     int // of a carousel, -1 outside one
	Button   int // -1 when it is of no button
	Max      int // characters, 0 for no limit of its own
}

// What Meta takes in one value.
const (
	maxCode    = 15
	maxCoupon  = 20
	maxPayload = 128

	maxFlowToken = 200
)

// ExpiryKey is the key of the slot of a limited-time offer.
const ExpiryKey = "expiresAt"

// Slots lists what a sender must or may give, in the order of the message.
func (s Spec) Slots() []Slot {
	var all []Slot
	add := func(v Slot) {
		v.Example = s.Examples[v.Key]
		all = append(all, v)
	}
	s.cardSlots(-1, add)
	if s.Offer != nil && s.Offer.Expires {
		add(Slot{Key: ExpiryKey, Kind: SlotExpiry, Card: -1, Button: -1})
	}
	for i := range s.Cards {
		s.cardSlots(i, add)
	}
	return all
}

func (s Spec) cardSlots(card int, add func(Slot)) {
	c := s.card(card)
	switch {
	case c.Header.Kind == HeaderText:
		for _, name := range Variables(c.Header.Text) {
			add(Slot{Key: key(card, "header", name), Kind: SlotText, Name: name, Card: card, Button: -1, Max: maxHeader})
		}
	case c.Header.IsMedia() || c.Header.Kind == HeaderLocation:
		add(Slot{Key: key(card, "header"), Kind: SlotKind(c.Header.Kind), Card: card, Button: -1})
	}
	for _, name := range Variables(s.bodyOf(card)) {
		v := Slot{Key: key(card, "body", name), Kind: SlotText, Name: name, Card: card, Button: -1}
		if card < 0 && s.OneTimeCode() {
			v.Kind, v.Max = SlotCode, maxCode
		}
		add(v)
	}
	for i, b := range c.Buttons {
		v := Slot{Key: key(card, "button", strconv.Itoa(i)), Label: b.Text, Card: card, Button: i}
		switch {
		case b.Dynamic():
			v.Kind, v.Max = SlotURL, maxURL
		case b.Kind == CopyCode:
			v.Kind, v.Max = SlotCoupon, maxCoupon
		case b.Kind == QuickReply:
			v.Kind, v.Max, v.Optional = SlotPayload, maxPayload, true
		case b.Kind == Flow:
			v.Kind, v.Max, v.Optional = SlotFlow, maxFlowToken, true
		default:
			continue
		}
		add(v)
	}
}

// bodyOf is the text of the message or a card. Meta writes the text of a
// one-time code itself, and does not always show it.
func (s Spec) bodyOf(card int) string {
	body := s.card(card).Body
	if card < 0 && s.OneTimeCode() && len(Variables(body)) == 0 {
		return strings.TrimSpace("{{1}} " + body)
	}
	return body
}

// Sendable says why the template cannot be sent from here; nil when it can.
func (s Spec) Sendable() error {
	if len(s.Unknown) > 0 {
		return errs.Coded(errs.Unprocessable, "template_kind",
			"this template has a part that cannot be sent from here: "+strings.Join(s.Unknown, ", "))
	}
	if s.Body == "" && !s.OneTimeCode() {
		return errs.Coded(errs.Unprocessable, "template_unread", "this template has not been read from WhatsApp yet")
	}
	return nil
}
