package importer

import (
	"context"
	"strings"

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
