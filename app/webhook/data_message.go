package webhook

import (
	"encoding/json"
	"time"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/event"
	"badala/app/inbox"
	"badala/app/media"
)

// mediaTTL is how long mediaUrl serves: longer than the last attempt.
const mediaTTL = 7 * 24 * time.Hour

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
