package contact

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/event"
)

// TagUse is a tag with how many contacts have it.
type TagUse struct {
	Tag
	Contacts int
}

// TagsInUse lists the tags of an organisation by name, with their contacts counted.
func (s *Service) TagsInUse(q db.Q, org int64) ([]TagUse, error) {
	return db.All(q, func(r *db.Rows, t *TagUse) error { return r.Scan(&t.ID, &t.OrgID, &t.Name, &t.Colour, &t.Contacts) },
		`SELECT `+tagColumns+`, (SELECT COUNT(*) FROM contact_tag ct WHERE ct.tag_id = t.id)
		FROM tag t WHERE t.org_id = ? ORDER BY t.name_text`, org)
}

// OnTagDelete adds what goes with a tag. Register hooks before the first use.
func (s *Service) OnTagDelete(hook func(tx *db.Tx, org, tag int64) error) {
	s.tagGone = append(s.tagGone, hook)
}

// eventTag tells open pages that there is another set of tags.
const eventTag = "tag.updated"

// tagChange is a tag as the audit log tells of it.
type tagChange struct {
	Name   string `json:"name"`
	Colour string `json:"colour"`
}

// CreateTag makes a tag. An empty colour follows from the name; a name that
// another tag has is a Conflict.
func (s *Service) CreateTag(ctx context.Context, who account.Actor, name, colour string) (t Tag, err error) {
	defer errs.Wrap(&err, "contact.CreateTag")
	if err := who.Require(account.ManageTags); err != nil {
		return Tag{}, err
	}
	t = Tag{OrgID: who.OrgID, Name: cleanName(name), Colour: cmp.Or(colour, colourOf(tagText(name)))}
	if err := t.check(); err != nil {
		return Tag{}, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := freeNameTx(tx, t); err != nil {
			return err
		}
		if err := insertTagTx(tx, &t); err != nil {
			return err
		}
		return s.tagChangedTx(tx, who, "tag.create", t, nil, tagChange{t.Name, t.Colour})
	})
	return t, err
}

// UpdateTag renames or recolours a tag. A name that another tag has is a Conflict.
func (s *Service) UpdateTag(ctx context.Context, who account.Actor, id int64, name, colour string) (t Tag, err error) {
	defer errs.Wrap(&err, "contact.UpdateTag(%d)", id)
	if err := who.Require(account.ManageTags); err != nil {
		return Tag{}, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		was, err := s.TagByID(tx, who.OrgID, id)
		if err != nil {
			return err
		}
		t = was
		t.Name, t.Colour = cmp.Or(cleanName(name), was.Name), cmp.Or(colour, was.Colour)
		if err := t.check(); err != nil || t == was {
			return err
		}
		if err := freeNameTx(tx, t); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE tag SET name = ?, name_text = ?, colour = ? WHERE id = ? AND org_id = ?`,
			t.Name, tagText(t.Name), t.Colour, id, who.OrgID); err != nil {
			return err
		}
		return s.tagChangedTx(tx, who, "tag.update", t, tagChange{was.Name, was.Colour}, tagChange{t.Name, t.Colour})
	})
	return t, err
}

// check reports all that is wrong with a tag.
func (t Tag) check() error {
	var wrong []string
	if wrongTagName(t.Name) {
		wrong = append(wrong, "name: needs 1 to 60 characters")
	}
	if !slices.Contains(Colours[:], t.Colour) {
		wrong = append(wrong, "colour: is not known")
	}
	if len(wrong) > 0 {
		return errs.Fields(wrong...)
	}
	return nil
}

// freeNameTx refuses a name that another tag has, spelt as it may be.
func freeNameTx(tx *db.Tx, t Tag) error {
	taken, err := db.Exists(tx, `SELECT 1 FROM tag WHERE org_id = ? AND name_text = ? AND id <> ?`, t.OrgID, tagText(t.Name), t.ID)
	if err == nil && taken {
		err = errs.Coded(errs.Conflict, "tag_taken", "another tag has this name; to merge the two, tag with the other one and delete this one")
	}
	return err
}

// untagAtOnce bounds a Write that takes a tag off contacts.
const untagAtOnce = 5000

// DeleteTag removes a tag, from contacts and conversations too. One that very
// many contacts have goes in several steps.
func (s *Service) DeleteTag(ctx context.Context, who account.Actor, id int64) (err error) {
	defer errs.Wrap(&err, "contact.DeleteTag(%d)", id)
	if err := who.Require(account.ManageTags); err != nil {
		return err
	}
	for more := true; more && err == nil; {
		err = s.db.Write(ctx, func(tx *db.Tx) (err error) {
			more, err = s.deleteTagTx(tx, who, id)
			return err
		})
	}
	return err
}

func (s *Service) deleteTagTx(tx *db.Tx, who account.Actor, id int64) (more bool, err error) {
	t, err := s.TagByID(tx, who.OrgID, id)
	if err != nil {
		return false, err
	}
	n, err := tx.Exec(`DELETE FROM contact_tag WHERE (contact_id, tag_id) IN (
		SELECT contact_id, tag_id FROM contact_tag WHERE tag_id = ? AND org_id = ? LIMIT ?)`, id, who.OrgID, untagAtOnce)
	if err != nil || n == untagAtOnce {
		return true, err
	}
	for _, gone := range s.tagGone {
		if err := gone(tx, who.OrgID, id); err != nil {
			return false, err
		}
	}
	if _, err := tx.Exec(`DELETE FROM tag WHERE id = ? AND org_id = ?`, id, who.OrgID); err != nil {
		return false, err
	}
	return false, s.tagChangedTx(tx, who, "tag.delete", t, tagChange{t.Name, t.Colour}, nil)
}

// tagChangedTx tells pages and the audit log of a change of a tag.
func (s *Service) tagChangedTx(tx *db.Tx, who account.Actor, action string, t Tag, before, after any) error {
	raw, err := json.Marshal(map[string]string{"tagId": db.FormatID("tag", t.ID)})
	if err != nil {
		return err
	}
	if _, err := s.events.Record(tx, event.Event{OrgID: t.OrgID, Type: eventTag, ActorKind: who.Kind, ActorID: who.ID(), Data: raw}); err != nil {
		return err
	}
	return account.AuditTx(tx, who, account.Line{Action: action, Target: "tag", TargetID: t.ID, Before: before, After: after})
}
