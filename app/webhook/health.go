package webhook

import "badala/app/db"

// health is how an endpoint fares, as its row keeps it.
type health struct {
	id, org                       int64
	open, failed, expired         int
	failuresInRow                 int
	failingSince                  int64
	sinceAttempts, sinceExhausted int
	breakerStep                   int
	breakerUntil, skipThrough     int64
	lastSuccessAt, lastAttemptAt  int64
	lastStatus                    int
	lastError                     string
}

func healthOf(q db.Q, id int64) (health, error) {
	return db.One(q, func(r *db.Rows, h *health) error {
		h.id = id
		return r.Scan(&h.org, &h.open, &h.failed, &h.expired, &h.failuresInRow, &h.failingSince, &h.sinceAttempts, &h.sinceExhausted,
			&h.breakerStep, &h.breakerUntil, &h.skipThrough, &h.lastSuccessAt, &h.lastAttemptAt, &h.lastStatus, &h.lastError)
	}, `SELECT org_id, open, failed, expired, failures_in_row, failing_since, since_attempts, since_exhausted, breaker_step, breaker_until, skip_through,
			last_success_at, last_attempt_at, last_status, last_error
		FROM webhook_health WHERE webhook_id = ?`, id)
}

func (h *health) saveTx(tx *db.Tx) error {
	_, err := tx.Exec(`UPDATE webhook_health SET open = ?, failed = ?, expired = ?, failures_in_row = ?, failing_since = ?, since_attempts = ?,
			since_exhausted = ?, breaker_step = ?, breaker_until = ?, last_success_at = ?, last_attempt_at = ?, last_status = ?, last_error = ?
		WHERE webhook_id = ?`,
		h.open, h.failed, h.expired, h.failuresInRow, h.failingSince, h.sinceAttempts, h.sinceExhausted, h.breakerStep, h.breakerUntil,
		h.lastSuccessAt, h.lastAttemptAt, h.lastStatus, h.lastError, h.id)
	return err
}

// success ends every count of failures.
func (h *health) success(a answer) {
	h.note(a)
	h.lastSuccessAt = max(h.lastSuccessAt, a.at+a.duration)
	h.failuresInRow, h.failingSince, h.sinceAttempts, h.sinceExhausted, h.breakerStep, h.breakerUntil = 0, 0, 0, 0, 0, 0
}

// failure counts one and opens the breaker at the fifth in a row. What was
// under way when it opened leads no further; a failed probe does.
func (h *health) failure(a answer, now int64) {
	h.note(a)
	h.failuresInRow++
	h.sinceAttempts++
	if h.failingSince == 0 {
		h.failingSince = a.at
	}
	if h.failuresInRow < breakerAfter || h.breakerStep > 0 && a.at < h.breakerUntil {
		return
	}
	h.breakerUntil = now + breakerPauses[min(h.breakerStep, len(breakerPauses)-1)].Milliseconds()
	h.breakerStep++
}

func (h *health) note(a answer) {
	if a.at < h.lastAttemptAt {
		return
	}
	h.lastAttemptAt, h.lastStatus, h.lastError = a.at, a.status, a.class
}

// hopeless says whether the endpoint has failed long enough to be disabled.
func (h *health) hopeless(now int64) bool {
	return h.failingSince != 0 && now-h.failingSince >= disableAfter.Milliseconds() &&
		h.sinceAttempts >= disableAttempts && h.sinceExhausted > 0
}

// countTx moves deliveries between the counts of an endpoint.
func countTx(tx *db.Tx, id int64, open, failed, expired int64) error {
	_, err := tx.Exec(`UPDATE webhook_health SET open = max(open + ?, 0), failed = max(failed + ?, 0), expired = max(expired + ?, 0) WHERE webhook_id = ?`,
		open, failed, expired, id)
	return err
}

// Totals are the deliveries of all endpoints together.
type Totals struct{ Open, Failed, Expired int }

// Totals counts what waits and what was given up, by what endpoints have counted.
func (s *Service) Totals(q db.Q) (Totals, error) {
	return db.One(q, func(r *db.Rows, t *Totals) error { return r.Scan(&t.Open, &t.Failed, &t.Expired) },
		`SELECT coalesce(sum(open), 0), coalesce(sum(failed), 0), coalesce(sum(expired), 0) FROM webhook_health`)
}
