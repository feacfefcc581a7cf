package api

import (
	"context"

	"badala/app/retention"
)

// RetentionDays are after how many days what is kept is deleted.
type RetentionDays struct {
	RawDays      int  `json:"rawDays" doc:"Bodies of WhatsApp's webhooks as they came: 1 to 365, and not longer than messages."`
	WebhookDays  int  `json:"webhookDays" doc:"Bodies sent to webhooks, once no delivery waits for them: 1 to 30."`
	MediaDays    *int `json:"mediaDays" doc:"Files of messages: 30 to 3650; null for never, or with their messages."`
	MessagesDays *int `json:"messagesDays" doc:"Messages and notes with their files: 30 to 3650; null for never."`
}

// Retention is what an organisation keeps, and what the last night deleted.
type Retention struct {
	RetentionDays
	LastRun *RetentionRun `json:"lastRun"`
}

// RetentionRun is what one night deleted.
type RetentionRun struct {
	StartedAt  string  `json:"startedAt" format:"date-time"`
	FinishedAt *string `json:"finishedAt" format:"date-time" doc:"null while it works."`
	RawBodies  int64   `json:"rawBodies"`
	Webhooks   int64   `json:"webhookBodies"`
	Files      int64   `json:"files"`
	Bytes      int64   `json:"fileBytes"`
	Messages   int64   `json:"messages"`
	Notes      int64   `json:"notes"`
}

type retentionOutput struct{ Body Retention }

func daysOf(v retention.Settings) RetentionDays {
	return RetentionDays{RawDays: v.RawDays, WebhookDays: v.WebhookDays, MediaDays: number(v.MediaDays), MessagesDays: number(v.MessagesDays)}
}

func (a *API) retentionOf(ctx context.Context) (*retentionOutput, error) {
	q, org := a.DB.Read(ctx), callerOf(ctx).actor.OrgID
	v, err := a.Retention.Settings(q, org)
	if err != nil {
		return nil, err
	}
	out := Retention{RetentionDays: daysOf(v)}
	r, err := a.Retention.LastRun(q, org)
	if err != nil {
		return nil, err
	}
	if r.Started != 0 {
		out.LastRun = &RetentionRun{StartedAt: when(r.Started), FinishedAt: maybe(r.Finished), RawBodies: r.Raw, Webhooks: r.Webhooks,
			Files: r.Files, Bytes: r.Bytes, Messages: r.Messages, Notes: r.Notes}
	}
	return &retentionOutput{out}, nil
}

func (a *API) retention(ctx context.Context, _ *InOrg) (*retentionOutput, error) {
	return a.retentionOf(ctx)
}

type putRetentionInput struct {
	InOrg
	Body struct {
		RetentionDays
		Confirm bool `json:"confirm,omitempty" doc:"Needed where messages or files go sooner than before: they go for good."`
	}
}

func (a *API) putRetention(ctx context.Context, in *putRetentionInput) (*retentionOutput, error) {
	b := &in.Body
	v := retention.Settings{RawDays: b.RawDays, WebhookDays: b.WebhookDays, MediaDays: numberOr0(b.MediaDays), MessagesDays: numberOr0(b.MessagesDays)}
	if err := a.Retention.Set(ctx, callerOf(ctx).actor, v, b.Confirm); err != nil {
		return nil, err
	}
	return a.retentionOf(ctx)
}

func numberOr0(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}

type previewRetentionInput struct {
	InOrg
	RawDays      QueryInt `query:"rawDays" doc:"As saved unless given."`
	WebhookDays  QueryInt `query:"webhookDays"`
	MediaDays    QueryInt `query:"mediaDays" doc:"0 for never."`
	MessagesDays QueryInt `query:"messagesDays" doc:"0 for never."`
}

// RetentionPart is what would go of one kind.
type RetentionPart struct {
	Count    int64   `json:"count"`
	OldestAt *string `json:"oldestAt" format:"date-time" doc:"null if nothing would go."`
	Monthly  int64   `json:"monthly" doc:"How many go in a month from then on: about as many as come."`
}

// RetentionFiles is what would go of files.
type RetentionFiles struct {
	RetentionPart
	Bytes        int64 `json:"bytes"`
	MonthlyBytes int64 `json:"monthlyBytes"`
}

// RetentionMessages is what would go of messages.
type RetentionMessages struct {
	RetentionPart
	Notes int64 `json:"notes" doc:"Internal notes of the same threads, which go as well."`
}

// RetentionPreview is what settings would delete tonight.
type RetentionPreview struct {
	RetentionDays
	RawBodies     RetentionPart     `json:"rawBodies"`
	WebhookBodies RetentionPart     `json:"webhookBodies"`
	Files         RetentionFiles    `json:"files"`
	Messages      RetentionMessages `json:"messages"`
}

type previewRetentionOutput struct{ Body RetentionPreview }

func partOf(p retention.Part) RetentionPart {
	return RetentionPart{Count: p.Count, OldestAt: maybe(p.First), Monthly: p.Monthly}
}

func (a *API) previewRetention(ctx context.Context, in *previewRetentionInput) (*previewRetentionOutput, error) {
	org := callerOf(ctx).actor.OrgID
	v, err := a.Retention.Settings(a.DB.Read(ctx), org)
	if err != nil {
		return nil, err
	}
	for _, f := range []struct {
		to    *int
		given QueryInt
	}{{&v.RawDays, in.RawDays}, {&v.WebhookDays, in.WebhookDays}, {&v.MediaDays, in.MediaDays}, {&v.MessagesDays, in.MessagesDays}} {
		if f.given.Sent {
			*f.to = f.given.Value
		}
	}
	if err := v.Check(); err != nil {
		return nil, err
	}
	p, err := a.Retention.Preview(ctx, org, v)
	return &previewRetentionOutput{RetentionPreview{
		RetentionDays: daysOf(v), RawBodies: partOf(p.Raw), WebhookBodies: partOf(p.Webhooks),
		Files:    RetentionFiles{partOf(p.Files), p.Files.Bytes, p.Files.MonthlyBytes},
		Messages: RetentionMessages{partOf(p.Messages), p.Notes},
	}}, err
}
