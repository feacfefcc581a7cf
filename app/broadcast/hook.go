package broadcast

import (
	"time"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/inbox"
)

// answerTime is how long after a broadcast's message what a customer writes
// counts as an answer to it.
const answerTime = 7 * 24 * time.Hour

// hook registers what broadcasts hear of messages and contacts.
func (s *Service) hook() {
	s.Inbox.OnBroadcastAttempt(s.mayTx)
	s.Inbox.OnBroadcastMessage(s.changedTx)
	s.Inbox.OnCustomerMessage(s.answeredTx)
	s.Inbox.OnContactsMerge(mergedTx)
	s.Inbox.OnFileErase(needsFile)
	s.Contacts.OnErase(s.erasedTx)
	s.Events.OnRecord(s.channelTx)
}

// mayTx says whether a message of a broadcast may go out: the last look at the
// broadcast and at consent before WhatsApp is called.
func (s *Service) mayTx(tx *db.Tx, m *inbox.Message) (v inbox.BulkVerdict, err error) {
	type look struct {
		state    string
		contact  int64
		consent  *bool
		explicit bool
	}
	l, err := db.One(tx, func(r *db.Rows, l *look) error { return r.Scan(&l.state, &l.contact, &l.consent, &l.explicit) }, `
		SELECT b.state, coalesce(c.id, 0), c.consent, coalesce(st.explicit_consent, 0) FROM broadcast b
		LEFT JOIN contact c ON c.id = ?1 AND c.org_id = b.org_id
		LEFT JOIN broadcast_setting st ON st.org_id = b.org_id
		WHERE b.id = ?2 AND b.org_id = ?3`, m.ContactID, m.SentByID, m.OrgID)
	if errs.Is(err, errs.NotFound) {
		return refuse(inbox.CodeCancelled, "The broadcast was deleted"), nil
	}
	switch {
	case err != nil:
		return v, err
	case l.state == Cancelled:
		return refuse(inbox.CodeCancelled, "The broadcast was cancelled"), nil
	case l.contact == 0:
		return refuse(inbox.CodeGone, "The contact is not there any more"), nil
	case l.consent != nil && !*l.consent:
		return refuse(inbox.CodeOptedOut, "This contact has refused marketing messages"), nil
	case l.explicit && l.consent == nil:
		return refuse(inbox.CodeNoConsent, "This contact never agreed to marketing messages"), nil
	}
	v.Hold = l.state == Paused
	return v, nil
}

func refuse(code int, title string) inbox.BulkVerdict {
	return inbox.BulkVerdict{Refuse: &inbox.MessageError{Code: code, Title: title}}
}

// skips are the failures that are no failures: somebody was left out.
var skips = map[int]string{
	inbox.CodeOptedOut: SkipOptedOut, inbox.CodeNoConsent: SkipNoConsent, inbox.CodeCancelled: SkipCancelled, inbox.CodeGone: SkipGone,
}

// refusedMarketing is WhatsApp's code of somebody who stopped marketing.
const refusedMarketing = 131050

// fate is what the state of a message makes of its recipient.
func fate(m *inbox.Message) (state, reason string) {
	switch m.Status {
	case inbox.StatusPending:
		return Queued, ""
	case inbox.StatusUnconfirmed:
		return Unknown, ""
	case inbox.StatusSent:
		return Sent, ""
	case inbox.StatusDelivered:
		return Delivered, ""
	case inbox.StatusRead:
		return Read, ""
	}
	if why, ok := skips[m.Error.Code]; ok {
		return Skipped, why
	}
	if m.Error.Code == refusedMarketing && m.AttemptStartedAt == 0 {
		return Skipped, SkipOptedOut // nobody asked WhatsApp
	}
	return Failed, m.Error.Key()
}

// held is a recipient as the hooks see it.
type held struct {
	id, broadcast, verdict int64
	state                  string
}

// changedTx keeps the recipient of a message as the message is.
func (s *Service) changedTx(tx *db.Tx, m *inbox.Message) error {
	r, err := db.One(tx, func(r *db.Rows, h *held) error { return r.Scan(&h.id, &h.broadcast, &h.verdict, &h.state) },
		`SELECT id, broadcast_id, verdict_at, state FROM broadcast_recipient WHERE message_id = ? AND message_id <> 0 AND org_id = ?`, m.ID, m.OrgID)
	if errs.Is(err, errs.NotFound) {
		return nil // the broadcast was deleted
	}
	if err != nil {
		return err
	}
	state, reason := fate(m)
	if state == r.state {
		return nil
	}
	verdict := r.verdict
	switch {
	case state == Queued || state == Skipped:
		verdict = 0
	case verdict == 0:
		verdict = tx.Now()
	}
	if _, err := tx.Exec(`UPDATE broadcast_recipient SET state = ?, reason = ?, updated_at = ?, verdict_at = ? WHERE id = ?`, state, reason, tx.Now(), verdict, r.id); err != nil {
		return err
	}
	if _, err := tx.Exec(moves[r.state][state], r.broadcast); err != nil {
		return err
	}
	if state != Failed {
		return nil
	}
	return s.failedTx(tx, m, r.broadcast)
}

