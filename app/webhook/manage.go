package webhook

import (
	"context"
	"slices"
	"strings"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

// apiVersion is the form in which a new endpoint hears of events, for good.
const apiVersion = "2026-05-01"

// Create adds an endpoint. Its secret is shown this once.
func (s *Service) Create(ctx context.Context, who account.Actor, in Input) (_ Endpoint, secret string, err error) {
	defer errs.Wrap(&err, "webhook.Create")
	if err := who.Require(account.ManageWebhooks); err != nil {
		return Endpoint{}, "", err
	}
	t := &target{
		org: who.OrgID, url: strings.TrimSpace(in.URL), events: distinct(in.Events), state: Active, version: apiVersion, rate: in.RatePerSecond,
		username: in.Username, password: in.Password, headers: in.Headers,
	}
	if wrong := s.wrong(t); len(wrong) > 0 {
		return Endpoint{}, "", errs.Fields(wrong...)
	}
	if t.secret, err = newSecret(); err != nil {
		return Endpoint{}, "", err
	}
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := db.Value[int](tx, `SELECT count(*) FROM webhook WHERE org_id = ?`, who.OrgID)
		if err != nil {
			return err
		}
		if n >= maxEndpoints {
			return errs.Coded(errs.Conflict, "too_many_webhooks", "an organisation has at most 20 webhooks; delete one first")
		}
		t.id = tx.NewID()
		if _, err := tx.Exec(`INSERT INTO webhook (id, org_id, url, events, state, version, secret, created_at, updated_at) VALUES (?, ?, '', '[]', 'ACTIVE', '', '', ?, ?)`,
			t.id, t.org, tx.Now(), tx.Now()); err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO webhook_health (webhook_id, org_id) VALUES (?, ?)`, t.id, t.org); err != nil {
			return err
		}
		if err := s.saveTx(tx, t); err != nil {
			return err
		}
		return s.auditTx(tx, who, "webhook.create", t.id, nil, shown(t))
	})
	if err != nil {
		return Endpoint{}, "", err
	}
	e, err := s.Endpoint(s.DB.Read(ctx), who.OrgID, t.id)
	return e, t.secret, err
}

// Update changes an endpoint; a changed address begins with a clean record.
func (s *Service) Update(ctx context.Context, who account.Actor, id int64, p Patch) (_ Endpoint, err error) {
	defer errs.Wrap(&err, "webhook.Update(%d)", id)
	if p.State != nil && *p.State != Active && *p.State != Paused {
		return Endpoint{}, errs.Field("state", "ACTIVE or PAUSED")
	}
	return s.change(ctx, who, id, func(tx *db.Tx, t *target) error {
		was := *t
		p.apply(t)
		if wrong := s.wrong(t); len(wrong) > 0 {
			return errs.Fields(wrong...)
		}
		before, after := differences(&was, t)
		if len(after) > 0 {
			if err := s.saveTx(tx, t); err != nil {
				return err
			}
			if err := s.auditTx(tx, who, "webhook.update", id, before, after); err != nil {
				return err
			}
		}
		if was.url != t.url || was.password != t.password || was.username != t.username {
			if err := s.clearTx(tx, t); err != nil {
				return err
			}
		}
		switch {
		case p.State == nil:
			return nil
		case *p.State == Paused && t.state == Active:
			return s.pauseTx(tx, who, t)
		case *p.State == Active && t.state != Active:
			return s.resumeTx(tx, who, t, true)
		}
		return nil
	})
}

// change runs fn on an endpoint in a transaction and gives it as it then is.
func (s *Service) change(ctx context.Context, who account.Actor, id int64, fn func(*db.Tx, *target) error) (Endpoint, error) {
	if err := who.Require(account.ManageWebhooks); err != nil {
		return Endpoint{}, err
	}
	err := s.DB.Write(ctx, func(tx *db.Tx) error {
		t, err := s.targetByID(tx, who.OrgID, id)
		if err != nil {
			return err
		}
		return fn(tx, t)
	})
	if err != nil {
		return Endpoint{}, err
	}
	return s.Endpoint(s.DB.Read(ctx), who.OrgID, id)
}

func (p Patch) apply(t *target) {
	if p.URL != nil {
		t.url = strings.TrimSpace(*p.URL)
	}
	if p.Events != nil {
		t.events = distinct(*p.Events)
	}
	if p.RatePerSecond != nil {
		t.rate = *p.RatePerSecond
	}
	if p.Username != nil {
		t.username = *p.Username
		if t.username == "" {
			t.password = ""
		}
	}
	if p.Password != nil {
		t.password = *p.Password
	}
	if p.Headers != nil {
		t.headers = *p.Headers
	}
}

// Delete removes an endpoint; its deliveries follow, a few at a time.
func (s *Service) Delete(ctx context.Context, who account.Actor, id int64) (err error) {
	defer errs.Wrap(&err, "webhook.Delete(%d)", id)
	if err := who.Require(account.ManageWebhooks); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		t, err := s.targetByID(tx, who.OrgID, id)
		if err != nil {
			return err
		}
		for _, stmt := range []string{`DELETE FROM webhook WHERE id = ? AND org_id = ?`, `DELETE FROM webhook_health WHERE webhook_id = ? AND org_id = ?`} {
			if _, err := tx.Exec(stmt, id, who.OrgID); err != nil {
				return err
			}
		}
		tx.AfterCommit(s.forget)
		if err := s.tidyTx(tx, id, "delete"); err != nil {
			return err
		}
		return s.auditTx(tx, who, "webhook.delete", id, shown(t), nil)
	})
}

// pauseTx stops deliveries; those that come up are held.
func (s *Service) pauseTx(tx *db.Tx, who account.Actor, t *target) error {
	t.state = Paused
	if err := s.saveTx(tx, t); err != nil {
		return err
	}
	return s.auditTx(tx, who, "webhook.pause", t.id, nil, nil)
}

// Resume lets a paused or disabled endpoint hear of events again. What was held
// meanwhile is sent, or skipped: it becomes EXPIRED.
func (s *Service) Resume(ctx context.Context, who account.Actor, id int64, sendHeld bool) (_ Endpoint, err error) {
	defer errs.Wrap(&err, "webhook.Resume(%d)", id)
	return s.change(ctx, who, id, func(tx *db.Tx, t *target) error {
		if t.state == Active {
			return nil
		}
		return s.resumeTx(tx, who, t, sendHeld)
	})
}

func (s *Service) resumeTx(tx *db.Tx, who account.Actor, t *target, sendHeld bool) error {
	was := t.state
	t.state = Active
	if err := s.saveTx(tx, t); err != nil {
		return err
	}
	if err := s.clearTx(tx, t); err != nil {
		return err
	}
	detail := "send"
	if !sendHeld {
		detail = "skip"
		if _, err := tx.Exec(`UPDATE webhook_health SET skip_through = ? WHERE webhook_id = ? AND org_id = ?`, tx.NewID(), t.id, t.org); err != nil {
			return err
		}
		if _, err := s.skipTx(tx, t.id); err != nil {
			return err
		}
		if err := s.tidyTx(tx, t.id, "skip"); err != nil {
			return err
		}
	}
	return account.AuditTx(tx, who, account.Line{Action: "webhook.resume", Target: "hook", TargetID: t.id, Detail: detail, Before: map[string]any{"state": was}, After: map[string]any{"state": Active}})
}

// clearTx forgets the failures of an endpoint and tries it at once.
func (s *Service) clearTx(tx *db.Tx, t *target) error {
	if _, err := tx.Exec(`UPDATE webhook_health SET failures_in_row = 0, failing_since = 0, since_attempts = 0, since_exhausted = 0, breaker_step = 0, breaker_until = 0
		WHERE webhook_id = ? AND org_id = ?`, t.id, t.org); err != nil {
		return err
	}
	l := s.live(t.id)
	tx.AfterCommit(func() { l.setBreaker(0) })
	if t.state != Active {
		return nil
	}
	return s.wakeTx(tx, t.id, true)
}

// auditTx writes what a person or key did to an endpoint.
func (s *Service) auditTx(tx *db.Tx, who account.Actor, action string, id int64, before, after map[string]any) error {
	l := account.Line{Action: action, Target: "hook", TargetID: id}
	if len(before) > 0 {
		l.Before = before
	}
	if len(after) > 0 {
		l.After = after
	}
	return account.AuditTx(tx, who, l)
}

// shown is what the audit log may say of an endpoint: nothing secret.
func shown(t *target) map[string]any {
	m := map[string]any{"url": withoutQuery(t.url), "events": t.events}
	if t.rate != 0 {
		m["ratePerSecond"] = t.rate
	}
	if t.username != "" {
		m["username"] = t.username
	}
	if names := headerNames(t.headers); len(names) > 0 {
		m["headers"] = names
	}
	return m
}

// differences are the fields that two forms of an endpoint do not share.
func differences(was, now *target) (before, after map[string]any) {
	before, after = map[string]any{}, map[string]any{}
	a, b := shown(was), shown(now)
	note := func(field string, changed bool) {
		if changed {
			before[field], after[field] = a[field], b[field]
		}
	}
	note("url", was.url != now.url)
	note("events", !slices.Equal(was.events, now.events))
	note("ratePerSecond", was.rate != now.rate)
	note("username", was.username != now.username)
	note("headers", !sameHeaders(was.headers, now.headers))
	if was.password != now.password {
		after["password"] = "changed"
	}
	return before, after
}

func distinct(names []string) []string {
	var all []string
	for _, n := range names {
		if n = strings.TrimSpace(n); !slices.Contains(all, n) {
			all = append(all, n)
		}
	}
	return all
}
