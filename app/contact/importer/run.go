package importer

import (
	"context"
	"errors"

	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
)

const (
	sampleCount = 20
	slowWrite   = 100 // milliseconds that a batch may take
	indexAtOnce = 1500
)

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
	w.pace.size.Store(fewAtOnce)
	w.tell = func(state string, done, total int) {
		w.told = done
		tell(state, done, total)
	}
	switch i.State {
	case Checking, Running:
		if err = s.DB.Spare(db.ForExtra); err == nil {
			err = w.all(ctx)
		}
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
	pace pace

	began int64 // when the last transaction got its turn
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
	g, err := w.group(ctx, i, r, func(done int) error {
		w.tell(i.State, done/2, i.Total)
		return w.look(ctx)
	})
	if err != nil {
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
	g.issues = nil
	// From here on only the cursor, the counts and issues change.
	if err := w.reindex(ctx); err != nil {
		return err
	}
	err = w.apply(ctx, r, g)
	if e := w.index(context.WithoutCancel(ctx)); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	return w.finish(ctx)
}

// apply writes all batches from the first that is not done. Reading the next
// ones and deciding about them goes on while one is written.
func (w *run) apply(ctx context.Context, r *reader, g *grouping) error {
	ahead := &planner{Service: w.Service, i: *w.i, g: g}
	return passOn(ctx, func(ctx context.Context, to chan<- *plan) error {
		return w.each(ctx, r, g, w.i.Done, w.pace.now, func(ctx context.Context, b batch) error {
			p, err := ahead.plan(ctx, b)
			if err != nil {
				return err
			}
			return send(ctx, to, p)
		})
	}, func(ctx context.Context, p *plan) error { return w.write(ctx, ahead, p) })
}

// each does something with all batches; the next one is read meanwhile.
func (w *run) each(ctx context.Context, r *reader, g *grouping, skip int, size func() int, do func(context.Context, batch) error) error {
	return passOn(ctx, func(ctx context.Context, to chan<- batch) error {
		return w.produce(ctx, w.i, r, g, skip, size, to)
	}, do)
}

// passOn runs do with everything that from sends, until one of them fails.
func passOn[T any](ctx context.Context, from func(context.Context, chan<- T) error, do func(context.Context, T) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	all, result := make(chan T), make(chan error, 1)
	go func() {
		defer close(all)
		result <- from(ctx, all)
	}()
	var err error
	for t := range all {
		if err == nil {
			if err = do(ctx, t); err != nil {
				stop()
			}
		}
	}
	if sent := <-result; err == nil {
		err = sent
	}
	return err
}

func send[T any](ctx context.Context, to chan<- T, v T) error {
	select {
	case to <- v:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
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
	if w.i.State != Undoing {
		if err := w.DB.Spare(db.ForExtra); err != nil {
			return err
		}
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
