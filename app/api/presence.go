package api

import (
	"context"

	"badala/app/db"
	"badala/app/hours"
	"badala/app/inbox"
)

// Presence is whether a member is there.
type Presence struct {
	UserID   string         `json:"userId"`
	Status   string         `json:"status" enum:"AVAILABLE,AWAY,OFF"`
	Hours    []hours.Window `json:"hours" doc:"Windows of the week, in the organisation's time zone: their begin makes AVAILABLE, their end OFF."`
	NextAt   *string        `json:"nextAt" format:"date-time" doc:"When the hours next change the status."`
	HandOver string         `json:"handOver" enum:"KEEP,TURN,NOBODY" doc:"What becomes of open conversations when the status becomes OFF."`
}

type presenceOutput struct{ Body Presence }

func presenceOf(p inbox.Presence) *presenceOutput {
	return &presenceOutput{Presence{UserID: db.FormatID("user", p.UserID), Status: p.State, Hours: append([]hours.Window{}, p.Hours...),
		NextAt: maybe(p.NextAt), HandOver: p.HandOver}}
}

func (a *API) presence(ctx context.Context, in *MemberPath) (*presenceOutput, error) {
	user, err := db.ParseID("user", in.UserID)
	if err != nil {
		return nil, err
	}
	p, err := a.Inbox.Presence(a.DB.Read(ctx), callerOf(ctx).actor.OrgID, user)
	if err != nil {
		return nil, err
	}
	return presenceOf(p), nil
}

type patchPresenceInput struct {
	MemberPath
	Body struct {
		Status   *string         `json:"status,omitempty" enum:"AVAILABLE,AWAY,OFF"`
		Hours    *[]hours.Window `json:"hours,omitempty" doc:"All windows; none is no hours."`
		HandOver *string         `json:"handOver,omitempty" enum:"KEEP,TURN,NOBODY"`
	}
}

func (a *API) patchPresence(ctx context.Context, in *patchPresenceInput) (*presenceOutput, error) {
	user, err := db.ParseID("user", in.UserID)
	if err != nil {
		return nil, err
	}
	p, err := a.Inbox.SetPresence(ctx, callerOf(ctx).actor, user, inbox.PresencePatch{State: in.Body.Status, Hours: in.Body.Hours, HandOver: in.Body.HandOver})
	if err != nil {
		return nil, err
	}
	return presenceOf(p), nil
}

type handOverInput struct {
	MemberPath
	Body struct {
		To         string `json:"to" enum:"TURN,NOBODY,PERSON"`
		AssigneeID string `json:"assigneeId,omitempty" doc:"For PERSON."`
	}
}

type handOverOutput struct {
	Body struct {
		Conversations int `json:"conversations" doc:"How many changed hands; at most 1,000 a call."`
	}
}

func (a *API) handOver(ctx context.Context, in *handOverInput) (*handOverOutput, error) {
	user, err := db.ParseID("user", in.UserID)
	if err != nil {
		return nil, err
	}
	out := &handOverOutput{}
	out.Body.Conversations, err = a.Inbox.HandOver(ctx, callerOf(ctx).actor, user, in.Body.To, userID(in.Body.AssigneeID))
	return out, err
}
