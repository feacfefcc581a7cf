package channel

import (
	"encoding/json"
	"strings"

	"badala/app/db"
	"badala/app/errs"
)

// Template is a message template of an account, as Meta last told.
type Template struct {
	ID, OrgID      int64
	WABAID, MetaID string
	Name, Language string
	Status         string // APPROVED, REJECTED, PAUSED, …; "" until told
	Category       string
	NextCategory   string // announced for NextCategoryAt
	NextCategoryAt int64
	Quality        string
	Reason         string          // of a rejection or pause, Meta's words
	Components     json.RawMessage // as Meta sent them

	statusAt, categoryAt, qualityAt, componentsAt int64
}

const templateColumns = `id, org_id, waba_id, meta_id, name, language, status, category, next_category, next_category_at, quality, reason, components,
	status_at, category_at, quality_at, components_at`

func scanTemplate(r *db.Rows, t *Template) error {
	var components string
	err := r.Scan(&t.ID, &t.OrgID, &t.WABAID, &t.MetaID, &t.Name, &t.Language, &t.Status, &t.Category, &t.NextCategory, &t.NextCategoryAt, &t.Quality, &t.Reason,
		&components, &t.statusAt, &t.categoryAt, &t.qualityAt, &t.componentsAt)
	t.Components = json.RawMessage(components)
	return err
}

// Templates lists the templates of a number's account by name.
func (s *Service) Templates(q db.Q, org, channel int64) ([]Template, error) {
	c, err := s.ByID(q, org, channel)
	if err != nil {
		return nil, err
	}
	return db.All(q, scanTemplate, `SELECT `+templateColumns+` FROM template WHERE org_id = ? AND waba_id = ?
		ORDER BY name, language_key`, org, c.WABAID)
}

// languageKey makes en-US and en_US one.
func languageKey(s string) string { return strings.ToLower(strings.ReplaceAll(s, "-", "_")) }

// ensureTemplate reads the template that the news is about, or makes it.
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
		ID: t.tx.NewID(), OrgID: t.c.OrgID, WABAID: t.c.WABAID, MetaID: e.TemplateID,
		Name: e.TemplateName, Language: strings.ReplaceAll(e.TemplateLanguage, "-", "_"), Components: json.RawMessage("{}"),
	}
	_, err = t.tx.Exec(`INSERT INTO template(id, org_id, waba_id, meta_id, name, language, language_key, created_at, updated_at)
		VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)`, v.ID, v.OrgID, v.WABAID, v.MetaID, v.Name, v.Language, key, t.tx.Now(), t.tx.Now())
	return v, err
}

func (t *tidings) saveTemplate(v Template, detail string) error {
	_, err := t.tx.Exec(`UPDATE template SET meta_id = ?, status = ?, category = ?, next_category = ?, next_category_at = ?, quality = ?, reason = ?,
			components = ?, status_at = ?, category_at = ?, quality_at = ?, components_at = ?, updated_at = ?
		WHERE id = ? AND org_id = ?`, v.MetaID, v.Status, v.Category, v.NextCategory, v.NextCategoryAt, v.Quality, v.Reason,
		string(v.Components), v.statusAt, v.categoryAt, v.qualityAt, v.componentsAt, t.tx.Now(), v.ID, v.OrgID)
	if err != nil {
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

// components keeps the parts of an edited template as Meta sent them.
func (t *tidings) components(raw json.RawMessage) error {
	v, err := t.ensureTemplate()
	if err != nil || !t.newer(&v.componentsAt) {
		return err
	}
	v.Components = raw
	return t.saveTemplate(v, "components")
}
