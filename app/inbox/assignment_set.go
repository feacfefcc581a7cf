package inbox

import (
	"context"
	"fmt"
	"slices"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

const (
	maxTurns    = 200 // people in a rotation
	maxRules    = 100
	maxOpenEver = 1000
)

// AssignmentPatch changes the fields that are not nil. Tags that are new are
// made.
type AssignmentPatch struct {
	Mode     *string
	Members  *[]int64
	Rules    *[]RuleInput
	Fallback *Fallback
	MaxOpen  *int
	SkipAway *bool
}

// RuleInput is a rule with its tag by name.
type RuleInput struct {
	Tag        string
	AssigneeID int64
}

// Fallback is who gets what no rule gives: AssignNobody, AssignRoundRobin, or
// AssignPerson with the person.
type Fallback struct {
	Kind       string
	AssigneeID int64
}

// SetAssignment changes how a number gives out conversations. Whoever joins the
// rotation has as many turns behind them as whoever has fewest, and whoever
// stays keeps theirs.
func (s *Service) SetAssignment(ctx context.Context, who account.Actor, channel int64, p AssignmentPatch) (a Assignment, err error) {
	defer errs.Wrap(&err, "inbox.SetAssignment(%d)", channel)
	if err := who.Require(account.ManageChannels); err != nil {
		return a, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		was, err := s.Assignment(tx, who.OrgID, channel)
		if err != nil {
			return err
		}
		workers, err := account.Workers(tx, who.OrgID)
		if err != nil {
			return err
		}
		next := was
		if err := p.apply(&next, workers); err != nil {
			return err
		}
		if err := s.saveAssignmentTx(tx, who.OrgID, next, p.Rules); err != nil {
			return err
		}
		if a, err = assignmentOf(tx, who.OrgID, channel); err != nil {
			return err
		}
		if err := auditAssignmentTx(tx, who, was, a); err != nil {
			return err
		}
		return s.giveWaitingTx(tx, who.OrgID)
	})
	return a, err
}

// apply puts the patch into a, but for the rules, and reports all that is wrong.
func (p AssignmentPatch) apply(a *Assignment, workers map[int64]bool) error {
	var wrong []string
	if p.Mode != nil {
		a.Mode = *p.Mode
	}
	if p.Fallback != nil {
		a.Fallback, a.FallbackID = p.Fallback.Kind, p.Fallback.AssigneeID
		if a.Fallback == AssignPerson && !workers[a.FallbackID] {
			wrong = append(wrong, "fallback.assigneeId: no active member who may answer")
		}
	}
	if p.MaxOpen != nil {
		a.MaxOpen = *p.MaxOpen
	}
	if p.SkipAway != nil {
		a.SkipAway = *p.SkipAway
	}
	if p.Members != nil {
		wrong = append(wrong, a.rotate(*p.Members, workers)...)
	}
	if p.Rules != nil {
		wrong = append(wrong, p.wrongRules(a.Rules, workers)...)
	}
	if !slices.Contains([]string{AssignNobody, AssignRoundRobin, AssignByTag}, a.Mode) {
		wrong = append(wrong, "mode: must be NONE, ROUND_ROBIN or BY_TAG")
	}
	if !slices.Contains([]string{AssignNobody, AssignRoundRobin, AssignPerson}, a.Fallback) {
		wrong = append(wrong, "fallback: must be a person, in turn, or nobody")
	}
	if a.rotates() && len(a.Members) == 0 {
		wrong = append(wrong, "memberIds: choose who takes turns")
	}
	if a.MaxOpen < 0 || a.MaxOpen > maxOpenEver {
		wrong = append(wrong, "maxOpen: 0 to 1000")
	}
	if len(wrong) > 0 {
		return errs.Fields(wrong...)
	}
	return nil
}

// rotate makes users the rotation. Somebody who lost access may stay, so that
// they come back to their place.
func (a *Assignment) rotate(users []int64, workers map[int64]bool) (wrong []string) {
	users = distinct(slices.Clone(users))
	if len(users) > maxTurns {
		wrong = append(wrong, "memberIds: at most 200")
	}
	were, fewest := map[int64]Turn{}, 0
	for i, t := range a.Members {
		were[t.UserID] = t
		if i == 0 || t.turns < fewest {
			fewest = t.turns
		}
	}
	a.Members = nil
	for i, user := range users {
		t, in := were[user]
		if !in {
			if !workers[user] {
				wrong = append(wrong, fmt.Sprintf("memberIds[%d]: no active member who may answer", i))
			}
			t = Turn{UserID: user, turns: fewest}
		}
		a.Members = append(a.Members, t)
	}
	return wrong
}

