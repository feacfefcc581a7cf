package webhook

import (
	"badala/app/db"
	"badala/app/errs"
)

const failingLong = 15 * 60_000 // ms after which failing is a problem

const endpointColumns = `w.id, w.org_id, w.url, w.state, w.disabled_reason, w.rate, w.username, w.staged_at, w.previous_until, w.created_at, w.updated_at,
	h.open, h.failed, h.expired, h.failures_in_row, h.failing_since, h.breaker_until, h.last_success_at, h.last_attempt_at, h.last_status, h.last_error`

const endpointFrom = ` FROM webhook w JOIN webhook_health h ON h.webhook_id = w.id `

// scanEndpoint reads an endpoint; the rest of its target's columns follow.
func (s *Service) scanEndpoint(r *db.Rows, e *Endpoint) error {
	var open int
	err := r.Scan(&e.ID, &e.OrgID, &e.URL, &e.State, &e.DisabledReason, &e.RatePerSecond, &e.Username, &e.StagedAt, &e.PreviousUntil, &e.CreatedAt, &e.UpdatedAt,
		&open, &e.Failed, &e.Expired, &e.FailuresInRow, &e.FailingSince, &e.BreakerUntil, &e.LastSuccessAt, &e.LastAttemptAt, &e.LastStatus, &e.LastError)
	if e.State == Active {
		e.Pending = open
	} else {
		e.Held = open
	}
	if e.PreviousUntil <= s.DB.Now() {
		e.PreviousUntil = 0
	}
	return err
}

// Endpoint reads one endpoint of an organisation.
func (s *Service) Endpoint(q db.Q, org, id int64) (Endpoint, error) {
	e, err := db.One(q, s.scanEndpoint, `SELECT `+endpointColumns+endpointFrom+`WHERE w.id = ? AND w.org_id = ?`, id, org)
	if errs.Is(err, errs.NotFound) {
		return e, errs.New(errs.NotFound, "no such webhook")
	}
	if err != nil {
		return e, err
	}
	t, err := s.targetByID(q, org, id)
	if err != nil {
		return e, err
	}
	e.Events, e.Headers = t.events, t.headers
	return e, nil
}

// Endpoints lists the endpoints of an organisation, oldest first.
func (s *Service) Endpoints(q db.Q, org int64) ([]Endpoint, error) {
	all, err := db.All(q, s.scanEndpoint, `SELECT `+endpointColumns+endpointFrom+`WHERE w.org_id = ? ORDER BY w.id`, org)
	if err != nil {
		return nil, err
	}
	for i := range all {
		t, err := s.targetByID(q, org, all[i].ID)
		if errs.Is(err, errs.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all[i].Events, all[i].Headers = t.events, t.headers
	}
	return all, nil
}

// Problems lists the endpoints that an admin should look at: disabled by the
// server, or failing for more than 15 minutes.
func (s *Service) Problems(q db.Q, org int64) ([]Endpoint, error) {
	all, err := s.Endpoints(q, org)
	if err != nil {
		return nil, err
	}
	var bad []Endpoint
	for _, e := range all {
		long := e.State == Active && e.FailingSince != 0 && s.DB.Now()-e.FailingSince > failingLong
		if e.State == Disabled || long {
			bad = append(bad, e)
		}
	}
	return bad, nil
}
