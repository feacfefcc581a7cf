package inbox

import (
	"errors"
	"time"

	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/media"
	"badala/app/meta"
)

// window is how long after a customer's message free-form replies are allowed.
const window = 24 * time.Hour

var errNoWamid = errors.New("message without an id")

// incoming is a message of a webhook, read as far as can be done without the
// database.
type incoming struct {
	in  meta.Message
	who contact.Identity
	msg Message
	// outbound: sent from the phone app of the business. quiet: an old message,
	// which raises nothing and opens nothing.
	outbound, quiet bool
}

// readMessage prepares one item of messages, of echoes or of a history thread.
func readMessage(v *meta.Value, m meta.Message, outbound, quiet bool) item {
	return fileItem(&incoming{in: m, who: identity(v.Who(m)), outbound: outbound, quiet: quiet})
}

func fileItem(in *incoming) item {
	in.msg = contentOf(in.in)
	return func(r *receipt) error { return r.message(in) }
}

// message applies a message to the channel. Repeating it changes nothing.
func (r *receipt) message(in *incoming) (err error) {
	defer errs.Wrap(&err, "inbox: message of type %q", in.in.Type)
	if in.in.ID == "" {
		return errNoWamid
	}
	switch in.in.Type {
	case "request_welcome":
		return nil
	case "reaction":
		return r.reaction(in)
	case "edit":
		return r.edit(in)
	case "revoke":
		return r.revoke(in)
	case "system":
		return r.system(in)
	}
	return r.file(in)
}

// file puts a message into its conversation.
func (r *receipt) file(in *incoming) error {
	known, err := r.find(in.in.ID)
	if err != nil {
		return err
	}
	if known.id != 0 {
		return r.fillPlaceholder(known.id, in)
	}
	who, err := r.person(in)
	if err != nil {
		return err
	}
	c, err := r.conversation(who.ID, in.in.GroupID, in.quiet)
	if err != nil {
		return err
	}
	at := r.metaTime(in.in.Timestamp)
	live := !in.quiet && !in.outbound
	anew := c.IsClosed() || c.LastInboundAt == 0
	if live {
		if err := r.customerWrote(&c, who.ID, at); err != nil {
			return err
		}
		c.UnreadCount++
		if err := r.s.waitsTx(r.tx, &c, at); err != nil {
			return err
		}
	}
	m := in.msg
	r.place(&m, in, &c, who.ID, at)
	if err := r.fetchMedia(&m, in.in.Media); err != nil {
		return err
	}
	if err := r.quote(&m, in.in.Context); err != nil {
		return err
	}
	if err := r.store(&c, &m, in); err != nil || !live {
		return err
	}
	if r.s.bulk.answeredTx != nil {
		if err := r.s.bulk.answeredTx(r.tx, &m); err != nil {
			return err
		}
	}
	if err := r.give(&c, anew); err != nil {
		return err
	}
	if word, err := r.consentWord(&c, &m); err != nil || word {
		return err
	}
	return r.automatic(&c, &m)
}

// place fills in where a message belongs and what is known of its sending.
func (r *receipt) place(m *Message, in *incoming, c *Conversation, who, at int64) {
	m.ID, m.OrgID, m.ConversationID, m.ContactID, m.ChannelID = r.tx.NewID(), r.ch.OrgID, c.ID, who, r.ch.ID
	m.WaID, m.At = in.in.ID, at
	if !in.outbound {
		m.Direction, m.Status = Inbound, StatusReceived
		return
	}
	m.Direction, m.SentByKind = Outbound, SentByPhone
	m.Status, m.SentAt = StatusSent, at
	switch in.in.HistoryStatus {
	case "DELIVERED":
		m.Status = StatusDelivered
	case "READ", "PLAYED":
		m.Status = StatusRead
	case "ERROR":
		m.Status = StatusFailed
	}
}

// store records, inserts and previews a placed message, and applies what was
// parked for it.
func (r *receipt) store(c *Conversation, m *Message, in *incoming) error {
	kind, actor := "message.updated", "META"
	switch {
	case in.quiet:
		m.Announced = true // or rather: there is nothing to announce
	case in.outbound:
		kind = "message.sent"
	default:
		actor = "CUSTOMER"
		// With a file the world hears of the message when the file is here.
		if m.Announced = m.MediaID == 0; m.Announced {
			kind = "message.received"
		}
	}
	seq, err := r.event(kind, c, m.ID, m.ContactID, actor)
	if err != nil {
		return err
	}
	m.Rev, c.Rev = seq, seq
	if fresh, err := insertMessageTx(r.tx, m); err != nil || !fresh {
		return err
	}
	if in.outbound && !in.quiet {
		if err := r.s.answeredByPhoneTx(r.tx, c, m); err != nil {
			return err
		}
	}
	if err := touchConversationTx(r.tx, c, m); err != nil {
		return err
	}
	return r.s.unparkTx(r.tx, m.ID, r.ch.OrgID, waHash(r.ch.ID, m.WaID))
}

// fetchMedia has the file of m fetched.
func (r *receipt) fetchMedia(m *Message, file *meta.Media) error {
	if file == nil || file.ID == "" && file.URL == "" {
		return nil
	}
	id, err := r.s.Media.AddRemoteTx(r.tx, media.Remote{
		OrgID: r.ch.OrgID, ChannelID: r.ch.ID, MetaID: file.ID, URL: file.URL,
		ContentType: file.MimeType, FileName: file.Filename,
		MessageID: m.ID, ConversationID: m.ConversationID,
	})
	m.MediaID = id
	return err
}

// quote notes what m answers. A wamid is followed only inside the same
// conversation; one that is not known stays as it is.
func (r *receipt) quote(m *Message, about *meta.Context) error {
	if about == nil || about.ID == "" {
		return nil
	}
	m.ReplyWamid = about.ID
	quoted, err := r.find(about.ID)
	if err == nil && quoted.conversation == m.ConversationID {
		m.ReplyTo = quoted.id
	}
	return err
}

// person finds or makes the contact who wrote, or was written to.
func (r *receipt) person(in *incoming) (contact.Contact, error) {
	who, _, err := r.s.Contacts.EnsureTx(r.tx, r.ch.OrgID, in.who, contact.FromWhatsApp)
	if err != nil {
		return who, err
	}
	// Somebody without a number who answers our request for it sends a card
	// with their own.
	if in.who.Phone == "" && !in.outbound && len(in.in.Cards) == 1 && in.in.Cards[0].Origin == "contact_request" {
		for _, p := range in.in.Cards[0].Phones {
			if p.WaID != "" {
				who, _, err = r.s.Contacts.AttachPhoneTx(r.tx, r.ch.OrgID, who.ID, p.WaID)
				break
			}
		}
	}
	return who, err
}

// found is where a stored message is.
type found struct{ id, conversation int64 }

// find looks a message of the channel up by its wamid; absent is zero.
func (r *receipt) find(wamid string) (found, error) {
	return findByHash(r.tx, r.ch.OrgID, waHash(r.ch.ID, wamid))
}

func findByHash(q db.Q, org int64, hash []byte) (found, error) {
	f, err := db.All(q, func(r *db.Rows, f *found) error { return r.Scan(&f.id, &f.conversation) },
		`SELECT id, conversation_id FROM message WHERE wa_hash = ? AND org_id = ?`, hash, org)
	if err != nil || len(f) == 0 {
		return found{}, err
	}
	return f[0], nil
}
