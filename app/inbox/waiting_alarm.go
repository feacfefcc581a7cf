package inbox

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/event"
	"badala/app/hours"
	"badala/app/queue"
)

// WaitingAlarm is after how many working minutes somebody is told that a
// customer of a number waits: the assignee, or the team for a conversation that
// nobody has, and later the supervisors. With office hours only minutes in which
// the business is open count.
type WaitingAlarm struct {
	ChannelID         int64
	Enabled           bool
	AssigneeMinutes   int // at least 1
	SupervisorMinutes int // more than AssigneeMinutes; 0: they are not told
}

const (
	defaultAlarm      = 15
	defaultEscalation = 30
	maxAlarm          = 7 * 24 * 60
	recallStep        = 200 // conversations planned anew in one transaction
)

// alarmPlan is an alarm in use; schedule nil counts every minute.
type alarmPlan struct {
	WaitingAlarm
	schedule *hours.Schedule
}

// alarmCache keeps the alarms in use by channel; nil is for none. What a
// transaction reads enters only when it is durable.
type alarmCache struct{ known sync.Map }

// alarmArgs names the number whose alarms are to be planned anew.
type alarmArgs struct {
	Org     int64 `json:"org"`
	Channel int64 `json:"channel"`
}

// alarmKind plans the alarms of a number anew after its settings changed.
var alarmKind = &queue.Kind[alarmArgs]{Name: "inbox.waiting_plan", Workers: 1}

// WaitingAlarm reads the setting of a number; before it is made, it is off.
func (s *Service) WaitingAlarm(q db.Q, org, channel int64) (a WaitingAlarm, err error) {
	defer errs.Wrap(&err, "inbox.WaitingAlarm(%d)", channel)
	if _, err := s.Channels.ByID(q, org, channel); err != nil {
		return a, err
	}
	return waitingAlarm(q, org, channel)
}

func waitingAlarm(q db.Q, org, channel int64) (WaitingAlarm, error) {
	a, err := db.One(q, func(r *db.Rows, a *WaitingAlarm) error {
		return r.Scan(&a.ChannelID, &a.Enabled, &a.AssigneeMinutes, &a.SupervisorMinutes)
	}, `SELECT channel_id, enabled, first_minutes, second_minutes FROM waiting_alarm WHERE channel_id = ? AND org_id = ?`, channel, org)
	if errs.Is(err, errs.NotFound) {
		return WaitingAlarm{ChannelID: channel, AssigneeMinutes: defaultAlarm, SupervisorMinutes: defaultEscalation}, nil
	}
	return a, err
}

// SetWaitingAlarm changes the setting of a number as edit does. Who waits
// already is counted by it too; nobody is told twice of the same.
func (s *Service) SetWaitingAlarm(ctx context.Context, who account.Actor, channel int64, edit func(*WaitingAlarm)) (a WaitingAlarm, err error) {
	defer errs.Wrap(&err, "inbox.SetWaitingAlarm(%d)", channel)
	if err := who.Require(account.ManageChannels); err != nil {
		return a, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		was, err := s.WaitingAlarm(tx, who.OrgID, channel)
		if err != nil {
			return err
		}
		a = was
		edit(&a)
		if a.ChannelID = channel; a == was {
			return nil
		}
		if wrong := a.check(); len(wrong) > 0 {
			return errs.Fields(wrong...)
		}
		return s.keepAlarmTx(tx, who, was, a)
	})
	return a, err
}

// check lists all that is wrong with a setting.
func (a WaitingAlarm) check() (wrong []string) {
	if a.AssigneeMinutes < 1 || a.AssigneeMinutes > maxAlarm {
		wrong = append(wrong, fmt.Sprintf("assigneeMinutes: from 1 to %d", maxAlarm))
	}
	if a.SupervisorMinutes != 0 && (a.SupervisorMinutes <= a.AssigneeMinutes || a.SupervisorMinutes > maxAlarm) {
		wrong = append(wrong, fmt.Sprintf("supervisorMinutes: 0, or more than assigneeMinutes and at most %d", maxAlarm))
	}
	return wrong
}

func (s *Service) keepAlarmTx(tx *db.Tx, who account.Actor, was, a WaitingAlarm) error {
	if _, err := tx.Exec(`INSERT OR REPLACE INTO waiting_alarm (channel_id, org_id, enabled, first_minutes, second_minutes, updated_at) VALUES (?, ?, ?, ?, ?, ?)`,
		a.ChannelID, who.OrgID, a.Enabled, a.AssigneeMinutes, a.SupervisorMinutes, tx.Now()); err != nil {
		return err
	}
	before, after := was.told(), a.told()
	for name, v := range before {
		if v == after[name] {
			delete(before, name)
			delete(after, name)
		}
	}
	if err := account.AuditTx(tx, who, account.Line{Action: "channel.waiting_alarm", Target: "chan", TargetID: a.ChannelID, Before: before, After: after}); err != nil {
		return err
	}
	if _, err := s.Events.Record(tx, event.Event{OrgID: who.OrgID, Type: "channel.updated", ActorKind: who.Kind, ActorID: who.ID(),
		ChannelID: a.ChannelID, Data: json.RawMessage(`{"what":"waiting-alarm"}`)}); err != nil {
		return err
	}
	return s.replanTx(tx, who.OrgID, a.ChannelID)
}

