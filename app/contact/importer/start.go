package importer

import (
	"context"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/queue"
)

// Check starts the dry run of an import: everything is read, decided and
// counted, and nothing is written.
func (s *Service) Check(ctx context.Context, who account.Actor, id int64) (err error) {
	defer errs.Wrap(&err, "importer.Check(%d)", id)
	return s.begin(ctx, who, id, Checking)
}

// Start starts the import itself, or goes on with one that was cancelled.
func (s *Service) Start(ctx context.Context, who account.Actor, id int64) (err error) {
	defer errs.Wrap(&err, "importer.Start(%d)", id)
	return s.begin(ctx, who, id, Running)
}

// begin puts an import to work. Only one of an organisation works at a time.
func (s *Service) begin(ctx context.Context, who account.Actor, id int64, state string) error {
	if err := mine(who); err != nil {
		return err
	}
	if err := s.DB.Spare(db.ForExtra); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		i, err := s.Get(tx, who.OrgID, id)
		if err != nil {
			return err
		}
		switch {
		case i.Working() && (i.State != state || i.aliveAt > tx.Now()-lostTime.Milliseconds()):
			return errs.Coded(errs.Conflict, "import_running", "this import is at work")
		case state == Checking && i.open() != nil, state == Running && i.State != Cancelled && i.State != Failed && !i.Working() && i.open() != nil:
			return errs.Coded(errs.Conflict, "import_started", "this import was started already")
		}
		if err := i.ready(); err != nil {
			return err
		}
		if err := aloneTx(tx, i); err != nil {
			return err
		}
		if state == Running && i.StartedAt == 0 {
			i.StartedAt, i.Counts, i.Issues, i.Done = tx.Now(), Counts{}, 0, 0
			i.Actor = who
			if err := auditTx(tx, who, i, "import.started", ""); err != nil {
				return err
			}
			if err := rememberMappingTx(tx, i); err != nil {
				return err
			}
		}
		if state == Checking {
			i.Done = 0
		}
		i.State, i.Code, i.Message, i.FinishedAt = state, "", "", 0
		if _, err := tx.Exec(`UPDATE import SET cancel = 0, actor_kind = ?, actor_id = ?, key_id = ?, actor_name = ? WHERE id = ? AND org_id = ?`,
			i.Actor.Kind, i.Actor.UserID, i.Actor.KeyID, i.Actor.Name, i.ID, i.OrgID); err != nil {
			return err
		}
		if err := i.saveTx(tx); err != nil || s.Queue == nil {
			return err
		}
		return s.job.Add(s.Queue, tx, jobArgs{i.ID}, queue.Once("%d", i.ID))
	})
}

// ready says what is missing before rows can be decided.
func (i *Import) ready() error {
	if !i.Settings.has(FieldPhone) && !i.Settings.has(FieldOtherPhone) && !i.Settings.has(FieldUserID) {
		if i.Recognised.Unsure {
			return noHeader()
		}
		return errs.Coded(errs.Unprocessable, noPhoneColumn, "no column holds phone numbers; choose the one that does")
	}
	return nil
}

// aloneTx refuses a second import of an organisation, and a third of the server.
func aloneTx(tx *db.Tx, i Import) error {
	type other struct{ org, alive int64 }
	all, err := db.All(tx, func(r *db.Rows, o *other) error { return r.Scan(&o.org, &o.alive) },
		`SELECT org_id, alive_at FROM import WHERE state IN ('CHECKING', 'RUNNING', 'UNDOING') AND id <> ?`, i.ID)
	if err != nil {
		return err
	}
	for _, o := range all {
		if o.org == i.OrgID && o.alive > tx.Now()-lostTime.Milliseconds() {
			return errs.Coded(errs.Conflict, "import_running", "another import is running; wait until it is done or cancel it")
		}
	}
	return nil
}

func auditTx(tx *db.Tx, who account.Actor, i Import, action, detail string) error {
	return account.AuditTx(tx, who, account.Line{Action: action, Target: "import", TargetID: i.ID, Detail: detail, After: map[string]string{
		"file": i.Name, "sha256": i.SHA256, "source": i.Settings.Source,
	}})
}

// Cancel stops an import between two batches. What was applied stays, and can
// be undone, or gone on with. One that does not run is left as it is.
func (s *Service) Cancel(ctx context.Context, who account.Actor, id int64) (err error) {
	defer errs.Wrap(&err, "importer.Cancel(%d)", id)
	if err := mine(who); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		i, err := s.Get(tx, who.OrgID, id)
		if err != nil {
			return err
		}
		if i.State != Running && i.State != Checking || i.cancel {
			return nil
		}
		if i.aliveAt < tx.Now()-lostTime.Milliseconds() && s.Queue == nil { // nobody works on it
			i.State, i.FinishedAt = Cancelled, tx.Now()
			if err := i.saveTx(tx); err != nil {
				return err
			}
			return auditTx(tx, who, i, "import.cancelled", "")
		}
		if _, err := tx.Exec(`UPDATE import SET cancel = 1 WHERE id = ? AND org_id = ?`, id, who.OrgID); err != nil {
			return err
		}
		return auditTx(tx, who, i, "import.cancelled", "")
	})
}
