package channel

import (
	"encoding/json"
	"strings"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/template"
)

// Template is a message template of an account, as Meta last told. All numbers
// of the account share it.
type Template struct {
	ID, OrgID      int64
	WABAID, MetaID string
	Name, Language string
	Status         string // APPROVED, REJECTED, PAUSED, …, DELETED; "" until told
	Category       string // MARKETING, UTILITY, AUTHENTICATION
	SubCategory    string
	NextCategory   string // announced for NextCategoryAt
	NextCategoryAt int64
	Quality        string          // GREEN, YELLOW, RED, UNKNOWN or ""
	Reason         string          // of a rejection or pause, Meta's words
	Format         string          // POSITIONAL or NAMED; "" until read
	Components     json.RawMessage // as Meta sent them; no list until read
	TTL            int             // seconds that Meta tries to deliver it, 0: its default

	SyncedAt, CreatedAt, UpdatedAt int64 // SyncedAt is when it was last seen at Meta

	statusAt, categoryAt, qualityAt, componentsAt int64
}

// Statuses that matter here; Meta has more.
const (
	TemplateApproved = "APPROVED"
	TemplatePending  = "PENDING"
	TemplateRejected = "REJECTED"
	TemplatePaused   = "PAUSED"
	TemplateDisabled = "DISABLED"
	TemplateDeleted  = "DELETED"
)

// Spec reads what the template says and wants.
func (t Template) Spec() (template.Spec, error) { return template.Parse(t.Format, t.Components) }

const templateColumns = `id, org_id, waba_id, meta_id, name, language, status, category, sub_category, next_category, next_category_at, quality, reason,
	parameter_format, components, ttl, synced_at, created_at, updated_at, status_at, category_at, quality_at, components_at`

func scanTemplate(r *db.Rows, t *Template) error {
	var components string
	err := r.Scan(&t.ID, &t.OrgID, &t.WABAID, &t.MetaID, &t.Name, &t.Language, &t.Status, &t.Category, &t.SubCategory, &t.NextCategory, &t.NextCategoryAt,
		&t.Quality, &t.Reason, &t.Format, &components, &t.TTL, &t.SyncedAt, &t.CreatedAt, &t.UpdatedAt, &t.statusAt, &t.categoryAt, &t.qualityAt, &t.componentsAt)
	t.Components = json.RawMessage(components)
	return err
}

// languageKey makes en-US and en_US one.
func languageKey(s string) string { return strings.ToLower(strings.ReplaceAll(s, "-", "_")) }

// ensureTemplate reads the template that the news is about, or makes it and
// has the account read again.
func (t *tidings) ensureTemplate() (Template, error) {
	e := &t.e
	if e.TemplateName == "" {
		return Template{}, errs.New(errs.Invalid, "the template has no name")
	}
	key := languageKey(e.TemplateLanguage)
	v, err := db.One(t.tx, scanTemplate, `SELECT `+templateColumns+` FROM template WHERE org_id = ? AND waba_id = ? AND name = ? AND language_key = ?`,
		t.c.OrgID, t.c.WABAID, e.TemplateName, key)
	if !errs.Is(err, errs.NotFound) {
		return v, err
	}
	v = Template{
		OrgID: t.c.OrgID, WABAID: t.c.WABAID, MetaID: e.TemplateID,
		Name: e.TemplateName, Language: strings.ReplaceAll(e.TemplateLanguage, "-", "_"), Components: json.RawMessage("{}"),
	}
	if err := insertTemplateTx(t.tx, &v); err != nil {
		return v, err
	}
	return v, t.s.wantTemplatesTx(t.tx, t.c.OrgID, t.c.WABAID)
}

// insertTemplateTx adds a template with its name only.
func insertTemplateTx(tx *db.Tx, v *Template) error {
	v.ID, v.CreatedAt, v.UpdatedAt = tx.NewID(), tx.Now(), tx.Now()
	_, err := tx.Exec(`INSERT INTO template(id, org_id, waba_id, meta_id, name, language, language_key, created_at, updated_at)
		VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)`, v.ID, v.OrgID, v.WABAID, v.MetaID, v.Name, v.Language, languageKey(v.Language), v.CreatedAt, v.UpdatedAt)
	return err
}