// columnsOf are the counters of the states.
var columnsOf = map[string]string{
	Waiting: "waiting", Queued: "queued", Sent: "sent", Delivered: "delivered", Read: "read", Failed: "failed", Unknown: "unknown", Skipped: "skipped",
}

// moves are the statements that count a recipient under another state.
var moves = func() map[string]map[string]string {
	all := map[string]map[string]string{}
	for from, a := range columnsOf {
		all[from] = map[string]string{}
		for to, b := range columnsOf {
			if from != to {
				all[from][to] = "UPDATE broadcast SET " + a + " = " + a + " - 1, " + b + " = " + b + " + 1 WHERE id = ?"
			}
		}
	}
	return all
}()

// answeredTx notes that a customer answered a broadcast: the one that they
// quote, or else the last one that they got on this number.
func (s *Service) answeredTx(tx *db.Tx, m *inbox.Message) error {
	type got struct{ id, broadcast, message int64 }
	all, err := db.All(tx, func(r *db.Rows, g *got) error { return r.Scan(&g.id, &g.broadcast, &g.message) }, `
		SELECT r.id, r.broadcast_id, r.message_id FROM broadcast_recipient r JOIN broadcast b ON b.id = r.broadcast_id
		WHERE r.contact_id = ? AND r.org_id = ? AND r.answered_at = 0 AND r.verdict_at > ? AND r.state IN ('SENT', 'DELIVERED', 'READ', 'UNKNOWN') AND b.channel_id = ?
		ORDER BY r.verdict_at DESC LIMIT 20`, m.ContactID, m.OrgID, tx.Now()-answerTime.Milliseconds(), m.ChannelID)
	if err != nil || len(all) == 0 {
		return err
	}
	to := all[0]
	for _, g := range all {
		if g.message == m.ReplyTo {
			to = g
		}
	}
	if _, err := tx.Exec(`UPDATE broadcast_recipient SET answer_id = ?, answered_at = ? WHERE id = ?`, m.ID, tx.Now(), to.id); err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE broadcast SET answered = answered + 1 WHERE id = ?`, to.broadcast)
	return err
}

// mergedTx moves the places of a contact that became another one. Where both
// have one, each keeps its own.
func mergedTx(tx *db.Tx, org, from, into int64) error {
	_, err := tx.Exec(`UPDATE OR IGNORE broadcast_recipient SET contact_id = ? WHERE contact_id = ? AND org_id = ?`, into, from, org)
	return err
}

// erasedTx forgets the number of somebody who is erased, and does not wait for
// them any more. That there was a recipient stays.
func (s *Service) erasedTx(tx *db.Tx, org, contact int64) error {
	for _, state := range []string{Waiting, Queued} {
		all, err := db.All(tx, func(r *db.Rows, h *held) error { return r.Scan(&h.id, &h.broadcast) },
			`SELECT id, broadcast_id FROM broadcast_recipient WHERE contact_id = ? AND org_id = ? AND state = ?`, contact, org, state)
		if err != nil {
			return err
		}
		for _, h := range all {
			if _, err := tx.Exec(`UPDATE broadcast_recipient SET state = 'SKIPPED', reason = ?, updated_at = ? WHERE id = ?`, SkipGone, tx.Now(), h.id); err != nil {
				return err
			}
			if _, err := tx.Exec(moves[state][Skipped], h.broadcast); err != nil {
				return err
			}
		}
	}
	_, err := tx.Exec(`UPDATE broadcast_recipient SET number = '' WHERE contact_id = ? AND org_id = ? AND number <> ''`, contact, org)
	return err
}

// needsFile says whether a broadcast that is not over still sends a file.
func needsFile(q db.Q, org int64, key string) (bool, error) {
	return db.Exists(q, `SELECT 1 FROM broadcast WHERE org_id = ? AND state NOT IN ('DONE', 'CANCELLED') AND instr(given, '"' || ? || '"') > 0`, org, key)
}
