package broadcast

import (
	"context"
	"time"

	"badala/app/account"
	"badala/app/channel"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/queue"
)

// runArgs name a broadcast that is under way.
type runArgs struct {
	Org, Broadcast int64
}

var (
	// runKind keeps a broadcast going: it writes down whom it means, then keeps
	// a second or two of messages on their way until there are none left.
	runKind = &queue.Kind[runArgs]{Name: "broadcast.run", Attempts: 10_000, Timeout: time.Minute, Workers: 8}
	// startKind starts a broadcast at its time.
	startKind = &queue.Kind[startArgs]{Name: "broadcast.start", Timeout: 10 * time.Second, Workers: 1}
)

// How soon a broadcast looks again.
const (
	feedEvery = 400 * time.Millisecond
	lastLook  = time.Second      // while the last messages are under way
	heldLook  = 5 * time.Second  // while its number may not send, or the disk is full
	longLook  = 30 * time.Second // while its office is closed
	wakeTime  = 5 * time.Second  // after it has begun or gone on
)

// wakeTx makes sure that a broadcast is kept going.
func (s *Service) wakeTx(tx *db.Tx, b *Broadcast) error {
	if err := runKind.Add(s.Queue, tx, runArgs{b.OrgID, b.ID}, queue.Once("%d", b.ID), queue.Lane(runLane(b.ID), 1)); err != nil {
		return err
	}
	return s.Queue.Wake(tx, runKind.Name, runLane(b.ID))
}

func runLane(id int64) string { return "bc:" + db.FormatID(Prefix, id) }

// wakeAllTx is the safety net: a broadcast under way without a job gets one.
func (s *Service) wakeAllTx(tx *db.Tx, _ int64) error {
	all, err := db.All(tx, scan, `SELECT `+columns+` FROM broadcast b WHERE b.state = 'RUNNING'`)
	for i := range all {
		if err == nil {
			err = s.wakeTx(tx, &all[i])
		}
	}
	return err
}

// run takes a broadcast one step further. It returns only to come again, until
// there is nothing left to do.
func (s *Service) run(ctx context.Context, j *queue.Job[runArgs]) error {
	b, err := s.Get(s.DB.Read(ctx), j.Args.Org, j.Args.Broadcast)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	switch b.State {
	case Running:
		if s.DB.Spare(db.ForSends) != nil {
			return queue.Wait(heldLook, nil)
		}
		if err := s.freeze(ctx, &b); err != nil {
			return err
		}
		if b.Frozen {
			wait, err := s.step(ctx, &b)
			if err != nil {
				return err
			}
			if wait > 0 {
				return queue.Wait(wait, nil)
			}
		}
	case Cancelled:
		if err := s.sweep(ctx, &b); err != nil {
			return err
		}
	}
	return s.restOrGoOn(ctx, j)
}

// restOrGoOn ends the job, unless there is something to do again.
func (s *Service) restOrGoOn(ctx context.Context, j *queue.Job[runArgs]) error {
	again := false
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		b, err := s.Get(tx, j.Args.Org, j.Args.Broadcast)
		if errs.Is(err, errs.NotFound) {
			return j.Finish(tx)
		}
		if err != nil {
			return err
		}
		left := b.Counts.Waiting + b.Counts.Queued
		if again = b.State == Running && (left > 0 || !b.Frozen) || b.State == Cancelled && left > 0; again {
			return nil
		}
		if (b.State == Running || b.State == Cancelled) && b.FinishedAt == 0 {
			if err := s.finishTx(tx, &b); err != nil {
				return err
			}
		}
		return j.Finish(tx)
	})
	if err == nil && again {
		return queue.Wait(lastLook, nil)
	}
	return err
}

// step puts the next messages on their way and tells when to look again; 0 says
// that nothing is left, or that it may not go on.
func (s *Service) step(ctx context.Context, b *Broadcast) (time.Duration, error) {
	ch, wait, err := s.obstacle(ctx, b)
	if err != nil || wait != 0 {
		return max(wait, 0), err
	}
	if stopped, err := s.look(ctx, b); err != nil || stopped {
		return 0, err
	}
	if b.Counts.Queued > 0 && s.DB.Now()-b.watchFrom < wakeTime.Milliseconds() {
		// A message that was being put aside when it went on has not heard of it.
		if err := s.DB.Write(ctx, s.Inbox.WakeBroadcastsTx); err != nil {
			return 0, err
		}
	}
	return s.feed(ctx, b, ch)
}

