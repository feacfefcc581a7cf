package web

import (
	"sync"

	"badala/views"
)

// alertFresh is how long what was found about an organisation's webhooks is
// told again without looking: every page of every admin asks.
const alertFresh = 5_000 // ms

// alerts remembers which webhooks need an admin.
type alerts struct {
	mu    sync.Mutex
	known map[int64]alertFound // by organisation
}

type alertFound struct {
	at int64
	views.HookAlert
}

// of is what was found lately, or else what look finds now.
func (a *alerts) of(org, now int64, look func() (views.HookAlert, error)) (views.HookAlert, error) {
	a.mu.Lock()
	last, ok := a.known[org]
	a.mu.Unlock()
	if ok && now >= last.at && now-last.at < alertFresh {
		return last.HookAlert, nil
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
