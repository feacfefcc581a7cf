package importer

import (
	"context"
	"errors"
	"strings"

	"badala/app/account"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/queue"
)

const (
	sampleCount = 20
	slowWrite   = 50 // milliseconds that a batch may take
	indexAtOnce = 1500
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

// Run does what an import is now to do: check, apply or undo. It can be called
// again after any interruption and goes on where the last one stopped.
func (s *Service) Run(ctx context.Context, id int64, tell Progress) error {
	return s.goOn(ctx, id, tell, func(*db.Tx) error { return nil })
}

// goOn is Run under a job, which is told of every step.
func (s *Service) goOn(ctx context.Context, id int64, tell Progress, advance func(*db.Tx) error) (err error) {
	defer errs.Wrap(&err, "importer.Run(%d)", id)
	i, err := byID(s.DB.Read(ctx), id)
	if err != nil {
		return err
	}
	if tell == nil {
		tell = func(string, int, int) {}
	}
	w := &run{Service: s, i: &i, next: s.DB.Now(), advance: advance}
	w.tell = func(state string, done, total int) {
		w.told = done
		tell(state, done, total)
	}
	switch i.State {
	case Checking, Running:
		err = w.all(ctx)
	case Undoing:
		err = w.undo(ctx)
	}
	if errors.Is(err, errCancelled) {
		return w.cancelled(ctx)
	}
	if s.Queue == nil && err != nil && ctx.Err() == nil { // nobody else would
		return errors.Join(err, s.DB.Write(context.WithoutCancel(ctx), func(tx *db.Tx) error { return failTx(tx, id, err) }))
	}
	return err
}

// run is one run of an import.
type run struct {
	advance func(*db.Tx) error // with every step
	*Service
	i    *Import
	tell Progress
	told int // rows, as last told
	rest []contact.Indexed
	next int64 // when to look for a wish to cancel
}

// all stages, groups and applies, or pretends to.
func (w *run) all(ctx context.Context) error {
	i := w.i
	if err := w.stage(ctx, i); err != nil {
		return err
	}
	r, err := w.survey(ctx, i)
	if err != nil {
		return err
	}
	g, err := w.group(ctx, i, r, func(done int) { w.tell(i.State, done/2, i.Total) })
	if err != nil {
		return err
	}
	if err := w.look(ctx); err != nil {
		return err
	}
	if i.State == Checking {
		return w.check(ctx, r, g)
	}
	if i.Done == 0 {
		if err := w.first(ctx, g); err != nil {
			return err
		}
	}
	// From here on only the cursor, the counts and issues change.
	if err := w.reindex(ctx); err != nil {
		return err
	}
	err = w.each(ctx, r, g, i.Done, w.write(g))
	if e := w.index(context.WithoutCancel(ctx)); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return w.finish(ctx)
}

// each applies do to all batches; reading and deciding what a row says goes on
// while the one before is written.
func (w *run) each(ctx context.Context, r *reader, g *grouping, skip int, do func(context.Context, batch) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	batches, result := make(chan batch, 1), make(chan error, 1)
	go func() {
		defer close(batches)
		result <- w.produce(ctx, w.i, r, g, skip, batches)
	}()
	var err error
	for b := range batches {
		if err == nil {
			if err = do(ctx, b); err != nil {
				stop()
			}
		}
	}
	if produced := <-result; err == nil {
		err = produced
	}
	return err
}

// first writes what is known before any contact is written: the issues of the
// rows themselves, and the custom fields that columns make.
func (w *run) first(ctx context.Context, g *grouping) error {
	i := w.i
	if err := w.removeSlowly(ctx, `DELETE FROM import_issue WHERE id IN (SELECT id FROM import_issue WHERE import_id = ? LIMIT 500)`, i.ID); err != nil {
		return err
	}
	if err := w.issues(ctx, g.issues); err != nil {
		return err
	}
	i.Counts = Counts{}
	i.Counts.add(g.counts)
	return w.DB.Write(ctx, func(tx *db.Tx) error {
		for _, c := range i.Settings.Columns {
			if name, ok := strings.CutPrefix(c.Field, CustomPrefix); ok {
				if err := contact.EnsureCustomFieldTx(tx, i.OrgID, name); err != nil {
					return err
				}
			}
		}
		return i.saveTx(tx)
	})
}

// issues writes the issues of rows in small steps.
func (w *run) issues(ctx context.Context, all []Issue) error {
	have := 0
	for len(all) > 0 {
		n := min(len(all), 500)
		var now int
		if err := w.DB.Write(ctx, func(tx *db.Tx) (err error) {
			now, err = issueTx(tx, w.i, have, all[:n])
			return err
		}); err != nil {
			return err
		}
		have, all = now, all[n:]
	}
	w.i.Issues = have
	return nil
}

// write gives the function that applies a batch, in steps that do not hold the
// writer for long.
func (w *run) write(g *grouping) func(context.Context, batch) error {
	size := 200
	return func(ctx context.Context, b batch) error {
		for b.rows > w.i.Done {
			n, rows := min(size, len(b.people)), b.rows
			if n < len(b.people) {
				rows = b.people[n-1].end
			}
			start := w.DB.Now()
			if err := w.step(ctx, g, b.people[:n], rows); err != nil {
				return err
			}
			switch took := w.DB.Now() - start; {
			case took > slowWrite:
				size = max(size/2, 50)
			case took < slowWrite*2/3:
				size = min(size+size/4, readyAtOnce)
			}
			b.people = b.people[n:]
		}
		w.tell(Running, w.i.Total/2+w.i.Done/2, w.i.Total)
		return w.look(ctx)
	}
}

// step applies some persons in one transaction.
func (w *run) step(ctx context.Context, g *grouping, people []ready, rows int) error {
	var next Import
	var written []contact.Indexed
	err := w.DB.Write(ctx, func(tx *db.Tx) error {
		o, err := w.decideBatch(tx, w.i, g, people, 0)
		if err != nil {
			return err
		}
		if written, err = w.applyTx(tx, w.i, o); err != nil {
			return err
		}
		next = *w.i
		if next.Issues, err = issueTx(tx, &next, next.Issues, o.issues); err != nil {
			return err
		}
		next.Counts.add(o.counts)
		next.Done = rows
		if err := w.advance(tx); err != nil {
			return err
		}
		return next.saveCountsTx(tx)
	})
	if err != nil {
		return err
	}
	*w.i = next
	if w.rest = append(w.rest, written...); len(w.rest) >= indexAtOnce {
		return w.index(ctx)
	}
	return nil
}

// index writes the search rows of what was applied since the last time.
func (w *run) index(ctx context.Context) error {
	for len(w.rest) > 0 {
		n := min(len(w.rest), indexAtOnce)
		last := len(w.rest) == n
		if err := w.DB.Write(ctx, func(tx *db.Tx) error {
			contact.IndexTx(tx, w.rest[:n])
			if !last {
				return nil
			}
			_, err := tx.Exec(`UPDATE import_step SET indexed = 1 WHERE import_id = ? AND indexed = 0`, w.i.ID)
			return err
		}); err != nil {
			return err
		}
		w.rest = w.rest[n:]
	}
	return nil
}

// reindex writes the search rows that an earlier run could not.
func (w *run) reindex(ctx context.Context) error {
	for {
		all, err := steps(w.DB.Read(ctx), w.i.ID, 0, true, 1)
		if err != nil || len(all) == 0 {
			return err
		}
		if err := w.DB.Write(ctx, func(tx *db.Tx) error {
			if err := w.Contacts.ReindexTx(tx, w.i.OrgID, idsOf(all[0].left)); err != nil {
				return err
			}
			_, err := tx.Exec(`UPDATE import_step SET indexed = 1 WHERE import_id = ? AND n = ?`, w.i.ID, all[0].n)
			return err
		}); err != nil {
			return err
		}
	}
}

// check goes through all batches without writing and keeps what was found.
func (w *run) check(ctx context.Context, r *reader, g *grouping) error {
	i := w.i
	var issues []Issue
	p := &i.Preview
	p.Samples, p.Counts = nil, Counts{}
	p.Counts.add(g.counts)
	err := w.each(ctx, r, g, 0, func(ctx context.Context, b batch) error {
		o, err := w.decideBatch(w.DB.Read(ctx), i, g, b.people, sampleCount-len(p.Samples))
		if err != nil {
			return err
		}
		p.Counts.add(o.counts)
		p.Samples = append(p.Samples, o.samples...)
		issues = append(issues, o.issues[:min(len(o.issues), max(maxIssues-len(issues), 0))]...)
		w.tell(Checking, i.Total/2+b.rows/2, i.Total)
		return w.look(ctx)
	})
	if err != nil {
		return err
	}
	if p.NewFields, err = w.newFields(ctx); err != nil {
		return err
	}
	if err := w.removeSlowly(ctx, `DELETE FROM import_issue WHERE id IN (SELECT id FROM import_issue WHERE import_id = ? LIMIT 500)`, i.ID); err != nil {
		return err
	}
	all := append(g.issues, issues...)
	sortIssues(all)
	if err := w.issues(ctx, all[:min(len(all), maxIssues)]); err != nil {
		return err
	}
	i.State, i.Done = Checked, i.Total
	return w.DB.Write(ctx, func(tx *db.Tx) error { return i.saveTx(tx) })
}

// newFields lists the custom fields that the import would make.
func (w *run) newFields(ctx context.Context) ([]string, error) {
	have, err := contact.CustomFields(w.DB.Read(ctx), w.i.OrgID)
	known := map[string]bool{}
	for _, f := range have {
		known[foldWord(f.Name)] = true
	}
	var all []string
	for _, c := range w.i.Settings.Columns {
		if name, ok := strings.CutPrefix(c.Field, CustomPrefix); ok && !known[foldWord(name)] {
			known[foldWord(name)] = true
			all = append(all, name)
		}
	}
	return all, err
}

// look finds out whether somebody wants the import to stop, and shows that it lives.
func (w *run) look(ctx context.Context) error {
	if w.DB.Now() < w.next {
		return ctx.Err()
	}
	w.next = w.DB.Now() + beat.Milliseconds()/4
	stop, err := db.Value[bool](w.DB.Read(ctx), `SELECT cancel FROM import WHERE id = ?`, w.i.ID)
	if err != nil {
		return err
	}
	if stop {
		return errCancelled
	}
	if w.i.State == Running {
		return ctx.Err()
	}
	return w.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE import SET alive_at = ?, done = ? WHERE id = ?`, tx.Now(), w.told, w.i.ID)
		return err
	})
}

// cancelled ends a run that was told to stop.
func (w *run) cancelled(ctx context.Context) error {
	return w.DB.Write(context.WithoutCancel(ctx), func(tx *db.Tx) error {
		if w.i.State == Checking {
			w.i.State = Uploaded
		} else {
			w.i.State, w.i.FinishedAt = Cancelled, tx.Now()
		}
		if _, err := tx.Exec(`UPDATE import SET cancel = 0 WHERE id = ?`, w.i.ID); err != nil {
			return err
		}
		return w.i.saveTx(tx)
	})
}

// finish ends an import that is whole. File and rows are no longer needed.
func (w *run) finish(ctx context.Context) error {
	err := w.DB.Write(ctx, func(tx *db.Tx) error {
		w.i.State, w.i.Done, w.i.FinishedAt = Done, w.i.Total, tx.Now()
		return w.i.saveTx(tx)
	})
	if err != nil {
		return err
	}
	w.tell(Done, w.i.Total, w.i.Total)
	return w.dropFile(ctx, w.i.ID)
}

// dropFile removes the file and its rows.
func (s *Service) dropFile(ctx context.Context, id int64) error {
	if err := s.removeSlowly(ctx, `DELETE FROM import_file WHERE rowid IN (SELECT rowid FROM import_file WHERE import_id = ? LIMIT 20)`, id); err != nil {
		return err
	}
	return s.unstage(ctx, id)
}
