package api

import (
	"context"

	"badala/app/channel"
	"badala/app/db"
)

// Channel is one WhatsApp number. Its secrets can be written, never read.
type Channel struct {
	ID            string        `json:"id"`
	Name          string        `json:"name"`
	PhoneNumber   *string       `json:"phoneNumber" doc:"E.164; null until known."`
	PhoneNumberID string        `json:"phoneNumberId"`
	WABAID        string        `json:"wabaId"`
	WebhookURL    string        `json:"webhookUrl" doc:"The callback URL to enter at Meta."`
	VerifyToken   *string       `json:"verifyToken" doc:"The verify token to enter at Meta; shown only when the channel is made."`
	Health        ChannelHealth `json:"health"`
	CreatedAt     string        `json:"createdAt" format:"date-time"`
}

// ChannelHealth is how a number does.
type ChannelHealth struct {
	State          string  `json:"state" enum:"CONNECTING,ACTIVE,PAUSED,DISCONNECTED"`
	PausedReason   *string `json:"pausedReason"`
	PausedUntil    *string `json:"pausedUntil" format:"date-time"`
	VerifiedName   *string `json:"verifiedName"`
	Quality        *string `json:"quality" doc:"GREEN, YELLOW or RED, as Meta rates it."`
	MessagingTier  *string `json:"messagingTier"`
	FirstWebhookAt *string `json:"firstWebhookAt" format:"date-time"`
	LastWebhookAt  *string `json:"lastWebhookAt" format:"date-time"`
}

func (a *API) channelOf(c channel.Channel) Channel {
	return Channel{
		ID: db.FormatID("chan", c.ID), Name: c.Name, PhoneNumber: text(c.PhoneNumber), PhoneNumberID: c.PhoneNumberID, WABAID: c.WABAID,
		WebhookURL: a.Channels.WebhookURL(), CreatedAt: when(c.CreatedAt),
		Health: ChannelHealth{
			State: string(c.State), PausedReason: text(c.PausedReason), PausedUntil: maybe(c.PausedUntil), VerifiedName: text(c.VerifiedName),
			Quality: text(c.Quality), MessagingTier: text(c.Tier), FirstWebhookAt: maybe(c.FirstWebhookAt), LastWebhookAt: maybe(c.LastWebhookAt),
		},
	}
}

type channelsOutput struct{ Body List[Channel] }

func (a *API) channels(ctx context.Context, _ *InOrg) (*channelsOutput, error) {
	found, err := a.Channels.List(a.DB.Read(ctx), callerOf(ctx).actor.OrgID)
	if err != nil {
		return nil, err
	}
	var all []Channel
	for _, c := range found {
		all = append(all, a.channelOf(c))
	}
	return &channelsOutput{whole(all)}, nil
}

// ChannelPath names a channel.
type ChannelPath struct {
	InOrg
	ChannelID string `path:"channelId"`
}

type channelOutput struct{ Body Channel }

func (a *API) channel(ctx context.Context, in *ChannelPath) (*channelOutput, error) {
	id, err := db.ParseID("chan", in.ChannelID)
	if err != nil {
		return nil, err
	}
	c, err := a.Channels.ByID(a.DB.Read(ctx), callerOf(ctx).actor.OrgID, id)
	if err != nil {
		return nil, err
	}
	return &channelOutput{a.channelOf(c)}, nil
}

// ChannelFields are what may be set on a channel.
type ChannelFields struct {
	Name          string `json:"name,omitempty"`
	PhoneNumber   string `json:"phoneNumber,omitempty" doc:"With country code."`
	PhoneNumberID string `json:"phoneNumberId,omitempty" doc:"As Meta shows it. Fixed once the channel is made."`
	WABAID        string `json:"wabaId,omitempty" doc:"The WhatsApp Business Account's id."`
	AccessToken   string `json:"accessToken,omitempty" writeOnly:"true"`
	AppSecret     string `json:"appSecret,omitempty" writeOnly:"true"`
	VerifyToken   string `json:"verifyToken,omitempty" writeOnly:"true" doc:"One is made if absent."`
}

func (f ChannelFields) draft() channel.Draft {
	return channel.Draft{Name: f.Name, PhoneNumber: f.PhoneNumber, PhoneNumberID: f.PhoneNumberID, WABAID: f.WABAID,
		AccessToken: f.AccessToken, AppSecret: f.AppSecret, VerifyToken: f.VerifyToken}
}

type createChannelInput struct {
	InOrg
	Body ChannelFields
}

func (a *API) createChannel(ctx context.Context, in *createChannelInput) (*channelOutput, error) {
	c, err := a.Channels.Create(ctx, callerOf(ctx).actor, in.Body.draft())
	if err != nil {
		return nil, err
	}
	out := a.channelOf(c)
	out.VerifyToken = text(c.VerifyToken)
	return &channelOutput{out}, nil
}

type patchChannelInput struct {
	ChannelPath
	Body ChannelFields
}

func (a *API) patchChannel(ctx context.Context, in *patchChannelInput) (*channelOutput, error) {
	id, err := db.ParseID("chan", in.ChannelID)
	if err != nil {
		return nil, err
	}
	c, err := a.Channels.Update(ctx, callerOf(ctx).actor, id, in.Body.draft())
	if err != nil {
		return nil, err
	}
	return &channelOutput{a.channelOf(c)}, nil
}

func (a *API) deleteChannel(ctx context.Context, in *ChannelPath) (*none, error) {
	id, err := db.ParseID("chan", in.ChannelID)
	if err != nil {
		return nil, err
	}
	return nil, a.Channels.Delete(ctx, callerOf(ctx).actor, id)
}
