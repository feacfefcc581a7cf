package api

import (
	"context"
	"io"
	"math"

	"badala/app/account"
	"badala/app/broadcast"
	"badala/app/contact/importer"
	"badala/app/db"
	"badala/app/i18n"

	"github.com/danielgtaylor/huma/v2"
)

// controlBroadcast makes a route that changes the state of a broadcast.
func (a *API) controlBroadcast(do func(*broadcast.Service, context.Context, account.Actor, int64) (broadcast.Broadcast, error)) func(context.Context, *BroadcastPath) (*broadcastOutput, error) {
	return func(ctx context.Context, in *BroadcastPath) (*broadcastOutput, error) {
		id, err := in.id()
		if err != nil {
			return nil, err
		}
		b, err := do(a.Broadcasts, ctx, callerOf(ctx).actor, id)
		if err != nil {
			return nil, err
		}
		return &broadcastOutput{broadcastOf(b)}, nil
	}
}

type retriedOutput struct {
	Body struct {
		Retried int `json:"retried" doc:"How many recipients wait again."`
	}
}

func (a *API) retryBroadcast(ctx context.Context, in *BroadcastPath) (*retriedOutput, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	out := &retriedOutput{}
	out.Body.Retried, err = a.Broadcasts.Retry(ctx, callerOf(ctx).actor, id)
	if err != nil {
		return nil, err
	}
	return out, nil
}

type audienceInput struct {
	InOrg
	Body struct {
		BroadcastAudience
		Category string `json:"category,omitempty" enum:"MARKETING,UTILITY,AUTHENTICATION" default:"MARKETING" doc:"For the estimate."`
	}
}

// AudienceCount is whom an audience means now.
type AudienceCount struct {
	Total    int              `json:"total" doc:"Everybody, once."`
	Sendable int              `json:"sendable"`
	LeftOut  map[string]int   `json:"leftOut" nullable:"false" doc:"By reason: OPTED_OUT, NO_CONSENT, NO_NUMBER, DUPLICATE, NOT_A_NUMBER, GONE."`
	Sample   []AudienceSample `json:"sample" nullable:"false"`
	Estimate CostEstimate     `json:"estimate"`
}

// AudienceSample is one of those who would be written to.
type AudienceSample struct {
	ContactID *string `json:"contactId" doc:"null: a number that is nobody's yet."`
	Name      *string `json:"name"`
	Phone     *string `json:"phone"`
}

// CostEstimate is about what WhatsApp charges if all is delivered.
type CostEstimate struct {
	Currency string     `json:"currency"`
	Amount   float64    `json:"amount"`
	BuiltIn  bool       `json:"builtIn" doc:"Some of it stands on built-in prices, which are an estimate themselves."`
	Lines    []CostLine `json:"lines" nullable:"false"`
}

// CostLine is the part of a country.
type CostLine struct {
	Country  *string `json:"country" doc:"null: not known."`
	Messages int     `json:"messages"`
	Each     float64 `json:"each"`
	Amount   float64 `json:"amount"`
}

type audienceOutput struct{ Body AudienceCount }

func (a *API) countAudience(ctx context.Context, in *audienceInput) (*audienceOutput, error) {
	who := callerOf(ctx).actor
	audience, err := in.Body.domain()
	if err != nil {
		return nil, err
	}
	c, err := a.Broadcasts.Count(ctx, who.OrgID, audience)
	if err != nil {
		return nil, err
	}
	e, err := a.Broadcasts.Estimate(a.DB.Read(ctx), who.OrgID, in.Body.Category, c.Countries)
	if err != nil {
		return nil, err
	}
	out := &audienceOutput{AudienceCount{Total: c.Total, Sendable: c.Sendable, LeftOut: c.LeftOut, Sample: []AudienceSample{},
		Estimate: CostEstimate{Currency: e.Currency, Amount: money(e.Micros), BuiltIn: e.BuiltIn, Lines: []CostLine{}}}}
	for _, s := range c.Sample {
		out.Body.Sample = append(out.Body.Sample, AudienceSample{ref("contact", s.ContactID), text(s.Name), text(s.Phone)})
	}
	for _, l := range e.Lines {
		out.Body.Estimate.Lines = append(out.Body.Estimate.Lines, CostLine{text(l.Country), l.Messages, money(l.Each), money(l.Micros)})
	}
	return out, nil
}

