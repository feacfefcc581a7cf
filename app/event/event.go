// Package event keeps the append-only log of what happened. It is written in
// the transaction of each change and is the only source of live pages,
// outbound deliveries and reports; its sequence is the pages' revision.
package event

import (
	"encoding/json"
	"sync"

	"badala/app/db"
)

// Event is one thing that happened in an organisation.
type Event struct {
	Seq, OrgID int64
	Type       string // as in the contract: "message.received"
	At         int64  // milliseconds UTC; zero: the transaction's time
	ActorKind  string // USER, API, AUTOMATION, CUSTOMER, META or SYSTEM
	ActorID    int64

	ConversationID, MessageID, ContactID, ChannelID int64

	Data json.RawMessage // what the ids do not say; may be nil
}

// Log records events and tells subscribers how far it has come.
type Log struct {
	hooks []func(*db.Tx, Event) error

	mu   sync.Mutex
	subs map[int64]map[chan int64]struct{} // by organisation
}

// New makes a log over the event table of any database.
func New() *Log { return &Log{subs: map[int64]map[chan int64]struct{}{}} }

// OnRecord adds a hook that runs in the transaction of every event. Register
// hooks before the first Record.
func (l *Log) OnRecord(hook func(*db.Tx, Event) error) { l.hooks = append(l.hooks, hook) }

// Record appends an event to the log, with the change it belongs to, and
// returns its sequence number. Subscribers hear of it after the commit.
func (l *Log) Record(tx *db.Tx, e Event) (int64, error) {
	if e.At == 0 {
		e.At = tx.Now()
	}
	seq, err := tx.Insert(`
		INSERT INTO event(org_id, type, at, actor_kind, actor_id, conversation_id, message_id, contact_id, channel_id, data)
		VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		e.OrgID, e.Type, e.At, e.ActorKind, e.ActorID, e.ConversationID, e.MessageID, e.ContactID, e.ChannelID, string(e.Data))
	if err != nil {
		return 0, err
	}
	e.Seq = seq
	if err := l.hook(tx, e); err != nil {
		return 0, err
	}
	tx.AfterCommit(func() { l.nudge(e.OrgID, seq) })
	return seq, nil
}

func (l *Log) hook(tx *db.Tx, e Event) error {
	for _, hook := range l.hooks {
		if err := hook(tx, e); err != nil {
			return err
		}
	}
	return nil
}

// RecordAll appends many events of one organisation, as Record does one after
// the other, and sets their Seq.
func (l *Log) RecordAll(tx *db.Tx, all []Event) error {
	if len(all) == 0 {
		return nil
	}
	rows := tx.Rows(`
		INSERT OR FAIL INTO event(org_id, type, at, actor_kind, actor_id, conversation_id, message_id, contact_id, channel_id, data) VALUES `, 10)
	for i := range all {
		if all[i].At == 0 {
			all[i].At = tx.Now()
		}
		e := &all[i]
		rows.Add(e.OrgID, e.Type, e.At, e.ActorKind, e.ActorID, e.ConversationID, e.MessageID, e.ContactID, e.ChannelID, string(e.Data))
	}
	last, err := rows.Insert()
	if err != nil {
		return err
	}
	for i := range all {
		all[i].Seq = last - int64(len(all)-1-i)
		if err := l.hook(tx, all[i]); err != nil {
			return err
		}
	}
	tx.AfterCommit(func() { l.nudge(all[0].OrgID, last) })
	return nil
}

// Head is the newest sequence number of the whole log; 0 when it is empty.
func (l *Log) Head(q db.Q) (int64, error) {
	return db.Value[int64](q, "SELECT COALESCE(MAX(seq), 0) FROM event")
}

// First is the oldest sequence number that the log still has; 0 when it is empty.
func (l *Log) First(q db.Q) (int64, error) {
	return db.Value[int64](q, "SELECT COALESCE(MIN(seq), 0) FROM event")
}

// Since reads an organisation's events after seq, oldest first.
func (l *Log) Since(q db.Q, org, seq int64, limit int) ([]Event, error) {
	return db.All(q, scan, `
		SELECT seq, org_id, type, at, actor_kind, actor_id, conversation_id, message_id, contact_id, channel_id, data
		FROM event WHERE seq > ? AND org_id = ? ORDER BY seq LIMIT ?`, seq, org, limit)
}

func scan(r *db.Rows, e *Event) error {
	var data string
	err := r.Scan(&e.Seq, &e.OrgID, &e.Type, &e.At, &e.ActorKind, &e.ActorID,
		&e.ConversationID, &e.MessageID, &e.ContactID, &e.ChannelID, &data)
	e.Data = json.RawMessage(data)
	return err
}

// Subscribe gives the newest committed sequence number of an organisation
// each time it grows. A slow reader misses numbers, never the newest one.
func (l *Log) Subscribe(org int64) (<-chan int64, func()) {
	ch := make(chan int64, 1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.subs[org] == nil {
		l.subs[org] = map[chan int64]struct{}{}
	}
	l.subs[org][ch] = struct{}{}
	return ch, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.subs[org], ch)
		if len(l.subs[org]) == 0 {
			delete(l.subs, org)
		}
	}
}

func (l *Log) nudge(org, seq int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for ch := range l.subs[org] {
		select {
		case <-ch: // replace what was not read yet
		default:
		}
		ch <- seq
	}
}
