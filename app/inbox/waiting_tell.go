package inbox

import (
	"context"
	"slices"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/event"
	"badala/app/queue"
)

// Who is told that a customer waits too long, in events and activity lines.
const (
	ToldAssignee    = "ASSIGNEE"
	ToldTeam        = "TEAM" // nobody has the conversation
	ToldSupervisors = "SUPERVISORS"
)

// tellStep is how many are told of in one transaction: others write in between.
const tellStep = 50

// dueQuery finds the conversations whose customers wait too long now.
const dueQuery = `SELECT ` + conversationColumns + ` FROM conversation c INDEXED BY conversation_alarm
	WHERE c.alarm_at > 0 AND c.snoozed_until = 0 AND c.alarm_at <= ? ORDER BY c.alarm_at LIMIT ?`

const dueNowQuery = `SELECT 1 FROM conversation INDEXED BY conversation_alarm
	WHERE alarm_at > 0 AND snoozed_until = 0 AND alarm_at <= ?`

// tellKind tells of those who wait too long.
var tellKind = &queue.Kind[struct{}]{Name: "inbox.waiting_tell", Workers: 1}

func (s *Service) initWaiting() {
	alarmKind.Handle(s.Queue, s.runReplan)
	tellKind.Handle(s.Queue, s.runTell)
	if err := s.Queue.Every("inbox.waiting", "* * * * *", nil, s.tellDueTx); err != nil {
		s.Log.Error("nobody will be told of customers who wait too long", "err", err)
	}
}

// tellDueTx adds the job that tells, where there is somebody to tell of.
func (s *Service) tellDueTx(tx *db.Tx, _ int64) error {
	due, err := db.Exists(tx, dueNowQuery, tx.Now())
	if err != nil || !due {
		return err
	}
	return tellKind.Add(s.Queue, tx, struct{}{}, queue.Once("all"))
}

// runTell takes one step after the other. What a step told is durable with it:
// a step that is cut off is told of again, and no other.
func (s *Service) runTell(ctx context.Context, j *queue.Job[struct{}]) error {
	for {
		n := 0
		err := s.DB.Write(ctx, func(tx *db.Tx) error {
			all, err := db.All(tx, scanConversation, dueQuery, tx.Now(), tellStep)
			if err != nil {
				return err
			}
			teams := map[int64]*team{}
			for i := range all {
				if err := s.tellTx(tx, &all[i], teams); err != nil {
					return err
				}
			}
			if n = len(all); n < tellStep {
				return j.Finish(tx)
			}
			return nil
		})
		if err != nil || n < tellStep {
			return err
		}
	}
}

// toldOf is what the log says of a customer who waits too long.
type toldOf struct {
	Told         string  `json:"told"`
	UserIDs      []int64 `json:"userIds"`
	Minutes      int     `json:"minutes"` // working minutes after which it is told
	WaitingSince int64   `json:"waitingSince"`
}

// tellTx takes the next step for c: a line in the thread, an event, and the time
// of the step after it. A step comes once in a wait.
func (s *Service) tellTx(tx *db.Tx, c *Conversation, teams map[int64]*team) error {
	plan, err := s.alarmTx(tx, c.OrgID, c.ChannelID)
	if err != nil {
		return err
	}
	if plan == nil || !c.Waits() || c.AlarmStage > 1 {
		c.AlarmAt = 0
		return keepWaitingTx(tx, c)
	}
	t := teams[c.OrgID]
	if t == nil {
		if t, err = teamOf(tx, c.OrgID); err != nil {
			return err
		}
		teams[c.OrgID] = t
	}
	told := toldOf{Minutes: plan.AssigneeMinutes, WaitingSince: c.WaitingSince}
	if c.AlarmStage == 1 {
		told.Minutes = plan.SupervisorMinutes
	}
	if told.Told, told.UserIDs, err = t.tell(tx, c); err != nil {
		return err
	}
	c.AlarmStage++
	c.AlarmAt = plan.next(c.WaitingSince, c.AlarmStage)
	return s.toldTx(tx, c, told)
}

// toldTx writes down what was told.
func (s *Service) toldTx(tx *db.Tx, c *Conversation, told toldOf) error {
	who := account.SystemActor(c.OrgID)
	line := Message{
		ID: tx.NewID(), OrgID: c.OrgID, ConversationID: c.ID, ContactID: c.ContactID, ChannelID: c.ChannelID,
		Direction: Activity, Type: ActivityWaiting, SentByKind: SentByAutomation,
	}
	extra := Payload{Reason: told.Told, Minutes: told.Minutes}
	if told.Told == ToldAssignee {
		extra.Assignee = c.AssigneeID
	}
	line.Payload = extra.encode()
	seq, err := s.Events.Record(tx, event.Event{
		OrgID: c.OrgID, Type: "conversation.waiting", ActorKind: who.Kind, Data: rawJSON(told),
		ConversationID: c.ID, MessageID: line.ID, ContactID: c.ContactID, ChannelID: c.ChannelID,
	})
	if err != nil {
		return err
	}
	line.Rev, c.Rev = seq, seq
	if _, err := insertMessageTx(tx, &line); err != nil {
		return err
	}
	return touchConversationTx(tx, c, nil)
}