const microsOfOne = 1e6

func money(micros int64) float64 { return float64(micros) / microsOfOne }

type testBroadcastInput struct {
	InOrg
	Body struct {
		To        string `json:"to" doc:"A phone number of your own, with country code."`
		Name      string `json:"name,omitempty"`
		ChannelID string `json:"channelId"`
		BroadcastFields
	}
}

func (a *API) testBroadcast(ctx context.Context, in *testBroadcastInput) (*sendOutput, error) {
	input := broadcast.Input{}
	var err error
	if input.ChannelID, err = db.ParseID("chan", in.Body.ChannelID); err != nil {
		return nil, err
	}
	if err := in.Body.into(&input); err != nil {
		return nil, err
	}
	m, err := a.Broadcasts.Test(ctx, callerOf(ctx).actor, input, in.Body.To)
	if err != nil {
		return nil, err
	}
	return a.sent(m)
}

type recipientsInput struct {
	BroadcastPath
	Take     int    `query:"take" minimum:"1" maximum:"200" default:"50"`
	Cursor   string `query:"cursor"`
	Status   string `query:"status" enum:"WAITING,QUEUED,SENT,DELIVERED,READ,FAILED,UNKNOWN,SKIPPED"`
	Answered bool   `query:"answered" doc:"Only who wrote back."`
}

// BroadcastRecipient is one person of a broadcast.
type BroadcastRecipient struct {
	ID             string  `json:"id"`
	ContactID      string  `json:"contactId"`
	Name           *string `json:"name"`
	Phone          *string `json:"phone"`
	Status         string  `json:"status" enum:"WAITING,QUEUED,SENT,DELIVERED,READ,FAILED,UNKNOWN,SKIPPED"`
	Reason         *string `json:"reason" doc:"Why it failed or was left out, in words."`
	ErrorCode      *int    `json:"errorCode" doc:"WhatsApp's."`
	Detail         *string `json:"detail" doc:"WhatsApp's words."`
	Retryable      bool    `json:"retryable"`
	MessageID      *string `json:"messageId"`
	ConversationID *string `json:"conversationId"`
	AnswerID       *string `json:"answerId" doc:"The message that answers it."`
	AnsweredAt     *string `json:"answeredAt" format:"date-time"`
	UpdatedAt      string  `json:"updatedAt" format:"date-time"`
}

type recipientsOutput struct{ Body Page[BroadcastRecipient] }

func (a *API) recipients(ctx context.Context, in *recipientsInput) (*recipientsOutput, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	who := callerOf(ctx).actor
	page, next, err := a.Broadcasts.Recipients(a.DB.Read(ctx), who.OrgID, id,
		broadcast.RecipientFilter{State: in.Status, Answered: in.Answered, Cursor: in.Cursor, Take: in.Take})
	if err != nil {
		return nil, err
	}
	out := &recipientsOutput{Page[BroadcastRecipient]{Items: []BroadcastRecipient{}, NextCursor: text(next)}}
	for _, r := range page {
		out.Body.Items = append(out.Body.Items, recipientOf(r, langOf(who)))
	}
	return out, nil
}

// recipientOf shows a recipient, reasons in a language.
func recipientOf(r broadcast.Recipient, lang string) BroadcastRecipient {
	shown := BroadcastRecipient{
		ID: db.FormatID("bcr", r.ID), ContactID: db.FormatID("contact", r.ContactID), Name: text(r.Name), Phone: text(r.Phone), Status: r.State,
		Detail: text(r.Detail), Retryable: r.Retryable, MessageID: ref("msg", r.MessageID), ConversationID: ref("conv", r.ConversationID),
		AnswerID: ref("msg", r.AnswerID), AnsweredAt: maybe(r.AnsweredAt), UpdatedAt: when(r.UpdatedAt),
	}
	if r.Reason != "" {
		shown.Reason = text(i18n.T(lang, r.Reason))
	}
	if r.Code > 0 {
		shown.ErrorCode = number(r.Code)
	}
	return shown
}

