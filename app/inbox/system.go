package inbox

import (
	"badala/app/contact"
	"badala/app/errs"
	"badala/app/meta"
)

// system applies what WhatsApp itself tells of a person. It is no message of
// the customer: nothing is unread, no window opens, nothing reopens.
func (r *receipt) system(in *incoming) error {
	sys := in.in.System
	if sys == nil {
		return errs.New(errs.Invalid, "system message without content")
	}
	switch sys.Type {
	case "user_changed_number", "customer_changed_number":
		return r.moved(in, ActivityNumberChanged)
	case "user_changed_user_id":
		return r.moved(in, ActivityUserIDChanged)
	case "customer_identity_changed":
		return r.notice(in, ActivityIdentity)
	}
	return r.notice(in, ActivitySystem)
}

// moved gives the contact its new number or user id, and says so in the thread.
// The sender of the message is the old identity.
func (r *receipt) moved(in *incoming, kind string) error {
	sys := in.in.System
	old := contact.Identity{Phone: in.in.From, WaUserID: sys.PreviousUserID, ParentUserID: sys.PreviousParentUser}
	if old.WaUserID == "" && in.in.FromUserID != sys.UserID {
		old.WaUserID = in.in.FromUserID
	}
	now := contact.Identity{Phone: sys.WaID, WaUserID: sys.UserID, ParentUserID: sys.ParentUserID}
	who, _, err := r.s.Contacts.MoveTx(r.tx, r.ch.OrgID, old, now)
	if err != nil {
		return err
	}
	change := &Change{From: contact.E164(old.Phone), To: contact.E164(now.Phone)}
	return r.line(in.in, who.ID, Message{Type: kind, Body: sys.Body, Payload: Payload{Change: change}.encode()})
}

// notice says in the thread what WhatsApp tells, when we know the person.
func (r *receipt) notice(in *incoming, kind string) error {
	if in.who.Phone == "" && in.who.WaUserID == "" {
		return nil
	}
	who, err := r.person(in)
	if err != nil {
		return err
	}
	return r.line(in.in, who.ID, Message{Type: kind, Body: in.in.System.Body})
}

// line adds an activity line to the conversation with a contact, if there is
// one, and only once for one wamid.
func (r *receipt) line(in meta.Message, who int64, m Message) error {
	known, err := r.find(in.ID)
	if err != nil || known.id != 0 {
		return err
	}
	c, ok, err := r.findConversation(who, "")
	if err != nil || !ok {
		return err
	}
	m.ContactID, m.WaID, m.At = who, in.ID, r.metaTime(in.Timestamp)
	if err := r.activity(&c, &m, "message.updated", "META"); err != nil {
		return err
	}
	return touchConversationTx(r.tx, &c, nil)
}