// wrongRules reports what is wrong with the rules; the tags are for who makes them.
func (p AssignmentPatch) wrongRules(were []AssignmentRule, workers map[int64]bool) (wrong []string) {
	if len(*p.Rules) > maxRules {
		wrong = append(wrong, "rules: at most 100")
	}
	for i, r := range *p.Rules {
		stays := slices.ContainsFunc(were, func(o AssignmentRule) bool { return o.AssigneeID == r.AssigneeID })
		if !workers[r.AssigneeID] && !stays {
			wrong = append(wrong, fmt.Sprintf("rules[%d].assigneeId: no active member who may answer", i))
		}
	}
	return wrong
}

// saveAssignmentTx writes the setting; rules only when they are given.
func (s *Service) saveAssignmentTx(tx *db.Tx, org int64, a Assignment, rules *[]RuleInput) error {
	if _, err := tx.Exec(`INSERT OR REPLACE INTO assignment (channel_id, org_id, mode, fallback, fallback_id, max_open, skip_away, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		a.ChannelID, org, a.Mode, a.Fallback, a.FallbackID, a.MaxOpen, a.SkipAway, tx.Now()); err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM assignment_member WHERE channel_id = ? AND org_id = ?`, a.ChannelID, org); err != nil {
		return err
	}
	for place, t := range a.Members {
		if _, err := tx.Exec(`INSERT INTO assignment_member (channel_id, user_id, org_id, place, turns, given) VALUES (?, ?, ?, ?, ?, ?)`,
			a.ChannelID, t.UserID, org, place, t.turns, t.Given); err != nil {
			return err
		}
	}
	if rules == nil {
		return nil
	}
	if _, err := tx.Exec(`DELETE FROM assignment_rule WHERE channel_id = ? AND org_id = ?`, a.ChannelID, org); err != nil {
		return err
	}
	for place, r := range *rules {
		t, err := s.Contacts.EnsureTagTx(tx, org, r.Tag)
		if errs.Is(err, errs.Invalid) {
			return errs.Field(fmt.Sprintf("rules[%d].tag", place), "needs 1 to 60 characters")
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO assignment_rule (channel_id, place, org_id, tag_id, user_id) VALUES (?, ?, ?, ?, ?)`,
			a.ChannelID, place, org, t.ID, r.AssigneeID); err != nil {
			return err
		}
	}
	return nil
}

// auditAssignmentTx writes down which fields a person or a key changed.
func auditAssignmentTx(tx *db.Tx, who account.Actor, was, is Assignment) error {
	before, after := was.told(), is.told()
	for name, v := range before {
		if fmt.Sprint(v) == fmt.Sprint(after[name]) {
			delete(before, name)
			delete(after, name)
		}
	}
	if len(after) == 0 {
		return nil
	}
	return account.AuditTx(tx, who, account.Line{Action: "channel.assignment", Target: "chan", TargetID: is.ChannelID, Before: before, After: after})
}

// auditRule is a rule as the audit log shows it.
type auditRule struct {
	Tag        string `json:"tag"`
	AssigneeID string `json:"assigneeId"`
}

// told is the setting as the audit log shows it.
func (a Assignment) told() map[string]any {
	members, rules := []string{}, []auditRule{}
	for _, t := range a.Members {
		members = append(members, db.FormatID("user", t.UserID))
	}
	for _, r := range a.Rules {
		rules = append(rules, auditRule{r.Tag.Name, db.FormatID("user", r.AssigneeID)})
	}
	fallback := a.Fallback
	if fallback == AssignPerson {
		fallback = db.FormatID("user", a.FallbackID)
	}
	return map[string]any{"mode": a.Mode, "memberIds": members, "rules": rules, "fallback": fallback, "maxOpen": a.MaxOpen, "skipAway": a.SkipAway}
}
