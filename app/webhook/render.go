package webhook

import (
	"encoding/json"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/event"
	"badala/app/inbox"
	"badala/app/media"
)

// mediaTTL is how long mediaUrl serves: longer than the last attempt.
const mediaTTL = 7 * 24 * time.Hour

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

// MessageData is the data of message.*: what is empty is absent.
type MessageData struct {
	MessageID        string        `json:"messageId"`
	ConversationID   string        `json:"conversationId"`
	ContactID        string        `json:"contactId,omitempty"`
	ChannelID        string        `json:"channelId"`
	From             string        `json:"from,omitempty"`
	To               string        `json:"to,omitempty"`
	Type             string        `json:"type"`
	Body             string        `json:"body,omitempty"`
	Caption          string        `json:"caption,omitempty"`
	MediaURL         string        `json:"mediaUrl,omitempty"`
	MediaContentType string        `json:"mediaContentType,omitempty"`
	FileName         string        `json:"fileName,omitempty"`
	ReplyToMessageID string        `json:"replyToMessageId,omitempty"`
	ExternalID       string        `json:"externalId,omitempty"`
	WaMessageID      string        `json:"waMessageId,omitempty"`
	Status           string        `json:"status"`
	Error            *MessageError `json:"error,omitempty"`
	OccurredAt       string        `json:"occurredAt"`
	Version          int64         `json:"version"`
}

