package health_test

import (
	"strings"
	"testing"

	"badala/app/db"
)

// TestLooksAreCheap holds that what every page of an admin asks reads indexes
// and no whole table.
func TestLooksAreCheap(t *testing.T) {
	t.Parallel()
	w := newWorld(t, good)
	for _, query := range []string{
		`SELECT count(*) FROM media WHERE org_id = 1 AND state = 'FAILED' AND created_at > 1`,
		`SELECT count(*) FROM job WHERE state = 'dead'`,
		`SELECT COUNT(*) FROM inbound WHERE org_id = 1 AND state = 'FAILED'`,
		`SELECT id FROM job WHERE state = 'ready' AND (kind, prio) > ('a', 1) ORDER BY kind, prio LIMIT 1`,
		`SELECT run_at FROM job WHERE kind = 'a' AND prio = 1 AND state = 'ready' ORDER BY run_at LIMIT 1`,
	} {
		steps, err := db.All(w.db.Read(t.Context()), func(r *db.Rows, s *string) error {
			var id, parent, unused int
			return r.Scan(&id, &parent, &unused, s)
		}, `EXPLAIN QUERY PLAN `+query)
		must(t, err)
		plan := strings.Join(steps, "; ")
		if !strings.Contains(plan, "INDEX") || strings.Contains(plan, "TEMP B-TREE") {
			t.Errorf("%s\n\t%s", query, plan)
		}
	}
}
