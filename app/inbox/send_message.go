package inbox

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/media"
)

// draftMessageTx is the message that in asks for, not yet stored.
func (s *Service) draftMessageTx(tx *db.Tx, who account.Actor, c Conversation, in SendInput) (Message, error) {
	m := Message{
		OrgID: c.OrgID, ConversationID: c.ID, ContactID: c.ContactID, ChannelID: c.ChannelID,
		Direction: Outbound, Type: in.Type, ClientID: in.ClientID, ReplyTo: in.ReplyTo,
	}
	m.SentByKind, m.SentByID = sentBy(who)
	if in.Type == TypeTemplate {
		return s.draftTemplateTx(tx, c, m, in)
	}
	var extra Payload
	switch in.Type {
	case TypeText:
		m.Body = in.Body
	case TypeLocation:
		extra.Location = in.Location
	case TypeInteractive:
		m.Body, extra.Interactive = in.Interactive.Body, in.Interactive.ours()
	case TypeReaction:
		extra.Target = &Target{MessageID: in.TargetID, Emoji: in.Emoji}
	default:
		m.Caption = in.Caption
		extra.Voice = in.Voice && in.Type == TypeAudio
		extra.FileName = strings.TrimSpace(in.FileName)
		extra.Link = in.MediaURL
		if in.UploadKey != "" {
			file, err := sendableTx(tx, c.OrgID, in)
			if err != nil {
				return Message{}, err
			}
			m.MediaID = file.ID
			if extra.FileName == "" {
				extra.FileName = file.FileName
			}
		}
	}
	m.Payload = extra.encode()
	return m, s.quoteTx(tx, &m)
}

// draftTemplateTx is m with a template in it.
func (s *Service) draftTemplateTx(tx *db.Tx, c Conversation, m Message, in SendInput) (Message, error) {
	made, err := s.templateMessageTx(tx, c, *in.Template)
	if err != nil {
		return Message{}, err
	}
	made.ClientID, made.ReplyTo, made.SentByKind, made.SentByID = m.ClientID, m.ReplyTo, m.SentByKind, m.SentByID
	return made, s.quoteTx(tx, &made)
}

// sendableTx finds the file of an upload key, if WhatsApp carries it as the
// wanted type.
func sendableTx(tx *db.Tx, org int64, in SendInput) (media.Media, error) {
	file, err := media.ByKey(tx, org, in.UploadKey)
	if errs.Is(err, errs.NotFound) {
		return file, errs.Field("uploadKey", "there is no such upload")
	}
	if err != nil {
		return file, err
	}
	return file, media.CheckSendable(strings.ToLower(in.Type), file)
}

// quoteTx checks the quoted message and notes its wamid.
func (s *Service) quoteTx(tx *db.Tx, m *Message) error {
	if m.ReplyTo == 0 {
		return nil
	}
	quoted, err := messageRow(tx, m.OrgID, m.ReplyTo)
	if errs.Is(err, errs.NotFound) || err == nil && (quoted.ConversationID != m.ConversationID || !quoted.ofWhatsApp()) {
		return errs.Field("replyTo", "there is no such message in this conversation")
	}
	m.ReplyWamid = quoted.WaID
	return err
}

// ofWhatsApp says whether customers see the message, unlike notes and activity.
func (m *Message) ofWhatsApp() bool { return m.Direction == Inbound || m.Direction == Outbound }

// repeatedTx finds the message that m repeats: the same ClientID and content.
// Other content under the same ClientID is a conflict.
func repeatedTx(tx *db.Tx, m Message) (int64, error) {
	if m.ClientID == "" {
		return 0, nil
	}
	first, err := db.One(tx, scanMessage, `SELECT `+messageColumns+` FROM message m WHERE m.org_id = ? AND m.client_id = ? AND m.client_id <> ''`,
		m.OrgID, m.ClientID)
	if errs.Is(err, errs.NotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	if !first.sameAs(m) {
		return 0, errs.Coded(errs.Conflict, "client_id_reused", "this client id was used for another message")
	}
	return first.ID, nil
}

func (m Message) sameAs(o Message) bool {
	return m.ConversationID == o.ConversationID && m.Direction == o.Direction && m.Type == o.Type &&
		m.Body == o.Body && m.Caption == o.Caption && m.MediaID == o.MediaID && m.ReplyTo == o.ReplyTo &&
		m.SentByKind == o.SentByKind && m.SentByID == o.SentByID && bytes.Equal(m.Payload, o.Payload)
}

// allowTx refuses what Meta would refuse, what a full disk could not keep, or
// what the sender may not want once they know what a teammate wrote meanwhile.
func (s *Service) allowTx(tx *db.Tx, who account.Actor, c Conversation, m Message, seenRev int64) error {
	if err := s.DB.Spare(db.ForSends); err != nil {
		return err
	}
	if _, err := s.addressOf(tx, c); err != nil {
		return err
	}
	if m.Type == TypeTemplate {
		if err := s.templateAllowedTx(tx, c, m.category()); err != nil {
			return err
		}
	} else if !c.WindowOpen(tx.Now() + windowMargin.Milliseconds()) {
		return errs.Coded(errs.Conflict, "window_closed",
			"the customer last wrote more than 24 hours ago: only a template can be sent")
	}
	newer, err := s.NewerReplies(tx, who, c.ID, seenRev)
	if err != nil || len(newer) == 0 {
		return err
	}
	e := &errs.Error{Kind: errs.Conflict, Code: "seen_newer", Message: "a teammate has answered meanwhile"}
	for _, id := range newer {
		e.Details = append(e.Details, db.FormatID("msg", id))
	}
	return e
}

// NewerReplies lists what others than who sent into a conversation after the
// revision seen, oldest first. seen 0 gives nothing.
func (s *Service) NewerReplies(q db.Q, who account.Actor, conv, seen int64) ([]int64, error) {
	if seen <= 0 {
		return nil, nil
	}
	// The events of a message after its first do not make it new: what counts
	// is when the page's revision was made.
	last, err := s.Events.Since(q, who.OrgID, seen-1, 1)
	if err != nil || len(last) == 0 {
		return nil, err
	}
	kind, id := sentBy(who)
	return db.All(q, func(r *db.Rows, v *int64) error { return r.Scan(v) }, `
		SELECT id FROM message
		WHERE conversation_id = ? AND org_id = ? AND at >= ? AND created_at >= ? AND rev > ?
		  AND direction = 'OUTBOUND' AND type <> 'REACTION' AND NOT (sent_by_kind = ? AND sent_by_id = ?)
		ORDER BY id LIMIT 20`, conv, who.OrgID, last[0].At, last[0].At, seen, kind, id)
}

// sendLane keeps the messages of a conversation in order.
func sendLane(conv int64) string { return fmt.Sprintf("conv:%d", conv) }

// rawJSON is v as Meta reads it. v is always a plain struct or map of ours.
func rawJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return b
}