// team is who can be told of what in an organisation.
type team struct {
	workers     map[int64]bool
	absent      map[int64]string
	supervisors []int64
	turns       map[int64][]int64 // by channel: the rotation, nil without one
}

func teamOf(q db.Q, org int64) (*team, error) {
	t := &team{turns: map[int64][]int64{}}
	var err error
	if t.workers, err = account.Workers(q, org); err != nil {
		return nil, err
	}
	if t.supervisors, err = account.Supervisors(q, org); err != nil {
		return nil, err
	}
	t.absent, err = absent(q, org)
	return t, err
}

// tell is who is told next of c, and in which part.
func (t *team) tell(q db.Q, c *Conversation) (told string, users []int64, err error) {
	switch {
	case c.AlarmStage > 0:
		return ToldSupervisors, t.supervisors, nil
	case t.workers[c.AssigneeID]:
		return ToldAssignee, []int64{c.AssigneeID}, nil
	}
	users, err = t.forNobodys(q, c.OrgID, c.ChannelID)
	return ToldTeam, users, err
}

// forNobodys are those who are told of a number's conversations that nobody
// has: of the rotation, or of the whole team, those who are available, and
// everybody when none of them is.
func (t *team) forNobodys(q db.Q, org, channel int64) ([]int64, error) {
	chosen, known := t.turns[channel]
	if !known {
		a, err := assignmentOf(q, org, channel)
		if err != nil {
			return nil, err
		}
		if a.rotates() {
			for _, m := range a.Members {
				chosen = append(chosen, m.UserID)
			}
		}
		t.turns[channel] = chosen
	}
	var all, there []int64
	for user := range t.workers {
		if len(chosen) > 0 && !slices.Contains(chosen, user) {
			continue
		}
		all = append(all, user)
		if t.absent[user] == "" {
			there = append(there, user)
		}
	}
	if len(there) == 0 {
		there = all
	}
	slices.Sort(there)
	return there, nil
}

// maxLate is where counting who waits too long stops.
const maxLate = 100

// lateQuery finds who has waited too long, oldest first, for a viewer: ?2 is
// the viewer, ?3 the team as JSON, ?4 the channels whose conversations without
// anybody are for the viewer, ?5 whether the viewer supervises.
const lateQuery = `SELECT c.id FROM conversation c INDEXED BY conversation_late
	WHERE c.org_id = ?1 AND c.alarm_stage > 0 AND c.waiting_since > 0 AND c.snoozed_until = 0
	  AND (c.assignee_id = ?2
	    OR c.channel_id IN (SELECT value FROM json_each(?4)) AND c.assignee_id NOT IN (SELECT value FROM json_each(?3))
	    OR ?5 AND c.alarm_stage > 1)
	ORDER BY c.waiting_since, c.id LIMIT ?6`

// Late are the conversations that a teammate was told of and that still wait,
// oldest first, a hundred at most.
func (s *Service) Late(q db.Q, who account.Actor) (_ []int64, err error) {
	defer errs.Wrap(&err, "inbox.Late")
	channels, err := db.All(q, scanID, `SELECT DISTINCT channel_id FROM conversation INDEXED BY conversation_late
		WHERE org_id = ? AND alarm_stage > 0 AND waiting_since > 0`, who.OrgID)
	if err != nil || len(channels) == 0 {
		return nil, err
	}
	t, err := teamOf(q, who.OrgID)
	if err != nil {
		return nil, err
	}
	mine, workers := []int64{}, []int64{}
	for _, ch := range channels {
		users, err := t.forNobodys(q, who.OrgID, ch)
		if err != nil {
			return nil, err
		}
		if slices.Contains(users, who.UserID) {
			mine = append(mine, ch)
		}
	}
	for user := range t.workers {
		workers = append(workers, user)
	}
	return db.All(q, scanID, lateQuery, who.OrgID, who.UserID, string(rawJSON(workers)), string(rawJSON(mine)),
		slices.Contains(t.supervisors, who.UserID), maxLate)
}

// DueAt is when somebody is told of a customer who writes at an instant, by a
// setting that may not be saved yet; zero times are for never.
func (s *Service) DueAt(q db.Q, org int64, a WaitingAlarm, at time.Time) (first, second time.Time, err error) {
	p := &alarmPlan{WaitingAlarm: a}
	if p.schedule, err = s.workingTime(q, org, a.ChannelID); err != nil {
		return first, second, err
	}
	shown := func(ms int64) time.Time {
		if ms == 0 {
			return time.Time{}
		}
		return db.Time(ms)
	}
	return shown(p.next(db.Millis(at), 0)), shown(p.next(db.Millis(at), 1)), nil
}
