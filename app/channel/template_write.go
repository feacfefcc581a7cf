package channel

import (
	"context"
	"io"
	"maps"
	"slices"
	"strings"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/meta"
	"badala/app/template"
)

// CreateTemplate submits a new template of a number's account to Meta's
// review. Meta's rules are checked first; the file of a header is named by an
// upload key, a public address or a handle that Meta gave. What Meta refuses
// is Upstream.
func (s *Service) CreateTemplate(ctx context.Context, who account.Actor, channel int64, d template.Draft) (_ Template, err error) {
	defer errs.Wrap(&err, "channel.CreateTemplate(%s)", d.Name)
	c, err := s.templateChannel(ctx, who, channel)
	if err != nil {
		return Template{}, err
	}
	if err := d.Check(); err != nil {
		return Template{}, err
	}
	old, err := s.Template(s.db.Read(ctx), who.OrgID, channel, d.Name, d.Language)
	if err == nil && old.Status != TemplateDeleted {
		return Template{}, errs.Coded(errs.Conflict, "template_exists", "there is a template of this name in this language already")
	}
	if err != nil && !errs.Is(err, errs.NotFound) {
		return Template{}, err
	}
	if err := s.uploadSamples(ctx, c, &d); err != nil {
		return Template{}, err
	}
	made, err := s.meta.CreateTemplate(ctx, c.Creds(), c.WABAID, meta.NewTemplate{
		Name: d.Name, Language: d.Language, Category: d.Category, Format: d.Format, Components: d.Components(), TTL: d.TTL,
	})
	if err != nil {
		return Template{}, s.templateFailed(ctx, c, err)
	}
	v := old
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		v, err = s.Template(tx, who.OrgID, channel, d.Name, d.Language)
		if errs.Is(err, errs.NotFound) {
			v = Template{OrgID: c.OrgID, WABAID: c.WABAID, Name: d.Name, Language: d.Language}
			err = insertTemplateTx(tx, &v)
		}
		if err != nil {
			return err
		}
		// A webhook may have told more already.
		if v.MetaID != made.ID || v.Status == "" || v.Status == TemplateDeleted {
			v.Status, v.Reason, v.Quality = orElse(made.Status, TemplatePending), "", ""
		}
		v.MetaID, v.Category = made.ID, orElse(made.Category, d.Category)
		v.Format, v.TTL, v.Components = d.Format, d.TTL, d.Components()
		return s.savedTemplateTx(tx, who, c, &v, "template.create", nil)
	})
	return v, err
}

// EditTemplate submits other content for a template. Name and language cannot
// change, and the category of an approved one neither.
func (s *Service) EditTemplate(ctx context.Context, who account.Actor, channel, id int64, d template.Draft) (_ Template, err error) {
	defer errs.Wrap(&err, "channel.EditTemplate(%d)", id)
	c, err := s.templateChannel(ctx, who, channel)
	if err != nil {
		return Template{}, err
	}
	old, err := s.TemplateByID(s.db.Read(ctx), who.OrgID, channel, id)
	if err != nil {
		return Template{}, err
	}
	d.Name, d.Language = old.Name, old.Language
	if d.Category == "" {
		d.Category = old.Category
	}
	if err := old.editable(d); err != nil {
		return Template{}, err
	}
	if err := d.Check(); err != nil {
		return Template{}, err
	}
	if err := s.uploadSamples(ctx, c, &d); err != nil {
		return Template{}, err
	}
	edit := meta.NewTemplate{Components: d.Components(), TTL: d.TTL}
	if d.Category != old.Category {
		edit.Category = d.Category
	}
	if err := s.meta.EditTemplate(ctx, c.Creds(), old.MetaID, edit); err != nil {
		return Template{}, s.templateFailed(ctx, c, err)
	}
	var v Template
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if v, err = s.TemplateByID(tx, who.OrgID, channel, id); err != nil {
			return err
		}
		before := v
		if v.statusAt == old.statusAt { // else a webhook has told already
			v.Status, v.Reason = TemplatePending, ""
		}
		v.Category, v.Format, v.TTL, v.Components = d.Category, d.Format, d.TTL, d.Components()
		return s.savedTemplateTx(tx, who, c, &v, "template.update", &before)
	})
	return v, err
}

