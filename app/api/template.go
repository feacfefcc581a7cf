package api

import (
	"context"
	"encoding/json"

	"badala/app/channel"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/template"
)

// MessageTemplate is a template as WhatsApp last told. All numbers of an
// account share it.
type MessageTemplate struct {
	ID             string           `json:"id"`
	Name           string           `json:"name"`
	Language       string           `json:"language"`
	Status         *string          `json:"status" doc:"APPROVED, PENDING, REJECTED, PAUSED, DISABLED and others."`
	Category       *string          `json:"category" doc:"MARKETING, UTILITY or AUTHENTICATION."`
	NextCategory   *string          `json:"nextCategory" doc:"That WhatsApp has announced."`
	NextCategoryAt *string          `json:"nextCategoryAt" format:"date-time"`
	Quality        *string          `json:"quality" doc:"GREEN, YELLOW, RED or UNKNOWN."`
	Reason         *string          `json:"reason" doc:"Of a rejection or a pause."`
	Format         *string          `json:"format" doc:"POSITIONAL or NAMED variables."`
	Components     []map[string]any `json:"components" nullable:"false" doc:"As WhatsApp has them."`
	Needs          []TemplateSlot   `json:"needs" nullable:"false" doc:"What is given to send it."`
	Sendable       bool             `json:"sendable"`
	Problem        *string          `json:"problem" doc:"Why it cannot be sent."`
	SyncedAt       *string          `json:"syncedAt" format:"date-time"`
	UpdatedAt      string           `json:"updatedAt" format:"date-time"`
}

// TemplateSlot is one thing that is given to send a template.
type TemplateSlot struct {
	Key      string  `json:"key" doc:"Such as body.1, header, button.0 or card.0.header."`
	Kind     string  `json:"kind" enum:"TEXT,IMAGE,VIDEO,DOCUMENT,LOCATION,URL,COUPON,CODE,PAYLOAD,FLOW,EXPIRY"`
	Name     *string `json:"name" doc:"Of the variable."`
	Example  *string `json:"example"`
	Required bool    `json:"required"`
}

func templateOf(t channel.Template) MessageTemplate {
	out := MessageTemplate{
		ID: db.FormatID("tmpl", t.ID), Name: t.Name, Language: t.Language, Status: text(t.Status), Category: text(t.Category),
		NextCategory: text(t.NextCategory), NextCategoryAt: maybe(t.NextCategoryAt), Quality: text(t.Quality), Reason: text(t.Reason),
		Format: text(t.Format), Components: []map[string]any{}, Needs: []TemplateSlot{}, SyncedAt: maybe(t.SyncedAt), UpdatedAt: when(t.UpdatedAt),
	}
	var all []map[string]any
	if json.Unmarshal(t.Components, &all) == nil && all != nil {
		out.Components = all
	}
	if spec, err := t.Spec(); err == nil {
		for _, s := range spec.Slots() {
			out.Needs = append(out.Needs, TemplateSlot{s.Key, string(s.Kind), text(s.Name), text(s.Example), !s.Optional})
		}
	}
	err := t.Usable()
	if out.Sendable = err == nil; err != nil {
		out.Problem = text(errs.As(err).Message)
	}
	return out
}

type templatesInput struct {
	ChannelPath
	Take     int    `query:"take" minimum:"1" maximum:"200" default:"50"`
	Skip     int    `query:"skip" minimum:"0" maximum:"1000000"`
	Search   string `query:"search" maxLength:"200" doc:"In name and text."`
	Language string `query:"language"`
	Category string `query:"category"`
	Status   string `query:"status"`
	Quality  string `query:"quality"`
	Sendable bool   `query:"sendable" doc:"Those only that can be sent now."`
}

type templatesOutput struct{ Body List[MessageTemplate] }

func (a *API) templates(ctx context.Context, in *templatesInput) (*templatesOutput, error) {
	id, err := db.ParseID("chan", in.ChannelID)
	if err != nil {
		return nil, err
	}
	found, err := a.Channels.FindTemplates(a.DB.Read(ctx), callerOf(ctx).actor.OrgID, id, channel.TemplateFilter{
		Search: in.Search, Language: in.Language, Category: in.Category, Status: in.Status, Quality: in.Quality, Usable: in.Sendable,
	})
	if err != nil {
		return nil, err
	}
	out := &templatesOutput{List[MessageTemplate]{Items: []MessageTemplate{}, Total: len(found)}}
	found = found[min(in.Skip, len(found)):]
	for _, t := range found[:min(in.Take, len(found))] {
		out.Body.Items = append(out.Body.Items, templateOf(t))
	}
	return out, nil
}

// SyncedTemplates is what reading the templates has changed.
type SyncedTemplates struct {
	Total   int `json:"total"`
	Added   int `json:"added"`
	Changed int `json:"changed"`
	Gone    int `json:"gone"`
}

