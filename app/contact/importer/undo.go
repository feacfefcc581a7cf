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

// Newer counts the contacts of an import on which something newer stands.
func (s *Service) Newer(ctx context.Context, org, id int64) (int, error) {
	if _, err := s.Get(s.DB.Read(ctx), org, id); err != nil {
		return 0, err
	}
	count := 0
	for from := 0; ; {
		q := s.DB.Read(ctx)
		all, err := steps(q, id, from, false, 1)
		if err != nil || len(all) == 0 {
			return count, err
		}
		newer, err := s.newer(q, org, all[0].at, all[0].left)
		if err != nil {
			return count, err
		}
		count += len(newer)
		from = all[0].n + 1
	}
}

// newer gives, of contacts that an import wrote at a time, those that are not
// as it left them, and those that it made and somebody has talked with since.
func (s *Service) newer(q db.Q, org, at int64, all []left) (map[int64]bool, error) {
	var made []int64
	byID := make(map[int64]left, len(all))
	for _, l := range all {
		if byID[l.contact] = l; l.isNew {
			made = append(made, l.contact)
		}
	}
	newer, err := s.Contacts.WithHistory(q, org, made)
	if err != nil {
		return nil, err
	}
	changed, err := s.Contacts.ChangedSince(q, org, idsOf(all), at)
	if err != nil || len(changed) == 0 {
		return newer, err
	}
	states, err := s.Contacts.StatesOf(q, org, changed)
	if err != nil {
		return nil, err
	}
	for _, id := range changed { // perhaps there and back
		var now []byte
		if st := states[id]; st != nil {
			if now, err = st.Digest(); err != nil {
				return nil, err
			}
		}
		if !bytes.Equal(now, byID[id].digest) {
			newer[id] = true
		}
	}
	return newer, nil
}

// undo takes changes back from the last one on, a few at a time; each is
// forgotten with it, so that a restart goes on with the rest.
func (w *run) undo(ctx context.Context) error {
	i := w.i
	rest, err := db.Value[int](w.DB.Read(ctx), `SELECT COALESCE(SUM(length(data)), 0) / ? FROM import_step WHERE import_id = ?`, leftSize, i.ID)
	if err != nil {
		return err
	}
	whole := max(i.Counts.Created+i.Counts.Updated, rest, 1)
	for taken := 1; taken > 0; {
		var done int
		err := w.DB.WriteLong(ctx, func(tx *db.Tx) (err error) {
			w.began = w.DB.Now()
			if taken, err = w.undoTx(tx); err != nil {
				return err
			}
			done = i.Total * (whole - max(rest-taken, 0)) / whole
			_, err = tx.Exec(`UPDATE import SET alive_at = ?, done = ? WHERE id = ?`, tx.Now(), done, i.ID)
			return err
		})
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		w.pace.took(taken, w.DB.Now()-w.began)
		rest, i.Done = rest-taken, done
		w.tell(Undoing, i.Done, i.Total)
	}
	err = w.DB.Write(ctx, func(tx *db.Tx) error {
		i.State, i.FinishedAt, i.Done = Undone, tx.Now(), i.Total
		return i.saveTx(tx)
	})
	if err != nil {
		return err
	}
	if err := w.removeSlowly(ctx, `DELETE FROM contact_import WHERE import_id = ?1 AND contact_id IN (
		SELECT contact_id FROM contact_import WHERE import_id = ?1 LIMIT 500)`, i.ID); err != nil {
		return err
	}
	return w.dropFile(ctx, i.ID)
}

// undoTx takes back the end of the last step, and gives how many contacts that
// were; 0 is the end.
func (w *run) undoTx(tx *db.Tx) (taken int, err error) {
	i := w.i
	all, err := db.All(tx, scanStep, `SELECT n, at, data FROM import_step WHERE import_id = ? ORDER BY n DESC LIMIT 1`, i.ID)
	if err != nil || len(all) == 0 {
		return 0, err
	}
	last := all[0]
	keep := max(len(last.left)-w.pace.now(), 0)
	if err := w.takeBackTx(tx, last.at, last.left[keep:]); err != nil {
		return 0, err
	}
	if err := w.advance(tx); err != nil {
		return 0, err
	}
	if keep == 0 {
		_, err = tx.Exec(`DELETE FROM import_step WHERE import_id = ? AND n = ?`, i.ID, last.n)
	} else {
		_, err = tx.Exec(`UPDATE import_step SET data = ? WHERE import_id = ? AND n = ?`, packLeft(last.left[:keep]), i.ID, last.n)
	}
	return len(last.left) - keep, err
}

// takeBackTx takes back what an import wrote at a time, but for contacts on
// which something newer stands.
func (w *run) takeBackTx(tx *db.Tx, at int64, all []left) error {
	i, who := w.i, w.i.actor()
	newer, err := w.newer(tx, i.OrgID, at, all)
	if err != nil {
		return err
	}
	var made, changed []int64
	for _, l := range all {
		switch {
		case newer[l.contact]:
		case l.isNew:
			made = append(made, l.contact)
		default:
			changed = append(changed, l.contact)
		}
	}
	if err := w.Contacts.RemoveImportedTx(tx, who, made); err != nil {
		return err
	}
	states, err := w.Contacts.StatesOf(tx, i.OrgID, changed)
	if err != nil {
		return err
	}
	for _, id := range changed {
		if err := w.restoreTx(tx, who, states[id]); err != nil {
			return err
		}
	}
	list, err := json.Marshal(append(made, changed...))
	if err != nil {
		return err
	}
	_, err = tx.Exec(`DELETE FROM import_memory WHERE contact_id IN (SELECT value FROM json_each(?)) AND source = ? AND org_id = ?`, string(list), i.Settings.Source, i.OrgID)
	return err
}

func (w *run) restoreTx(tx *db.Tx, who account.Actor, st *contact.State) error {
	before, err := db.Value[string](tx, `SELECT state FROM import_before WHERE import_id = ? AND contact_id = ? AND org_id = ?`, w.i.ID, st.ID, w.i.OrgID)
	if err != nil {
		return err
	}
	if err := w.Contacts.RestoreTx(tx, who, st, []byte(before), "IMPORT_UNDONE"); err != nil {
		return err
	}
	_, err = tx.Exec(`DELETE FROM import_before WHERE import_id = ? AND contact_id = ? AND org_id = ?`, w.i.ID, st.ID, w.i.OrgID)
	return err
}
