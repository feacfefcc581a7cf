package api

import (
	"context"
	"time"

	"badala/app/broadcast"
	"badala/app/db"
)

// Broadcast is one template to many people.
type Broadcast struct {
	ID               string            `json:"id"`
	Name             string            `json:"name"`
	Status           string            `json:"status" enum:"DRAFT,SCHEDULED,RUNNING,PAUSED,DONE,CANCELLED"`
	ChannelID        string            `json:"channelId"`
	TemplateName     *string           `json:"templateName"`
	TemplateLanguage *string           `json:"templateLanguage"`
	Category         *string           `json:"category" doc:"Of the template, once it has started."`
	Variables        TemplateVariables `json:"variables"`
	Audience         BroadcastAudience `json:"audience"`
	ScheduleAt       *string           `json:"scheduleAt" format:"date-time"`
	OfficeHoursOnly  bool              `json:"officeHoursOnly"`
	RatePerSecond    int               `json:"ratePerSecond"`
	GapSeconds       float64           `json:"gapSeconds"`
	PauseReason      *string           `json:"pauseReason" doc:"Why it is paused, such as MANUAL, FAILURES, QUALITY or a code of WhatsApp's."`
	Counts           BroadcastCounts   `json:"counts"`
	LeftOut          map[string]int    `json:"leftOut" nullable:"false" doc:"Who has no place among the recipients, by reason."`
	Progress         int               `json:"progress" minimum:"0" maximum:"100" doc:"In percent."`
	CreatedAt        string            `json:"createdAt" format:"date-time"`
	UpdatedAt        string            `json:"updatedAt" format:"date-time"`
	StartedAt        *string           `json:"startedAt" format:"date-time"`
	FinishedAt       *string           `json:"finishedAt" format:"date-time"`
}

// BroadcastCounts are the recipients by state.
type BroadcastCounts struct {
	Recipients int `json:"recipients"`
	Waiting    int `json:"waiting"`
	Queued     int `json:"queued"`
	Sent       int `json:"sent" doc:"WhatsApp took it and told no more yet."`
	Delivered  int `json:"delivered" doc:"And not read."`
	Read       int `json:"read"`
	Failed     int `json:"failed"`
	Unknown    int `json:"unknown" doc:"WhatsApp may or may not have it; never sent again by itself."`
	Skipped    int `json:"skipped"`
	Answered   int `json:"answered" doc:"Of those, who wrote back."`
}

// BroadcastAudience is whom a broadcast means: whoever fits all conditions, and
// besides them the contacts and numbers that are named.
type BroadcastAudience struct {
	Everyone         bool       `json:"everyone,omitempty" doc:"All contacts. Without a condition nobody is meant."`
	Tags             []string   `json:"tags,omitempty" doc:"By name; all of them."`
	AnyTag           bool       `json:"anyTag,omitempty" doc:"One of the tags is enough."`
	Search           string     `json:"search,omitempty"`
	Source           string     `json:"source,omitempty" enum:"WHATSAPP,MANUAL,API,IMPORT"`
	MarketingConsent *bool      `json:"marketingConsent,omitempty"`
	ChannelID        string     `json:"channelId,omitempty" doc:"Who talk on this number."`
	LastMessageFrom  *time.Time `json:"lastMessageFrom,omitempty"`
	LastMessageUntil *time.Time `json:"lastMessageUntil,omitempty"`
	ImportID         string     `json:"importId,omitempty" doc:"Whom this import named."`
	ContactIDs       []string   `json:"contactIds,omitempty"`
	Numbers          []string   `json:"numbers,omitempty" doc:"Phone numbers; who is not a contact becomes one when the broadcast starts."`
	DefaultCountry   string     `json:"defaultCountry,omitempty" doc:"Of numbers without a country code, such as KW."`
}

func (a BroadcastAudience) domain() (out broadcast.Audience, err error) {
	out = broadcast.Audience{Everyone: a.Everyone, Tags: a.Tags, AnyTag: a.AnyTag, Search: a.Search, Source: a.Source, Consent: a.MarketingConsent,
		Numbers: a.Numbers, Country: a.DefaultCountry}
	for _, id := range []struct {
		prefix, text string
		to           *int64
	}{{"chan", a.ChannelID, &out.ChannelID}, {importPrefix, a.ImportID, &out.ImportID}} {
		if id.text == "" {
			continue
		}
		if *id.to, err = db.ParseID(id.prefix, id.text); err != nil {
			return out, err
		}
	}
	for _, text := range a.ContactIDs {
		id, err := db.ParseID("contact", text)
		if err != nil {
			return out, err
		}
		out.ContactIDs = append(out.ContactIDs, id)
	}
	if a.LastMessageFrom != nil {
		out.TalkedFrom = db.Millis(*a.LastMessageFrom)
	}
	if a.LastMessageUntil != nil {
		out.TalkedUntil = db.Millis(*a.LastMessageUntil)
	}
	return out, nil
}

