package webhook

import "badala/app/db"

// eraseTx blanks what was told of a contact: stored bodies, answers that may
// repeat them, and deliveries that wait. That the contact is gone is still
// told.
func (s *Service) eraseTx(tx *db.Tx, org, contact int64) error {
	counts, err := db.All(tx, func(r *db.Rows, c *[2]int64) error { return r.Scan(&c[0], &c[1]) }, `
		SELECT d.webhook_id, count(*) FROM webhook_event e CROSS JOIN webhook_delivery d ON d.id BETWEEN e.first_delivery AND e.last_delivery AND d.event_id = e.id
		WHERE e.contact_id = ? AND e.contact_id <> 0 AND e.org_id = ? AND e.event <> 'contact.deleted' AND d.state = 'PENDING' GROUP BY d.webhook_id`, contact, org)
	if err != nil {
		return err
	}
	const theirs = `SELECT d.id FROM webhook_event e CROSS JOIN webhook_delivery d ON d.id BETWEEN e.first_delivery AND e.last_delivery AND d.event_id = e.id
		WHERE e.contact_id = ? AND e.contact_id <> 0 AND e.org_id = ?`
	for _, stmt := range []string{
		`UPDATE webhook_attempt SET response = '' WHERE response <> '' AND delivery_id IN (` + theirs + `)`,
		`UPDATE webhook_delivery SET response = '' WHERE response <> '' AND id IN (` + theirs + `)`,
		`UPDATE webhook_delivery SET state = 'ERASED', next_at = 0, finished_at = last_at WHERE state = 'PENDING' AND id IN (` + theirs + ` AND e.event <> 'contact.deleted')`,
		`UPDATE webhook_event SET body = '' WHERE contact_id = ? AND contact_id <> 0 AND org_id = ? AND event <> 'contact.deleted'`,
	} {
		if _, err := tx.Exec(stmt, contact, org); err != nil {
			return err
		}
	}
	for _, c := range counts {
		if err := countTx(tx, c[0], -c[1], 0, 0); err != nil {
			return err
		}
	}
	return nil
}
