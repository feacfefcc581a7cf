package inbox

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/event"
	"badala/app/hours"
)

// Whether a member is there. Away is for a while, off is until the next day's
// work.
const (
	Available = "AVAILABLE"
	Away      = "AWAY"
	Off       = "OFF"
)

// What becomes of somebody's open conversations when they are off.
const (
	HandOverKeep   = "KEEP"
	HandOverTurn   = "TURN"   // to whom the setting of the number says
	HandOverNobody = "NOBODY" // to where everybody sees them
)

// Presence is whether a member is there, and the rules by which that changes.
// Hours are windows of the week in the zone of the organisation: their begin
// makes available, their end makes off, and what is set by hand holds until
// then.
type Presence struct {
	UserID   int64
	State    string
	Hours    []hours.Window
	NextAt   int64 // when the hours next change the state; 0: never
	HandOver string
}

// PresencePatch changes the fields that are not nil.
type PresencePatch struct {
	State    *string
	Hours    *[]hours.Window
	HandOver *string
}

const presenceColumns = `user_id, state, hours, next_at, hand_over`

func scanPresence(r *db.Rows, p *Presence) error {
	var text string
	if err := r.Scan(&p.UserID, &p.State, &text, &p.NextAt, &p.HandOver); err != nil || text == "" {
		return err
	}
	return json.Unmarshal([]byte(text), &p.Hours)
}

// Presence reads whether a member is there.
func (s *Service) Presence(q db.Q, org, user int64) (_ Presence, err error) {
	defer errs.Wrap(&err, "inbox.Presence(%d)", user)
	if _, err := s.Accounts.Member(q, org, user); err != nil {
		return Presence{}, err
	}
	return presenceOf(q, org, user)
}

func presenceOf(q db.Q, org, user int64) (Presence, error) {
	p, err := db.One(q, scanPresence, `SELECT `+presenceColumns+` FROM presence WHERE org_id = ? AND user_id = ?`, org, user)
	if errs.Is(err, errs.NotFound) {
		return Presence{UserID: user, State: Available, HandOver: HandOverKeep}, nil
	}
	return p, err
}

// Absent are the members who are not available, with their state.
func (s *Service) Absent(q db.Q, org int64) (map[int64]string, error) { return absent(q, org) }

func absent(q db.Q, org int64) (map[int64]string, error) {
	all, err := db.All(q, scanPresence, `SELECT `+presenceColumns+` FROM presence WHERE org_id = ? AND state <> 'AVAILABLE'`, org)
	out := make(map[int64]string, len(all))
	for _, p := range all {
		out[p.UserID] = p.State
	}
	return out, err
}

// SetPresence changes whether a member is there, and the rules for it: people
// for themselves, who manages members for everybody.
func (s *Service) SetPresence(ctx context.Context, who account.Actor, user int64, patch PresencePatch) (p Presence, err error) {
	defer errs.Wrap(&err, "inbox.SetPresence(%d)", user)
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		m, err := s.Accounts.Member(tx, who.OrgID, user)
		if err != nil {
			return err
		}
		may := account.ManageMembers
		if user == who.UserID {
			may = account.Reply
		}
		if err := who.Require(may); err != nil {
			return err
		}
		if user != who.UserID && !who.Role.AtLeast(m.Role) {
			return errs.Coded(errs.Forbidden, "rank", "this member's role is above yours")
		}
		was, err := presenceOf(tx, who.OrgID, user)
		if err != nil {
			return err
		}
		p = was
		if err := patch.apply(&p); err != nil {
			return err
		}
		return s.savePresenceTx(tx, who, was, &p)
	})
	return p, err
}

