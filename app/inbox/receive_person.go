package inbox

import (
	"encoding/json"

	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/meta"
)

// readCall prepares a voice call. A call of the customer opens the window and
// is unread: nobody here could take it.
func readCall(v *meta.Value, call meta.Call) item {
	who := identity(v.Contact(call.From, call.FromUserID))
	return func(r *receipt) (err error) {
		defer errs.Wrap(&err, "inbox: call %q", call.Event)
		if call.ID == "" || call.Event != "connect" || call.Direction == "BUSINESS_INITIATED" {
			return nil
		}
		return r.call(call, who)
	}
}

func (r *receipt) call(call meta.Call, id contact.Identity) error {
	known, err := r.find(call.ID)
	if err != nil || known.id != 0 {
		return err
	}
	who, _, err := r.s.Contacts.EnsureTx(r.tx, r.ch.OrgID, id, contact.FromWhatsApp)
	if err != nil {
		return err
	}
	c, err := r.conversation(who.ID, "", false)
	if err != nil {
		return err
	}
	at := r.metaTime(call.Timestamp)
	if err := r.customerWrote(&c, who.ID, at); err != nil {
		return err
	}
	c.UnreadCount++
	m := Message{
		Type: ActivityCall, ContactID: who.ID, WaID: call.ID, At: at,
		Payload: Payload{Call: &Call{Event: call.Event, Direction: call.Direction}}.encode(),
	}
	if err := r.activity(&c, &m, "message.updated", "CUSTOMER"); err != nil {
		return err
	}
	if err := touchConversationTx(r.tx, &c, &m); err != nil {
		return err
	}
	return r.automatic(&c, &m)
}

// readPreference prepares a person's wish about marketing messages.
func readPreference(v *meta.Value, p meta.Preference) item {
	who := identity(v.Contact(p.WaID, p.UserID))
	if who.ParentUserID == "" {
		who.ParentUserID = p.ParentUserID
	}
	return func(r *receipt) (err error) {
		defer errs.Wrap(&err, "inbox: preference %q", p.Value)
		if p.Category != "marketing_messages" || p.Value != "stop" && p.Value != "resume" {
			return nil
		}
		c, _, err := r.s.Contacts.EnsureTx(r.tx, r.ch.OrgID, who, contact.FromWhatsApp)
		if err != nil {
			return err
		}
		return r.s.Contacts.PreferenceTx(r.tx, r.ch.OrgID, c.ID, p.Value == "stop", r.metaTime(p.Timestamp))
	}
}

// readStateSync prepares a change in the address book of the phone app: a name
// for somebody who is known here. It makes nobody, and takes nothing away.
func readStateSync(st meta.StateSync) item {
	name := st.FullName
	if name == "" {
		name = st.FirstName
	}
	who := contact.Identity{Phone: st.Phone, WaUserID: st.UserID, ParentUserID: st.ParentUserID, Username: st.Username}
	return func(r *receipt) error {
		if st.Type != "contact" || st.Action == "remove" || name == "" {
			return nil
		}
		return r.s.Contacts.NameTx(r.tx, r.ch.OrgID, who, name)
	}
}

// withHistory tells which contacts have conversations; contact asks before it
// makes one person of two, or takes one back.
func withHistory(q db.Q, org int64, contacts []int64) (map[int64]bool, error) {
	list, err := json.Marshal(contacts)
	if err != nil {
		return nil, err
	}
	have := map[int64]bool{}
	_, err = db.All(q, func(r *db.Rows, id *int64) error {
		err := r.Scan(id)
		have[*id] = true
		return err
	}, withHistoryQuery, string(list), org)
	return have, err
}

const withHistoryQuery = `SELECT contact_id FROM conversation WHERE contact_id IN (SELECT value FROM json_each(?)) AND org_id = ?`