// editable says why Meta would not let the template be changed into d.
func (t Template) editable(d template.Draft) error {
	if t.MetaID == "" {
		return errs.Coded(errs.Conflict, "template_unread", "this template has not been read from WhatsApp yet")
	}
	if !slices.Contains([]string{TemplateApproved, TemplateRejected, TemplatePaused}, t.Status) {
		return errs.Coded(errs.Conflict, "template_locked", "only a template that is APPROVED, REJECTED or PAUSED can be edited; this one is "+t.Status)
	}
	if t.Format != "" && d.Format != t.Format {
		return errs.Field("format", "cannot change: the variables of this template are "+t.Format)
	}
	if t.Status == TemplateApproved && d.Category != t.Category {
		return errs.Field("category", "cannot change while the template is approved")
	}
	return nil
}

// DeleteTemplate removes a template at Meta: this language, or all languages of
// its name. Meta keeps the name of an approved one from being used again for 30
// days.
func (s *Service) DeleteTemplate(ctx context.Context, who account.Actor, channel, id int64, allLanguages bool) (err error) {
	defer errs.Wrap(&err, "channel.DeleteTemplate(%d)", id)
	c, err := s.templateChannel(ctx, who, channel)
	if err != nil {
		return err
	}
	old, err := s.TemplateByID(s.db.Read(ctx), who.OrgID, channel, id)
	if err != nil {
		return err
	}
	metaID := old.MetaID
	switch {
	case old.Status == TemplateDeleted:
		return nil
	case old.Status == TemplateDisabled:
		return errs.Coded(errs.Conflict, "template_locked", "WhatsApp does not let a disabled template be deleted")
	case metaID == "" && !allLanguages:
		return errs.Coded(errs.Conflict, "template_unread", "this template has not been read from WhatsApp yet")
	case allLanguages:
		metaID = ""
	}
	if err := s.meta.DeleteTemplate(ctx, c.Creds(), c.WABAID, old.Name, metaID); err != nil {
		return s.templateFailed(ctx, c, err)
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		all, err := db.All(tx, scanTemplate, `SELECT `+templateColumns+` FROM template
			WHERE org_id = ? AND waba_id = ? AND name = ? AND status <> 'DELETED' AND (id = ? OR ?)`, c.OrgID, c.WABAID, old.Name, id, allLanguages)
		for i := range all {
			v := &all[i]
			before := *v
			v.Status, v.statusAt = TemplateDeleted, tx.Now()
			if err == nil {
				err = s.savedTemplateTx(tx, who, c, v, "template.delete", &before)
			}
		}
		return err
	})
}

// SetTemplateStatusTx notes what Meta says of a template when one is sent:
// that it is paused or disabled.
func (s *Service) SetTemplateStatusTx(tx *db.Tx, org, channel int64, name, language, status, reason string) error {
	v, err := s.Template(tx, org, channel, name, language)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil || v.Status == status {
		return err
	}
	c, err := s.ByID(tx, org, channel)
	if err != nil {
		return err
	}
	v.Status, v.Reason, v.statusAt = status, reason, tx.Now()
	if err := saveTemplateTx(tx, &v); err != nil {
		return err
	}
	return s.recordTx(tx, eventUpdated, c, byMeta, "template", v.Name+" "+status)
}

// templateChannel is the number for whose account an admin writes templates.
func (s *Service) templateChannel(ctx context.Context, who account.Actor, channel int64) (Channel, error) {
	if err := who.Require(account.ManageTemplates); err != nil {
		return Channel{}, err
	}
	return s.ByID(s.db.Read(ctx), who.OrgID, channel)
}

