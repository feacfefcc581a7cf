package webhook

import (
	"encoding/json"
	"sync"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/seal"
)

// target is an endpoint as delivery needs it, its secrets opened. Nothing in
// it changes.
type target struct {
	id, org            int64
	url, state         string
	events             []string
	version            string
	rate               int
	username, password string
	headers            map[string]string

	secret, staged, previous string
	stagedAt, previousUntil  int64
}

// targets is every endpoint of the install, as of one moment.
type targets struct {
	generation int64
	byID       map[int64]*target
	byEvent    map[int64]map[string][]*target // organisation → event → who asked for it
}

// forget makes the next use read the endpoints again.
func (s *Service) forget() { s.generation.Add(1) }

// targets gives the endpoints, from memory unless one has changed.
func (s *Service) targets(q db.Q) (*targets, error) {
	if t := s.known.Load(); t != nil && t.generation == s.generation.Load() {
		return t, nil
	}
	// The generation is read before the rows: a change in between makes the
	// copy stale, never fresh.
	g := s.generation.Load()
	all, err := db.All(q, s.scanTarget, `SELECT `+targetColumns+` FROM webhook ORDER BY id`)
	if err != nil {
		return nil, err
	}
	t := &targets{generation: g, byID: map[int64]*target{}, byEvent: map[int64]map[string][]*target{}}
	for _, to := range all {
		t.byID[to.id] = to
		if t.byEvent[to.org] == nil {
			t.byEvent[to.org] = map[string][]*target{}
		}
		for _, name := range to.events {
			t.byEvent[to.org][name] = append(t.byEvent[to.org][name], to)
		}
	}
	s.known.Store(t)
	return t, nil
}

const targetColumns = `id, org_id, url, state, events, version, rate, username, password, headers,
	secret, staged_secret, staged_at, previous_secret, previous_until`

func (s *Service) scanTarget(r *db.Rows, to **target) error {
	t := &target{}
	var events, headers string
	if err := r.Scan(&t.id, &t.org, &t.url, &t.state, &events, &t.version, &t.rate, &t.username, &t.password, &headers,
		&t.secret, &t.staged, &t.stagedAt, &t.previous, &t.previousUntil); err != nil {
		return err
	}
	for column, text := range map[string]*string{
		"password": &t.password, "headers": &headers, "secret": &t.secret, "staged_secret": &t.staged, "previous_secret": &t.previous,
	} {
		*text = s.seal.Open(*text, place(column, t.id, t.org))
	}
	if headers != "" {
		if err := json.Unmarshal([]byte(headers), &t.headers); err != nil {
			return err
		}
	}
	*to = t
	return json.Unmarshal([]byte(events), &t.events)
}

// targetByID reads one endpoint of an organisation.
func (s *Service) targetByID(q db.Q, org, id int64) (*target, error) {
	t, err := db.One(q, s.scanTarget, `SELECT `+targetColumns+` FROM webhook WHERE id = ? AND org_id = ?`, id, org)
	if errs.Is(err, errs.NotFound) {
		return nil, errs.New(errs.NotFound, "no such webhook")
	}
	return t, err
}

// saveTx writes an endpoint, its secrets sealed.
func (s *Service) saveTx(tx *db.Tx, t *target) error {
	events, err := json.Marshal(t.events)
	if err != nil {
		return err
	}
	headers := ""
	if len(t.headers) > 0 {
		b, err := json.Marshal(t.headers)
		if err != nil {
			return err
		}
		headers = string(b)
	}
	sealed := map[string]string{"password": t.password, "headers": headers, "secret": t.secret, "staged_secret": t.staged, "previous_secret": t.previous}
	for column, text := range sealed {
		if sealed[column], err = s.seal.Seal(text, place(column, t.id, t.org)); err != nil {
			return err
		}
	}
	_, err = tx.Exec(`UPDATE webhook SET url = ?, events = ?, state = ?, disabled_reason = iif(?3 = 'DISABLED', disabled_reason, ''), version = ?, rate = ?,
			username = ?, password = ?, headers = ?, secret = ?, staged_secret = ?, staged_at = ?, previous_secret = ?, previous_until = ?, updated_at = ?
		WHERE id = ? AND org_id = ?`,
		t.url, string(events), t.state, t.version, t.rate, t.username, sealed["password"], sealed["headers"],
		sealed["secret"], sealed["staged_secret"], t.stagedAt, sealed["previous_secret"], t.previousUntil, tx.Now(), t.id, t.org)
	tx.AfterCommit(s.forget)
	return err
}

// place is where a secret of an endpoint lies.
func place(column string, id, org int64) seal.Place {
	return seal.Place{Table: "webhook", Column: column, ID: id, Org: org}
}

// signers are the secrets that sign at a time, the one in force first.
func (t *target) signers(now int64) []string {
	all := []string{t.secret}
	if t.staged != "" {
		all = append(all, t.staged)
	}
	if t.previous != "" && now < t.previousUntil {
		all = append(all, t.previous)
	}
	return all
}

// live is what this process knows of an endpoint between commits.
type live struct {
	mu           sync.Mutex
	running      bool  // a job is at work and will look again before it ends
	breakerUntil int64 // nothing is sent before
	slot         int64 // when the next attempt may begin, in microseconds
}

func (s *Service) live(id int64) *live {
	if l, ok := s.lives.Load(id); ok {
		return l.(*live)
	}
	l, _ := s.lives.LoadOrStore(id, &live{})
	return l.(*live)
}

func (l *live) setRunning(yes bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.running = yes
}

func (l *live) setBreaker(until int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.breakerUntil = until
}

func (l *live) state() (running bool, breakerUntil int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.running, l.breakerUntil
}
