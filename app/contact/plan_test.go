package contact_test

import (
	"fmt"
	"strings"
	"testing"

	"badala/app/contact"
	"badala/app/db"
)

// TestPlans keeps the hot queries on their indexes.
func TestPlans(t *testing.T) {
	b := open(t)
	for i := range 50 {
		b.ensure(org, contact.Identity{Phone: fmt.Sprintf("467017406%02d", i), ProfileName: "N"})
	}
	type step struct{ detail string }
	plan := func(query string, args ...any) string {
		steps, err := db.All(b.q(), func(r *db.Rows, s *step) error {
			var id, parent, unused int
			return r.Scan(&id, &parent, &unused, &s.detail)
		}, "EXPLAIN QUERY PLAN "+query, args...)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, s := range steps {
			all = append(all, s.detail)
		}
		return strings.Join(all, "\n")
	}
	args := func(n int) []any { return make([]any, n) }
	for name, p := range map[string]string{
		"handles": plan(contact.HoldersQuery, args(6)...),
		"newest":  plan(contact.ListQuery(contact.Filter{}), args(3)...),
		"by name": plan(contact.ListQuery(contact.Filter{Sort: contact.SortName}), args(3)...),
		"search":  plan(contact.ListQuery(contact.Filter{Search: "nora"}), 1, `"nora"`, 1, "nora", 1, 1),
		"tag":     plan(contact.ListQuery(contact.Filter{TagID: 1}), args(5)...),
		"import":  plan(contact.ListQuery(contact.Filter{ImportID: 1}), args(4)...),
		"updated": plan(contact.ListQuery(contact.Filter{Sort: contact.SortUpdated}), args(3)...),
		"source":  plan(contact.ListQuery(contact.Filter{Source: "API"}), args(4)...),
		"consent": plan(contact.ListQuery(contact.Filter{Consent: new(true)}), args(4)...),
	} {
		if strings.Contains(p, "SCAN c") && !strings.Contains(p, "INDEX") || name != "search" && strings.Contains(p, "TEMP B-TREE") {
			t.Errorf("%s:\n%s", name, p)
		}
	}
}
