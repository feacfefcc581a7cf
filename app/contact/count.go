package contact

import (
	"fmt"
	"sync"
	"time"

	"badala/app/db"
)

const (
	countExactly = 20_000 // contacts that are counted each time, unless a test says less
	totalLife    = 15 * time.Second
	maxTotals    = 1000
)

// totals remembers large counts for a few seconds: who walks through a million
// contacts asks for the same one with every page.
type totals struct {
	exactly int

	mu    sync.Mutex
	known map[string]total
}

type total struct {
	n  int
	at int64
}

func (t *totals) get(key string, now int64) (int, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	k, ok := t.known[key]
	return k.n, ok && now-k.at < totalLife.Milliseconds()
}

func (t *totals) set(key string, n int, now int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil || len(t.known) >= maxTotals {
		t.known = map[string]total{}
	}
	t.known[key] = total{n, now}
}

// Count tells how many contacts a filter picks. It is exact up to twenty
// thousand; a larger number may be a few seconds old.
func (s *Service) Count(q db.Q, org int64, f Filter) (int, error) {
	p, n, err := s.countUpTo(q, org, &f, s.totals.exactly)
	if p == nil || err != nil || n <= s.totals.exactly {
		return n, err
	}
	key := fmt.Sprint(org, p.from, p.conds, p.values())
	if n, ok := s.totals.get(key, s.db.Now()); ok {
		return n, nil
	}
	query, args := `SELECT COUNT(*) FROM `+p.from+` WHERE `+p.String(), p.values()
	if f.onlyTag() { // its index alone tells
		query, args = `SELECT COUNT(*) FROM contact_tag ct WHERE ct.tag_id = ? AND EXISTS (SELECT 1 FROM tag WHERE id = ct.tag_id AND org_id = ?)`, []any{f.TagID, org}
	}
	if n, err = db.Value[int](q, query, args...); err == nil {
		s.totals.set(key, n, s.db.Now())
	}
	return n, err
}

// CountUpTo is Count for a page that says no more than "more than so many":
// most+1 stands for all larger numbers. Nothing narrowed down is counted
// exactly: an index tells.
func (s *Service) CountUpTo(q db.Q, org int64, f Filter, most int) (int, error) {
	if f.all() {
		return s.Count(q, org, f)
	}
	_, n, err := s.countUpTo(q, org, &f, most)
	return n, err
}

// countUpTo counts at most one more than most. Without a picking nobody can be meant.
func (s *Service) countUpTo(q db.Q, org int64, f *Filter, most int) (*picking, int, error) {
	if ok, err := f.resolve(q, org); err != nil || !ok {
		return nil, 0, err
	}
	p, err := s.pick(q, org, *f)
	if err != nil {
		return nil, 0, err
	}
	n, err := db.Value[int](q, `SELECT COUNT(*) FROM (SELECT 1 FROM `+p.from+` WHERE `+p.String()+` LIMIT ?)`, p.values(most+1)...)
	return p, n, err
}

// all says whether the filter leaves nobody out.
func (f Filter) all() bool {
	f.Sort, f.Cursor, f.Skip, f.Take = "", "", 0, 0
	return f == Filter{}
}

// onlyTag says whether the filter asks for a tag and nothing else.
func (f Filter) onlyTag() bool {
	rest := f
	rest.Tag, rest.TagID = "", 0
	return f.TagID != 0 && rest.all()
}
