package api

import (
	"context"
	"time"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/webhook"
)

// Delivery is one event on its way to one webhook.
type Delivery struct {
	ID            string  `json:"id" doc:"The same on every retry; receivers drop repeats by it."`
	WebhookID     string  `json:"webhookId"`
	EventID       string  `json:"eventId" doc:"The same for every webhook that hears of the event."`
	Event         string  `json:"event"`
	State         string  `json:"state" enum:"PENDING,DELIVERED,FAILED,HELD,EXPIRED,ERASED"`
	Attempts      int     `json:"attempts"`
	NextAttemptAt *string `json:"nextAttemptAt" format:"date-time"`
	LastAttemptAt *string `json:"lastAttemptAt" format:"date-time"`
	FinishedAt    *string `json:"finishedAt" format:"date-time"`
	CreatedAt     string  `json:"createdAt" format:"date-time"`
	Status        *int    `json:"status" doc:"HTTP status of the last answer."`
	DurationMS    int64   `json:"durationMs"`
	Error         *string `json:"error" doc:"dns, blocked_address, refused, reset, tls, timeout, redirect, http_4xx, http_5xx or too_large."`
	Test          bool    `json:"test"`
}

func deliveryOf(d webhook.Delivery) Delivery {
	out := Delivery{
		ID: db.FormatID("dlv", d.ID), WebhookID: db.FormatID(hookPrefix, d.EndpointID), EventID: db.FormatID("evt", d.EventID), Event: d.Event, State: d.State,
		Attempts: d.Attempts, LastAttemptAt: maybe(d.LastAt), FinishedAt: maybe(d.FinishedAt), CreatedAt: when(d.CreatedAt),
		Status: number(d.Status), DurationMS: d.DurationMS, Error: text(d.Error), Test: d.Test,
	}
	if d.State == webhook.Pending {
		out.NextAttemptAt = maybe(d.NextAt)
	}
	return out
}

// Attempt is one call of a webhook.
type Attempt struct {
	At         string  `json:"at" format:"date-time"`
	Trigger    string  `json:"trigger" enum:"AUTO,MANUAL,TEST"`
	IP         *string `json:"ip" doc:"The address that was called."`
	Status     *int    `json:"status"`
	DurationMS int64   `json:"durationMs"`
	Error      *string `json:"error"`
	Response   *string `json:"response" doc:"What was answered, the first 16 KiB."`
}

func attemptOf(t webhook.Attempt) Attempt {
	return Attempt{At: when(t.At), Trigger: t.Trigger, IP: text(t.IP), Status: number(t.Status), DurationMS: t.DurationMS, Error: text(t.Error), Response: text(t.Response)}
}

type deliveriesInput struct {
	WebhookPath
	Status string `query:"status" enum:"PENDING,DELIVERED,FAILED,HELD,EXPIRED,ERASED"`
	Cursor string `query:"cursor" doc:"nextCursor of the page before."`
	Take   int    `query:"take" minimum:"1" maximum:"200" default:"50"`
}

type deliveriesOutput struct{ Body Page[Delivery] }

func (a *API) deliveries(ctx context.Context, in *deliveriesInput) (*deliveriesOutput, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	q, org := a.DB.Read(ctx), callerOf(ctx).actor.OrgID
	if _, err := a.Webhooks.Endpoint(q, org, id); err != nil {
		return nil, err
	}
	found, next, err := a.Webhooks.Deliveries(q, org, id, webhook.Filter{State: in.Status, Cursor: in.Cursor, Take: in.Take})
	if err != nil {
		return nil, err
	}
	out := &deliveriesOutput{Page[Delivery]{Items: []Delivery{}, NextCursor: text(next)}}
	for _, d := range found {
		out.Body.Items = append(out.Body.Items, deliveryOf(d))
	}
	return out, nil
}

// DeliveryPath names a delivery.
type DeliveryPath struct {
	WebhookPath
	DeliveryID string `path:"deliveryId"`
}

func (in DeliveryPath) ids() (hook, delivery int64, err error) {
	if hook, err = in.id(); err != nil {
		return 0, 0, err
	}
	delivery, err = db.ParseID("dlv", in.DeliveryID)
	return hook, delivery, err
}

// DeliveryDetail is a delivery with all that is known of it.
type DeliveryDetail struct {
	Delivery
	Body       *string   `json:"body" doc:"What is posted, byte for byte; null once it is too old."`
	AttemptLog []Attempt `json:"attemptLog" nullable:"false"`
}

type deliveryOutput struct{ Body DeliveryDetail }

func (a *API) delivery(ctx context.Context, in *DeliveryPath) (*deliveryOutput, error) {
	hook, id, err := in.ids()
	if err != nil {
		return nil, err
	}
	d, attempts, body, err := a.Webhooks.Delivery(a.DB.Read(ctx), callerOf(ctx).actor.OrgID, id)
	if err != nil {
		return nil, err
	}
	if d.EndpointID != hook {
		return nil, errs.New(errs.NotFound, "no such delivery")
	}
	out := &deliveryOutput{DeliveryDetail{Delivery: deliveryOf(d), Body: text(string(body)), AttemptLog: []Attempt{}}}
	for _, t := range attempts {
		out.Body.AttemptLog = append(out.Body.AttemptLog, attemptOf(t))
	}
	return out, nil
}

func (a *API) redeliver(ctx context.Context, in *DeliveryPath) (*deliveryOutput, error) {
	hook, id, err := in.ids()
	if err != nil {
		return nil, err
	}
	if err := a.Webhooks.Redeliver(ctx, callerOf(ctx).actor, hook, id); err != nil {
		return nil, err
	}
	return a.delivery(ctx, in)
}

type redeliverFailedInput struct {
	WebhookPath
	Body struct {
		Since time.Time `json:"since" doc:"Failed deliveries of events since then are sent again, at most 10,000."`
	}
}

type redeliverFailedOutput struct {
	Body struct {
		Redelivered int `json:"redelivered"`
	}
}

func (a *API) redeliverFailed(ctx context.Context, in *redeliverFailedInput) (*redeliverFailedOutput, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	out := &redeliverFailedOutput{}
	out.Body.Redelivered, err = a.Webhooks.RedeliverFailed(ctx, callerOf(ctx).actor, id, in.Body.Since.UnixMilli())
	return out, err
}
