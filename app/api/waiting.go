package api

import (
	"context"

	"badala/app/db"
	"badala/app/inbox"
)

// WaitingAlarm is after how many working minutes somebody is told that a
// customer of a channel waits for an answer.
type WaitingAlarm struct {
	ChannelID         string `json:"channelId"`
	Enabled           bool   `json:"enabled"`
	AssigneeMinutes   int    `json:"assigneeMinutes" doc:"Then the assignee is told, or the team where nobody has the conversation."`
	SupervisorMinutes int    `json:"supervisorMinutes" doc:"Then the supervisors are told; 0: they are not."`
	OfficeHours       bool   `json:"officeHours" doc:"Only minutes in the channel's office hours count; without any, every minute does."`
}

type waitingAlarmOutput struct{ Body WaitingAlarm }

func (a *API) waitingAlarmOf(ctx context.Context, w inbox.WaitingAlarm) (*waitingAlarmOutput, error) {
	out, err := a.alarmOf(a.DB.Read(ctx), callerOf(ctx).actor.OrgID, w)
	return &waitingAlarmOutput{out}, err
}

func (a *API) alarmOf(q db.Q, org int64, w inbox.WaitingAlarm) (out WaitingAlarm, err error) {
	out = WaitingAlarm{ChannelID: db.FormatID("chan", w.ChannelID), Enabled: w.Enabled, AssigneeMinutes: w.AssigneeMinutes, SupervisorMinutes: w.SupervisorMinutes}
	out.OfficeHours, err = a.Inbox.WorksByHours(q, org, w.ChannelID)
	return out, err
}

func (a *API) waitingAlarm(ctx context.Context, in *ChannelPath) (*waitingAlarmOutput, error) {
	id, err := db.ParseID("chan", in.ChannelID)
	if err != nil {
		return nil, err
	}
	w, err := a.Inbox.WaitingAlarm(a.DB.Read(ctx), callerOf(ctx).actor.OrgID, id)
	if err != nil {
		return nil, err
	}
	return a.waitingAlarmOf(ctx, w)
}

type patchWaitingAlarmInput struct {
	ChannelPath
	Body struct {
		Enabled           *bool `json:"enabled,omitempty"`
		AssigneeMinutes   *int  `json:"assigneeMinutes,omitempty" doc:"1 to 10080."`
		SupervisorMinutes *int  `json:"supervisorMinutes,omitempty" doc:"0, or more than assigneeMinutes."`
	}
}

func (a *API) patchWaitingAlarm(ctx context.Context, in *patchWaitingAlarmInput) (*waitingAlarmOutput, error) {
	id, err := db.ParseID("chan", in.ChannelID)
	if err != nil {
		return nil, err
	}
	w, err := a.Inbox.SetWaitingAlarm(ctx, callerOf(ctx).actor, id, func(w *inbox.WaitingAlarm) {
		set(&w.Enabled, in.Body.Enabled)
		set(&w.AssigneeMinutes, in.Body.AssigneeMinutes)
		set(&w.SupervisorMinutes, in.Body.SupervisorMinutes)
	})
	if err != nil {
		return nil, err
	}
	return a.waitingAlarmOf(ctx, w)
}

// waitingViews are the views of the list that a query may name.
var waitingViews = map[string]string{"waiting": inbox.ViewWaiting, "closing-soon": inbox.ViewClosing}