// langOf is the language of a caller; programs read English.
func langOf(who account.Actor) string {
	if who.Lang == "" {
		return "en"
	}
	return who.Lang
}

type exportRecipientsInput struct {
	BroadcastPath
	Status   string `query:"status" enum:"WAITING,QUEUED,SENT,DELIVERED,READ,FAILED,UNKNOWN,SKIPPED"`
	Answered bool   `query:"answered"`
}

func (a *API) exportRecipients(ctx context.Context, in *exportRecipientsInput) (*huma.StreamResponse, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	who := callerOf(ctx).actor
	if _, err := a.Broadcasts.Get(a.DB.Read(ctx), who.OrgID, id); err != nil {
		return nil, err
	}
	f := broadcast.RecipientFilter{State: in.Status, Answered: in.Answered}
	return a.file(ctx, "broadcast", importer.FormatCSV, func(w io.Writer) error { return a.Broadcasts.Export(ctx, who, id, f, langOf(who), w) }), nil
}

// BroadcastPrice is what a delivered message costs.
type BroadcastPrice struct {
	Country  string  `json:"country" doc:"ISO code; empty for every other one."`
	Category string  `json:"category" enum:"MARKETING,UTILITY,AUTHENTICATION"`
	Price    float64 `json:"price" minimum:"0" maximum:"1000"`
	Own      bool    `json:"own,omitempty" doc:"Set by the organisation; else the built-in estimate."`
}

// BroadcastSettings hold for all broadcasts of an organisation.
type BroadcastSettings struct {
	Currency        string           `json:"currency"`
	ExplicitConsent bool             `json:"explicitConsent" doc:"Only contacts with marketingConsent true are written to."`
	PricesAsOf      string           `json:"pricesAsOf" format:"date" doc:"Of the built-in prices, which are in USD."`
	Prices          []BroadcastPrice `json:"prices" nullable:"false"`
}

type broadcastSettingsOutput struct{ Body BroadcastSettings }

func (a *API) broadcastSettings(ctx context.Context, _ *InOrg) (*broadcastSettingsOutput, error) {
	all, set, err := a.Broadcasts.Prices(a.DB.Read(ctx), callerOf(ctx).actor.OrgID)
	if err != nil {
		return nil, err
	}
	out := &broadcastSettingsOutput{BroadcastSettings{set.Currency, set.ExplicitConsent, broadcast.PricesAsOf, []BroadcastPrice{}}}
	for _, p := range all {
		out.Body.Prices = append(out.Body.Prices, BroadcastPrice{p.Country, p.Category, money(p.Micros), p.Own})
	}
	return out, nil
}

type patchBroadcastSettingsInput struct {
	InOrg
	Body struct {
		Currency        *string          `json:"currency,omitempty"`
		ExplicitConsent *bool            `json:"explicitConsent,omitempty"`
		Prices          []BroadcastPrice `json:"prices,omitempty" doc:"Those to change; with own false, back to the estimate."`
	}
}

func (a *API) patchBroadcastSettings(ctx context.Context, in *patchBroadcastSettingsInput) (*broadcastSettingsOutput, error) {
	who := callerOf(ctx).actor
	set, err := a.Broadcasts.Settings(a.DB.Read(ctx), who.OrgID)
	if err != nil {
		return nil, err
	}
	was := set
	if in.Body.Currency != nil {
		set.Currency = *in.Body.Currency
	}
	if in.Body.ExplicitConsent != nil {
		set.ExplicitConsent = *in.Body.ExplicitConsent
	}
	if set != was {
		if err := a.Broadcasts.SetSettings(ctx, who, set); err != nil {
			return nil, err
		}
	}
	var prices []broadcast.Price
	for _, p := range in.Body.Prices {
		prices = append(prices, broadcast.Price{Country: p.Country, Category: p.Category, Micros: int64(math.Round(p.Price * microsOfOne)), Own: p.Own})
	}
	if len(prices) > 0 {
		if err := a.Broadcasts.SetPrices(ctx, who, prices); err != nil {
			return nil, err
		}
	}
	return a.broadcastSettings(ctx, &in.InOrg)
}
