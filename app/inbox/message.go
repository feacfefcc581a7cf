package inbox

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"

	"badala/app/db"
	"badala/app/media"
)

// Directions of a message. Notes and activity lines are part of the thread.
const (
	Inbound  = "INBOUND"
	Outbound = "OUTBOUND"
	Note     = "NOTE"
	Activity = "ACTIVITY"
)

// Types of messages. A reaction of ours is a message of its own, because it is
// sent like one, but threads do not show it: see Message.Reactions.
const (
	TypeText        = "TEXT"
	TypeImage       = "IMAGE"
	TypeVideo       = "VIDEO"
	TypeAudio       = "AUDIO" // Payload.Voice tells a voice note
	TypeDocument    = "DOCUMENT"
	TypeSticker     = "STICKER"
	TypeLocation    = "LOCATION"
	TypeContacts    = "CONTACTS"
	TypeInteractive = "INTERACTIVE"
	TypeButton      = "BUTTON"
	TypeTemplate    = "TEMPLATE"
	TypeReaction    = "REACTION"
	TypeOrder       = "ORDER"
	TypeUnsupported = "UNSUPPORTED" // what the API does not carry, or a type of the future
)

// Types of activity lines.
const (
	ActivityReopened      = "REOPENED" // by the customer when SentByKind is empty
	ActivityClosed        = "CLOSED"
	ActivityAssigned      = "ASSIGNED"   // Payload.Assignee
	ActivityWaiting       = "WAITING"    // too long; Payload.Reason tells who was told
	ActivityUnassigned    = "UNASSIGNED" // Payload.Assignee is the former one
	ActivityNumberChanged = "NUMBER_CHANGED"
	ActivityUserIDChanged = "USER_ID_CHANGED"
	ActivityIdentity      = "IDENTITY_CHANGED"
	ActivityCall          = "CALL"
	ActivitySystem        = "SYSTEM" // a system message of a kind not known here; Body is Meta's text
)

// Statuses of a message. A note or an activity has none.
const (
	StatusPending     = "PENDING"
	StatusUnconfirmed = "UNCONFIRMED"
	StatusSent        = "SENT"
	StatusDelivered   = "DELIVERED"
	StatusRead        = "READ"
	StatusFailed      = "FAILED"
	StatusReceived    = "RECEIVED"
)

// SentByKind values. PHONE is the WhatsApp Business app on the same number.
const (
	SentByUser       = "USER"
	SentByAPI        = "API"
	SentByAutomation = "AUTOMATION"
	SentByBroadcast  = "BROADCAST"
	SentByPhone      = "PHONE"
)

// Message is one entry of a thread. Order in a thread is (At, ID).
type Message struct {
	ID, OrgID, ConversationID, ContactID, ChannelID int64

	Direction, Type string
	Body, Caption   string
	MediaID         int64
	Payload         json.RawMessage // a Payload, or empty; see Extra
	ReplyTo         int64           // quoted message, 0 when none or not known here
	ReplyWamid      string          // quoted wamid, also when not known here
	Status          string
	Error           MessageError
	SentByKind      string
	SentByID        int64
	WaID            string // wamid
	ClientID        string
	Edited, Deleted bool
	EditedAt        int64 // by Meta's clock

	At, CreatedAt                         int64 // At is Meta's time
	SentAt, DeliveredAt, ReadAt, PlayedAt int64
	Rev                                   int64
	// Announced tells that message.received was recorded.
	Announced bool

	// Attempt counts calls to Meta, AttemptStartedAt is when the latest began,
	// Outcome what became of it: sending keeps them.
	Attempt          int
	AttemptStartedAt int64
	Outcome          string

	// Filled by Messages, Message and MessagesByID.
	Media     *media.Media
	Reply     *Quote
	Reactions []Reaction

	search string // what the search row says, when it is not made of the fields
}

// MessageError is why a message failed; Code 0 means that nothing did.
type MessageError struct {
	Code          int
	Title, Detail string
}

// Reaction is an emoji on a message. ContactID 0 means that it is ours.
type Reaction struct {
	MessageID, ContactID int64
	Emoji                string
	At                   int64
}

// Quote is what a reply shows of the message it answers.
type Quote struct {
	ID                  int64
	Direction           string
	ContactID, SentByID int64
	Preview             Preview
}

const messageColumns = `m.id, m.org_id, m.conversation_id, m.contact_id, m.channel_id, m.direction, m.type, m.body, m.caption,
	m.media_id, m.payload, m.reply_to, m.reply_wamid, m.status, m.error_code, m.error_title, m.error_detail,
	m.sent_by_kind, m.sent_by_id, m.wa_id, m.client_id, m.edited_at, m.deleted, m.at, m.created_at, m.sent_at, m.delivered_at,
	m.read_at, m.played_at, m.announced, m.rev, m.attempt, m.attempt_started_at, m.outcome`

