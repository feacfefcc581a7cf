package contact

import (
	"cmp"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/fold"
)

// Kinds of custom fields.
const (
	FieldText    = "TEXT"
	FieldNumber  = "NUMBER"
	FieldDate    = "DATE"
	FieldBoolean = "BOOLEAN"
	FieldChoice  = "CHOICE"
)

// CustomField is a field that an organisation added to its contacts. Contacts
// keep its values under its name, which programs use and which stays; people
// see its label once it was renamed.
type CustomField struct {
	ID, OrgID int64
	Name      string
	Label     string // "": as its name
	Kind      string
	Choices   []string
}

// Title is what people call the field.
func (f CustomField) Title() string { return cmp.Or(f.Label, f.Name) }

// Called says whether a name, spelt as it may be, is that of the field.
func (f CustomField) Called(name string) bool {
	key := fieldKey(name)
	return key == fieldKey(f.Name) || f.Label != "" && key == fieldKey(f.Label)
}

// CustomFields lists the custom fields of an organisation in its order.
func CustomFields(q db.Q, org int64) ([]CustomField, error) {
	return db.All(q, func(r *db.Rows, f *CustomField) error {
		var choices string
		if err := r.Scan(&f.ID, &f.OrgID, &f.Name, &f.Label, &f.Kind, &choices); err != nil {
			return err
		}
		return json.Unmarshal([]byte(choices), &f.Choices)
	}, `SELECT id, org_id, name, label, kind, choices FROM custom_field WHERE org_id = ? ORDER BY position, id`, org)
}

// EnsureCustomFieldTx makes a field of text, unless there is one of the name.
func EnsureCustomFieldTx(tx *db.Tx, org int64, name string) error {
	name = cleanName(name)
	text := strings.TrimSpace(fold.Text(name))
	if text == "" || utf8.RuneCountInString(name) > maxText {
		return errs.Field("name", "needs 1 to 255 characters")
	}
	_, err := tx.Exec(`INSERT INTO custom_field(id, org_id, name, name_text, kind, position, created_at)
		VALUES(?1, ?2, ?3, ?4, ?5, (SELECT COALESCE(MAX(position), 0) + 1 FROM custom_field WHERE org_id = ?2), ?6) ON CONFLICT DO NOTHING`,
		tx.NewID(), org, name, text, FieldText, tx.Now())
	return err
}