func audienceOf(a broadcast.Audience) BroadcastAudience {
	out := BroadcastAudience{Everyone: a.Everyone, Tags: a.Tags, AnyTag: a.AnyTag, Search: a.Search, Source: a.Source, MarketingConsent: a.Consent,
		Numbers: a.Numbers, DefaultCountry: a.Country}
	if a.ChannelID != 0 {
		out.ChannelID = db.FormatID("chan", a.ChannelID)
	}
	if a.ImportID != 0 {
		out.ImportID = db.FormatID(importPrefix, a.ImportID)
	}
	for _, id := range a.ContactIDs {
		out.ContactIDs = append(out.ContactIDs, db.FormatID("contact", id))
	}
	at := func(ms int64) *time.Time {
		if ms == 0 {
			return nil
		}
		t := db.Time(ms).UTC()
		return &t
	}
	out.LastMessageFrom, out.LastMessageUntil = at(a.TalkedFrom), at(a.TalkedUntil)
	return out
}

func broadcastOf(b broadcast.Broadcast) Broadcast {
	c := b.Counts
	out := Broadcast{
		ID: db.FormatID(broadcast.Prefix, b.ID), Name: b.Name, Status: b.State, ChannelID: db.FormatID("chan", b.ChannelID),
		TemplateName: text(b.Template), TemplateLanguage: text(b.Language), Category: text(b.Category),
		Variables: TemplateVariables{b.Given.Variables}, Audience: audienceOf(b.Audience), ScheduleAt: maybe(b.ScheduleAt),
		OfficeHoursOnly: b.OfficeHours, RatePerSecond: b.Rate, GapSeconds: float64(b.GapMS) / 1000, PauseReason: text(b.PauseReason),
		Counts:  BroadcastCounts{c.Total(), c.Waiting, c.Queued, c.Sent, c.Delivered, c.Read, c.Failed, c.Unknown, c.Skipped, c.Answered},
		LeftOut: b.LeftOut, Progress: b.Percent(), CreatedAt: when(b.CreatedAt), UpdatedAt: when(b.UpdatedAt),
		StartedAt: maybe(b.StartedAt), FinishedAt: maybe(b.FinishedAt),
	}
	if out.RatePerSecond == 0 {
		out.RatePerSecond = broadcast.DefaultRate
	}
	if out.LeftOut == nil {
		out.LeftOut = map[string]int{}
	}
	return out
}

type broadcastsInput struct {
	InOrg
	Take   int      `query:"take" minimum:"1" maximum:"200" default:"50"`
	Skip   int      `query:"skip" minimum:"0" maximum:"1000000"`
	Status []string `query:"status" enum:"DRAFT,SCHEDULED,RUNNING,PAUSED,DONE,CANCELLED"`
	Search string   `query:"search" maxLength:"200" doc:"In names."`
}

type broadcastsOutput struct{ Body List[Broadcast] }

func (a *API) broadcasts(ctx context.Context, in *broadcastsInput) (*broadcastsOutput, error) {
	found, total, err := a.Broadcasts.List(a.DB.Read(ctx), callerOf(ctx).actor.OrgID, broadcast.Filter{States: in.Status, Search: in.Search, Take: in.Take, Skip: in.Skip})
	if err != nil {
		return nil, err
	}
	out := &broadcastsOutput{List[Broadcast]{Items: []Broadcast{}, Total: total}}
	for _, b := range found {
		out.Body.Items = append(out.Body.Items, broadcastOf(b))
	}
	return out, nil
}

// BroadcastFields describe a broadcast.
type BroadcastFields struct {
	TemplateFields
	ScheduleAt      Optional[time.Time] `json:"scheduleAt,omitzero" doc:"When it starts by itself; without, it is a draft until it is started."`
	OfficeHoursOnly *bool               `json:"officeHoursOnly,omitempty" doc:"Send only while the number's office is open."`
	RatePerSecond   *int                `json:"ratePerSecond,omitempty" minimum:"1" maximum:"1000" doc:"10 if absent; at most what the number may send."`
	GapSeconds      *float64            `json:"gapSeconds,omitempty" minimum:"0" maximum:"3600" doc:"At least so long between two messages."`
	Audience        *BroadcastAudience  `json:"audience,omitempty"`
}

