package inbox

import (
	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
)

// How a number gives out conversations, and what it does when no rule fits or
// nobody of the rotation is there.
const (
	AssignNobody     = "NONE"
	AssignRoundRobin = "ROUND_ROBIN" // as a mode and as a fallback
	AssignByTag      = "BY_TAG"      // a mode
	AssignPerson     = "PERSON"      // a fallback
)

// Assignment is how new conversations of a number find somebody.
type Assignment struct {
	ChannelID  int64
	Mode       string
	Members    []Turn // the rotation, in order
	Rules      []AssignmentRule
	Fallback   string
	FallbackID int64 // for AssignPerson
	SkipAway   bool  // give nothing to who is away or off
	MaxOpen    int   // open conversations that a person may have; 0: any number
}

// Turn is somebody's place in a rotation. Given is what they got in turn since
// they joined.
type Turn struct {
	UserID int64
	Given  int

	turns int
}

// AssignmentRule gives the conversations with a tag, or whose contact has it,
// to a person.
type AssignmentRule struct {
	Tag        contact.Tag
	AssigneeID int64
}

// rotates says whether anybody takes turns.
func (a Assignment) rotates() bool {
	return a.Mode == AssignRoundRobin || a.Mode == AssignByTag && a.Fallback == AssignRoundRobin
}

// Assignment reads how a number gives out conversations.
func (s *Service) Assignment(q db.Q, org, channel int64) (a Assignment, err error) {
	defer errs.Wrap(&err, "inbox.Assignment(%d)", channel)
	if _, err := s.Channels.ByID(q, org, channel); err != nil {
		return a, err
	}
	return assignmentOf(q, org, channel)
}

func assignmentOf(q db.Q, org, channel int64) (Assignment, error) {
	a, err := db.One(q, func(r *db.Rows, a *Assignment) error {
		return r.Scan(&a.ChannelID, &a.Mode, &a.Fallback, &a.FallbackID, &a.MaxOpen, &a.SkipAway)
	}, `SELECT channel_id, mode, fallback, fallback_id, max_open, skip_away FROM assignment WHERE channel_id = ? AND org_id = ?`, channel, org)
	if errs.Is(err, errs.NotFound) {
		return Assignment{ChannelID: channel, Mode: AssignNobody, Fallback: AssignNobody}, nil
	}
	if err != nil {
		return a, err
	}
	a.Members, err = db.All(q, func(r *db.Rows, t *Turn) error { return r.Scan(&t.UserID, &t.turns, &t.Given) },
		`SELECT user_id, turns, given FROM assignment_member WHERE channel_id = ? AND org_id = ? ORDER BY place`, channel, org)
	if err != nil {
		return a, err
	}
	a.Rules, err = db.All(q, func(r *db.Rows, v *AssignmentRule) error {
		return r.Scan(&v.Tag.ID, &v.Tag.OrgID, &v.Tag.Name, &v.Tag.Colour, &v.AssigneeID)
	}, `SELECT t.id, t.org_id, t.name, t.colour, r.user_id FROM assignment_rule r JOIN tag t ON t.id = r.tag_id
		WHERE r.channel_id = ? AND r.org_id = ? ORDER BY r.place`, channel, org)
	return a, err
}
