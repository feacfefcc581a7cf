package api

import (
	"cmp"
	"context"
	"slices"

	"badala/app/db"
	"badala/app/webhook"
)

// hookPrefix begins the id of a webhook.
const hookPrefix = "hook"

// Webhook is an address of yours that is told what happens.
type Webhook struct {
	ID                  string   `json:"id"`
	URL                 string   `json:"url"`
	Events              []string `json:"events" nullable:"false"`
	State               string   `json:"state" enum:"ACTIVE,PAUSED,DISABLED"`
	DisabledReason      *string  `json:"disabledReason" doc:"GONE: it answered 410. FAILING: nothing came through for days."`
	Secret              *string  `json:"secret" doc:"What signs each call; shown only when it is made."`
	SecretStagedAt      *string  `json:"secretStagedAt" format:"date-time" doc:"Since when a new secret waits to be promoted."`
	PreviousSecretUntil *string  `json:"previousSecretUntil" format:"date-time" doc:"How long the former secret signs as well."`
	RatePerSecond       int      `json:"ratePerSecond" doc:"Deliveries a second, 1 to 1000; 0: no limit."`
	Username            *string  `json:"username"`
	HeaderNames         []string `json:"headerNames" nullable:"false" doc:"Of your own headers; their values are not shown."`
	Pending             int      `json:"pending" doc:"Deliveries on their way."`
	Held                int      `json:"held" doc:"Deliveries that wait until it is active again."`
	Failed              int      `json:"failed" doc:"Deliveries given up."`
	Expired             int      `json:"expired" doc:"Deliveries dropped unsent."`
	FailuresInRow       int      `json:"failuresInRow"`
	FailingSince        *string  `json:"failingSince" format:"date-time"`
	LastSuccessAt       *string  `json:"lastSuccessAt" format:"date-time"`
	LastAttemptAt       *string  `json:"lastAttemptAt" format:"date-time"`
	LastStatus          *int     `json:"lastStatus" doc:"HTTP status of the last answer."`
	LastError           *string  `json:"lastError"`
	WaitingUntil        *string  `json:"waitingUntil" format:"date-time" doc:"After failures in a row nothing is sent until then."`
	CreatedAt           string   `json:"createdAt" format:"date-time"`
	UpdatedAt           string   `json:"updatedAt" format:"date-time"`
}

func webhookOf(e webhook.Endpoint) Webhook {
	out := Webhook{
		ID: db.FormatID(hookPrefix, e.ID), URL: e.URL, Events: slices.Concat([]string{}, e.Events), State: e.State, DisabledReason: text(e.DisabledReason),
		SecretStagedAt: maybe(e.StagedAt), PreviousSecretUntil: maybe(e.PreviousUntil), RatePerSecond: e.RatePerSecond, Username: text(e.Username),
		HeaderNames: []string{}, Pending: e.Pending, Held: e.Held, Failed: e.Failed, Expired: e.Expired, FailuresInRow: e.FailuresInRow,
		FailingSince: maybe(e.FailingSince), LastSuccessAt: maybe(e.LastSuccessAt), LastAttemptAt: maybe(e.LastAttemptAt), LastStatus: number(e.LastStatus),
		LastError: text(e.LastError), WaitingUntil: maybe(e.BreakerUntil), CreatedAt: when(e.CreatedAt), UpdatedAt: when(e.UpdatedAt),
	}
	for name := range e.Headers {
		out.HeaderNames = append(out.HeaderNames, name)
	}
	slices.Sort(out.HeaderNames)
	return out
}

type webhooksOutput struct{ Body List[Webhook] }

func (a *API) webhooks(ctx context.Context, _ *InOrg) (*webhooksOutput, error) {
	found, err := a.Webhooks.Endpoints(a.DB.Read(ctx), callerOf(ctx).actor.OrgID)
	if err != nil {
		return nil, err
	}
	var all []Webhook
	for _, e := range found {
		all = append(all, webhookOf(e))
	}
	return &webhooksOutput{whole(all)}, nil
}

// WebhookPath names a webhook.
type WebhookPath struct {
	InOrg
	WebhookID string `path:"webhookId"`
}

func (in WebhookPath) id() (int64, error) { return db.ParseID(hookPrefix, in.WebhookID) }

type webhookOutput struct{ Body Webhook }

// webhookAnswer shows a webhook after something was done to it.
func webhookAnswer(e webhook.Endpoint, err error) (*webhookOutput, error) {
	if err != nil {
		return nil, err
	}
	return &webhookOutput{webhookOf(e)}, nil
}