func scanMessage(r *db.Rows, m *Message) error {
	var payload string
	err := r.Scan(&m.ID, &m.OrgID, &m.ConversationID, &m.ContactID, &m.ChannelID, &m.Direction, &m.Type, &m.Body, &m.Caption,
		&m.MediaID, &payload, &m.ReplyTo, &m.ReplyWamid, &m.Status, &m.Error.Code, &m.Error.Title, &m.Error.Detail,
		&m.SentByKind, &m.SentByID, &m.WaID, &m.ClientID, &m.EditedAt, &m.Deleted, &m.At, &m.CreatedAt, &m.SentAt, &m.DeliveredAt,
		&m.ReadAt, &m.PlayedAt, &m.Announced, &m.Rev, &m.Attempt, &m.AttemptStartedAt, &m.Outcome)
	m.Edited = m.EditedAt != 0
	if payload != "" {
		m.Payload = json.RawMessage(payload)
	}
	return err
}

// messageRow reads a message without its media, reactions and quote.
func messageRow(q db.Q, org, id int64) (Message, error) {
	return db.One(q, scanMessage, `SELECT `+messageColumns+` FROM message m WHERE m.id = ? AND m.org_id = ?`, id, org)
}

// messageByWaID finds a message of a channel by its wamid.
func messageByWaID(q db.Q, org, channel int64, wamid string) (Message, error) {
	return db.One(q, scanMessage, `SELECT `+messageColumns+` FROM message m WHERE m.wa_hash = ? AND m.org_id = ?`,
		waHash(channel, wamid), org)
}

// insertMessageTx inserts m and its search row. A zero ID, At or CreatedAt is
// filled in; Rev is the caller's, normally the sequence of the event recorded
// for m. It gives false, and inserts nothing, when the wamid of this channel
// or the ClientID of this organisation is already there.
func insertMessageTx(tx *db.Tx, m *Message) (bool, error) {
	if m.ID == 0 {
		m.ID = tx.NewID()
	}
	if m.CreatedAt == 0 {
		m.CreatedAt = tx.Now()
	}
	if m.At == 0 {
		m.At = m.CreatedAt
	}
	write := insertFull
	if m.Direction == Inbound {
		write = insertInbound
	}
	n, err := write(tx, m)
	if err != nil || n == 0 {
		return false, err
	}
	indexMessageTx(tx, m)
	return true, nil
}

func insertFull(tx *db.Tx, m *Message) (int64, error) {
	return tx.Exec(`INSERT INTO message (id, org_id, conversation_id, contact_id, channel_id, direction, type, body, caption,
		media_id, payload, reply_to, reply_wamid, status, error_code, error_title, error_detail, sent_by_kind, sent_by_id,
		wa_id, wa_hash, client_id, edited_at, deleted, at, created_at, sent_at, delivered_at, read_at, played_at, announced, rev,
		attempt, attempt_started_at, outcome)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO NOTHING`,
		m.ID, m.OrgID, m.ConversationID, m.ContactID, m.ChannelID, m.Direction, m.Type, m.Body, m.Caption,
		m.MediaID, string(m.Payload), m.ReplyTo, m.ReplyWamid, m.Status, m.Error.Code, m.Error.Title, m.Error.Detail,
		m.SentByKind, m.SentByID, m.WaID, hashValue(m.ChannelID, m.WaID), m.ClientID, m.EditedAt, m.Deleted,
		m.At, m.CreatedAt, m.SentAt, m.DeliveredAt, m.ReadAt, m.PlayedAt, m.Announced, m.Rev,
		m.Attempt, m.AttemptStartedAt, m.Outcome)
}

// insertInbound leaves out what a customer's message never has: most messages
// come this way, and every parameter costs.
func insertInbound(tx *db.Tx, m *Message) (int64, error) {
	return tx.Exec(`INSERT INTO message (id, org_id, conversation_id, contact_id, channel_id, direction, type, body, caption,
		media_id, payload, reply_to, reply_wamid, status, error_code, error_title, error_detail,
		wa_id, wa_hash, at, created_at, announced, rev)
		VALUES (?, ?, ?, ?, ?, 'INBOUND', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO NOTHING`,
		m.ID, m.OrgID, m.ConversationID, m.ContactID, m.ChannelID, m.Type, m.Body, m.Caption,
		m.MediaID, string(m.Payload), m.ReplyTo, m.ReplyWamid, m.Status, m.Error.Code, m.Error.Title, m.Error.Detail,
		m.WaID, hashValue(m.ChannelID, m.WaID), m.At, m.CreatedAt, m.Announced, m.Rev)
}

// setWaIDTx gives a message of ours the wamid that Meta gave it. One whose
// conversation is erased gets none: a wamid holds the number.
func setWaIDTx(tx *db.Tx, m *Message, wamid string) error {
	m.WaID = wamid
	_, err := tx.Exec(`UPDATE message SET wa_id = ?, wa_hash = ? WHERE id = ? AND org_id = ?
		AND EXISTS (SELECT 1 FROM conversation c WHERE c.id = message.conversation_id)`,
		wamid, hashValue(m.ChannelID, wamid), m.ID, m.OrgID)
	return err
}

// waHash identifies a message of Meta's: a wamid is unique within a channel.
func waHash(channel int64, wamid string) []byte {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(wamid)), uint64(channel))
	sum := sha256.Sum256(append(b, wamid...))
	return sum[:16]
}

// hashValue is the column of waHash: NULL without a wamid.
func hashValue(channel int64, wamid string) any {
	if wamid == "" {
		return nil
	}
	return waHash(channel, wamid)
}