// told is the setting as the audit log shows it.
func (a WaitingAlarm) told() map[string]any {
	return map[string]any{"enabled": a.Enabled, "assigneeMinutes": a.AssigneeMinutes, "supervisorMinutes": a.SupervisorMinutes}
}

// replanTx has the alarms of a number planned anew: its setting or its office
// hours have changed.
func (s *Service) replanTx(tx *db.Tx, org, channel int64) error {
	tx.AfterCommit(func() { s.alarms.known.Delete(channel) })
	return alarmKind.Add(s.Queue, tx, alarmArgs{org, channel})
}

// runReplan plans them anew, some at a time.
func (s *Service) runReplan(ctx context.Context, j *queue.Job[alarmArgs]) error {
	var since, last int64
	for {
		n := 0
		err := s.DB.Write(ctx, func(tx *db.Tx) error {
			all, err := db.All(tx, scanConversation, `SELECT `+conversationColumns+` FROM conversation c INDEXED BY conversation_waiting
				WHERE c.org_id = ? AND c.waiting_since > 0 AND (c.waiting_since, c.id) > (?, ?) AND c.channel_id = ?
				ORDER BY c.waiting_since, c.id LIMIT ?`, j.Args.Org, since, last, j.Args.Channel, recallStep)
			if err != nil {
				return err
			}
			for i := range all {
				c := &all[i]
				since, last = c.WaitingSince, c.ID
				if err := s.planAlarmTx(tx, c); err != nil {
					return err
				}
				if err := keepWaitingTx(tx, c); err != nil {
					return err
				}
			}
			if n = len(all); n < recallStep {
				return j.Finish(tx)
			}
			return nil
		})
		if err != nil || n < recallStep {
			return err
		}
	}
}

// planAlarmTx sets when somebody is next to be told that c waits.
func (s *Service) planAlarmTx(tx *db.Tx, c *Conversation) error {
	c.AlarmAt = 0
	if !c.Waits() {
		return nil
	}
	plan, err := s.alarmTx(tx, c.OrgID, c.ChannelID)
	if err != nil || plan == nil {
		return err
	}
	c.AlarmAt = plan.next(c.WaitingSince, c.AlarmStage)
	return nil
}

// next is when the step after stage is due for who waits since an instant, 0
// for never.
func (p *alarmPlan) next(since int64, stage int) int64 {
	minutes := 0
	switch stage {
	case 0:
		minutes = p.AssigneeMinutes
	case 1:
		minutes = p.SupervisorMinutes
	}
	if minutes == 0 {
		return 0
	}
	long := time.Duration(minutes) * time.Minute
	if p.schedule == nil {
		return since + long.Milliseconds()
	}
	at, ok := p.schedule.After(db.Time(since), long)
	if !ok {
		return 0
	}
	return db.Millis(at)
}

// alarmTx is the alarm in use of a number, nil for none.
func (s *Service) alarmTx(tx *db.Tx, org, channel int64) (*alarmPlan, error) {
	if known, ok := s.alarms.known.Load(channel); ok {
		return known.(*alarmPlan), nil
	}
	a, err := waitingAlarm(tx, org, channel)
	if err != nil {
		return nil, err
	}
	var use *alarmPlan
	if a.Enabled {
		use = &alarmPlan{WaitingAlarm: a}
		if use.schedule, err = s.workingTime(tx, org, channel); err != nil {
			return nil, err
		}
	}
	tx.AfterCommit(func() { s.alarms.known.Store(channel, use) })
	return use, nil
}

// workingTime is when the minutes of a number count, nil for always: it has no
// hours.
func (s *Service) workingTime(q db.Q, org, channel int64) (*hours.Schedule, error) {
	o, err := officeHours(q, org, channel)
	if errs.Is(err, errs.NotFound) || err == nil && !o.Opens() {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	schedule, wrong := o.Compile()
	if len(wrong) > 0 {
		s.Log.Error("office hours cannot be read", "channel", channel, "org", org)
	}
	return schedule, nil
}

// WorksByHours says whether a number has office hours, so that only minutes in
// them count.
func (s *Service) WorksByHours(q db.Q, org, channel int64) (bool, error) {
	schedule, err := s.workingTime(q, org, channel)
	return schedule != nil, err
}
