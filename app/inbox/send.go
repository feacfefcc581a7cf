package inbox

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/event"
	"badala/app/queue"
)

// windowMargin is how early free-form replies end: clocks differ, and a
// message may wait in the queue.
const windowMargin = time.Minute

// SendInput is what somebody wants to send.
type SendInput struct {
	Type string // TEXT, IMAGE, VIDEO, AUDIO, DOCUMENT, STICKER, LOCATION, REACTION, INTERACTIVE or TEMPLATE

	Body    string // of a text
	Caption string // of an image, video or document

	// UploadKey names a stored file, MediaURL a public https address: exactly
	// one of them for media.
	UploadKey, MediaURL string
	FileName            string
	Voice               bool // audio as a voice note

	ReplyTo  int64 // message to quote, 0 for none
	Location *Location

	Interactive *Interactive // with its text in its own Body

	Template *TemplateInput // may be sent outside the window too

	TargetID int64  // message that a REACTION is put on
	Emoji    string // "" takes our reaction back

	// ClientID is the sender's own name for this message. Repeating it gives
	// the first message again.
	ClientID string
	// SeenRev is the newest revision the sender has seen; 0 means that newer
	// messages of teammates do not matter.
	SeenRev int64
	// Async returns at once, with the message still PENDING.
	Async bool
}

// sends is what sending keeps in memory. Losing it costs at most a repeated
// question to the database.
type sends struct {
	pace     pace
	waiting  waiters
	instance atomic.Pointer[string] // the name of this install in tokens
	answers  sync.Map               // message id → answer of Meta that could not be committed yet
	watch    Watch                  // nil: nobody counts
}

func (s *Service) initSend() {
	sendKind.Handle(s.Queue, s.runSend)
	bulkKind.Handle(s.Queue, s.runSend)
	readKind.Handle(s.Queue, s.runRead)
	resumeKind.Handle(s.Queue, s.runResume)
	s.Events.OnRecord(s.sendEventTx)
	s.Channels.OnResume(s.resumeSendsTx)
	s.Queue.AfterRecovery(s.givenUpTx)
	if err := s.Queue.Every("inbox.given_up", "@every 5m", nil, func(tx *db.Tx, _ int64) error { return s.givenUpTx(tx) }); err != nil {
		s.Log.Error("messages whose jobs were given up will not be noticed", "err", err)
	}
}

// Send puts a message into a conversation and has it sent. The message and its
// job are one durable change, so what Send returned will be sent once, or end
// FAILED or UNCONFIRMED; those are states of the message and no errors.
// Without Async it waits for Meta's first verdict, half a minute at most.
func (s *Service) Send(ctx context.Context, who account.Actor, conv int64, in SendInput) (_ Message, err error) {
	defer errs.Wrap(&err, "inbox.Send(conversation %d)", conv)
	if err := who.Require(account.Reply); err != nil {
		return Message{}, err
	}
	if err := in.check(); err != nil {
		return Message{}, err
	}
	if in.Type == TypeTemplate {
		c, err := conversationRow(s.DB.Read(ctx), who.OrgID, conv)
		if err == nil {
			err = s.prepareTemplate(ctx, who.OrgID, c.ChannelID, *in.Template)
		}
		if err != nil {
			return Message{}, err
		}
	}
	var id int64
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		id, err = s.sendTx(tx, who, conv, in)
		return err
	})
	if err != nil {
		return Message{}, err
	}
	if !in.Async {
		s.awaitVerdict(ctx, who.OrgID, id)
	}
	return s.Message(s.DB.Read(ctx), who.OrgID, id)
}

// sendTx gives the id of the message that in makes, or made before under the
// same ClientID.
func (s *Service) sendTx(tx *db.Tx, who account.Actor, conv int64, in SendInput) (int64, error) {
	c, err := conversationRow(tx, who.OrgID, conv)
	if err != nil {
		return 0, err
	}
	m, err := s.draftMessageTx(tx, who, c, in)
	if err != nil {
		return 0, err
	}
	if first, err := repeatedTx(tx, m); first != 0 || err != nil {
		return first, err
	}
	if err := s.allowTx(tx, who, c, m, in.SeenRev); err != nil {
		return 0, err
	}
	if err := s.claimTx(tx, who, &c); err != nil {
		return 0, err
	}
	if err := s.readTx(tx, &c); err != nil {
		return 0, err
	}
	if m.Type == TypeReaction {
		if err := s.reactTx(tx, who, &m); err != nil {
			return 0, err
		}
	}
	if m.Type == TypeText || m.Type == TypeTemplate {
		if err := dropDraftTx(tx, who, c.ID, DraftReply); err != nil {
			return 0, err
		}
	}
	// The id is made by queueTx.
	if err := s.queueTx(tx, who, &c, &m); err != nil {
		return 0, err
	}
	return m.ID, auditMessageTx(tx, who, "message.send", &m)
}

// queueTx inserts a PENDING message with its event and its job.
func (s *Service) queueTx(tx *db.Tx, who account.Actor, c *Conversation, m *Message) error {
	m.ID, m.Status = tx.NewID(), StatusPending
	seq, err := s.Events.Record(tx, m.event(who, "message.updated"))
	if err != nil {
		return err
	}
	m.Rev, c.Rev = seq, seq
	fresh, err := insertMessageTx(tx, m)
	if err != nil {
		return err
	}
	if !fresh {
		return errs.Coded(errs.Conflict, "client_id_reused", "this client id belongs to another message")
	}
	if m.answers() {
		c.answered()
	}
	if err := touchConversationTx(tx, c, m); err != nil {
		return err
	}
	if m.SentByKind == SentByBroadcast {
		return nil // its job has another time and other workers
	}
	return s.addSendTx(tx, m)
}

// addSendTx adds the job that sends m, behind all others of the conversation.
func (s *Service) addSendTx(tx *db.Tx, m *Message) error {
	return sendKind.Add(s.Queue, tx, sendArgs{Org: m.OrgID, Message: m.ID},
		queue.Once("%d", m.ID), queue.Lane(sendLane(m.ConversationID), 1))
}

// event is what the log says of m.
func (m *Message) event(who account.Actor, kind string) event.Event {
	return event.Event{
		OrgID: m.OrgID, Type: kind, ActorKind: who.Kind, ActorID: who.ID(),
		ConversationID: m.ConversationID, MessageID: m.ID, ContactID: m.ContactID, ChannelID: m.ChannelID,
	}
}

// sentBy says who wrote a message in the words of its row.
func sentBy(who account.Actor) (kind string, id int64) {
	switch who.Kind {
	case account.KindAPI:
		return SentByAPI, who.KeyID
	case account.KindSystem:
		return SentByAutomation, 0
	}
	return SentByUser, who.UserID
}