// apply puts the patch into p and reports all that is wrong with it.
func (c PresencePatch) apply(p *Presence) error {
	var wrong []string
	if c.State != nil {
		p.State = *c.State
	}
	if c.HandOver != nil {
		p.HandOver = *c.HandOver
	}
	if c.Hours != nil {
		plan := hours.Plan{Timezone: "UTC", Windows: *c.Hours}
		_, bad := plan.Compile()
		wrong = append(wrong, bad...)
		p.Hours = plan.Windows
	}
	if !slices.Contains([]string{Available, Away, Off}, p.State) {
		wrong = append(wrong, "status: must be AVAILABLE, AWAY or OFF")
	}
	if !slices.Contains([]string{HandOverKeep, HandOverTurn, HandOverNobody}, p.HandOver) {
		wrong = append(wrong, "handOver: must be KEEP, TURN or NOBODY")
	}
	if len(wrong) > 0 {
		return errs.Fields(wrong...)
	}
	return nil
}

// savePresenceTx writes a presence with its next change, tells of it, and gives
// what follows from it: conversations to whoever is there again, and those of
// whoever is off to others.
func (s *Service) savePresenceTx(tx *db.Tx, who account.Actor, was Presence, p *Presence) error {
	next, err := p.next(tx, who.OrgID)
	if err != nil {
		return err
	}
	p.NextAt = next
	text := ""
	if len(p.Hours) > 0 {
		text = string(rawJSON(p.Hours))
	}
	if _, err := tx.Exec(`INSERT OR REPLACE INTO presence (org_id, user_id, state, hours, next_at, hand_over, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		who.OrgID, p.UserID, p.State, text, p.NextAt, p.HandOver, tx.Now()); err != nil {
		return err
	}
	if err := s.planPresenceTx(tx, who.OrgID, *p); err != nil {
		return err
	}
	before, after := presenceTold(was, *p)
	if len(after) == 0 {
		return nil
	}
	if _, err := s.Events.Record(tx, event.Event{OrgID: who.OrgID, Type: "member.updated", ActorKind: who.Kind, ActorID: who.ID(),
		Data: rawJSON(map[string]string{"userId": db.FormatID("user", p.UserID), "status": p.State})}); err != nil {
		return err
	}
	if who.Kind != account.KindSystem {
		if err := account.AuditTx(tx, who, account.Line{Action: "member.presence", Target: "user", TargetID: p.UserID, Before: before, After: after}); err != nil {
			return err
		}
	}
	switch {
	case p.State == Available:
		return s.giveWaitingTx(tx, who.OrgID)
	case p.State == Off && was.State != Off && p.HandOver != HandOverKeep:
		_, err = s.handOverTx(tx, who, p.UserID, p.HandOver, 0)
	}
	return err
}

// presenceTold are the fields in which two presences differ.
func presenceTold(was, is Presence) (before, after map[string]any) {
	before, after = map[string]any{}, map[string]any{}
	if was.State != is.State {
		before["presence"], after["presence"] = was.State, is.State
	}
	if was.HandOver != is.HandOver {
		before["handOver"], after["handOver"] = was.HandOver, is.HandOver
	}
	if !slices.Equal(was.Hours, is.Hours) {
		before["hours"], after["hours"] = len(was.Hours), len(is.Hours)
	}
	return before, after
}

// schedule compiles the hours in the zone of the organisation; nil for none.
func (p Presence) schedule(q db.Q, org int64) (*hours.Schedule, error) {
	if len(p.Hours) == 0 {
		return nil, nil
	}
	o, err := account.OrgByID(q, org)
	if err != nil {
		return nil, err
	}
	plan := hours.Plan{Timezone: o.Timezone, Windows: p.Hours}
	sched, wrong := plan.Compile()
	if len(wrong) > 0 {
		return nil, errs.Fields(wrong...)
	}
	return sched, nil
}

// next is when the hours next begin or end, 0 for never.
func (p Presence) next(tx *db.Tx, org int64) (int64, error) {
	sched, err := p.schedule(tx, org)
	if err != nil || sched == nil {
		return 0, err
	}
	now := time.UnixMilli(tx.Now())
	find := sched.Next
	if sched.Open(now) {
		find = sched.Closing
	}
	at, ok := find(now)
	if !ok {
		return 0, nil
	}
	return at.UnixMilli(), nil
}
