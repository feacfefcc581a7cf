package importer

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"

	"badala/app/account"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/queue"
)

const undoAtOnce = 50

// Undo starts to take a whole import back: contacts that it made go, those
// that it changed are again what they were. While anything newer stands on it,
// a change by a person, a conversation or another import, it is a Conflict and
// nothing happens; keepNewer undoes the rest and leaves those contacts alone.
func (s *Service) Undo(ctx context.Context, who account.Actor, id int64, keepNewer bool) (err error) {
	defer errs.Wrap(&err, "importer.Undo(%d)", id)
	if err := mine(who); err != nil {
		return err
	}
	if !keepNewer {
		n, err := s.Newer(ctx, who.OrgID, id)
		if err != nil {
			return err
		}
		if n > 0 {
			return &errs.Error{Kind: errs.Conflict, Code: "import_newer", Message: "contacts of this import were changed since", Details: []string{strconv.Itoa(n) + " contacts"}}
		}
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		i, err := s.Get(tx, who.OrgID, id)
		if err != nil {
			return err
		}
		switch {
		case i.State != Done && i.State != Cancelled && !(i.State == Failed && i.StartedAt != 0):
			return errs.Coded(errs.Conflict, "import_not_done", "only an import that has ended can be undone")
		case i.FinishedAt < tx.Now()-keepTime.Milliseconds():
			return errs.Coded(errs.Conflict, "import_too_old", "an import can be undone for 30 days")
		}
		if err := aloneTx(tx, i); err != nil {
			return err
		}
		i.State, i.Done, i.Code, i.Message = Undoing, 0, "", ""
		if err := auditTx(tx, who, i, "import.undone", ""); err != nil {
			return err
		}
		if err := i.saveTx(tx); err != nil || s.Queue == nil {
			return err
		}
		return s.job.Add(s.Queue, tx, jobArgs{i.ID}, queue.Once("%d", i.ID))
	})
}

// made is one kept change.
type made struct {
	contact int64
	before  string
	after   []byte
}

func (s *Service) changesOf(q db.Q, id, after int64, take int) ([]made, error) {
	return db.All(q, func(r *db.Rows, m *made) error { return r.Scan(&m.contact, &m.before, &m.after) },
		`SELECT contact_id, before, after FROM import_change WHERE import_id = ? AND contact_id > ? ORDER BY contact_id LIMIT ?`, id, after, take)
}

// Newer counts the contacts of an import on which something newer stands.
func (s *Service) Newer(ctx context.Context, org, id int64) (int, error) {
	if _, err := s.Get(s.DB.Read(ctx), org, id); err != nil {
		return 0, err
	}
	n, after := 0, int64(0)
	for {
		q := s.DB.Read(ctx)
		all, err := s.changesOf(q, id, after, 500)
		if err != nil || len(all) == 0 {
			return n, err
		}
		states, err := s.Contacts.StatesOf(q, org, idsOf(all))
		if err != nil {
			return n, err
		}
		for _, m := range all {
			stands, err := s.stands(q, m, states[m.contact])
			if err != nil {
				return n, err
			}
			if !stands {
				n++
			}
		}
		after = all[len(all)-1].contact
	}
}

func idsOf(all []made) []int64 {
	ids := make([]int64, len(all))
	for n, m := range all {
		ids[n] = m.contact
	}
	return ids
}

// stands says whether a contact is as the import left it, and may go back.
func (s *Service) stands(q db.Q, m made, st *contact.State) (bool, error) {
	if st == nil {
		return false, nil
	}
	now, err := st.Digest()
	if err != nil || !bytes.Equal(now, m.after) {
		return false, err
	}
	if m.before != "" {
		return true, nil
	}
	spoken, err := s.Contacts.HasHistory(q, st.OrgID, st.ID)
	return !spoken, err
}

// undo takes changes back, a few at a time; each is forgotten with it, so that
// a restart goes on with the rest.
func (w *run) undo(ctx context.Context) error {
	i := w.i
	total, err := db.Value[int](w.DB.Read(ctx), `SELECT COUNT(*) FROM import_change WHERE import_id = ?`, i.ID)
	if err != nil {
		return err
	}
	for done := 0; ; done += undoAtOnce {
		var left int
		err := w.DB.Write(ctx, func(tx *db.Tx) error {
			all, err := w.changesOf(tx, i.ID, 0, undoAtOnce)
			if err != nil {
				return err
			}
			left = len(all)
			if err := w.undoTx(tx, all); err != nil {
				return err
			}
			_, err = tx.Exec(`UPDATE import SET alive_at = ? WHERE id = ?`, tx.Now(), i.ID)
			return err
		})
		if err != nil {
			return err
		}
		w.tell(Undoing, min(done, total), total)
		if left == 0 {
			break
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	err = w.DB.Write(ctx, func(tx *db.Tx) error {
		i.State, i.FinishedAt, i.Done = Undone, tx.Now(), i.Total
		return i.saveTx(tx)
	})
	if err != nil {
		return err
	}
	return w.dropFile(ctx, i.ID)
}

func (w *run) undoTx(tx *db.Tx, all []made) error {
	i, who := w.i, w.i.actor()
	states, err := w.Contacts.StatesOf(tx, i.OrgID, idsOf(all))
	if err != nil {
		return err
	}
	for _, m := range all {
		st := states[m.contact]
		ok, err := w.stands(tx, m, st)
		if err != nil {
			return err
		}
		switch {
		case !ok:
		case m.before == "":
			err = w.Contacts.RemoveImportedTx(tx, who, st)
		case json.Valid([]byte(m.before)):
			err = w.Contacts.RestoreTx(tx, who, st, []byte(m.before), "IMPORT_UNDONE")
		}
		if err != nil {
			return err
		}
		if ok {
			if _, err := tx.Exec(`DELETE FROM import_memory WHERE contact_id = ? AND source = ? AND org_id = ?`, m.contact, i.Settings.Source, i.OrgID); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(`DELETE FROM import_change WHERE import_id = ? AND contact_id = ?`, i.ID, m.contact); err != nil {
			return err
		}
	}
	return nil
}
