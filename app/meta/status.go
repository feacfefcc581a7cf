package meta

import (
	"encoding/json"
	"time"
)

// Status is what became of a message of ours: sent, delivered, read, played,
// failed, or something new. Statuses come in any order and more than once.
type Status struct {
	ID        string // wamid
	Status    string
	Type      string // "call" under the field calls, else empty
	Timestamp time.Time

	RecipientID           string // phone, or group id when RecipientType is "group"
	RecipientUserID       string
	RecipientParentUserID string
	RecipientType         string
	ParticipantID         string // of a group
	ParticipantUserID     string

	// Opaque is the biz_opaque_callback_data that we sent along.
	Opaque       string
	TemplateID   string
	Pricing      *Pricing
	Conversation *Conversation
	Errors       []Error

	Raw json.RawMessage
}

// Pricing tells what a message costs. Category and Type are open sets.
type Pricing struct {
	Billable              bool
	Model, Category, Type string
}

// Conversation exists only inside free entry point windows.
type Conversation struct {
	ID, Origin string
	Expires    time.Time
}

// ParseStatus reads one status. It fails only when raw is no JSON object.
func ParseStatus(raw json.RawMessage) (Status, error) {
	o := parseObject(raw)
	if o == nil {
		return Status{}, errNotObject
	}
	s := Status{
		ID:                    o.text("id"),
		Status:                o.text("status"),
		Type:                  o.text("type"),
		Timestamp:             o.time("timestamp"),
		RecipientID:           o.text("recipient_id"),
		RecipientUserID:       o.text("recipient_user_id"),
		RecipientParentUserID: o.first("recipient_parent_user_id", "parent_recipient_user_id"),
		RecipientType:         o.text("recipient_type"),
		ParticipantID:         o.first("recipient_participant_id", "participant_recipient_id"),
		ParticipantUserID:     o.first("recipient_participant_user_id", "participant_recipient_user_id"),
		Opaque:                o.text("biz_opaque_callback_data"),
		TemplateID:            o.text("template_id"),
		Errors:                parseErrors(o.list("errors")),
		Raw:                   raw,
	}
	pricing := o.object("pricing")
	if c := o.object("conversation"); c != nil {
		s.Conversation = &Conversation{ID: c.text("id"), Origin: c.object("origin").text("type"), Expires: c.time("expiration_timestamp")}
		if pricing == nil {
			pricing = c.object("pricing")
		}
	}
	if pricing != nil {
		s.Pricing = &Pricing{
			Billable: pricing.flag("billable"),
			Model:    pricing.text("pricing_model"),
			Category: pricing.text("category"),
			Type:     pricing.text("type"),
		}
	}
	return s, nil
}

// Preference is a person's wish about marketing messages: Value is stop or
// resume. The newest Timestamp wins.
type Preference struct {
	WaID, UserID, ParentUserID string
	Category, Value, Detail    string
	Timestamp                  time.Time
}

// ParsePreference reads one wish. It fails only when raw is no JSON object.
func ParsePreference(raw json.RawMessage) (Preference, error) {
	o := parseObject(raw)
	if o == nil {
		return Preference{}, errNotObject
	}
	return Preference{
		WaID: o.text("wa_id"), UserID: o.text("user_id"), ParentUserID: o.text("parent_user_id"),
		Category: o.text("category"), Value: o.text("value"), Detail: o.text("detail"),
		Timestamp: o.time("timestamp"),
	}, nil
}

// Call is a voice call starting or ending.
type Call struct {
	ID               string // wacid
	Event, Direction string
	From, FromUserID string
	To, ToUserID     string
	Timestamp        time.Time
}

// ParseCall reads one call. It fails only when raw is no JSON object.
func ParseCall(raw json.RawMessage) (Call, error) {
	o := parseObject(raw)
	if o == nil {
		return Call{}, errNotObject
	}
	return Call{
		ID: o.text("id"), Event: o.text("event"), Direction: o.text("direction"),
		From: o.text("from"), FromUserID: o.text("from_user_id"),
		To: o.text("to"), ToUserID: o.text("to_user_id"),
		Timestamp: o.time("timestamp"),
	}, nil
}
