package contact

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/event"
)

// TagUse is a tag with what it is for and how many contacts have it.
type TagUse struct {
	Tag
	Description string
	MergingInto int64 // the tag that it is becoming; 0: none
	Contacts    int
}

// TagsInUse lists the tags of an organisation by name, with their contacts counted.
func (s *Service) TagsInUse(q db.Q, org int64) ([]TagUse, error) {
	return db.All(q, func(r *db.Rows, t *TagUse) error {
		return r.Scan(&t.ID, &t.OrgID, &t.Name, &t.Colour, &t.Description, &t.MergingInto, &t.Contacts)
	}, `SELECT `+tagColumns+`, t.description, t.merging_into, (SELECT COUNT(*) FROM contact_tag ct WHERE ct.tag_id = t.id)
		FROM tag t WHERE t.org_id = ? ORDER BY t.name_text`, org)
}

// TagInput is what may be set of a tag; of one that is there, what is empty or
// nil stays as it is.
type TagInput struct {
	Name, Colour string
	Description  *string
}

// OnTagDelete adds what goes with a tag. Register hooks before the first use.
func (s *Service) OnTagDelete(hook func(tx *db.Tx, org, tag int64) error) {
	s.tagGone = append(s.tagGone, hook)
}

// eventTag tells open pages that there is another set of tags.
const eventTag = "tag.updated"

// tagChange is a tag as the audit log tells of it.
type tagChange struct {
	Name        string `json:"name"`
	Colour      string `json:"colour"`
	Description string `json:"description,omitempty"`
}

const maxTagText = 500 // characters of a description

// sketch is a tag as it is set.
type sketch struct {
	Tag
	text    string // its description
	merging int64
}

func (k sketch) told() tagChange { return tagChange{k.Name, k.Colour, k.text} }

// sketchTx reads a tag that is to be changed; one that is becoming another is a Conflict.
func sketchTx(tx *db.Tx, org, id int64) (k sketch, err error) {
	k, err = db.One(tx, func(r *db.Rows, k *sketch) error {
		return r.Scan(&k.ID, &k.OrgID, &k.Name, &k.Colour, &k.text, &k.merging)
	}, `SELECT `+tagColumns+`, t.description, t.merging_into FROM tag t WHERE t.id = ? AND t.org_id = ?`, id, org)
	if err == nil && k.merging != 0 {
		err = errMerging
	}
	return k, err
}

// CreateTag makes a tag. An empty colour follows from the name; a name that
// another tag has is a Conflict.
func (s *Service) CreateTag(ctx context.Context, who account.Actor, in TagInput) (t Tag, err error) {
	defer errs.Wrap(&err, "contact.CreateTag")
	if err := who.Require(account.ManageTags); err != nil {
		return Tag{}, err
	}
	k := sketch{Tag: Tag{OrgID: who.OrgID, Name: cleanName(in.Name), Colour: cmp.Or(in.Colour, colourOf(tagText(in.Name)))}}
	if in.Description != nil {
		k.text = cleanText(*in.Description)
	}
	if err := k.check(); err != nil {
		return Tag{}, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if err := freeNameTx(tx, k.Tag); err != nil {
			return err
		}
		if err := insertTagTx(tx, &k.Tag); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE tag SET description = ? WHERE id = ? AND org_id = ?`, k.text, k.ID, k.OrgID); err != nil {
			return err
		}
		return s.tagChangedTx(tx, who, "tag.create", k.Tag, nil, k.told())
	})
	return k.Tag, err
}

// UpdateTag renames, recolours or describes a tag. A name that another tag has
// is a Conflict.
func (s *Service) UpdateTag(ctx context.Context, who account.Actor, id int64, in TagInput) (t Tag, err error) {
	defer errs.Wrap(&err, "contact.UpdateTag(%d)", id)
	if err := who.Require(account.ManageTags); err != nil {
		return Tag{}, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		was, err := sketchTx(tx, who.OrgID, id)
		if err != nil {
			return err
		}
		k := was
		k.Name, k.Colour = cmp.Or(cleanName(in.Name), was.Name), cmp.Or(in.Colour, was.Colour)
		if in.Description != nil {
			k.text = cleanText(*in.Description)
		}
		t = k.Tag
		if err := k.check(); err != nil || k == was {
			return err
		}
		if err := freeNameTx(tx, k.Tag); err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE tag SET name = ?, name_text = ?, colour = ?, description = ? WHERE id = ? AND org_id = ?`,
			k.Name, tagText(k.Name), k.Colour, k.text, id, who.OrgID); err != nil {
			return err
		}
		return s.tagChangedTx(tx, who, "tag.update", k.Tag, was.told(), k.told())
	})
	return t, err
}

// cleanText makes one line of a description.
func cleanText(s string) string { return strings.Join(strings.Fields(s), " ") }

// check reports all that is wrong with a tag.
func (t sketch) check() error {
	var wrong []string
	if wrongTagName(t.Name) {
		wrong = append(wrong, "name: needs 1 to 60 characters")
	}
	if !slices.Contains(Colours[:], t.Colour) {
		wrong = append(wrong, "colour: is not known")
	}
	if utf8.RuneCountInString(t.text) > maxTagText {
		wrong = append(wrong, "description: at most 500 characters")
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
		err = errs.Coded(errs.Conflict, "tag_taken", "another tag has this name; the two can be merged")
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
	t, err := sketchTx(tx, who.OrgID, id)
	if err != nil {
		return false, err
	}
	if err := noneMergesTx(tx, id); err != nil {
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
	if _, err := tx.Exec(`DELETE FROM tag_merged WHERE into_id = ? AND org_id = ?`, id, who.OrgID); err != nil {
		return false, err
	}
	return false, s.tagChangedTx(tx, who, "tag.delete", t.Tag, t.told(), nil)
}

// tagChangedTx tells pages and the audit log of a change of a tag.
func (s *Service) tagChangedTx(tx *db.Tx, who account.Actor, action string, t Tag, before, after any) error {
	if err := s.tellTagTx(tx, who, t); err != nil {
		return err
	}
	return account.AuditTx(tx, who, account.Line{Action: action, Target: "tag", TargetID: t.ID, Before: before, After: after})
}

// tellTagTx tells pages of a change of a tag.
func (s *Service) tellTagTx(tx *db.Tx, who account.Actor, t Tag) error {
	raw, err := json.Marshal(map[string]string{"tagId": db.FormatID("tag", t.ID)})
	if err != nil {
		return err
	}
	_, err = s.events.Record(tx, event.Event{OrgID: t.OrgID, Type: eventTag, ActorKind: who.Kind, ActorID: who.ID(), Data: raw})
	return err
}
