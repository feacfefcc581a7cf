package webhook

import (
	"encoding/json"
	"fmt"
	"runtime/debug"
	"strings"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/event"
)

// Render gives what is told outside of an event: its name and data, from what
// the database now says. The name is "" for events that stay in the house.
// What the event is about may be gone; then data has its ids only.
func (s *Service) Render(q db.Q, e event.Event) (name string, data json.RawMessage, err error) {
	if !isEvent(e.Type) {
		return "", nil, nil
	}
	v, err := s.dataOf(q, e)
	if errs.Is(err, errs.NotFound) {
		v, err = bare(e), nil
	}
	if err != nil {
		return "", nil, err
	}
	data, err = encode(v)
	return e.Type, data, err
}

// renderSafely is Render for the transaction of the change itself, which no
// bug here may undo: then data has the ids only.
func (s *Service) renderSafely(tx *db.Tx, e event.Event) (data json.RawMessage) {
	defer func() {
		if p := recover(); p != nil {
			s.Log.Error("an event could not be rendered", "event", e.Type, "seq", e.Seq, "err", p, "stack", string(debug.Stack()))
			data = minimal(e)
		}
	}()
	_, data, err := s.Render(tx, e)
	if err != nil {
		s.Log.Error("an event could not be rendered", "event", e.Type, "seq", e.Seq, "err", err)
		return minimal(e)
	}
	return data
}

func minimal(e event.Event) json.RawMessage {
	data, err := encode(bare(e))
	if err != nil {
		return json.RawMessage("{}")
	}
	return data
}

// encode writes JSON as other systems read it: without HTML's escapes.
func encode(v any) (json.RawMessage, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return json.RawMessage(strings.TrimSuffix(b.String(), "\n")), nil
}

func (s *Service) dataOf(q db.Q, e event.Event) (any, error) {
	switch kind, _, _ := strings.Cut(e.Type, "."); {
	case kind == "message":
		return s.messageData(q, e)
	case kind == "conversation":
		return s.conversationData(q, e)
	case e.Type == "contact.deleted":
		return deletedData(e)
	case kind == "contact":
		return s.contactData(q, e)
	case kind == "channel":
		return s.channelData(q, e)
	}
	return otherData(e)
}

// ids is what remains to be told of something that is gone.
type ids struct {
	MessageID      string `json:"messageId,omitempty"`
	ConversationID string `json:"conversationId,omitempty"`
	ContactID      string `json:"contactId,omitempty"`
	ChannelID      string `json:"channelId,omitempty"`
	Version        int64  `json:"version"`
}

func bare(e event.Event) ids {
	return ids{
		MessageID: ref("msg", e.MessageID), ConversationID: ref("conv", e.ConversationID),
		ContactID: ref("contact", e.ContactID), ChannelID: ref("chan", e.ChannelID), Version: e.Seq,
	}
}

// otherData is what the event itself says, with its ids.
func otherData(e event.Event) (any, error) {
	all := map[string]any{}
	if len(e.Data) > 0 {
		if err := json.Unmarshal(e.Data, &all); err != nil {
			return nil, fmt.Errorf("data of %s: %w", e.Type, err)
		}
	}
	all["version"] = e.Seq
	return all, nil
}

// ref is an id as shown outside; "" for none.
func ref(prefix string, id int64) string {
	if id == 0 {
		return ""
	}
	return db.FormatID(prefix, id)
}

// text is a string, or null for an empty one.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
