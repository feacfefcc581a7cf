package api

import (
	"context"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/inbox"
)

// Assignment is how new conversations of a channel find somebody.
type Assignment struct {
	ChannelID string             `json:"channelId"`
	Mode      string             `json:"mode" enum:"NONE,ROUND_ROBIN,BY_TAG"`
	MemberIDs []string           `json:"memberIds" doc:"Who takes turns, in order."`
	Rules     []AssignmentRule   `json:"rules" doc:"In order; the first that fits wins."`
	Fallback  AssignmentFallback `json:"fallback" doc:"Who gets what no rule gives."`
	MaxOpen   int                `json:"maxOpen" doc:"Open conversations a person may have; 0 is any number."`
	SkipAway  bool               `json:"skipAway" doc:"Give nothing to who is away or off."`
	Given     []AssignmentGiven  `json:"given" doc:"What everybody got in turn since they joined."`
}

// AssignmentRule gives the conversations with a tag, or whose contact has it, to a person.
type AssignmentRule struct {
	Tag        string `json:"tag" doc:"Its name; a new tag is made."`
	AssigneeID string `json:"assigneeId"`
}

// AssignmentFallback is one of three.
type AssignmentFallback struct {
	AssigneeID *string `json:"assigneeId,omitempty"`
	RoundRobin bool    `json:"roundRobin,omitempty"`
	None       bool    `json:"none,omitempty"`
}

// AssignmentGiven counts what somebody got in turn.
type AssignmentGiven struct {
	AssigneeID    string `json:"assigneeId"`
	Conversations int    `json:"conversations"`
}

type assignmentOutput struct{ Body Assignment }

func assignmentOf(a inbox.Assignment) *assignmentOutput {
	out := Assignment{ChannelID: db.FormatID("chan", a.ChannelID), Mode: a.Mode, MemberIDs: []string{}, Rules: []AssignmentRule{}, MaxOpen: a.MaxOpen, SkipAway: a.SkipAway, Given: []AssignmentGiven{}}
	for _, t := range a.Members {
		user := db.FormatID("user", t.UserID)
		out.MemberIDs = append(out.MemberIDs, user)
		out.Given = append(out.Given, AssignmentGiven{user, t.Given})
	}
	for _, r := range a.Rules {
		out.Rules = append(out.Rules, AssignmentRule{r.Tag.Name, db.FormatID("user", r.AssigneeID)})
	}
	switch a.Fallback {
	case inbox.AssignPerson:
		out.Fallback.AssigneeID = text(db.FormatID("user", a.FallbackID))
	case inbox.AssignRoundRobin:
		out.Fallback.RoundRobin = true
	default:
		out.Fallback.None = true
	}
	return &assignmentOutput{out}
}

func (a *API) assignment(ctx context.Context, in *ChannelPath) (*assignmentOutput, error) {
	id, err := db.ParseID("chan", in.ChannelID)
	if err != nil {
		return nil, err
	}
	found, err := a.Inbox.Assignment(a.DB.Read(ctx), callerOf(ctx).actor.OrgID, id)
	if err != nil {
		return nil, err
	}
	return assignmentOf(found), nil
}

type patchAssignmentInput struct {
	ChannelPath
	Body struct {
		Mode      *string             `json:"mode,omitempty" enum:"NONE,ROUND_ROBIN,BY_TAG"`
		MemberIDs *[]string           `json:"memberIds,omitempty" doc:"Who takes turns, in order."`
		Rules     *[]AssignmentRule   `json:"rules,omitempty" doc:"All rules, in order."`
		Fallback  *AssignmentFallback `json:"fallback,omitempty" doc:"One of assigneeId, roundRobin and none."`
		MaxOpen   *int                `json:"maxOpen,omitempty" minimum:"0" maximum:"1000"`
		SkipAway  *bool               `json:"skipAway,omitempty"`
	}
}

func (a *API) patchAssignment(ctx context.Context, in *patchAssignmentInput) (*assignmentOutput, error) {
	id, err := db.ParseID("chan", in.ChannelID)
	if err != nil {
		return nil, err
	}
	p := inbox.AssignmentPatch{Mode: in.Body.Mode, MaxOpen: in.Body.MaxOpen, SkipAway: in.Body.SkipAway}
	if in.Body.MemberIDs != nil {
		p.Members = new([]int64)
		for _, s := range *in.Body.MemberIDs {
			*p.Members = append(*p.Members, userID(s))
		}
	}
	if in.Body.Rules != nil {
		p.Rules = new([]inbox.RuleInput)
		for _, r := range *in.Body.Rules {
			*p.Rules = append(*p.Rules, inbox.RuleInput{Tag: r.Tag, AssigneeID: userID(r.AssigneeID)})
		}
	}
	if in.Body.Fallback != nil {
		if p.Fallback, err = in.Body.Fallback.input(); err != nil {
			return nil, err
		}
	}
	found, err := a.Inbox.SetAssignment(ctx, callerOf(ctx).actor, id, p)
	if err != nil {
		return nil, err
	}
	return assignmentOf(found), nil
}

// input reads which of the three it is.
func (f AssignmentFallback) input() (*inbox.Fallback, error) {
	switch {
	case f.AssigneeID != nil && !f.RoundRobin && !f.None:
		return &inbox.Fallback{Kind: inbox.AssignPerson, AssigneeID: userID(*f.AssigneeID)}, nil
	case f.AssigneeID == nil && f.RoundRobin && !f.None:
		return &inbox.Fallback{Kind: inbox.AssignRoundRobin}, nil
	case f.AssigneeID == nil && !f.RoundRobin:
		return &inbox.Fallback{Kind: inbox.AssignNobody}, nil
	}
	return nil, errs.Field("fallback", "must be one of assigneeId, roundRobin and none")
}

// userID reads a person's id; what is none is nobody's, for who checks members.
func userID(s string) int64 {
	id, err := db.ParseID("user", s)
	if err != nil {
		return 0
	}
	return id
}
