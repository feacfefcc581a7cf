package inbox

import (
	"badala/app/channel"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/template"
)

// BulkTemplate is a template made ready for many messages.
type BulkTemplate struct {
	org, channel int64
	t            channel.Template
	spec         template.Spec
}

// BulkTemplate reads a template of a number's account that can be sent now.
func (s *Service) BulkTemplate(q db.Q, org, channelID int64, name, language string) (*BulkTemplate, error) {
	t, err := s.Channels.Template(q, org, channelID, name, language)
	if err == nil {
		err = t.Usable()
	}
	if err != nil {
		return nil, err
	}
	spec, err := t.Spec()
	return &BulkTemplate{org, channelID, t, spec}, err
}

// QueueTemplateTx has a broadcast send a template to a contact, not before a
// time. A conversation that is made for it is closed, and a closed one stays
// so. Values that do not fit are refused, and nothing is written. Nobody hears
// of the message before WhatsApp has it.
func (s *Service) QueueTemplateTx(tx *db.Tx, b *BulkTemplate, to contact.Contact, v template.Values, broadcastID, at int64) (int64, error) {
	if err := b.spec.Check(v); err != nil {
		return 0, err
	}
	address, err := addressOfPerson(to)
	if err != nil {
		return 0, err
	}
	m, err := filledMessageTx(tx, Conversation{OrgID: b.org, ChannelID: b.channel, ContactID: to.ID}, b.t, b.spec, v)
	if err != nil {
		return 0, err
	}
	c, fresh, err := bulkConversationTx(tx, b.org, b.channel, to.ID)
	if err != nil {
		return 0, err
	}
	m.ID, m.ConversationID, m.Status, m.SentByKind, m.SentByID, m.Rev = tx.NewID(), c.ID, StatusPending, SentByBroadcast, broadcastID, c.Rev
	if _, err := insertMessageTx(tx, &m); err != nil {
		return 0, err
	}
	if fresh {
		err = insertBulkTx(tx, &c, &m)
	} else {
		if m.answers() {
			c.answered()
		}
		err = touchConversationTx(tx, &c, &m)
	}
	if err != nil {
		return 0, err
	}
	r := &readyMessage{d: delivery{m: m, c: c, to: address, ready: true}, b: b, v: v}
	tx.AfterCommit(func() { s.bulk.ready.Store(m.ID, r) })
	return m.ID, s.addBulkTx(tx, &m, at)
}
