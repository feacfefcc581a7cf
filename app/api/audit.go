package api

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

// AuditLine is one thing that somebody did.
type AuditLine struct {
	ID       string          `json:"id"`
	At       string          `json:"at" format:"date-time"`
	Actor    AuditActor      `json:"actor"`
	Action   string          `json:"action" doc:"Such as conversation.assigned."`
	TargetID *string         `json:"targetId" doc:"What it was done to."`
	Detail   *string         `json:"detail"`
	IP       *string         `json:"ip"`
	Before   json.RawMessage `json:"before" doc:"The changed fields as they were; null if there is nothing to say."`
	After    json.RawMessage `json:"after" doc:"The changed fields as they became."`
}

// AuditActor is who did something.
type AuditActor struct {
	Type string  `json:"type" enum:"USER,API,SYSTEM"`
	ID   *string `json:"id" doc:"A user's or an API key's id; null for the server itself."`
	Name *string `json:"name"`
}

func lineOf(e account.AuditEntry) AuditLine {
	out := AuditLine{ID: db.FormatID("aud", e.ID), At: when(e.At), Action: e.Action, Detail: text(e.Detail), IP: text(e.IP),
		Actor: AuditActor{Type: e.ActorKind, ID: ref("user", e.ActorID), Name: text(e.ActorName)}, Before: e.Before, After: e.After}
	if e.KeyID != 0 {
		out.Actor.ID = ref("key", e.KeyID)
	}
	if e.Target != "" {
		out.TargetID = ref(e.Target, e.TargetID)
	}
	return out
}

type auditInput struct {
	InOrg
	ActorID  string    `query:"actorId" doc:"A user's or an API key's id."`
	Action   string    `query:"action" doc:"One action, or all that begin so: conversation. with the dot."`
	TargetID string    `query:"targetId" doc:"Any id."`
	From     time.Time `query:"from"`
	To       time.Time `query:"to" doc:"Up to but not including."`
	Cursor   string    `query:"cursor" doc:"nextCursor of the page before."`
	Take     int       `query:"take" minimum:"1" maximum:"200" default:"50"`
}

type auditOutput struct{ Body Page[AuditLine] }

func (a *API) audit(ctx context.Context, in *auditInput) (*auditOutput, error) {
	f, err := in.filter()
	if err != nil {
		return nil, err
	}
	found, next, err := a.Accounts.Audit(ctx, callerOf(ctx).actor, f)
	if err != nil {
		return nil, err
	}
	out := &auditOutput{Page[AuditLine]{Items: []AuditLine{}, NextCursor: text(next)}}
	for _, e := range found {
		out.Body.Items = append(out.Body.Items, lineOf(e))
	}
	return out, nil
}

// filter reads the query and names every part of it that is wrong.
func (in *auditInput) filter() (f account.AuditFilter, err error) {
	var faults []string
	f = account.AuditFilter{Action: in.Action, From: db.Millis(in.From), To: db.Millis(in.To), Cursor: in.Cursor, Take: in.Take}
	if in.ActorID != "" {
		f.ActorID, err = db.ParseID("user", in.ActorID)
		if strings.HasPrefix(in.ActorID, "key_") {
			f.KeyID, err = db.ParseID("key", in.ActorID)
		}
		if err != nil {
			faults = append(faults, "actorId: is no id of a user or an API key")
		}
	}
	if in.TargetID != "" {
		f.Target, _, _ = strings.Cut(in.TargetID, "_")
		if f.TargetID, err = db.ParseID(f.Target, in.TargetID); err != nil {
			faults = append(faults, "targetId: is no id")
		}
	}
	if len(faults) > 0 {
		return f, errs.Fields(faults...)
	}
	return f, nil
}