// templateFailed makes a failure at Meta one that may be shown. One whose
// outcome is unknown has the account read again.
func (s *Service) templateFailed(ctx context.Context, c Channel, err error) error {
	if metaError(err) == nil {
		if wanted := s.db.Write(ctx, func(tx *db.Tx) error { return s.wantTemplatesTx(tx, c.OrgID, c.WABAID) }); wanted != nil {
			return wanted
		}
	}
	return upstream(err)
}

// savedTemplateTx writes a template that an admin has changed, with the line
// and the event that tell of it, and has Meta's version of it read.
func (s *Service) savedTemplateTx(tx *db.Tx, who account.Actor, c Channel, v *Template, action string, before *Template) error {
	if err := saveTemplateTx(tx, v); err != nil {
		return err
	}
	line := account.Line{Action: action, Target: "tmpl", TargetID: v.ID, Detail: v.Name + " " + v.Language, After: v.told()}
	if before != nil {
		line.Before = before.told()
	}
	if who.Kind == account.KindUser || who.Kind == account.KindAPI {
		if err := account.AuditTx(tx, who, line); err != nil {
			return err
		}
	}
	if err := s.recordTx(tx, eventUpdated, c, who, "template", v.Name+" "+v.Status); err != nil {
		return err
	}
	return s.wantTemplatesTx(tx, c.OrgID, c.WABAID)
}

// told is what the audit log says of a template.
func (t Template) told() map[string]string {
	m := map[string]string{"status": t.Status, "category": t.Category}
	if spec, err := t.Spec(); err == nil {
		m["body"] = spec.Body
	}
	return m
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// Sample is a file that shows Meta's reviewers what a header is like.
type Sample struct {
	Body        io.ReadCloser
	ContentType string
	FileName    string
	Size        int64
}

// SampleSource opens the file that an upload key or a public address names.
type SampleSource func(ctx context.Context, org int64, kind, name string) (Sample, error)

// OnSample sets where example files come from. Set it before the first use.
func (s *Service) OnSample(source SampleSource) { s.samples = source }

// uploadSamples puts Meta's handle in the place of each example file that is
// named otherwise.
func (s *Service) uploadSamples(ctx context.Context, c Channel, d *template.Draft) error {
	d.Examples = maps.Clone(d.Examples)
	var app string
	for _, slot := range d.Slots() {
		name := d.Examples[slot.Key]
		if !slot.Kind.IsMedia() || isHandle(name) {
			continue
		}
		if s.samples == nil {
			return errs.Field(slot.Key, "example files cannot be uploaded here")
		}
		if app == "" {
			var err error
			if app, err = s.appOf(ctx, c); err != nil {
				return err
			}
		}
		file, err := s.samples(ctx, c.OrgID, strings.ToLower(string(slot.Kind)), name)
		if err != nil {
			return err
		}
		handle, err := s.meta.UploadSample(ctx, c.Creds(), app, file.ContentType, file.FileName, file.Body, file.Size)
		file.Body.Close()
		if err != nil {
			return upstream(err)
		}
		d.Examples[slot.Key] = handle
	}
	return nil
}

// isHandle says whether an example is named the way Meta names uploads:
// "4:…:…" or, in older ones, "2:…".
func isHandle(s string) bool {
	return strings.Count(s, ":") >= 2 && !strings.HasPrefix(s, "http") && s[0] >= '0' && s[0] <= '9'
}

// appOf finds the app that example files are uploaded to: the number's own, or
// the one that its token is of.
func (s *Service) appOf(ctx context.Context, c Channel) (string, error) {
	if c.AppID != "" {
		return c.AppID, nil
	}
	app, err := s.meta.TokenOwner(ctx, c.Creds())
	if app == "" {
		return "", &errs.Error{
			Kind: errs.Unprocessable, Code: "app_id_needed", Err: err,
			Message: "an example file is uploaded to your Meta app: enter the app id in the settings of the WhatsApp number",
		}
	}
	return app, nil
}
