package contact

import (
	"context"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/queue"
)

const (
	bulkRead       = 1000 // contacts that are looked up at a time
	bulkBatch      = 200  // and changed in one Write
	bulkEraseBatch = 20
)

// runBulk changes batch after batch. What is done is written with each, so
// that a repeat goes on where it was left.
func (s *Service) runBulk(ctx context.Context, j *queue.Job[bulkArgs]) error {
	b, err := s.BulkByID(s.db.Read(ctx), j.Args.Org, j.Args.Bulk)
	if errs.Is(err, errs.NotFound) {
		return queue.Drop(err)
	}
	for err == nil && b.State == BulkRunning {
		var ids []int64
		if ids, err = s.nextPicked(s.db.Read(ctx), &b); err == nil {
			err = s.changeBatches(ctx, &b, ids)
		}
	}
	if err != nil && j.Last {
		failed := s.db.Write(context.WithoutCancel(ctx), func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE contact_bulk SET state = 'FAILED', finished_at = ? WHERE id = ? AND org_id = ?`, tx.Now(), b.ID, b.OrgID)
			return err
		})
		if failed != nil {
			return failed
		}
	}
	return err
}

// nextPicked gives the next contacts to change, largest id first.
func (s *Service) nextPicked(q db.Q, b *Bulk) ([]int64, error) {
	scan := func(r *db.Rows, id *int64) error { return r.Scan(id) }
	switch {
	case b.pick.Of != 0:
		return db.All(q, scan, `SELECT contact_id FROM contact_bulk_change WHERE bulk_id = ? AND contact_id < ? ORDER BY contact_id DESC LIMIT ?`,
			b.pick.Of, b.after, bulkRead)
	case b.pick.IDs != nil:
		var ids []int64
		for _, id := range b.pick.IDs {
			if id < b.after && len(ids) < bulkRead {
				ids = append(ids, id)
			}
		}
		return ids, nil
	}
	f := b.pick.Filter
	if ok, err := f.resolve(q, b.OrgID); err != nil || !ok {
		return nil, err
	}
	f.Sort = SortNewest
	p, err := s.pick(q, b.OrgID, f)
	if err != nil {
		return nil, err
	}
	p.before(b.after)
	return db.All(q, scan, `SELECT c.id FROM `+p.from+` WHERE `+p.String()+` ORDER BY `+p.id+` DESC LIMIT ?`, p.values(bulkRead)...)
}

// changeBatches changes contacts; none left ends the change.
func (s *Service) changeBatches(ctx context.Context, b *Bulk, ids []int64) error {
	size := bulkBatch
	if b.Change.Kind == BulkErase {
		size = bulkEraseBatch
	}
	for first := true; first || len(ids) > 0; first = false {
		batch := ids[:min(len(ids), size)]
		ids = ids[len(batch):]
		next := *b
		err := s.db.Write(ctx, func(tx *db.Tx) error {
			next = *b
			return s.bulkBatchTx(tx, &next, batch)
		})
		if err != nil {
			return err
		}
		*b = next
	}
	return nil
}

func (s *Service) bulkBatchTx(tx *db.Tx, b *Bulk, batch []int64) error {
	for _, id := range batch {
		changed, err := s.changeOneTx(tx, b, id)
		if err != nil {
			return err
		}
		b.after, b.Done = id, b.Done+1
		if changed {
			b.Changed++
		}
	}
	var finished int64
	if len(batch) == 0 {
		b.State, finished = BulkDone, tx.Now()
	}
	_, err := tx.Exec(`UPDATE contact_bulk SET state = ?, after = ?, done = ?, changed = ?, total = MAX(total, ?), finished_at = ?,
		pick = CASE WHEN ? > 0 THEN '{}' ELSE pick END WHERE id = ? AND org_id = ?`,
		b.State, b.after, b.Done, b.Changed, b.Done, finished, finished, b.ID, b.OrgID)
	return err
}

// changeOneTx changes one contact, if it is there and not so already.
func (s *Service) changeOneTx(tx *db.Tx, b *Bulk, id int64) (changed bool, err error) {
	c, err := rowByID(tx, b.OrgID, id)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	switch b.Change.Kind {
	case BulkTag, BulkUntag:
		return s.bulkTagTx(tx, b, &c)
	case BulkConsent:
		return s.bulkConsentTx(tx, b, &c)
	case BulkErase:
		return true, s.eraseTx(tx, b.who, &c)
	}
	return false, nil
}

func (s *Service) bulkTagTx(tx *db.Tx, b *Bulk, c *Contact) (changed bool, err error) {
	var n int64
	if b.Change.Kind == BulkTag {
		n, err = tx.Exec(`INSERT INTO contact_tag(contact_id, tag_id, org_id)
			SELECT ?1, t.id, ?2 FROM tag t WHERE t.id = `+TagNow("?3")+` AND t.org_id = ?2 AND (SELECT COUNT(*) FROM contact_tag WHERE contact_id = ?1) < ?4
			ON CONFLICT DO NOTHING`, c.ID, b.OrgID, b.Change.TagID, maxTags)
	} else {
		n, err = tx.Exec(`DELETE FROM contact_tag WHERE contact_id = ? AND tag_id = ? AND org_id = ?`, c.ID, b.Change.TagID, b.OrgID)
	}
	if err != nil || n == 0 {
		return false, err
	}
	if _, err := tx.Exec(`INSERT INTO contact_bulk_change(bulk_id, contact_id) VALUES(?, ?) ON CONFLICT DO NOTHING`, b.ID, c.ID); err != nil {
		return false, err
	}
	return true, s.bulkSavedTx(tx, b.who, c, fieldTags)
}

// bulkConsentTx never lifts a refusal: that is done for one person at a time.
func (s *Service) bulkConsentTx(tx *db.Tx, b *Bulk, c *Contact) (changed bool, err error) {
	if c.Consent != nil && !*c.Consent {
		return false, nil
	}
	var ch changes
	if err := consentTx(tx, c, b.Change.Consent, causeOf(b.who, b.Change.Reason), &ch); err != nil || len(ch.names) == 0 {
		return false, err
	}
	return true, s.bulkSavedTx(tx, b.who, c, fieldConsent)
}

// bulkSavedTx writes what cannot have changed what searches find, with its event.
func (s *Service) bulkSavedTx(tx *db.Tx, who account.Actor, c *Contact, field string) error {
	c.UpdatedAt = tx.Now()
	if _, err := tx.Exec(`UPDATE contact SET consent = ?, updated_at = ? WHERE id = ? AND org_id = ?`, c.Consent, c.UpdatedAt, c.ID, c.OrgID); err != nil {
		return err
	}
	return s.recordTx(tx, eventUpdated, *c, who, eventData{Origin: originOf(who), Changed: []string{field}})
}