// saveTemplateTx writes all of v but its name.
func saveTemplateTx(tx *db.Tx, v *Template) error {
	v.UpdatedAt = tx.Now()
	_, err := tx.Exec(`UPDATE template SET meta_id = ?, status = ?, category = ?, sub_category = ?, next_category = ?, next_category_at = ?, quality = ?, reason = ?,
			parameter_format = ?, components = ?, ttl = ?, synced_at = ?, status_at = ?, category_at = ?, quality_at = ?, components_at = ?, updated_at = ?
		WHERE id = ? AND org_id = ?`, v.MetaID, v.Status, v.Category, v.SubCategory, v.NextCategory, v.NextCategoryAt, v.Quality, v.Reason,
		v.Format, string(v.Components), v.TTL, v.SyncedAt, v.statusAt, v.categoryAt, v.qualityAt, v.componentsAt, v.UpdatedAt, v.ID, v.OrgID)
	return err
}

func (t *tidings) saveTemplate(v Template, detail string) error {
	if err := saveTemplateTx(t.tx, &v); err != nil {
		return err
	}
	return t.s.recordTx(t.tx, eventUpdated, t.c, byMeta, "template", v.Name+" "+detail)
}

// newer says whether news is newer than at, and moves at to it.
func (t *tidings) newer(at *int64) bool {
	if t.at != 0 && t.at <= *at {
		return false
	}
	*at = max(*at, t.at)
	return true
}

// template applies news of status, quality or category. Which it is shows in
// its shape: Meta has sent quality under the name of the status field.
func (t *tidings) template() error {
	v, err := t.ensureTemplate()
	if err != nil {
		return err
	}
	if t.e.TemplateID != "" {
		v.MetaID = t.e.TemplateID
	}
	switch {
	case t.e.NewQuality != "":
		if !t.newer(&v.qualityAt) {
			return nil
		}
		v.Quality = t.e.NewQuality
		return t.saveTemplate(v, v.Quality)
	case t.e.NewCategory != "":
		if !t.newer(&v.categoryAt) {
			return nil
		}
		t.category(&v)
		return t.saveTemplate(v, v.Category)
	}
	if t.e.Event == "" || !t.newer(&v.statusAt) {
		return nil
	}
	t.status(&v)
	return t.saveTemplate(v, v.Status)
}

// category takes a change that is done or only announced; in an announcement
// Meta's "new" category is the present one.
func (t *tidings) category(v *Template) {
	v.Category, v.NextCategory, v.NextCategoryAt = t.e.NewCategory, t.e.CorrectCategory, db.Millis(t.e.CategoryChangesAt)
	if v.NextCategory == "" {
		v.NextCategoryAt = 0
	}
}

func (t *tidings) status(v *Template) {
	v.Status, v.Reason = t.e.Event, ""
	if v.Status == "UNARCHIVED" || v.Status == "REINSTATED" || t.e.Title == "UNPAUSE" {
		v.Status = "APPROVED"
	}
	if t.e.TemplateCategory != "" && v.NextCategory == "" && t.at >= v.categoryAt {
		v.Category = t.e.TemplateCategory
	}
	for _, text := range []string{t.e.RejectionReason, t.e.Description, t.e.Reason} {
		if text != "" && text != "NONE" {
			v.Reason = text
			break
		}
	}
}

// components has an edited template read again: the news tells only its texts.
func (t *tidings) components() error {
	v, err := t.ensureTemplate()
	if err != nil || !t.newer(&v.componentsAt) {
		return err
	}
	if err := t.saveTemplate(v, "components"); err != nil {
		return err
	}
	return t.s.wantTemplatesTx(t.tx, t.c.OrgID, t.c.WABAID)
}
