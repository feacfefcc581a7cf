package contact

import (
	"strings"
	"unicode/utf8"

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
// colour follows from the name. One that is becoming another is the other.
func (s *Service) EnsureTagTx(tx *db.Tx, org int64, name string) (Tag, error) {
	return ensureTagTx(tx, org, name)
}

func ensureTagTx(tx *db.Tx, org int64, name string) (Tag, error) {
	name = cleanName(name)
	text := tagText(name)
	if wrongTagName(name) {
		return Tag{}, errs.Field("tag", "needs 1 to 60 characters")
	}
	t, err := db.One(tx, scanTag, `SELECT `+tagColumns+` FROM tag n JOIN tag t ON t.id = coalesce(nullif(n.merging_into, 0), n.id)
		WHERE n.org_id = ? AND n.name_text = ?`, org, text)
	if !errs.Is(err, errs.NotFound) {
		return t, err
	}
	t = Tag{OrgID: org, Name: name, Colour: colourOf(text)}
	return t, insertTagTx(tx, &t)
}

func insertTagTx(tx *db.Tx, t *Tag) error {
	t.ID = tx.NewID()
	_, err := tx.Exec(`INSERT INTO tag(id, org_id, name, name_text, colour, created_at) VALUES(?, ?, ?, ?, ?, ?)`,
		t.ID, t.OrgID, t.Name, tagText(t.Name), t.Colour, tx.Now())
	return err
}

func wrongTagName(name string) bool {
	return tagText(name) == "" || utf8.RuneCountInString(name) > maxTagName
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
