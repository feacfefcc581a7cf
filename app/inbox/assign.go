package inbox

import (
	"context"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

// Why a conversation was given to somebody.
const (
	reasonManual     = "MANUAL"
	reasonRoundRobin = "ROUND_ROBIN"
	reasonTagRule    = "TAG_RULE"
	reasonFallback   = "FALLBACK"
)

// assigned is what the log says of a change of hands.
type assigned struct {
	AssigneeID         int64  `json:"assigneeId,omitempty"`
	PreviousAssigneeID int64  `json:"previousAssigneeId,omitempty"`
	Reason             string `json:"reason"`
}

// Assign gives a conversation to an active member, or to nobody with user 0.
// Giving it to who has it already changes nothing.
func (s *Service) Assign(ctx context.Context, who account.Actor, conv, user int64) (err error) {
	defer errs.Wrap(&err, "inbox.Assign(%d, user %d)", conv, user)
	return s.change(ctx, who, conv, account.Assign, func(tx *db.Tx, c *Conversation) error {
		if user != 0 && user != c.AssigneeID {
			if err := mustBeMember(tx, c.OrgID, user, "assigneeId"); err != nil {
				return err
			}
		}
		former := c.AssigneeID
		if err := s.assignTx(tx, who, c, user, reasonManual); err != nil || former == 0 {
			return err
		}
		return s.giveWaitingTx(tx, c.OrgID)
	})
}

// assignTx gives c to user, or to nobody, and says why.
func (s *Service) assignTx(tx *db.Tx, who account.Actor, c *Conversation, user int64, reason string) error {
	former := c.AssigneeID
	if former == user {
		return nil
	}
	if user != 0 {
		if err := stopWaitingTx(tx, c.OrgID, c.ID); err != nil {
			return err
		}
	}
	c.AssigneeID = user
	err := s.updatedTx(tx, who, c, "conversation.assigned", assigned{user, former, reason})
	if err != nil {
		return err
	}
	if err := auditTx(tx, who, "conversation.assigned", c, auditAssignee{AssigneeID: shownID("user", former)},
		auditAssignee{shownID("user", user), reason}); err != nil {
		return err
	}
	if user == 0 {
		return s.activityTx(tx, who, c, ActivityUnassigned, Payload{Assignee: former, Reason: reason})
	}
	return s.activityTx(tx, who, c, ActivityAssigned, Payload{Assignee: user, Reason: reason})
}

// claimTx gives a conversation that nobody has to the teammate who answers.
func (s *Service) claimTx(tx *db.Tx, who account.Actor, c *Conversation) error {
	if c.AssigneeID != 0 || who.Kind != account.KindUser || who.UserID == 0 {
		return nil
	}
	return s.assignTx(tx, who, c, who.UserID, reasonManual)
}

// mustBeMember refuses users that do not work in the organisation.
func mustBeMember(q db.Q, org, user int64, field string) error {
	ok, err := account.ActiveMember(q, org, user)
	if err != nil || ok {
		return err
	}
	return &errs.Error{Kind: errs.Invalid, Code: "not_a_member", Message: "this person is no active member", Details: []string{field + ": no active member of this organisation"}}
}