func (a *API) oneWebhook(ctx context.Context, in *WebhookPath) (*webhookOutput, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	return webhookAnswer(a.Webhooks.Endpoint(a.DB.Read(ctx), callerOf(ctx).actor.OrgID, id))
}

type createWebhookInput struct {
	InOrg
	Body struct {
		URL           string            `json:"url" doc:"https; without user name and password."`
		Events        []string          `json:"events" nullable:"false" doc:"Names as in GET webhook-events."`
		RatePerSecond int               `json:"ratePerSecond,omitempty" doc:"0 (no limit) or 1 to 1000; 0 if absent."`
		Username      string            `json:"username,omitempty" doc:"For basic authentication."`
		Password      string            `json:"password,omitempty" writeOnly:"true"`
		Headers       map[string]string `json:"headers,omitempty" writeOnly:"true" doc:"Of your own, sent with every call."`
	}
}

func (a *API) createWebhook(ctx context.Context, in *createWebhookInput) (*webhookOutput, error) {
	b := in.Body
	e, secret, err := a.Webhooks.Create(ctx, callerOf(ctx).actor, webhook.Input{URL: b.URL, Events: b.Events,
		RatePerSecond: b.RatePerSecond, Username: b.Username, Password: b.Password, Headers: b.Headers})
	if err != nil {
		return nil, err
	}
	out := webhookOf(e)
	out.Secret = &secret
	return &webhookOutput{out}, nil
}

type patchWebhookInput struct {
	WebhookPath
	Body struct {
		URL           *string            `json:"url,omitempty"`
		Events        *[]string          `json:"events,omitempty"`
		RatePerSecond *int               `json:"ratePerSecond,omitempty" doc:"0 (no limit) or 1 to 1000."`
		Username      *string            `json:"username,omitempty"`
		Password      *string            `json:"password,omitempty" writeOnly:"true"`
		Headers       *map[string]string `json:"headers,omitempty" writeOnly:"true" doc:"In place of all that were."`
		State         *string            `json:"state,omitempty" enum:"ACTIVE,PAUSED" doc:"PAUSED holds deliveries back; ACTIVE sends what was held."`
	}
}

func (a *API) patchWebhook(ctx context.Context, in *patchWebhookInput) (*webhookOutput, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	b := in.Body
	return webhookAnswer(a.Webhooks.Update(ctx, callerOf(ctx).actor, id, webhook.Patch{URL: b.URL, Events: b.Events,
		RatePerSecond: b.RatePerSecond, Username: b.Username, Password: b.Password, Headers: b.Headers, State: b.State}))
}

func (a *API) deleteWebhook(ctx context.Context, in *WebhookPath) (*none, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	return nil, a.Webhooks.Delete(ctx, callerOf(ctx).actor, id)
}

type resumeWebhookInput struct {
	WebhookPath
	Body struct {
		SendHeld bool `json:"sendHeld" doc:"true: what was held is sent. false: it is skipped."`
	}
}

func (a *API) resumeWebhook(ctx context.Context, in *resumeWebhookInput) (*webhookOutput, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	return webhookAnswer(a.Webhooks.Resume(ctx, callerOf(ctx).actor, id, in.Body.SendHeld))
}

type testWebhookInput struct {
	WebhookPath
	Body *struct {
		Event string `json:"event,omitempty" doc:"message.received if absent."`
	} `required:"false"`
}

type attemptOutput struct{ Body Attempt }

func (a *API) testWebhook(ctx context.Context, in *testWebhookInput) (*attemptOutput, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	name := "message.received"
	if in.Body != nil {
		name = cmp.Or(in.Body.Event, name)
	}
	done, err := a.Webhooks.Test(ctx, callerOf(ctx).actor, id, name)
	if err != nil {
		return nil, err
	}
	return &attemptOutput{attemptOf(done)}, nil
}

// WebhookEvent is a kind of event that a webhook or a stream may be asked for.
type WebhookEvent struct {
	Name    string `json:"name"`
	Default bool   `json:"default" doc:"Whether it is picked for new webhooks on the page."`
	Example any    `json:"example" doc:"What data looks like."`
}

type webhookEventsOutput struct{ Body List[WebhookEvent] }

func (a *API) webhookEvents(context.Context, *InOrg) (*webhookEventsOutput, error) {
	var all []WebhookEvent
	for _, e := range webhook.Events {
		all = append(all, WebhookEvent{Name: e.Name, Default: e.Default, Example: webhook.Example(e.Name)})
	}
	return &webhookEventsOutput{whole(all)}, nil
}

// isEvent says whether there is an event of the name.
func isEvent(name string) bool {
	return slices.ContainsFunc(webhook.Events, func(e webhook.EventInfo) bool { return e.Name == name })
}
