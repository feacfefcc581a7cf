package channel

import (
	"slices"
	"strconv"
	"strings"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/fold"
	"badala/app/template"
)

// TemplateFilter narrows a list of templates. Empty fields narrow nothing.
type TemplateFilter struct {
	Search                              string // in name and text
	Language, Category, Status, Quality string
	// Usable leaves only those that can be sent now.
	Usable bool
}

// Templates lists the templates of a number's account by name. Those that are
// gone from Meta are not among them.
func (s *Service) Templates(q db.Q, org, channel int64) ([]Template, error) {
	c, err := s.ByID(q, org, channel)
	if err != nil {
		return nil, err
	}
	return db.All(q, scanTemplate, `SELECT `+templateColumns+` FROM template WHERE org_id = ? AND waba_id = ? AND status <> 'DELETED'
		ORDER BY name, language_key`, org, c.WABAID)
}

// FindTemplates lists the templates of a number's account that f lets through.
func (s *Service) FindTemplates(q db.Q, org, channel int64, f TemplateFilter) ([]Template, error) {
	all, err := s.Templates(q, org, channel)
	return slices.DeleteFunc(all, func(t Template) bool { return !f.takes(t) }), err
}

func (f TemplateFilter) takes(t Template) bool {
	for _, v := range []struct{ wanted, is string }{{f.Category, t.Category}, {f.Status, t.Status}, {f.Quality, t.Quality}, {languageKey(f.Language), languageKey(t.Language)}} {
		if v.wanted != "" && !strings.EqualFold(v.wanted, v.is) {
			return false
		}
	}
	if f.Usable && t.Usable() != nil {
		return false
	}
	words := strings.Fields(fold.Text(f.Search))
	if len(words) == 0 {
		return true
	}
	spec, _ := t.Spec() // one that is not read yet is found by its name
	text := fold.Text(strings.ReplaceAll(t.Name, "_", " ") + " " + t.Name + " " + spec.Header.Text + " " + spec.Body + " " + spec.Footer)
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
}

// Template reads one template of a number's account by its name and language,
// also one that is gone from Meta.
func (s *Service) Template(q db.Q, org, channel int64, name, language string) (Template, error) {
	c, err := s.ByID(q, org, channel)
	if err != nil {
		return Template{}, err
	}
	return db.One(q, scanTemplate, `SELECT `+templateColumns+` FROM template WHERE org_id = ? AND waba_id = ? AND name = ? AND language_key = ?`,
		org, c.WABAID, name, languageKey(language))
}

// TemplateByID reads one template of a number's account.
func (s *Service) TemplateByID(q db.Q, org, channel, id int64) (Template, error) {
	c, err := s.ByID(q, org, channel)
	if err != nil {
		return Template{}, err
	}
	return db.One(q, scanTemplate, `SELECT `+templateColumns+` FROM template WHERE id = ? AND org_id = ? AND waba_id = ?`, id, org, c.WABAID)
}

// Usable says why the template cannot be sent now, nil when it can.
func (t Template) Usable() error {
	if t.Status != TemplateApproved {
		status := t.Status
		if status == "" {
			status = "UNKNOWN"
		}
		return errs.Coded(errs.Unprocessable, "template_status", "this template is "+status+" and cannot be sent")
	}
	spec, err := t.Spec()
	if err != nil {
		return err
	}
	return spec.Sendable()
}

// DuplicateName proposes a name for a copy of a template: the next number
// that no template of the account has.
func (s *Service) DuplicateName(q db.Q, org, channel int64, name string) (string, error) {
	c, err := s.ByID(q, org, channel)
	if err != nil {
		return "", err
	}
	taken, err := db.All(q, func(r *db.Rows, v *string) error { return r.Scan(v) },
		`SELECT DISTINCT name FROM template WHERE org_id = ? AND waba_id = ?`, org, c.WABAID)
	if err != nil {
		return "", err
	}
	base, n := name, 2
	if at := strings.LastIndexByte(name, '_'); at > 0 {
		if last, err := strconv.Atoi(name[at+1:]); err == nil && last > 0 {
			base, n = name[:at], last+1
		}
	}
	for slices.Contains(taken, base+"_"+strconv.Itoa(n)) {
		n++
	}
	return base + "_" + strconv.Itoa(n), nil
}

// Draft makes a draft of the template, to edit or to copy it.
func (t Template) Draft() (template.Draft, error) {
	spec, err := t.Spec()
	return template.Draft{Name: t.Name, Language: t.Language, Category: t.Category, TTL: t.TTL, Spec: spec}, err
}

// TemplateSync is how far the templates of an account are read.
type TemplateSync struct {
	AskedAt, SyncedAt int64
	Error             string // of the last reading, in words
}

// TemplatesRead tells when the templates of a number's account were read.
func (s *Service) TemplatesRead(q db.Q, org, channel int64) (TemplateSync, error) {
	c, err := s.ByID(q, org, channel)
	if err != nil {
		return TemplateSync{}, err
	}
	return templateSync(q, org, c.WABAID)
}

func templateSync(q db.Q, org int64, wabaID string) (TemplateSync, error) {
	v, err := db.One(q, func(r *db.Rows, v *TemplateSync) error { return r.Scan(&v.AskedAt, &v.SyncedAt, &v.Error) },
		`SELECT asked_at, synced_at, error FROM template_sync WHERE org_id = ? AND waba_id = ?`, org, wabaID)
	if errs.Is(err, errs.NotFound) {
		return TemplateSync{}, nil
	}
	return v, err
}