// into changes what is given.
func (f BroadcastFields) into(in *broadcast.Input) error {
	if f.TemplateName != "" {
		in.Template = f.TemplateName
	}
	if f.TemplateLanguage != "" {
		in.Language = f.TemplateLanguage
	}
	if !f.Variables.IsZero() || f.Header != nil || f.Buttons != nil || f.Cards != nil || f.ExpiresAt != nil {
		in.Given = f.domain().Values
	}
	if f.ScheduleAt.Sent {
		if in.ScheduleAt = 0; f.ScheduleAt.Value != nil {
			in.ScheduleAt = db.Millis(*f.ScheduleAt.Value)
		}
	}
	if f.OfficeHoursOnly != nil {
		in.OfficeHours = *f.OfficeHoursOnly
	}
	if f.RatePerSecond != nil {
		in.Rate = *f.RatePerSecond
	}
	if f.GapSeconds != nil {
		in.GapMS = int64(*f.GapSeconds * 1000)
	}
	if f.Audience == nil {
		return nil
	}
	var err error
	in.Audience, err = f.Audience.domain()
	return err
}

type createBroadcastInput struct {
	InOrg
	Body struct {
		Name      string `json:"name" doc:"1 to 120 characters, for yourselves."`
		ChannelID string `json:"channelId"`
		BroadcastFields
	}
}

type broadcastOutput struct{ Body Broadcast }

func (a *API) createBroadcast(ctx context.Context, in *createBroadcastInput) (*broadcastOutput, error) {
	input := broadcast.Input{Name: in.Body.Name}
	var err error
	if input.ChannelID, err = db.ParseID("chan", in.Body.ChannelID); err != nil {
		return nil, err
	}
	if err := in.Body.into(&input); err != nil {
		return nil, err
	}
	b, err := a.Broadcasts.Create(ctx, callerOf(ctx).actor, input)
	if err != nil {
		return nil, err
	}
	return &broadcastOutput{broadcastOf(b)}, nil
}

// BroadcastPath names a broadcast.
type BroadcastPath struct {
	InOrg
	BroadcastID string `path:"broadcastId"`
}

func (p BroadcastPath) id() (int64, error) { return db.ParseID(broadcast.Prefix, p.BroadcastID) }

func (a *API) oneBroadcast(ctx context.Context, in *BroadcastPath) (*broadcastOutput, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	b, err := a.Broadcasts.Get(a.DB.Read(ctx), callerOf(ctx).actor.OrgID, id)
	if err != nil {
		return nil, err
	}
	return &broadcastOutput{broadcastOf(b)}, nil
}

type patchBroadcastInput struct {
	BroadcastPath
	Body struct {
		Name      *string `json:"name,omitempty"`
		ChannelID *string `json:"channelId,omitempty"`
		BroadcastFields
	}
}

func (a *API) patchBroadcast(ctx context.Context, in *patchBroadcastInput) (*broadcastOutput, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	who := callerOf(ctx).actor
	was, err := a.Broadcasts.Get(a.DB.Read(ctx), who.OrgID, id)
	if err != nil {
		return nil, err
	}
	input := was.Input()
	if in.Body.Name != nil {
		input.Name = *in.Body.Name
	}
	if in.Body.ChannelID != nil {
		if input.ChannelID, err = db.ParseID("chan", *in.Body.ChannelID); err != nil {
			return nil, err
		}
	}
	if err := in.Body.into(&input); err != nil {
		return nil, err
	}
	b, err := a.Broadcasts.Edit(ctx, who, id, input)
	if err != nil {
		return nil, err
	}
	return &broadcastOutput{broadcastOf(b)}, nil
}

func (a *API) deleteBroadcast(ctx context.Context, in *BroadcastPath) (*none, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	return nil, a.Broadcasts.Delete(ctx, callerOf(ctx).actor, id)
}

// BroadcastPreview is what one real recipient will get.
type BroadcastPreview struct {
	ContactID *string           `json:"contactId" doc:"null: a number that is nobody's yet."`
	Name      *string           `json:"name"`
	Phone     *string           `json:"phone"`
	Body      string            `json:"body"`
	Message   TemplateShownCard `json:"message"`
	Missing   []string          `json:"missing" nullable:"false" doc:"Fields that the contact does not have and for which nothing stands: it will be left out."`
}

type previewBroadcastOutput struct {
	Body struct {
		Items []BroadcastPreview `json:"items" nullable:"false"`
	}
}

func (a *API) previewBroadcast(ctx context.Context, in *createBroadcastInput) (*previewBroadcastOutput, error) {
	input := broadcast.Input{}
	var err error
	if input.ChannelID, err = db.ParseID("chan", in.Body.ChannelID); err != nil {
		return nil, err
	}
	if err := in.Body.into(&input); err != nil {
		return nil, err
	}
	all, err := a.Broadcasts.Preview(ctx, callerOf(ctx).actor.OrgID, input)
	if err != nil {
		return nil, err
	}
	out := &previewBroadcastOutput{}
	out.Body.Items = []BroadcastPreview{}
	for _, p := range all {
		missing := p.Missing
		if missing == nil {
			missing = []string{}
		}
		out.Body.Items = append(out.Body.Items, BroadcastPreview{ref("contact", p.ContactID), text(p.Name), text(p.Phone), p.Shown.Text(), shownCard(p.Shown.FilledCard), missing})
	}
	return out, nil
}
