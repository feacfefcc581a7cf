package broadcast

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/event"
	"badala/app/queue"
)

// startArgs name a broadcast that is to start at a time.
type startArgs struct {
	Org, Broadcast, At int64
}

// tooLate is how late a planned broadcast still starts by itself.
const tooLate = 6 * time.Hour

// Events of broadcasts. The first is for open pages.
const (
	eventUpdated  = "broadcast.updated"
	eventFinished = "broadcast.finished"
)

// Start begins a broadcast now, whatever time it was planned for. Once it has
// begun, starting it is a Conflict.
func (s *Service) Start(ctx context.Context, who account.Actor, id int64) (b Broadcast, err error) {
	defer errs.Wrap(&err, "broadcast.Start(%d)", id)
	return s.change(ctx, who, id, "broadcast.start", func(tx *db.Tx, b *Broadcast) error { return s.startTx(tx, b) })
}

// startTx lets a broadcast run: the only way from not begun to begun.
func (s *Service) startTx(tx *db.Tx, b *Broadcast) error {
	if !b.Editable() {
		return errs.Coded(errs.Conflict, "broadcast_begun", "the broadcast has begun already")
	}
	if b.State == Draft {
		b.ScheduleAt = 0 // the time that was thought of does not hold any more
	}
	wrong, err := s.checkTx(tx, b, true, nil)
	if err != nil {
		return err
	}
	if len(wrong) > 0 {
		return errs.Fields(wrong...)
	}
	n, err := tx.Exec(`UPDATE broadcast SET state = 'RUNNING' WHERE id = ? AND org_id = ? AND state = ?`, b.ID, b.OrgID, b.State)
	if err == nil && n == 0 {
		err = errs.Coded(errs.Conflict, "broadcast_begun", "the broadcast has begun already")
	}
	if err != nil {
		return err
	}
	t, _, err := s.template(tx, b)
	if err != nil {
		return err
	}
	b.State, b.Category, b.StartedAt, b.watchFrom, b.PauseReason = Running, t.Category, tx.Now(), tx.Now(), ""
	return s.goTx(tx, b)
}

// goTx writes a broadcast that runs, with the job that runs it.
func (s *Service) goTx(tx *db.Tx, b *Broadcast) error {
	if err := b.writeTx(tx); err != nil {
		return err
	}
	if err := s.wakeTx(tx, b); err != nil {
		return err
	}
	return s.Inbox.WakeBroadcastsTx(tx)
}

// runPlanned starts a broadcast at its time, if that is still its time.
func (s *Service) runPlanned(ctx context.Context, j *queue.Job[startArgs]) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		b, err := s.Get(tx, j.Args.Org, j.Args.Broadcast)
		if errs.Is(err, errs.NotFound) {
			return j.Finish(tx)
		}
		if err != nil {
			return err
		}
		if b.State != Scheduled || b.ScheduleAt != j.Args.At {
			return j.Finish(tx)
		}
		reason := ""
		if tx.Now()-b.ScheduleAt > tooLate.Milliseconds() {
			reason = PauseMissed
		} else if err := s.startTx(tx, &b); errs.As(err) != nil {
			s.Log.Warn("a planned broadcast can not start", "broadcast", b.ID, "err", err)
			reason = PauseTemplate
		} else if err != nil {
			return err
		} else if ch, err := s.Channels.ByID(tx, b.OrgID, b.ChannelID); err != nil {
			return err
		} else if badQuality(ch.Quality) {
			reason = PauseQuality // nobody is there to say that it may go all the same
		}
		if reason != "" {
			b.State, b.PauseReason = Paused, reason
			if err := b.writeTx(tx); err != nil {
				return err
			}
		}
		if err := s.tellTx(tx, account.SystemActor(b.OrgID), &b, ""); err != nil {
			return err
		}
		return j.Finish(tx)
	})
}

// Pause stops a running broadcast until somebody resumes it. What WhatsApp is
// being called with just now still goes out.
func (s *Service) Pause(ctx context.Context, who account.Actor, id int64) (b Broadcast, err error) {
	defer errs.Wrap(&err, "broadcast.Pause(%d)", id)
	return s.change(ctx, who, id, "broadcast.pause", func(tx *db.Tx, b *Broadcast) error {
		if b.State != Running {
			return errs.Coded(errs.Conflict, "broadcast_not_running", "the broadcast is not running")
		}
		b.State, b.PauseReason = Paused, PauseManual
		return b.writeTx(tx)
	})
}

