package webhook

import (
	"math"
	"strings"

	"badala/app/db"
	"badala/app/errs"
)

const (
	defaultTake = 50
	maxTake     = 200
)

const deliveryColumns = `d.id, d.webhook_id, d.event_id, d.event, d.state, d.attempts, d.next_at, d.last_at, d.finished_at, d.created_at,
	d.status, d.duration, d.error, d.test`

func scanDelivery(r *db.Rows, d *Delivery) error {
	return r.Scan(&d.ID, &d.EndpointID, &d.EventID, &d.Event, &d.State, &d.Attempts, &d.NextAt, &d.LastAt, &d.FinishedAt, &d.CreatedAt,
		&d.Status, &d.DurationMS, &d.Error, &d.Test)
}

// shownAs gives a delivery the state that people see: one that waits is held
// while its endpoint is not active.
func (d *Delivery) shownAs(active bool) {
	if d.State == Pending && !active {
		d.State, d.NextAt = Held, 0
	}
}

// Deliveries lists the deliveries of an endpoint, newest first, a page at a
// time in constant time.
func (s *Service) Deliveries(q db.Q, org, endpoint int64, f Filter) (page []Delivery, next string, err error) {
	defer errs.Wrap(&err, "webhook.Deliveries(%d)", endpoint)
	t, err := s.targetByID(q, org, endpoint)
	if err != nil {
		return nil, "", err
	}
	before := int64(math.MaxInt64)
	if f.Cursor != "" {
		if before, err = db.ParseID("dlv", f.Cursor); err != nil {
			return nil, "", errs.Field("cursor", "is none of ours")
		}
	}
	states, err := statesFor(f.State, t.state == Active)
	if err != nil {
		return nil, "", err
	}
	take := f.Take
	if take <= 0 {
		take = defaultTake
	}
	take = min(take, maxTake)
	if len(states) == 0 {
		return nil, "", nil
	}
	if page, err = db.All(q, scanDelivery, listQuery(states), endpoint, before, org, take+1); err != nil {
		return nil, "", err
	}
	if len(page) > take {
		page = page[:take]
		next = db.FormatID("dlv", page[take-1].ID)
	}
	for i := range page {
		page[i].shownAs(t.state == Active)
	}
	return page, next, nil
}

// listQuery reads the newest deliveries in any of states. Each state is a range
// of one index, and all are one statement: what changes its state meanwhile is
// there once.
func listQuery(states []string) string {
	ranges := make([]string, len(states))
	for i, state := range states {
		ranges[i] = `SELECT * FROM (SELECT ` + deliveryColumns + ` FROM webhook_delivery d
			WHERE d.webhook_id = ?1 AND d.state = '` + state + `' AND d.id < ?2 AND d.org_id = ?3 ORDER BY d.id DESC LIMIT ?4)`
	}
	return strings.Join(ranges, " UNION ALL ") + ` ORDER BY 1 DESC LIMIT ?4`
}

// statesFor are the stored states that a filter means.
func statesFor(filter string, active bool) ([]string, error) {
	switch filter {
	case "":
		return []string{Pending, Delivered, Failed, Expired, Erased}, nil
	case Delivered, Failed, Expired, Erased:
		return []string{filter}, nil
	case Pending, Held:
		if (filter == Pending) != active {
			return nil, nil
		}
		return []string{Pending}, nil
	}
	return nil, errs.Field("status", "is one of "+strings.Join(DeliveryStates[:], ", "))
}

// Delivery reads one delivery with all its attempts, newest first, and the
// body that is posted; nil when it is no longer kept.
func (s *Service) Delivery(q db.Q, org, id int64) (d Delivery, attempts []Attempt, body []byte, err error) {
	type full struct {
		Delivery
		source, ip, endpoint string
	}
	f, err := db.One(q, func(r *db.Rows, f *full) error {
		d := &f.Delivery
		return r.Scan(&d.ID, &d.EndpointID, &d.EventID, &d.Event, &d.State, &d.Attempts, &d.NextAt, &d.LastAt, &d.FinishedAt, &d.CreatedAt,
			&d.Status, &d.DurationMS, &d.Error, &d.Test, &d.Response, &f.source, &f.ip, &f.endpoint)
	}, `SELECT `+deliveryColumns+`, d.response, d.source, d.ip, w.state
		FROM webhook_delivery d JOIN webhook w ON w.id = d.webhook_id WHERE d.id = ? AND d.org_id = ?`, id, org)
	if errs.Is(err, errs.NotFound) {
		return d, nil, nil, errs.New(errs.NotFound, "no such delivery")
	}
	if err != nil {
		return d, nil, nil, err
	}
	d = f.Delivery
	if d.LastAt != 0 {
		attempts = append(attempts, Attempt{d.LastAt, f.source, f.ip, d.Status, d.DurationMS, d.Error, d.Response})
	}
	d.shownAs(f.endpoint == Active)
	earlier, err := db.All(q, func(r *db.Rows, a *Attempt) error {
		return r.Scan(&a.At, &a.Trigger, &a.IP, &a.Status, &a.DurationMS, &a.Error, &a.Response)
	}, `SELECT at, source, ip, status, duration, error, response FROM webhook_attempt WHERE delivery_id = ? AND org_id = ? ORDER BY n DESC LIMIT 200`, id, org)
	if err != nil {
		return d, nil, nil, err
	}
	text, err := db.Value[string](q, `SELECT body FROM webhook_event WHERE id = ? AND org_id = ?`, d.EventID, org)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return d, nil, nil, err
	}
	if text != "" {
		body = addressed(text, id)
	}
	return d, append(attempts, earlier...), body, nil
}
