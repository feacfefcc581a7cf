package contact

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

const reasonApart = "MERGE_UNDONE"

// MergeDone is a merge that can be taken back.
type MergeDone struct {
	ID, Into, From int64
	Name           string // of the one who went
	By             string
	At             int64
}

// MergesOf lists the merges into a contact that can be taken back, newest first.
func (s *Service) MergesOf(q db.Q, org, contact int64) ([]MergeDone, error) {
	return db.All(q, func(r *db.Rows, m *MergeDone) error {
		return r.Scan(&m.ID, &m.Into, &m.From, &m.Name, &m.By, &m.At)
	}, `SELECT id, into_id, from_id, from_name, actor_name, at FROM contact_merge_undo
		WHERE into_id = ? AND org_id = ? AND at >= ? ORDER BY id DESC`, contact, org, s.db.Now()-MergeKept.Milliseconds())
}

// UndoMerge makes two contacts of one again and gives both their ids. What was
// changed since stays as it is. Conversations go back whole, with what was said
// since; of two that became one, what was said since stays with the first.
func (s *Service) UndoMerge(ctx context.Context, who account.Actor, id int64) (into, from int64, err error) {
	defer errs.Wrap(&err, "contact.UndoMerge(%d)", id)
	if err := who.Require(account.ManageContacts); err != nil {
		return 0, 0, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		type row struct {
			into, from, at int64
			state          string
		}
		m, err := db.One(tx, func(r *db.Rows, m *row) error { return r.Scan(&m.into, &m.from, &m.at, &m.state) },
			`SELECT into_id, from_id, at, state FROM contact_merge_undo WHERE id = ? AND org_id = ?`, id, who.OrgID)
		if err == nil && tx.Now()-m.at > MergeKept.Milliseconds() {
			err = errs.Coded(errs.Conflict, "merge_gone", "this merge can not be taken back any more")
		}
		if err != nil {
			return err
		}
		var st mergeState
		if err := json.Unmarshal([]byte(m.state), &st); err != nil {
			return err
		}
		into, from = m.into, m.from
		return s.apartTx(tx, who, id, m.into, st)
	})
	return into, from, err
}