// Resume goes on with a paused broadcast where it stopped. Failures before do
// not count against it any more.
func (s *Service) Resume(ctx context.Context, who account.Actor, id int64) (b Broadcast, err error) {
	defer errs.Wrap(&err, "broadcast.Resume(%d)", id)
	return s.change(ctx, who, id, "broadcast.resume", func(tx *db.Tx, b *Broadcast) error {
		if b.State != Paused {
			return errs.Coded(errs.Conflict, "broadcast_not_paused", "the broadcast is not paused")
		}
		if b.StartedAt == 0 {
			b.State = Scheduled
			if _, err := tx.Exec(`UPDATE broadcast SET state = 'SCHEDULED' WHERE id = ? AND org_id = ?`, b.ID, b.OrgID); err != nil {
				return err
			}
			return s.startTx(tx, b)
		}
		b.State, b.PauseReason, b.watchFrom, b.nextAt = Running, "", tx.Now(), 0
		return s.goTx(tx, b)
	})
}

// Cancel ends a broadcast for good. Who was not written to never will be.
func (s *Service) Cancel(ctx context.Context, who account.Actor, id int64) (b Broadcast, err error) {
	defer errs.Wrap(&err, "broadcast.Cancel(%d)", id)
	return s.change(ctx, who, id, "broadcast.cancel", func(tx *db.Tx, b *Broadcast) error {
		if b.State != Running && b.State != Paused && b.State != Scheduled {
			return errs.Coded(errs.Conflict, "broadcast_ended", "the broadcast is not under way")
		}
		b.State, b.PauseReason = Cancelled, ""
		return s.goTx(tx, b)
	})
}

// change lets who may change the state of a broadcast, with the line of audit.
func (s *Service) change(ctx context.Context, who account.Actor, id int64, action string, do func(*db.Tx, *Broadcast) error) (b Broadcast, err error) {
	if err := who.Require(account.SendBroadcasts); err != nil {
		return b, err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if b, err = s.Get(tx, who.OrgID, id); err != nil {
			return err
		}
		was := b.State
		if err := do(tx, &b); err != nil {
			return err
		}
		if err := s.tellTx(tx, who, &b, ""); err != nil {
			return err
		}
		return account.AuditTx(tx, who, account.Line{Action: action, Target: Prefix, TargetID: b.ID,
			Before: map[string]string{"status": was}, After: map[string]string{"status": b.State}})
	})
	return b, err
}

// eventData is what an event tells of a broadcast.
type eventData struct {
	ID         string `json:"broadcastId"`
	Name       string `json:"name"`
	ChannelID  string `json:"channelId"`
	Status     string `json:"status"`
	What       string `json:"what,omitempty"`
	Reason     string `json:"reason,omitempty"`
	Recipients int    `json:"recipients"`
	Accepted   int    `json:"accepted"`
	Delivered  int    `json:"delivered"`
	Read       int    `json:"read"`
	Failed     int    `json:"failed"`
	Unknown    int    `json:"unknown"`
	Skipped    int    `json:"skipped"`
	Answered   int    `json:"answered"`
}

func (b *Broadcast) eventData(what string) eventData {
	c := b.Counts
	return eventData{
		ID: db.FormatID(Prefix, b.ID), Name: b.Name, ChannelID: db.FormatID("chan", b.ChannelID), Status: b.State, What: what, Reason: b.PauseReason,
		Recipients: c.Total(), Accepted: c.Accepted(), Delivered: c.Delivered + c.Read, Read: c.Read, Failed: c.Failed, Unknown: c.Unknown,
		Skipped: c.Skipped, Answered: c.Answered,
	}
}

// tellTx tells open pages that a broadcast is another.
func (s *Service) tellTx(tx *db.Tx, who account.Actor, b *Broadcast, what string) error {
	return s.recordTx(tx, who, b, eventUpdated, what)
}

func (s *Service) recordTx(tx *db.Tx, who account.Actor, b *Broadcast, kind, what string) error {
	data, err := json.Marshal(b.eventData(what))
	if err != nil {
		return err
	}
	_, err = s.Events.Record(tx, event.Event{OrgID: b.OrgID, Type: kind, ActorKind: who.Kind, ActorID: who.ID(), ChannelID: b.ChannelID, Data: data})
	return err
}

// finishTx ends a broadcast of which nothing is left to do.
func (s *Service) finishTx(tx *db.Tx, b *Broadcast) error {
	if b.State == Running {
		b.State = Done
	}
	b.FinishedAt = tx.Now()
	if err := b.writeTx(tx); err != nil {
		return err
	}
	system := account.SystemActor(b.OrgID)
	if err := s.tellTx(tx, system, b, ""); err != nil {
		return err
	}
	return s.recordTx(tx, system, b, eventFinished, "")
}

// CanRetry says whether recipients that failed may be tried again at all.
func (b Broadcast) CanRetry() bool {
	return slices.Contains([]string{Running, Paused, Done}, b.State) && b.Counts.Failed > 0
}

func itoa(n int) string { return strconv.Itoa(n) }