type syncTemplatesOutput struct{ Body SyncedTemplates }

func (a *API) syncTemplates(ctx context.Context, in *ChannelPath) (*syncTemplatesOutput, error) {
	id, err := db.ParseID("chan", in.ChannelID)
	if err != nil {
		return nil, err
	}
	r, err := a.Channels.SyncTemplates(ctx, callerOf(ctx).actor, id)
	if err != nil {
		return nil, err
	}
	return &syncTemplatesOutput{SyncedTemplates(r)}, nil
}

type createTemplateInput struct {
	ChannelPath
	Body struct {
		Name       string           `json:"name" doc:"Small Latin letters, digits and _."`
		Language   string           `json:"language" doc:"Such as en_US."`
		Category   string           `json:"category" enum:"MARKETING,UTILITY,AUTHENTICATION"`
		Format     string           `json:"format,omitempty" enum:"POSITIONAL,NAMED" doc:"Found in the variables if absent."`
		Components []map[string]any `json:"components" doc:"As WhatsApp's own API has them. The example file of a header is named in header_handle by an uploadKey, a public https address or a handle of WhatsApp's."`
		TTLSeconds int              `json:"ttlSeconds,omitempty" minimum:"0" maximum:"2592000" doc:"How long WhatsApp tries to deliver it."`
	}
}

type templateOutput struct{ Body MessageTemplate }

func (a *API) createTemplate(ctx context.Context, in *createTemplateInput) (*templateOutput, error) {
	id, err := db.ParseID("chan", in.ChannelID)
	if err != nil {
		return nil, err
	}
	b := in.Body
	spec, err := template.Parse(b.Format, rawOf(b.Components))
	if err != nil {
		return nil, err
	}
	t, err := a.Channels.CreateTemplate(ctx, callerOf(ctx).actor, id,
		template.Draft{Name: b.Name, Language: b.Language, Category: b.Category, TTL: b.TTLSeconds, Spec: spec})
	if err != nil {
		return nil, err
	}
	return &templateOutput{templateOf(t)}, nil
}

// TemplatePath names a template.
type TemplatePath struct {
	ChannelPath
	TemplateID string `path:"templateId"`
}

// ids reads the path.
func (p TemplatePath) ids() (channelID, templateID int64, err error) {
	if channelID, err = db.ParseID("chan", p.ChannelID); err == nil {
		templateID, err = db.ParseID("tmpl", p.TemplateID)
	}
	return channelID, templateID, err
}

func (a *API) oneTemplate(ctx context.Context, in *TemplatePath) (*templateOutput, error) {
	channelID, id, err := in.ids()
	if err != nil {
		return nil, err
	}
	t, err := a.Channels.TemplateByID(a.DB.Read(ctx), callerOf(ctx).actor.OrgID, channelID, id)
	if err != nil {
		return nil, err
	}
	return &templateOutput{templateOf(t)}, nil
}

type patchTemplateInput struct {
	TemplatePath
	Body struct {
		Category   string           `json:"category,omitempty" enum:"MARKETING,UTILITY,AUTHENTICATION" doc:"Not of an approved one."`
		Components []map[string]any `json:"components,omitempty" doc:"All of them: what is not there goes."`
		TTLSeconds *int             `json:"ttlSeconds,omitempty" minimum:"0" maximum:"2592000"`
	}
}

func (a *API) patchTemplate(ctx context.Context, in *patchTemplateInput) (*templateOutput, error) {
	channelID, id, err := in.ids()
	if err != nil {
		return nil, err
	}
	who := callerOf(ctx).actor
	t, err := a.Channels.TemplateByID(a.DB.Read(ctx), who.OrgID, channelID, id)
	if err != nil {
		return nil, err
	}
	d, err := t.Draft()
	if len(in.Body.Components) > 0 {
		d.Spec, err = template.Parse(t.Format, rawOf(in.Body.Components))
	}
	if err != nil {
		return nil, err
	}
	if in.Body.Category != "" {
		d.Category = in.Body.Category
	}
	if in.Body.TTLSeconds != nil {
		d.TTL = *in.Body.TTLSeconds
	}
	if t, err = a.Channels.EditTemplate(ctx, who, channelID, id, d); err != nil {
		return nil, err
	}
	return &templateOutput{templateOf(t)}, nil
}

type deleteTemplateInput struct {
	TemplatePath
	AllLanguages bool `query:"allLanguages" doc:"All languages of the name, instead of this one."`
}

func (a *API) deleteTemplate(ctx context.Context, in *deleteTemplateInput) (*none, error) {
	channelID, id, err := in.ids()
	if err != nil {
		return nil, err
	}
	return nil, a.Channels.DeleteTemplate(ctx, callerOf(ctx).actor, channelID, id, in.AllLanguages)
}

// rawOf writes what was JSON before.
func rawOf(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return b
}
