package queue

import (
	"context"
	"sync"
	"time"

	"badala/app/db"
	"badala/app/errs"

	"github.com/robfig/cron/v3"
)

const lateness = 6 * time.Hour // a run missed by more than this is skipped

// schedule is one registered cron entry.
type schedule struct {
	name, spec string
	plan       cron.Schedule
	zone       *time.Location
	add        func(*db.Tx, int64) error
}

// Every calls add in a transaction at each instant of spec (five fields, or @every and friends) in zone.
// add should only add a job. An instant inside a skipped hour moves to the end of the gap, one in a repeated hour
// happens once; of the instants missed while the program was down, the last one happens if it is at most 6 h old.
func (q *Queue) Every(name, spec string, zone *time.Location, add func(tx *db.Tx, planned int64) error) error {
	plan, err := cron.ParseStandard(spec)
	if err != nil {
		return errs.Newf(errs.Invalid, "%s: %q is not a schedule: %v", name, spec, err)
	}
	if zone == nil {
		zone = time.UTC
	}
	q.mu.Lock()
	q.crons = append(q.crons, schedule{name, spec, plan, zone, add})
	q.mu.Unlock()
	return nil
}

// runCrons ticks every schedule until ctx ends.
func (q *Queue) runCrons(ctx context.Context) {
	q.mu.Lock()
	crons := append([]schedule(nil), q.crons...)
	q.mu.Unlock()
	var all sync.WaitGroup
	for _, s := range crons {
		all.Go(func() { q.runCron(ctx, s) })
	}
	all.Wait()
}

func (q *Queue) runCron(ctx context.Context, s schedule) {
	for ctx.Err() == nil {
		next, err := q.tick(ctx, s)
		wait := time.Duration(next-q.db.Now()) * time.Millisecond
		if err != nil {
			q.log.Warn("schedule cannot run", "cron", s.name, "err", err)
			wait = time.Minute
		}
		// Waking at least each minute notices a clock that was set.
		timer := time.NewTimer(min(max(wait, time.Millisecond), time.Minute))
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

// tick runs what is due of a schedule and says when it is due next.
func (q *Queue) tick(ctx context.Context, s schedule) (next int64, err error) {
	last, err := db.Value[int64](q.db.Read(ctx), `SELECT planned FROM cron WHERE name = ?`, s.name)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return 0, err
	}
	now := q.db.Now()
	known := err == nil
	if known && last > now && s.steady() { // the clock was set back
		return s.after(now), q.db.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE cron SET planned = ? WHERE name = ?`, now, s.name)
			return err
		})
	}
	planned, next := now, s.after(now)
	if known {
		if planned, next = s.latest(last, now); planned == 0 {
			return next, nil
		}
	}
	run := known && now-planned <= lateness.Milliseconds()
	if known && !run {
		q.log.Info("missed schedule skipped", "cron", s.name)
	}
	err = q.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(`INSERT INTO cron (name, planned) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET planned = ?2 WHERE planned < ?2`, s.name, planned)
		switch {
		case err != nil || n == 0 || !known:
			return err
		case !run:
			return noteRunTx(tx, s.name, Run{Planned: planned, Started: now, Finished: now, State: RunSkipped}, 0)
		}
		return q.runTx(tx, s, planned, false)
	})
	if err != nil && run {
		q.noteFailure(ctx, s, planned, false, err)
	}
	return next, err
}

// steady says whether the schedule goes by what has passed, and not by the hour.
func (s schedule) steady() bool {
	_, ok := s.plan.(cron.ConstantDelaySchedule)
	return ok
}

// latest is the last instant after the given one that has come, or 0, and the first that has not.
func (s schedule) latest(after, now int64) (planned, next int64) {
	after = max(after, now-lateness.Milliseconds()-24*time.Hour.Milliseconds())
	for next = s.after(after); next <= now; next = s.after(next) {
		planned = next
	}
	return planned, next
}

// after is the first instant of the schedule after the given one. Calendar schedules are followed on the wall clock,
// which Go's own arithmetic would step over when clocks change.
func (s schedule) after(ms int64) int64 {
	t := db.Time(ms).In(s.zone)
	if s.steady() {
		return db.Millis(s.plan.Next(t))
	}
	wall := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
	for {
		wall = s.plan.Next(wall)
		if wall.IsZero() {
			return never
		}
		if at := s.instant(wall); at.After(t) {
			return db.Millis(at)
		}
	}
}

// instant is when clocks of the zone first show the wall time, or the end of the gap that swallows it.
func (s schedule) instant(wall time.Time) time.Time {
	at := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, s.zone)
	start, end := at.ZoneBounds()
	if at.Hour() == wall.Hour() && at.Minute() == wall.Minute() {
		_, offset := at.Zone()
		_, before := start.Add(-time.Second).In(s.zone).Zone()
		if first := at.Add(time.Duration(offset-before) * time.Second); !start.IsZero() && first.Before(start) && before > offset {
			return first
		}
		return at
	}
	if at.Hour() > wall.Hour() || at.Day() > wall.Day() {
		return start
	}
	return end
}
