package contact

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/fold"
)

// Tag is a word that contacts and conversations are sorted by.
type Tag struct {
	ID, OrgID int64
	Name      string
	Colour    string // one of Colours
}

// Colours are the names of the colours a tag may have.
var Colours = [...]string{"grey", "red", "orange", "yellow", "green", "teal", "blue", "purple"}

const (
	maxTagName = 60
	maxTags    = 50 // of one contact
)

const tagColumns = `t.id, t.org_id, t.name, t.colour`

func scanTag(r *db.Rows, t *Tag) error { return r.Scan(&t.ID, &t.OrgID, &t.Name, &t.Colour) }

// Tags lists the tags of an organisation by name.
func (s *Service) Tags(q db.Q, org int64) ([]Tag, error) {
	return db.All(q, scanTag, `SELECT `+tagColumns+` FROM tag t WHERE t.org_id = ? ORDER BY t.name_text`, org)
}

// TagByID reads one tag.
func (s *Service) TagByID(q db.Q, org, id int64) (Tag, error) {
	return db.One(q, scanTag, `SELECT `+tagColumns+` FROM tag t WHERE t.id = ? AND t.org_id = ?`, id, org)
}

// EnsureTagTx finds the tag with a name, spelt as it may be, or makes it; its
// colour follows from the name.
func (s *Service) EnsureTagTx(tx *db.Tx, org int64, name string) (Tag, error) {
	return ensureTagTx(tx, org, name)
}

func ensureTagTx(tx *db.Tx, org int64, name string) (Tag, error) {
	name = cleanName(name)
	text := tagText(name)
	if text == "" || utf8.RuneCountInString(name) > maxTagName {
		return Tag{}, errs.Field("tag", "needs 1 to 60 characters")
	}
	t, err := db.One(tx, scanTag, `SELECT `+tagColumns+` FROM tag t WHERE t.org_id = ? AND t.name_text = ?`, org, text)
	if !errs.Is(err, errs.NotFound) {
		return t, err
	}
	t = Tag{ID: tx.NewID(), OrgID: org, Name: name, Colour: colourOf(text)}
	_, err = tx.Exec(`INSERT INTO tag(id, org_id, name, name_text, colour, created_at) VALUES(?, ?, ?, ?, ?, ?)`,
		t.ID, t.OrgID, t.Name, text, t.Colour, tx.Now())
	return t, err
}

// tagText is by what two spellings of a tag are equal.
func tagText(name string) string { return strings.TrimSpace(fold.Text(cleanName(name))) }

func colourOf(text string) string {
	var sum int
	for _, r := range text {
		sum = sum*31%9973 + int(r)
	}
	return Colours[sum%len(Colours)]
}

// UpdateTag renames or recolours a tag. A name that another tag has is a Conflict.
func (s *Service) UpdateTag(ctx context.Context, who account.Actor, id int64, name, colour string) (err error) {
	defer errs.Wrap(&err, "contact.UpdateTag(%d)", id)
	if err := who.Require(account.ManageTags); err != nil {
		return err
	}
	name = cleanName(name)
	if name == "" || utf8.RuneCountInString(name) > maxTagName {
		return errs.Field("name", "needs 1 to 60 characters")
	}
	if !slices.Contains(Colours[:], colour) {
		return errs.Field("colour", "is not known")
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(`UPDATE tag SET name = ?, name_text = ?, colour = ? WHERE id = ? AND org_id = ?`,
			name, tagText(name), colour, id, who.OrgID)
		if err == nil && n == 0 {
			err = errs.New(errs.NotFound, "no such tag")
		}
		return err
	})
	if db.IsUnique(err) {
		return errs.Coded(errs.Conflict, "tag_taken", "another tag has this name")
	}
	return err
}

// AddTag puts a tag on a contact, making the tag if need be.
func (s *Service) AddTag(ctx context.Context, who account.Actor, contact int64, name string) (_ Tag, err error) {
	defer errs.Wrap(&err, "contact.AddTag(%d)", contact)
	if err := who.Require(account.ManageContacts); err != nil {
		return Tag{}, err
	}
	var t Tag
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := rowByID(tx, who.OrgID, contact)
		if err != nil {
			return err
		}
		if t, err = ensureTagTx(tx, who.OrgID, name); err != nil {
			return err
		}
		n, err := tx.Exec(`INSERT INTO contact_tag(contact_id, tag_id, org_id) VALUES(?, ?, ?) ON CONFLICT DO NOTHING`, c.ID, t.ID, who.OrgID)
		if err != nil || n == 0 {
			return err
		}
		return s.recordTx(tx, eventUpdated, c, who, eventData{Origin: originOf(who), Changed: []string{fieldTags}})
	})
	return t, err
}

// RemoveTag takes a tag off a contact; one that is not there changes nothing.
func (s *Service) RemoveTag(ctx context.Context, who account.Actor, contact, tag int64) (err error) {
	defer errs.Wrap(&err, "contact.RemoveTag(%d)", contact)
	if err := who.Require(account.ManageContacts); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := rowByID(tx, who.OrgID, contact)
		if err != nil {
			return err
		}
		n, err := tx.Exec(`DELETE FROM contact_tag WHERE contact_id = ? AND tag_id = ? AND org_id = ?`, c.ID, tag, who.OrgID)
		if err != nil || n == 0 {
			return err
		}
		return s.recordTx(tx, eventUpdated, c, who, eventData{Origin: originOf(who), Changed: []string{fieldTags}})
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