// obstacle says how long nothing may go out; less than 0 is until somebody
// resumes the broadcast.
func (s *Service) obstacle(ctx context.Context, b *Broadcast) (channel.Channel, time.Duration, error) {
	q, now := s.DB.Read(ctx), s.DB.Now()
	ch, err := s.Channels.ByID(q, b.OrgID, b.ChannelID)
	switch {
	case errs.Is(err, errs.NotFound):
		return ch, -1, s.pause(ctx, b, PauseChannel)
	case err != nil:
		return ch, 0, err
	case ch.State == channel.Paused && ch.PausedReason == channel.ReasonRestored:
		return ch, -1, s.pause(ctx, b, PauseRestored)
	case !ch.CanSend():
		return ch, heldLook, nil
	case ch.Health.TemplatesHeldUntil() > now:
		return ch, longLook, nil
	}
	if b.OfficeHours {
		open, next, err := s.office(q, b, now)
		if err != nil || !open {
			return ch, min(max(next, time.Second), longLook), err
		}
	}
	until, err := s.Inbox.SendingPausedUntil(q, b.ChannelID)
	if err != nil || until <= now {
		return ch, 0, err
	}
	return ch, time.Duration(until-now)*time.Millisecond + feedEvery, nil
}

// office says whether the office of the number is open, or how long it is not.
// A number without office hours is always open.
func (s *Service) office(q db.Q, b *Broadcast, now int64) (open bool, next time.Duration, err error) {
	o, err := s.Inbox.OfficeHours(q, b.OrgID, b.ChannelID)
	if err != nil || len(o.Windows)+len(o.SpecialDays)+len(o.Periods) == 0 {
		return true, 0, err
	}
	schedule, wrong := o.Compile()
	if len(wrong) > 0 || schedule.Open(db.Time(now)) {
		return true, 0, nil
	}
	if at, ok := schedule.Next(db.Time(now)); ok {
		return false, at.Sub(db.Time(now)), nil
	}
	return false, longLook, nil
}

// pause stops a broadcast for a reason that no person gave.
func (s *Service) pause(ctx context.Context, b *Broadcast, reason string) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error { return s.pauseTx(tx, b.OrgID, b.ID, reason) })
}

func (s *Service) pauseTx(tx *db.Tx, org, id int64, reason string) error {
	n, err := tx.Exec(`UPDATE broadcast SET state = 'PAUSED', pause_reason = ?, updated_at = ? WHERE id = ? AND org_id = ? AND state = 'RUNNING'`, reason, tx.Now(), id, org)
	if err != nil || n == 0 {
		return err
	}
	b, err := s.Get(tx, org, id)
	if err != nil {
		return err
	}
	system := account.SystemActor(org)
	if err := s.tellTx(tx, system, &b, "paused"); err != nil {
		return err
	}
	return account.AuditTx(tx, system, account.Line{Action: "broadcast.pause", Target: Prefix, TargetID: id, Detail: reason})
}

// sweep leaves everybody out who waits in a broadcast that was cancelled.
func (s *Service) sweep(ctx context.Context, b *Broadcast) error {
	for more := true; more; {
		err := s.DB.Write(ctx, func(tx *db.Tx) error {
			n, err := tx.Exec(`UPDATE broadcast_recipient SET state = 'SKIPPED', reason = ?, updated_at = ? WHERE id IN (
				SELECT id FROM broadcast_recipient WHERE broadcast_id = ? AND state = 'WAITING' ORDER BY id LIMIT 500)`, SkipCancelled, tx.Now(), b.ID)
			if more = n > 0; err != nil || !more {
				return err
			}
			_, err = tx.Exec(`UPDATE broadcast SET waiting = waiting - ?1, skipped = skipped + ?1 WHERE id = ?2`, n, b.ID)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
