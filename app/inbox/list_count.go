package inbox

import (
	"encoding/json"
	"strings"
	"sync"
	"time"

	"badala/app/db"
	"badala/app/errs"
)

const (
	// countExact is how far every count is made anew.
	countExact = 10_000
	// countLife is how old a larger count may be.
	countLife = time.Minute
	// maxTotals bounds the memory of larger counts; beyond it all are forgotten.
	maxTotals = 1000
)

// totals remembers large counts: walking a million entries of an index takes
// tens of milliseconds, too long for each page of a list.
type totals struct {
	mu    sync.Mutex
	known map[string]total
}

type total struct {
	n  int
	at int64
}

// Count tells how many conversations a filter picks, whatever its cursor and
// size: exactly up to ten thousand, beyond that as of a minute ago at most.
func (s *Service) Count(q db.Q, org int64, f Filter) (n int, err error) {
	defer errs.Wrap(&err, "inbox.Count")
	f.normalise(s.DB.Now())
	f.Before, f.Take, f.Sort = "", 0, ""
	var ids []int64
	if f.Search = strings.TrimSpace(f.Search); f.Search != "" {
		if ids, err = s.hits(q, org, f.Search); err != nil || len(ids) == 0 {
			return 0, err
		}
	}
	if ids, err = f.narrow(q, org, ids); err != nil || ids != nil && len(ids) == 0 {
		return 0, err
	}
	if ids == nil {
		return s.totals.of(q, s.DB.Now(), org, f)
	}
	return f.count(q, org, ids)
}

// of counts what is not much, and gives what is as it was lately.
func (t *totals) of(q db.Q, now, org int64, f Filter) (int, error) {
	key, err := json.Marshal(struct {
		Org    int64
		Filter Filter
	}{org, f})
	if err != nil {
		return 0, err
	}
	t.mu.Lock()
	last, ok := t.known[string(key)]
	t.mu.Unlock()
	if ok && now-last.at < countLife.Milliseconds() {
		return last.n, nil
	}
	n, err := f.count(q, org, nil)
	if err != nil || n <= countExact {
		return n, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil || len(t.known) >= maxTotals {
		t.known = map[string]total{}
	}
	t.known[string(key)] = total{n, now}
	return n, nil
}

// count counts in each status.
func (f *Filter) count(q db.Q, org int64, ids []int64) (n int, err error) {
	for _, status := range f.statuses() {
		query, args, err := f.countQuery(org, status, ids)
		if err != nil {
			return 0, err
		}
		part, err := db.Value[int](q, query, args...)
		if err != nil {
			return 0, err
		}
		n += part
	}
	return n, nil
}

// countQuery counts in the index of the list, without its rows.
func (f *Filter) countQuery(org int64, status string, ids []int64) (string, []any, error) {
	from, args, err := f.from(org, f.stretches()[0].order, status, ids)
	return `SELECT count(*)` + from, args, err
}
