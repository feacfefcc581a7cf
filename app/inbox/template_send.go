package inbox

import (
	"context"
	"strings"

	"badala/app/account"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
)

// SendTemplate sends a template to a phone number, or to a contact by its id
// ("contact_…"). A number that nobody has becomes a contact, and there is a
// conversation afterwards; both come to be with the message or not at all.
// Consent is not needed, but a contact who has refused marketing gets none:
// that is the Conflict no_consent. With async the message is still PENDING;
// otherwise the first verdict is waited for, as in Send.
func (s *Service) SendTemplate(ctx context.Context, who account.Actor, channelID int64, to string, in TemplateInput, async bool) (Message, Conversation, contact.Contact, error) {
	return s.SendTemplateOnce(ctx, who, channelID, to, in, async, "")
}

// SendTemplateOnce is SendTemplate with the sender's own name for the message,
// as in SendInput.
func (s *Service) SendTemplateOnce(ctx context.Context, who account.Actor, channelID int64, to string, in TemplateInput, async bool, clientID string) (_ Message, _ Conversation, _ contact.Contact, err error) {
	defer errs.Wrap(&err, "inbox.SendTemplate(channel %d)", channelID)
	var none Conversation
	if err := who.Require(account.Reply); err != nil {
		return Message{}, none, contact.Contact{}, err
	}
	send := SendInput{Type: TypeTemplate, Template: &in, Async: async, ClientID: clientID}
	phone, person, err := recipient(to)
	if err == nil {
		err = send.check()
	}
	if err == nil {
		err = s.prepareTemplate(ctx, who.OrgID, channelID, in)
	}
	if err != nil {
		return Message{}, none, contact.Contact{}, err
	}
	var id int64
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		conv, err := s.conversationWithTx(tx, who, channelID, phone, person)
		if err == nil {
			id, err = s.sendTx(tx, who, conv, send)
		}
		return err
	})
	if err != nil {
		return Message{}, none, contact.Contact{}, err
	}
	if !async {
		s.awaitVerdict(ctx, who.OrgID, id)
	}
	q := s.DB.Read(ctx)
	m, err := s.Message(q, who.OrgID, id)
	if err != nil {
		return Message{}, none, contact.Contact{}, err
	}
	c, err := s.Conversation(q, who.OrgID, m.ConversationID)
	if err != nil {
		return Message{}, none, contact.Contact{}, err
	}
	p, err := s.Contacts.ByID(q, who.OrgID, m.ContactID)
	return m, c, p, err
}

// recipient reads whom a template is for: a phone number or a contact's id.
func recipient(to string) (phone string, contactID int64, err error) {
	to = strings.TrimSpace(to)
	if strings.HasPrefix(to, "contact_") {
		contactID, err = db.ParseID("contact", to)
		if err != nil {
			err = errs.Field("to", "there is no such contact")
		}
		return "", contactID, err
	}
	phone, err = contact.CanonicalPhone(to, "")
	if e := errs.As(err); e != nil {
		return "", 0, errs.Field("to", "not a phone number with country code")
	}
	return phone, 0, err
}

// prepareTemplate looks a template up, at Meta too when it is not known as
// usable, and checks the values: nothing is written for what cannot be sent.
func (s *Service) prepareTemplate(ctx context.Context, org, channelID int64, in TemplateInput) error {
	if _, err := s.Channels.FreshTemplate(ctx, org, channelID, in.Name, in.Language); err != nil {
		return err
	}
	_, _, err := s.usableTemplate(s.DB.Read(ctx), org, channelID, in)
	return err
}

// conversationWithTx finds the conversation with somebody, or makes it; and the
// contact, if nobody has the phone.
func (s *Service) conversationWithTx(tx *db.Tx, who account.Actor, channelID int64, phone string, person int64) (int64, error) {
	if _, err := s.Channels.ByID(tx, who.OrgID, channelID); err != nil {
		return 0, err
	}
	if person == 0 {
		source := contact.FromPerson
		if who.Kind == account.KindAPI {
			source = contact.FromAPI
		}
		p, _, err := s.Contacts.EnsureTx(tx, who.OrgID, contact.Identity{Phone: phone}, source)
		if err != nil {
			return 0, err
		}
		person = p.ID
	} else if _, err := s.Contacts.ByID(tx, who.OrgID, person); errs.Is(err, errs.NotFound) {
		return 0, errs.Field("to", "there is no such contact")
	} else if err != nil {
		return 0, err
	}
	id, err := db.Value[int64](tx, `SELECT id FROM conversation WHERE contact_id = ? AND channel_id = ? AND group_id = '' AND org_id = ?`,
		person, channelID, who.OrgID)
	if !errs.Is(err, errs.NotFound) {
		return id, err
	}
	c := Conversation{ID: tx.NewID(), OrgID: who.OrgID, ChannelID: channelID, ContactID: person, Status: Open, CreatedAt: tx.Now()}
	if _, err := tx.Exec(`INSERT INTO conversation (id, org_id, channel_id, contact_id, status, created_at) VALUES (?, ?, ?, ?, ?, ?)`,
		c.ID, c.OrgID, c.ChannelID, c.ContactID, c.Status, c.CreatedAt); err != nil {
		return 0, err
	}
	return c.ID, s.updatedTx(tx, who, &c, "conversation.created", nil)
}
