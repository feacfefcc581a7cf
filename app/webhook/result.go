package webhook

import (
	"encoding/json"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/event"
)

// result is an attempt that was made, with what it was made at.
type result struct {
	due
	answer
}

// classNoBody tells that a body is no longer kept, so that nothing was sent.
const classNoBody = "no_body"

// resultsTx records attempts at one endpoint in the order in which they ended.
func (s *Service) resultsTx(tx *db.Tx, id int64, batch []result) error {
	h, err := healthOf(tx, id)
	if errs.Is(err, errs.NotFound) {
		return nil // deleted meanwhile
	}
	if err != nil {
		return err
	}
	gone := false
	for _, r := range batch {
		if err := s.resultTx(tx, &h, r); err != nil {
			return err
		}
		gone = gone || r.status == 410
	}
	if err := h.saveTx(tx); err != nil {
		return err
	}
	l := s.live(id)
	tx.AfterCommit(func() { l.setBreaker(h.breakerUntil) })
	switch {
	case gone:
		return s.disableTx(tx, h.org, id, ReasonGone)
	case h.hopeless(tx.Now()):
		return s.disableTx(tx, h.org, id, ReasonFailing)
	}
	return nil
}

// resultTx records one attempt. A delivery that was erased or given up while
// it was under way stays what it is.
func (s *Service) resultTx(tx *db.Tx, h *health, r result) error {
	state, next, finished := Pending, int64(0), tx.Now()
	switch {
	case r.ok():
		state = Delivered
		h.success(r.answer)
	case r.class == classNoBody:
		state = Expired
	default:
		h.failure(r.answer, tx.Now())
		switch {
		case r.status == 410:
			next, finished = tx.Now(), 0
		case r.tries+1 >= maxTries:
			state = Failed
			h.sinceExhausted++
		default:
			next, finished = tx.Now()+pauseAfter(r.tries+1, r.answer).Milliseconds(), 0
		}
	}
	if r.attempts > 0 {
		if err := keepAttemptTx(tx, r.id); err != nil {
			return err
		}
	}
	source := Auto
	if r.manual {
		source = Manual
	}
	n, err := tx.Exec(`UPDATE webhook_delivery SET state = ?, next_at = ?, finished_at = ?, tries = tries + 1, attempts = attempts + 1, manual = 0,
			last_at = ?, source = ?, ip = ?, status = ?, duration = ?, error = ?, response = ?
		WHERE id = ? AND state = 'PENDING'`,
		state, next, finished, r.at, source, r.ip, r.status, r.duration, r.class, r.response, r.id)
	if err != nil || n == 0 || state == Pending {
		return err
	}
	h.open = max(h.open-1, 0)
	switch state {
	case Failed:
		h.failed++
	case Expired:
		h.expired++
	}
	return nil
}

// keepAttemptTx puts the last attempt of a delivery away before another takes
// its place.
func keepAttemptTx(tx *db.Tx, id int64) error {
	_, err := tx.Exec(`INSERT INTO webhook_attempt (delivery_id, n, org_id, at, source, ip, status, duration, error, response)
		SELECT id, attempts, org_id, last_at, source, ip, status, duration, error, response
		FROM webhook_delivery WHERE id = ? AND state = 'PENDING' AND attempts > 0
		ON CONFLICT DO NOTHING`, id)
	return err
}

// disableTx takes an endpoint out of service, in sight: a line in the audit
// log, an event for the pages. What waits is held.
func (s *Service) disableTx(tx *db.Tx, org, id int64, reason string) error {
	n, err := tx.Exec(`UPDATE webhook SET state = 'DISABLED', disabled_reason = ?, updated_at = ? WHERE id = ? AND org_id = ? AND state = 'ACTIVE'`,
		reason, tx.Now(), id, org)
	if err != nil || n == 0 {
		return err
	}
	tx.AfterCommit(s.forget)
	if err := account.AuditTx(tx, account.SystemActor(org), account.Line{Action: "webhook.disabled", Target: "hook", TargetID: id, Detail: reason}); err != nil {
		return err
	}
	data, err := json.Marshal(map[string]string{"webhookId": db.FormatID("hook", id), "reason": reason})
	if err != nil {
		return err
	}
	_, err = s.Events.Record(tx, event.Event{OrgID: org, Type: "webhook.disabled", ActorKind: account.KindSystem, Data: data})
	return err
}
