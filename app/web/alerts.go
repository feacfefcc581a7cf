package web

import (
	"sync"

	"badala/app/account"
	"badala/app/db"
	"badala/app/health"
	"badala/views"
)

// alertFresh is how long what was found is told again without looking: every
// page of every admin asks.
const alertFresh = 5_000 // ms

// alerts remembers what needs an admin: of an organisation, and under 0 of the
// install.
type alerts struct {
	mu    sync.Mutex
	known map[int64]alertFound
}

type alertFound struct {
	at  int64
	all []health.Finding
}

// of is what was found lately, or else what look finds now.
func (a *alerts) of(org, now int64, look func() ([]health.Finding, error)) ([]health.Finding, error) {
	a.mu.Lock()
	last, ok := a.known[org]
	a.mu.Unlock()
	if ok && now >= last.at && now-last.at < alertFresh {
		return last.all, nil
	}
	found, err := look()
	if err != nil {
		return found, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.known == nil || len(a.known) >= maxCounted {
		a.known = map[int64]alertFound{}
	}
	a.known[org] = alertFound{now, found}
	return found, nil
}

// forget makes the next page look again, after somebody did something about it.
func (a *alerts) forget(org int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.known, org)
}

// alert is what to tell admins about on every page.
func (c *call) alert() (out views.Alert) {
	if c.s.Health == nil {
		return out
	}
	var all []health.Finding
	if c.actor.Can(account.ManageChannels) {
		all = c.found(c.actor.OrgID, func(q db.Q) (health.Report, error) { return c.s.Health.Org(q, c.actor.OrgID) })
	}
	if c.session.User.InstanceAdmin {
		all = append(all[:len(all):len(all)], c.found(0, c.s.Health.Host)...)
	}
	for _, f := range all {
		if isHook(f) {
			out.Hooks++
		}
		if f.Level != health.Bad {
			out.Looks++
			continue
		}
		if out.Count++; out.Count == 1 {
			out.Text, out.Link = f.Sentence(c.lang, c.zone()), linkOf(f)
		}
	}
	if out.Count != 1 || out.Link == "" {
		out.Link = "/settings/health"
	}
	return out
}

// found is what a look finds; when it cannot look it says so in the log only.
func (c *call) found(org int64, look func(db.Q) (health.Report, error)) []health.Finding {
	all, err := c.s.alerts.of(org, c.s.DB.Now(), func() ([]health.Finding, error) {
		r, err := look(c.q())
		return r.Findings, err
	})
	if err != nil {
		c.s.Log.WarnContext(c.r.Context(), "health could not be looked at", "org", org, "err", err)
	}
	return all
}
