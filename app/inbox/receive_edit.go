package inbox

import (
	"badala/app/db"
	"badala/app/errs"
)

// edit replaces the text or caption of an earlier message.
func (r *receipt) edit(in *incoming) error {
	e := in.in.Edit
	if e == nil || e.OriginalID == "" {
		return errs.New(errs.Invalid, "edit without an original")
	}
	n := news{Kind: parkedEdit, At: r.metaTime(in.in.Timestamp), Ours: in.outbound, Group: in.in.GroupID}
	switch {
	case e.Message.Text != nil:
		n.Text = e.Message.Text.Body
	case e.Message.Media != nil:
		n.Text, n.Caption = e.Message.Media.Caption, true
	default:
		return errs.New(errs.Invalid, "edit without text")
	}
	return r.authored(in, e.OriginalID, n)
}

// revoke takes a message back for everyone.
func (r *receipt) revoke(in *incoming) error {
	if in.in.Revoke == nil || in.in.Revoke.OriginalID == "" {
		return errs.New(errs.Invalid, "revoke without an original")
	}
	n := news{Kind: parkedRevoke, At: r.metaTime(in.in.Timestamp), Ours: in.outbound, Group: in.in.GroupID}
	return r.authored(in, in.in.Revoke.OriginalID, n)
}

// authored applies what only the author of a message may do to it.
func (r *receipt) authored(in *incoming, wamid string, n news) error {
	who, err := r.person(in)
	if err != nil {
		return err
	}
	n.Contact = who.ID
	return r.applyOrPark(wamid, n)
}

// byAuthor tells whether n comes from who wrote m.
func (n news) byAuthor(m *Message) bool {
	if n.Ours {
		return m.Direction == Outbound
	}
	return m.Direction == Inbound && m.ContactID == n.Contact
}

// editTx applies an edit; of several the newest by Meta's clock wins.
func (s *Service) editTx(tx *db.Tx, m *Message, n news) error {
	if m.Deleted || !n.byAuthor(m) || n.At < m.EditedAt {
		return nil
	}
	target := &m.Body
	if n.Caption || m.Type != TypeText {
		target = &m.Caption
	}
	if *target == n.Text && m.EditedAt == n.At {
		return nil
	}
	*target, m.EditedAt, m.Edited = n.Text, n.At, true
	if _, err := tx.Exec(`UPDATE message SET body = ?, caption = ?, edited_at = ? WHERE id = ? AND org_id = ?`,
		m.Body, m.Caption, m.EditedAt, m.ID, m.OrgID); err != nil {
		return err
	}
	reindexMessageTx(tx, m)
	return s.changedTx(tx, m, "message.updated")
}

// revokeTx empties a message that its author took back. The line stays, so
// that the thread still makes sense.
func (s *Service) revokeTx(tx *db.Tx, m *Message, n news) error {
	if m.Deleted || !n.byAuthor(m) {
		return nil
	}
	m.Body, m.Caption, m.Payload, m.MediaID, m.Deleted = "", "", nil, 0, true
	if _, err := tx.Exec(`UPDATE message SET body = '', caption = '', payload = '', media_id = 0, deleted = 1 WHERE id = ? AND org_id = ?`,
		m.ID, m.OrgID); err != nil {
		return err
	}
	reindexMessageTx(tx, m)
	return s.changedTx(tx, m, "message.updated")
}