// MessageError is why a message failed.
type MessageError struct {
	Code   int    `json:"code"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
}

// messageRow is a message with the two that it is between.
type messageRow struct {
	inbox.Message
	payload                        string
	customer, number, externalID   string
	sentAt, deliveredAt, readAt    int64
	errorCode                      int
	errorTitle, errorDetail, waMsg string
}

func readMessage(q db.Q, org, id int64) (messageRow, error) {
	return db.One(q, func(r *db.Rows, m *messageRow) error {
		return r.Scan(&m.ID, &m.ConversationID, &m.ContactID, &m.ChannelID, &m.Direction, &m.Type, &m.Body, &m.Caption, &m.MediaID, &m.payload,
			&m.ReplyTo, &m.Status, &m.errorCode, &m.errorTitle, &m.errorDetail, &m.waMsg, &m.At, &m.sentAt, &m.deliveredAt, &m.readAt,
			&m.customer, &m.externalID, &m.number)
	}, `SELECT m.id, m.conversation_id, m.contact_id, m.channel_id, m.direction, m.type, m.body, m.caption, m.media_id, m.payload,
			m.reply_to, m.status, m.error_code, m.error_title, m.error_detail, m.wa_id, m.at, m.sent_at, m.delivered_at, m.read_at,
			coalesce(c.phone, ''), coalesce(c.external_id, ''), coalesce(ch.phone_number, '')
		FROM message m LEFT JOIN contact c ON c.id = m.contact_id LEFT JOIN channel ch ON ch.id = m.channel_id
		WHERE m.id = ? AND m.org_id = ?`, id, org)
}

func (s *Service) messageData(q db.Q, e event.Event) (any, error) {
	m, err := readMessage(q, e.OrgID, e.MessageID)
	if err != nil {
		return nil, err
	}
	d := MessageData{
		MessageID: ref("msg", m.ID), ConversationID: ref("conv", m.ConversationID), ContactID: ref("contact", m.ContactID), ChannelID: ref("chan", m.ChannelID),
		From: m.number, To: m.customer, Type: m.Type, Body: m.Body, Caption: m.Caption, ReplyToMessageID: ref("msg", m.ReplyTo),
		ExternalID: m.externalID, WaMessageID: m.waMsg, Version: e.Seq,
	}
	if m.Direction == inbox.Inbound {
		d.From, d.To = m.customer, m.number
	}
	at := e.At
	switch e.Type {
	case "message.received":
		d.Status, at = inbox.StatusReceived, m.At
	case "message.sent":
		d.Status, at = inbox.StatusSent, m.sentAt
	case "message.delivered":
		d.Status, at = inbox.StatusDelivered, m.deliveredAt
	case "message.read":
		d.Status, at = inbox.StatusRead, m.readAt
	case "message.failed":
		d.Status = inbox.StatusFailed
		d.Error = &MessageError{m.errorCode, m.errorTitle, m.errorDetail}
	}
	if at == 0 {
		at = e.At
	}
	d.OccurredAt = db.FormatTime(at)
	return d, s.addFile(q, e.OrgID, m, &d)
}

// addFile tells where the file of a message lies, and what its payload knows.
func (s *Service) addFile(q db.Q, org int64, m messageRow, d *MessageData) error {
	if m.payload != "" {
		m.Payload = json.RawMessage(m.payload)
		p := m.Extra()
		d.FileName, d.MediaURL = p.FileName, p.Link
		if d.Body == "" && p.Interactive != nil {
			d.Body = p.Interactive.Title
		}
		if d.Body == "" && p.Button != nil {
			d.Body = p.Button.Text
		}
		if d.Body == "" && p.Template != nil {
			d.Body = p.Template.Body
		}
	}
	if m.MediaID == 0 {
		return nil
	}
	file, err := media.ByID(q, org, m.MediaID)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if file.State == media.Ready {
		d.MediaURL = s.Media.PublicURLFor(file, mediaTTL)
	}
	d.MediaContentType = file.ContentType
	if d.FileName == "" {
		d.FileName = file.FileName
	}
	return nil
}

// ConversationData is the data of conversation.*.
type ConversationData struct {
	ConversationID     string         `json:"conversationId"`
	ContactID          string         `json:"contactId"`
	ChannelID          string         `json:"channelId"`
	Status             string         `json:"status"`
	AssigneeID         *string        `json:"assigneeId"`
	AssigneeName       *string        `json:"assigneeName"`
	PreviousAssigneeID *string        `json:"previousAssigneeId"`
	Reason             string         `json:"reason,omitempty"`
	Contact            ContactSummary `json:"contact"`
	URL                string         `json:"url"`
	Version            int64          `json:"version"`
}

// ContactSummary names the customer of a conversation.
type ContactSummary struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Phone      *string  `json:"phone"`
	ExternalID *string  `json:"externalId"`
	Tags       []string `json:"tags"`
}

func (s *Service) conversationData(q db.Q, e event.Event) (any, error) {
	type row struct {
		contact, channel, assignee int64
		status                     string
	}
	c, err := db.One(q, func(r *db.Rows, c *row) error { return r.Scan(&c.contact, &c.channel, &c.assignee, &c.status) },
		`SELECT contact_id, channel_id, assignee_id, status FROM conversation WHERE id = ? AND org_id = ?`, e.ConversationID, e.OrgID)
	if err != nil {
		return nil, err
	}
	d := ConversationData{
		ConversationID: ref("conv", e.ConversationID), ContactID: ref("contact", c.contact), ChannelID: ref("chan", c.channel),
		Status: c.status, URL: s.PublicURL + "/inbox?conv=" + ref("conv", e.ConversationID), Version: e.Seq,
	}
	switch e.Type {
	case "conversation.created", "conversation.reopened":
		d.Status = inbox.Open
	case "conversation.closed":
		d.Status = inbox.Closed
	case "conversation.assigned":
		var how struct {
			AssigneeID, PreviousAssigneeID int64
			Reason                         string
		}
		if err := json.Unmarshal(e.Data, &how); err != nil {
			return nil, fmt.Errorf("data of %s: %w", e.Type, err)
		}
		c.assignee, d.PreviousAssigneeID, d.Reason = how.AssigneeID, text(ref("user", how.PreviousAssigneeID)), how.Reason
	}
	if c.assignee != 0 {
		name, err := db.Value[string](q, `SELECT u.name FROM user u JOIN member m ON m.user_id = u.id WHERE u.id = ? AND m.org_id = ?`, c.assignee, e.OrgID)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return nil, err
		}
		d.AssigneeID, d.AssigneeName = text(ref("user", c.assignee)), text(name)
	}
	d.Contact, err = s.summary(q, e.OrgID, c.contact)
	return d, err
}

func (s *Service) summary(q db.Q, org, id int64) (ContactSummary, error) {
	out := ContactSummary{ID: ref("contact", id), Tags: []string{}}
	all, err := s.Contacts.ByIDs(q, org, []int64{id})
	if err != nil {
		return out, err
	}
	if c, ok := all[id]; ok {
		d := contact.DocumentOf(c)
		out.Name, out.Phone, out.ExternalID, out.Tags = d.Name, d.Phone, d.ExternalID, d.Tags
	}
	return out, nil
}

// ContactData is the data of contact.created and contact.updated.
type ContactData struct {
	contact.Document
	Changed []string `json:"changed,omitempty"`
	Origin  string   `json:"origin"`
	Version int64    `json:"version"`
}

func (s *Service) contactData(q db.Q, e event.Event) (any, error) {
	c, err := s.Contacts.ByID(q, e.OrgID, e.ContactID)
	if err != nil {
		return nil, err
	}
	if c.LastMessageAt == 0 {
		if c.LastMessageAt, err = db.Value[int64](q, `SELECT coalesce(max(last_message_at), 0) FROM conversation WHERE contact_id = ? AND org_id = ?`, c.ID, e.OrgID); err != nil {
			return nil, err
		}
	}
	d := ContactData{Document: contact.DocumentOf(c), Version: e.Seq}
	var how struct {
		Origin  string
		Changed []string
	}
	if len(e.Data) > 0 {
		if err := json.Unmarshal(e.Data, &how); err != nil {
			return nil, fmt.Errorf("data of %s: %w", e.Type, err)
		}
	}
	d.Origin, d.Changed = how.Origin, how.Changed
	return d, nil
}

// DeletedData is the data of contact.deleted.
type DeletedData struct {
	ContactID  string  `json:"contactId"`
	ExternalID *string `json:"externalId"`
	Origin     string  `json:"origin"`
	Version    int64   `json:"version"`
}

func deletedData(e event.Event) (any, error) {
	var was struct{ ExternalID, Origin string }
	if len(e.Data) > 0 {
		if err := json.Unmarshal(e.Data, &was); err != nil {
			return nil, fmt.Errorf("data of %s: %w", e.Type, err)
		}
	}
	return DeletedData{ref("contact", e.ContactID), text(was.ExternalID), was.Origin, e.Seq}, nil
}

// ChannelData is the data of channel.health. What names the news, Detail is
// Meta's word for it.
type ChannelData struct {
	ChannelID   string `json:"channelId"`
	Name        string `json:"name"`
	PhoneNumber string `json:"phoneNumber,omitempty"`
	State       string `json:"state"`
	Quality     string `json:"quality,omitempty"`
	What        string `json:"what,omitempty"`
	Detail      string `json:"detail,omitempty"`
	Version     int64  `json:"version"`
}

func (s *Service) channelData(q db.Q, e event.Event) (any, error) {
	d := ChannelData{ChannelID: ref("chan", e.ChannelID), Version: e.Seq}
	if len(e.Data) > 0 {
		if err := json.Unmarshal(e.Data, &d); err != nil {
			return nil, fmt.Errorf("data of %s: %w", e.Type, err)
		}
	}
	return db.One(q, func(r *db.Rows, out *ChannelData) error {
		*out = d
		return r.Scan(&out.Name, &out.PhoneNumber, &out.State, &out.Quality)
	}, `SELECT name, phone_number, state, quality FROM channel WHERE id = ? AND org_id = ?`, e.ChannelID, e.OrgID)
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
