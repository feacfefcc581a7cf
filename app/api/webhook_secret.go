package api

import (
	"context"
	"time"
)

// keepOld is how long a former secret signs as well, if nobody says.
const keepOld = 24

// rotateSecret makes the next secret: webhook-signature has both from now on,
// until it is promoted or taken back.
func (a *API) rotateSecret(ctx context.Context, in *WebhookPath) (*webhookOutput, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	who := callerOf(ctx).actor
	secret, err := a.Webhooks.StageSecret(ctx, who, id)
	if err != nil {
		return nil, err
	}
	out, err := webhookAnswer(a.Webhooks.Endpoint(a.DB.Read(ctx), who.OrgID, id))
	if err != nil {
		return nil, err
	}
	out.Body.Secret = &secret
	return out, nil
}

type promoteSecretInput struct {
	WebhookPath
	Body *struct {
		KeepOldHours *int `json:"keepOldHours,omitempty" minimum:"0" maximum:"168" doc:"How long the former secret signs as well; 24 if absent."`
	} `required:"false"`
}

func (a *API) promoteSecret(ctx context.Context, in *promoteSecretInput) (*webhookOutput, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	hours := keepOld
	if in.Body != nil && in.Body.KeepOldHours != nil {
		hours = *in.Body.KeepOldHours
	}
	return webhookAnswer(a.Webhooks.PromoteSecret(ctx, callerOf(ctx).actor, id, time.Duration(hours)*time.Hour))
}

func (a *API) cancelSecret(ctx context.Context, in *WebhookPath) (*webhookOutput, error) {
	id, err := in.id()
	if err != nil {
		return nil, err
	}
	return webhookAnswer(a.Webhooks.CancelSecret(ctx, callerOf(ctx).actor, id))
}
