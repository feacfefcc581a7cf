package importer

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"

	"badala/app/contact"
	"badala/app/db"
)

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

// pace is how many persons a transaction takes: as many as do not hold the
// writer for long.
type pace struct{ size atomic.Int64 }

func (p *pace) now() int { return int(p.size.Load()) }

func (p *pace) took(people int, ms int64) {
	size := p.now()
	switch {
	case ms > slowWrite:
		p.size.Store(int64(max(size*3/4, 50)))
	case ms < slowWrite*2/3 && people >= size/2:
		p.size.Store(int64(min(size+size/4, manyAtOnce)))
	}
}

// write applies what was planned, in one transaction.
func (w *run) write(ctx context.Context, ahead *planner, p *plan) error {
	if p.rows <= w.i.Done {
		return nil
	}
	err := w.commit(ctx, ahead.g, p)
	if contact.IsStale(err) { // somebody else was quicker
		ahead.tags.forget()
		err = w.commit(ctx, ahead.g, &plan{batch: p.batch, outcome: newOutcome(0), rest: p.people})
	}
	if err != nil {
		return err
	}
	w.pace.took(len(p.people), w.DB.Now()-w.began)
	if len(w.rest) >= indexAtOnce {
		if err := w.index(ctx); err != nil {
			return err
		}
	}
	w.tell(Running, w.i.Total/2+w.i.Done/2, w.i.Total)
	return w.look(ctx)
}

func (w *run) commit(ctx context.Context, g *grouping, p *plan) error {
	var next Import
	var written []contact.Indexed
	err := w.DB.WriteLong(ctx, func(tx *db.Tx) error {
		w.began = w.DB.Now() // not before: others may have been first
		o, err := w.decideBatch(tx, w.i, g, p.rest, 0)
		if err != nil {
			return err
		}
		if written, err = w.applyTx(tx, w.i, p, o); err != nil {
			return err
		}
		next = *w.i
		if next.Issues, err = issueTx(tx, &next, next.Issues, slices.Concat(p.issues, o.issues)); err != nil {
			return err
		}
		next.Counts.add(p.counts)
		next.Counts.add(o.counts)
		next.Done = p.rows
		if err := w.advance(tx); err != nil {
			return err
		}
		return next.saveCountsTx(tx)
	})
	if err == nil {
		*w.i = next
		w.rest = append(w.rest, written...)
	}
	return err
}

// index writes the search rows of what was applied since the last time.
func (w *run) index(ctx context.Context) error {
	for len(w.rest) > 0 {
		n := min(len(w.rest), indexAtOnce)
		last := len(w.rest) == n
		if err := w.DB.WriteLong(ctx, func(tx *db.Tx) error {
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
		if err := w.DB.WriteLong(ctx, func(tx *db.Tx) error {
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
	if err := w.dropFile(ctx, w.i.ID); err != nil {
		return err
	}
	return w.Contacts.MergeSearch(ctx)
}

// dropFile removes the file and its rows.
func (s *Service) dropFile(ctx context.Context, id int64) error {
	if err := s.removeSlowly(ctx, `DELETE FROM import_file WHERE rowid IN (SELECT rowid FROM import_file WHERE import_id = ? LIMIT 20)`, id); err != nil {
		return err
	}
	return s.unstage(ctx, id)
}
