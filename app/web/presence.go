package web

import (
	"encoding/json"
	"sync"
	"time"

	"badala/app/db"
)

const beaconEvery = 3 * time.Second // a browser's beacons count at most this often

// beacon is what a browser says about its user: typing in, or looking at, a conversation.
type beacon struct {
	Kind string // "typing" or "presence"
	Org  int64
	Conv int64
	User int64
	Name string
}

// presence passes beacons on to the other browsers of the organisation. It
// keeps only when each was last passed on, in memory, and forgets it soon.
type presence struct {
	hub *hub
	db  *db.DB

	mu   sync.Mutex
	last map[beacon]int64
}

func newPresence(h *hub, d *db.DB) *presence {
	return &presence{hub: h, db: d, last: map[beacon]int64{}}
}

// tell sends a beacon on, unless the same one went out within beaconEvery.
func (p *presence) tell(b beacon) {
	now := p.db.Now()
	p.mu.Lock()
	if now-p.last[b] < beaconEvery.Milliseconds() {
		p.mu.Unlock()
		return
	}
	for old, at := range p.last {
		if now-at > time.Minute.Milliseconds() {
			delete(p.last, old)
		}
	}
	p.last[b] = now
	p.mu.Unlock()
	data, _ := json.Marshal(struct {
		Conv string `json:"conv"`
		User string `json:"user"`
		Name string `json:"name"`
	}{db.FormatID("conv", b.Conv), db.FormatID("user", b.User), b.Name})
	p.hub.send(b.Org, frame{name: b.Kind, data: data})
}
