package inbox

import (
	"fmt"
	"time"

	"badala/app/channel"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/event"
	"badala/app/meta"
)

// receipt is the applying of news to one channel, in one transaction.
type receipt struct {
	s  *Service
	tx *db.Tx
	ch channel.Channel
}

// read turns a change into what is to be applied. An item that cannot be read
// costs only itself.
func read(c meta.Change) (items []item, odd []error) {
	switch c.Field {
	case "messages", "smb_message_echoes", "user_preferences", "calls", "history", "smb_app_state_sync":
	default:
		return []item{func(r *receipt) error { return r.s.Channels.ApplyTx(r.tx, r.ch, c) }}, nil
	}
	v := &c.Value
	quiet := c.Field == "history"
	add := func(noun string, n int, it item, err error) {
		if err != nil {
			odd = append(odd, fmt.Errorf("%s %d of %s: %w", noun, n, c.Field, err))
			return
		}
		items = append(items, it)
	}
	for n, raw := range v.Messages {
		m, err := meta.ParseMessage(raw)
		add("message", n, readMessage(v, m, false, quiet), err)
	}
	for n, raw := range v.MessageEchoes {
		m, err := meta.ParseMessage(raw)
		add("echo", n, readMessage(v, m, true, quiet), err)
	}
	for n, raw := range v.History {
		h, err := meta.ParseHistory(raw)
		add("chunk", n, readHistory(v, h), err)
	}
	for n, raw := range v.Statuses {
		st, err := meta.ParseStatus(raw)
		add("status", n, readStatus(st), err)
	}
	for n, raw := range v.Calls {
		call, err := meta.ParseCall(raw)
		add("call", n, readCall(v, call), err)
	}
	for n, raw := range v.UserPreferences {
		p, err := meta.ParsePreference(raw)
		add("preference", n, readPreference(v, p), err)
	}
	for n, raw := range v.StateSync {
		st, err := meta.ParseStateSync(raw)
		add("entry", n, readStateSync(st), err)
	}
	if len(v.Errors) > 0 {
		items = append(items, func(r *receipt) error { return r.s.Channels.ApplyTx(r.tx, r.ch, c) })
	}
	return items, odd
}

// identity is a person as the contact package wants to know them.
func identity(c meta.WebhookContact) contact.Identity {
	return contact.Identity{
		Phone: c.WaID, WaUserID: c.UserID, ParentUserID: c.ParentUserID,
		Username: c.Username, ProfileName: c.Name,
	}
}

// metaTime is when something happened by Meta's clock, but never after it
// reached us: a clock that runs ahead must not hold a window open.
func (r *receipt) metaTime(t time.Time) int64 {
	if at := db.Millis(t); at > 0 && at < r.tx.Now() {
		return at
	}
	return r.tx.Now()
}

// event records an event of the channel.
func (r *receipt) event(kind string, c *Conversation, message, contactID int64, actor string) (int64, error) {
	e := event.Event{
		OrgID: r.ch.OrgID, Type: kind, ActorKind: actor,
		ConversationID: c.ID, MessageID: message, ContactID: contactID, ChannelID: r.ch.ID,
	}
	if actor == "CUSTOMER" {
		e.ActorID = contactID
	}
	return r.s.Events.Record(r.tx, e)
}
