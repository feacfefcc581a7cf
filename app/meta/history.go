package meta

import (
	"encoding/json"
	"time"
)

// HistoryChunk is a part of the old chats of a number that the phone app
// shares. Errors say that the owner refused.
type HistoryChunk struct {
	Phase, Order, Progress int64
	Threads                []HistoryThread
	Errors                 []Error
}

// HistoryThread is one old chat; ID is the phone where it is known.
type HistoryThread struct {
	ID                   string
	WaID, UserID         string
	ParentUserID, Handle string
	Messages             []json.RawMessage
}

// ParseHistory reads one chunk. It fails only when raw is no JSON object.
func ParseHistory(raw json.RawMessage) (HistoryChunk, error) {
	o := parseObject(raw)
	if o == nil {
		return HistoryChunk{}, errNotObject
	}
	md := o.object("metadata")
	h := HistoryChunk{
		Phase:    md.integer("phase"),
		Order:    md.integer("chunk_order"),
		Progress: md.integer("progress"),
		Errors:   parseErrors(o.list("errors")),
	}
	for _, item := range o.list("threads") {
		t := parseObject(item)
		if t == nil {
			continue
		}
		who := t.object("context")
		h.Threads = append(h.Threads, HistoryThread{
			ID: t.text("id"), WaID: who.text("wa_id"), UserID: who.text("user_id"),
			ParentUserID: who.text("parent_user_id"), Handle: who.username("username"),
			Messages: t.list("messages"),
		})
	}
	return h, nil
}

// StateSync is a change in the address book of the phone app. Action is add
// or remove.
type StateSync struct {
	Type, Action        string
	FullName, FirstName string
	Phone, UserID       string
	ParentUserID        string
	Username            string
	Timestamp           time.Time
}

// ParseStateSync reads one change. It fails only when raw is no JSON object.
func ParseStateSync(raw json.RawMessage) (StateSync, error) {
	o := parseObject(raw)
	if o == nil {
		return StateSync{}, errNotObject
	}
	c := o.object("contact")
	return StateSync{
		Type: o.text("type"), Action: o.text("action"),
		FullName: c.text("full_name"), FirstName: c.text("first_name"),
		Phone: c.text("phone_number"), UserID: c.text("user_id"), ParentUserID: c.text("parent_user_id"),
		Username: c.username("username"), Timestamp: o.object("metadata").time("timestamp"),
	}, nil
}
