package contact

import (
	"context"
	"encoding/json"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

// AddTag puts a tag on a contact, making the tag if need be.
func (s *Service) AddTag(ctx context.Context, who account.Actor, contact int64, name string) (t Tag, err error) {
	defer errs.Wrap(&err, "contact.AddTag(%d)", contact)
	err = s.retag(ctx, who, contact, func(tx *db.Tx) (n int64, err error) {
		if t, err = ensureTagTx(tx, who.OrgID, name); err != nil {
			return 0, err
		}
		return tx.Exec(`INSERT INTO contact_tag(contact_id, tag_id, org_id) VALUES(?, ?, ?) ON CONFLICT DO NOTHING`, contact, t.ID, who.OrgID)
	})
	return t, err
}

// RemoveTag takes a tag off a contact; one that is not there changes nothing.
func (s *Service) RemoveTag(ctx context.Context, who account.Actor, contact, tag int64) (err error) {
	defer errs.Wrap(&err, "contact.RemoveTag(%d)", contact)
	return s.retag(ctx, who, contact, func(tx *db.Tx) (int64, error) {
		return tx.Exec(`DELETE FROM contact_tag WHERE contact_id = ? AND tag_id = ? AND org_id = ?`, contact, tag, who.OrgID)
	})
}

// retag runs change, which tells how many tags it put on or took off.
func (s *Service) retag(ctx context.Context, who account.Actor, contact int64, change func(tx *db.Tx) (int64, error)) error {
	if err := who.Require(account.ManageContacts); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := rowByID(tx, who.OrgID, contact)
		if err != nil {
			return err
		}
		were, err := tagNames(tx, c.OrgID, c.ID)
		if err != nil {
			return err
		}
		n, err := change(tx)
		if err != nil || n == 0 {
			return err
		}
		if err := s.saveTx(tx, &c, changes{names: []string{fieldTags}}, who, originOf(who)); err != nil {
			return err
		}
		are, err := tagNames(tx, c.OrgID, c.ID)
		if err != nil {
			return err
		}
		return auditTx(tx, who, actionUpdate, &c, map[string]any{fieldTags: were}, map[string]any{fieldTags: are})
	})
}

// replaceTagsTx makes names the tags of a contact.
func replaceTagsTx(tx *db.Tx, who account.Actor, contact int64, names []string, ch *changes) error {
	if len(names) > maxTags {
		return errs.Field("tags", "at most 50")
	}
	want := make([]int64, 0, len(names))
	for _, name := range names {
		t, err := ensureTagTx(tx, who.OrgID, name)
		if err != nil {
			return err
		}
		want = append(want, t.ID)
	}
	list, err := json.Marshal(want)
	if err != nil {
		return err
	}
	gone, err := tx.Exec(`DELETE FROM contact_tag WHERE contact_id = ? AND org_id = ?
		AND tag_id NOT IN (SELECT value FROM json_each(?))`, contact, who.OrgID, string(list))
	if err != nil {
		return err
	}
	for _, id := range want {
		n, err := tx.Exec(`INSERT INTO contact_tag(contact_id, tag_id, org_id) VALUES(?, ?, ?) ON CONFLICT DO NOTHING`, contact, id, who.OrgID)
		if err != nil {
			return err
		}
		gone += n
	}
	if gone > 0 {
		ch.note(fieldTags)
	}
	return nil
}
