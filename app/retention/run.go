package retention

import (
	"context"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/inbox"
)

// Report is what a run deleted of an organisation. Finished is 0 while it works.
type Report struct {
	Planned, Started, Finished int64
	Raw, Webhooks              int64
	Files, Bytes               int64
	Messages, Notes            int64
}

// LastRun reads what the latest run deleted; zero before the first one.
func (s *Service) LastRun(q db.Q, org int64) (Report, error) {
	v, err := db.One(q, func(r *db.Rows, v *Report) error {
		return r.Scan(&v.Planned, &v.Started, &v.Finished, &v.Raw, &v.Webhooks, &v.Files, &v.Bytes, &v.Messages, &v.Notes)
	}, `SELECT planned, started, finished, raw, webhooks, files, bytes, messages, notes FROM retention_run WHERE org_id = ?`, org)
	if errs.Is(err, errs.NotFound) {
		return Report{}, nil
	}
	return v, err
}

// Run deletes what an organisation no longer keeps. It may be cut off and begun
// again: what went is counted in the transaction in which it goes, by the
// instant for which the run is planned.
func (s *Service) Run(ctx context.Context, org, planned int64) (err error) {
	defer errs.Wrap(&err, "retention.Run(org %d)", org)
	set, now, err := s.begin(ctx, org, planned)
	if err != nil {
		return err
	}
	before := func(days int) int64 { return now - int64(days)*day }
	if err := s.Channels.DropRaw(ctx, org, before(set.RawDays), func(tx *db.Tx, n int64) error { return noteTx(tx, org, Report{Raw: n}) }); err != nil {
		return err
	}
	if err := s.Webhooks.DropBodies(ctx, org, before(set.WebhookDays), func(tx *db.Tx, n int64) error { return noteTx(tx, org, Report{Webhooks: n}) }); err != nil {
		return err
	}
	gone := func(tx *db.Tx, n inbox.Old) error {
		return noteTx(tx, org, Report{Files: n.Files, Bytes: n.Bytes, Messages: n.Messages, Notes: n.Notes})
	}
	if days := set.files(); days != 0 {
		if err := s.Inbox.DropOldFiles(ctx, org, before(days), gone); err != nil {
			return err
		}
	}
	if set.MessagesDays == 0 {
		return nil
	}
	return s.Inbox.DropOld(ctx, org, before(set.MessagesDays), gone)
}

// begin counts anew, unless the same run was cut off.
func (s *Service) begin(ctx context.Context, org, planned int64) (set Settings, now int64, err error) {
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		now = tx.Now()
		if set, err = s.Settings(tx, org); err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO retention_run (org_id, planned, started) VALUES (?1, ?2, ?3) ON CONFLICT (org_id) DO UPDATE
			SET planned = ?2, started = ?3, finished = 0, raw = 0, webhooks = 0, files = 0, bytes = 0, messages = 0, notes = 0 WHERE planned <> ?2`, org, planned, now)
		return err
	})
	return set, now, err
}

// noteTx adds what has just gone.
func noteTx(tx *db.Tx, org int64, n Report) error {
	_, err := tx.Exec(`UPDATE retention_run SET raw = raw + ?, webhooks = webhooks + ?, files = files + ?, bytes = bytes + ?, messages = messages + ?, notes = notes + ? WHERE org_id = ?`,
		n.Raw, n.Webhooks, n.Files, n.Bytes, n.Messages, n.Notes, org)
	return err
}
