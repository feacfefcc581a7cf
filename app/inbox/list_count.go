package inbox

import (
	"math"
	"strings"

	"badala/app/db"
	"badala/app/errs"
)

// Count tells how many conversations a filter picks, whatever its cursor and size.
func (s *Service) Count(q db.Q, org int64, f Filter) (n int, err error) {
	defer errs.Wrap(&err, "inbox.Count")
	f.normalise()
	f.Before, f.Take = "", math.MaxInt32
	var ids []int64
	if f.Search = strings.TrimSpace(f.Search); f.Search != "" {
		if ids, err = s.hits(q, org, f.Search); err != nil || len(ids) == 0 {
			return 0, err
		}
	}
	statuses := []string{Open, Closed}
	if f.Status != "" {
		statuses = []string{f.Status}
	}
	for _, status := range statuses {
		query, args, err := f.query(org, status, ids)
		if err != nil {
			return 0, err
		}
		part, err := db.Value[int](q, `SELECT COUNT(*) FROM (`+query+`)`, args...)
		if err != nil {
			return 0, err
		}
		n += part
	}
	return n, nil
}
