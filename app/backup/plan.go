package backup

import (
	"strconv"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

const (
	day        = 24 * time.Hour
	drillEvery = 7 * day
	sinceKey   = "backup.since" // from when on the plan counts
	maxJitter  = 15             // minutes, so that neighbours do not all begin at once
)

// planTx adds the backup of the day and the drill of the week when they are
// due. What was missed while the program was down is made up for at once.
func (s *Service) planTx(tx *db.Tx, _ int64) error {
	if s.Options.Off {
		return nil
	}
	set, err := s.Settings(tx)
	if err != nil || !set.Daily {
		return err
	}
	last, err := s.lastPlannedTx(tx)
	if err != nil {
		return err
	}
	planned, err := s.planned(tx, set, tx.Now())
	if err != nil {
		return err
	}
	if last < planned {
		if err := s.addTx(tx, OriginPlan, account.SystemActor(0)); err != nil {
			return err
		}
	}
	return s.planDrillTx(tx)
}

// lastPlannedTx is when a backup was last begun by plan; at first it is now,
// so that a new install waits for its night.
func (s *Service) lastPlannedTx(tx *db.Tx) (int64, error) {
	kept, err := db.Value[string](tx, `SELECT value FROM instance WHERE key = ?`, sinceKey)
	if errs.Is(err, errs.NotFound) {
		kept = strconv.FormatInt(tx.Now(), 10)
		err = putTx(tx, sinceKey, kept)
	}
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(kept, 10, 64)
}

// planned is the last instant at or before now for which the plan has a backup.
func (s *Service) planned(q db.Q, set Settings, now int64) (int64, error) {
	zone, err := s.zone(q)
	if err != nil {
		return 0, err
	}
	at, err := time.Parse("15:04", set.Time)
	if err != nil {
		return 0, err
	}
	jitter, err := s.jitter(q)
	if err != nil {
		return 0, err
	}
	t := db.Time(now).In(zone)
	for d := range 3 {
		p := time.Date(t.Year(), t.Month(), t.Day()-d+1, at.Hour(), at.Minute()+int(jitter), 0, 0, zone)
		if p.UnixMilli() <= now {
			return p.UnixMilli(), nil
		}
	}
	return 0, nil
}

// NextAt is when the next backup by plan is due, 0 without a plan.
func (s *Service) NextAt(q db.Q) (int64, error) {
	set, err := s.Settings(q)
	if err != nil || !set.Daily {
		return 0, err
	}
	last, err := s.planned(q, set, s.DB.Now())
	if err != nil {
		return 0, err
	}
	return s.planned(q, set, last+day.Milliseconds()+time.Hour.Milliseconds())
}

// jitter is some minutes before or after, the same every day.
func (s *Service) jitter(q db.Q) (int64, error) {
	first, err := firstOrg(q)
	return first.ID%(2*maxJitter+1) - maxJitter, err
}

// zone is the time zone of the first organisation.
func (s *Service) zone(q db.Q) (*time.Location, error) {
	first, err := firstOrg(q)
	if err != nil {
		return nil, err
	}
	if z, err := time.LoadLocation(first.Timezone); err == nil {
		return z, nil
	}
	return time.UTC, nil
}

// firstOrg is the oldest organisation, or none.
func firstOrg(q db.Q) (account.Org, error) {
	all, err := account.EveryOrg(q)
	if err != nil || len(all) == 0 {
		return account.Org{}, err
	}
	return all[0], nil
}

// planDrillTx adds a drill when the last one was a week ago.
func (s *Service) planDrillTx(tx *db.Tx) error {
	last, err := db.Value[int64](tx, `SELECT coalesce(max(started), 0) FROM backup_drill`)
	if err != nil || tx.Now()-last < drillEvery.Milliseconds() {
		return err
	}
	before := tx.Now()
	if last == 0 { // the first one waits until a backup is a day old
		before -= day.Milliseconds()
	}
	some, err := db.Exists(tx, `SELECT 1 FROM backup WHERE state = 'verified' AND at <= ?`, before)
	if err != nil || !some {
		return err
	}
	return s.addDrillTx(tx)
}