func (s *Service) apartTx(tx *db.Tx, who account.Actor, id, into int64, st mergeState) error {
	c, err := rowByID(tx, who.OrgID, into)
	if err != nil {
		return err
	}
	o := st.From.Contact
	o.nameEdited, o.preferenceAt = st.From.NameEdited, st.From.PreferenceAt
	ch := changes{names: []string{fieldMerged}}
	c.giveBack(st, &ch)
	// The row of c first: an external id is free for the other one only then.
	if err := updateTx(tx, &c); err != nil {
		return err
	}
	if err := restoreTx(tx, &o, st.From.Origin); err != nil {
		return err
	}
	if err := apartRowsTx(tx, &c, &o, st); err != nil {
		return err
	}
	if err := s.split(tx, who, into, o.ID, st.Talks); err != nil {
		return err
	}
	if err := apartConsentTx(tx, who, &c, &o, id, st, &ch); err != nil {
		return err
	}
	for _, one := range []*Contact{&c, &o} {
		if err := updateTx(tx, one); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(`DELETE FROM contact_merge_undo WHERE id = ? AND org_id = ?`, id, who.OrgID); err != nil {
		return err
	}
	if err := s.recordTx(tx, eventCreated, o, who, eventData{Origin: o.Source}); err != nil {
		return err
	}
	if err := s.recordTx(tx, eventUpdated, c, who, eventData{Origin: originOf(who), Changed: ch.names}); err != nil {
		return err
	}
	return account.AuditTx(tx, who, account.Line{Action: "contact.unmerge", Target: "contact", TargetID: c.ID, ContactID: c.ID,
		After: map[string]any{"apart": shownID(o.ID)}})
}

// giveBack takes out of c what came by the merge and was not changed since.
func (c *Contact) giveBack(st mergeState, ch *changes) {
	before, after := st.Into.Contact, st.After.Contact
	was, became := before.texts(), after.texts()
	for i, f := range c.texts() {
		if *f.Value == *became[i].Value {
			ch.set(f.Value, *was[i].Value, f.Name)
		}
	}
	if c.Phone == after.Phone && c.WaID == after.WaID {
		ch.set(&c.Phone, before.Phone, fieldPhone)
		ch.set(&c.WaID, before.WaID, fieldWhatsApp)
	}
	if c.UserID == after.UserID {
		ch.set(&c.UserID, before.UserID, fieldWhatsApp)
	}
	custom := maps.Clone(c.Custom)
	for k, v := range after.Custom {
		if _, own := before.Custom[k]; !own && custom[k] == v {
			delete(custom, k)
			ch.note(fieldCustom)
		}
	}
	c.Custom = custom
}

// restoreTx writes the row of a contact that had gone.
func restoreTx(tx *db.Tx, c *Contact, origin string) error {
	company, custom, err := c.documents()
	if err != nil {
		return err
	}
	if c.ExternalID != "" {
		taken, err := db.Exists(tx, `SELECT 1 FROM contact WHERE org_id = ? AND external_id = ? AND external_id <> ''`, c.OrgID, c.ExternalID)
		if err != nil {
			return err
		}
		if taken {
			c.ExternalID = ""
		}
	}
	_, err = tx.Exec(`INSERT INTO contact(id, org_id, name, name_text, name_edited, phone, wa_id, user_id, username, profile_name,
			email, external_id, consent, preference_at, company, custom, notes, source, origin, created_at, updated_at)
		VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		c.ID, c.OrgID, c.Name, nameText(c), c.nameEdited, c.Phone, c.WaID, c.UserID, c.Username, c.ProfileName,
		c.Email, c.ExternalID, c.Consent, c.preferenceAt, company, custom, c.Notes, c.Source, origin, c.CreatedAt, tx.Now())
	return err
}

// apartRowsTx gives handles, tags, history and links back.
func apartRowsTx(tx *db.Tx, c, o *Contact, st mergeState) error {
	lists := map[string]string{}
	for name, v := range map[string]any{"handles": st.Handles, "history": st.History, "fromTags": st.FromTags,
		"newTags": slices.DeleteFunc(slices.Clone(st.FromTags), func(t int64) bool { return slices.Contains(st.IntoTags, t) })} {
		raw, err := json.Marshal(v)
		if err != nil {
			return err
		}
		lists[name] = string(raw)
	}
	for _, do := range []struct{ list, stmt string }{
		{"handles", `UPDATE contact_handle SET contact_id = ?2 WHERE org_id = ?3 AND contact_id = ?1 AND value IN (SELECT value FROM json_each(?4))`},
		{"history", `UPDATE contact_consent SET contact_id = ?2 WHERE org_id = ?3 AND contact_id = ?1 AND id IN (SELECT value FROM json_each(?4))`},
		{"newTags", `DELETE FROM contact_tag WHERE contact_id = ?1 AND org_id = ?3 AND ?2 <> 0 AND tag_id IN (SELECT ` + TagNow("value") + ` FROM json_each(?4))`},
		{"fromTags", `INSERT INTO contact_tag(contact_id, tag_id, org_id) SELECT ?2, t.id, ?3 FROM tag t
			WHERE ?1 <> 0 AND t.org_id = ?3 AND t.id IN (SELECT ` + TagNow("value") + ` FROM json_each(?4)) ON CONFLICT DO NOTHING`},
		{"handles", `DELETE FROM contact_merged WHERE from_id = ?2 AND into_id = ?1 AND org_id = ?3 AND ?4 <> ''`},
	} {
		if _, err := tx.Exec(do.stmt, c.ID, o.ID, c.OrgID, lists[do.list]); err != nil {
			return err
		}
	}
	if st.Link == "" {
		return nil
	}
	return linkTx(tx, c.OrgID, c.ID, o.ID, st.Link)
}

// apartConsentTx gives each the consent of before the merge, unless it was
// changed since: that stays, and a refusal is then one of both.
func apartConsentTx(tx *db.Tx, who account.Actor, c, o *Contact, merge int64, st mergeState, ch *changes) error {
	cause := Cause{Reason: reasonApart, Kind: who.Kind, ActorID: who.ID()}
	changed, err := db.Exists(tx, `SELECT 1 FROM contact_consent WHERE contact_id = ? AND org_id = ? AND id > ?`, c.ID, c.OrgID, merge)
	if err != nil {
		return err
	}
	if !changed {
		return consentTx(tx, c, st.Into.Contact.Consent, cause, ch)
	}
	if c.Consent == nil || *c.Consent {
		return nil
	}
	var other changes
	return consentTx(tx, o, c.Consent, cause, &other)
}
