package api

import (
	"context"
	"time"

	"badala/app/db"
)

type snoozeInput struct {
	ConversationPath
	Body struct {
		Until *time.Time `json:"until" doc:"When it comes back, at most a year away; null takes it back now."`
	}
}

func (a *API) snooze(ctx context.Context, in *snoozeInput) (*conversationOutput, error) {
	id, err := db.ParseID("conv", in.ConversationID)
	if err != nil {
		return nil, err
	}
	until := int64(0)
	if in.Body.Until != nil {
		until = max(db.Millis(*in.Body.Until), 1) // the year 1 is in the past, and no wish to wake
	}
	if err := a.Inbox.Snooze(ctx, callerOf(ctx).actor, id, until); err != nil {
		return nil, err
	}
	return a.oneConversation(ctx, in.ConversationID)
}

type setTagsInput struct {
	ConversationPath
	Body struct {
		Tags   *[]string `json:"tags,omitempty" doc:"All tags that it shall have."`
		Add    []string  `json:"add,omitempty" doc:"Tags to put on it; new ones are made."`
		Remove []string  `json:"remove,omitempty" doc:"Tags to take off."`
	}
}

func (a *API) setTags(ctx context.Context, in *setTagsInput) (*conversationOutput, error) {
	id, err := db.ParseID("conv", in.ConversationID)
	if err != nil {
		return nil, err
	}
	if err := a.Inbox.SetTags(ctx, callerOf(ctx).actor, id, in.Body.Add, in.Body.Remove, in.Body.Tags); err != nil {
		return nil, err
	}
	return a.oneConversation(ctx, in.ConversationID)
}
