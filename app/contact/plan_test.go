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
	list := func(f contact.Filter) string {
		query, values, err := b.s.ListQuery(b.q(), org, f)
		if err != nil {
			t.Fatal(err)
		}
		return plan(query, values...)
	}
	plans := map[string]string{
		"handles":  plan(contact.HoldersQuery, args(6)...),
		"newest":   list(contact.Filter{}),
		"by name":  list(contact.Filter{Sort: contact.SortName}),
		"talked":   list(contact.Filter{Sort: contact.SortTalked}),
		"spans":    list(contact.Filter{Sort: contact.SortTalked, TalkedFrom: 1, TalkedUntil: 2}),
		"search":   list(contact.Filter{Search: "nora"}),
		"start":    list(contact.Filter{Search: "n", Sort: contact.SortName}),
		"tag":      list(contact.Filter{TagID: 1}),
		"import":   list(contact.Filter{ImportID: 1}),
		"updated":  list(contact.Filter{Sort: contact.SortUpdated}),
		"since":    list(contact.Filter{Sort: contact.SortUpdated, UpdatedSince: 1}),
		"source":   list(contact.Filter{Source: "API"}),
		"consent":  list(contact.Filter{Consent: new(true)}),
		"unstated": list(contact.Filter{NoConsent: true}),
	}
	// Of sets that are large in every order the list is read in its own.
	b.large(contact.SmallSet + 1)
	for _, sort := range []string{"", contact.SortName, contact.SortTalked, contact.SortUpdated} {
		for name, f := range map[string]contact.Filter{
			"tag": {TagID: 5}, "import": {ImportID: 6}, "search": {Search: "everybody"}, "start": {Search: "ev"}, "source": {Source: "API"}, "talked": {TalkedFrom: 1},
			"two": {TagID: 5, Search: "everybody"}, "three": {TagID: 5, ImportID: 6, Search: "everybody"},
		} {
			f.Sort = sort
			plans["large "+name+" "+sort] = list(f)
		}
	}
	for name, p := range plans {
		if strings.Contains(p, "SCAN c") && !strings.Contains(p, "INDEX") || strings.Contains(p, "TEMP B-TREE") {
			t.Errorf("%s:\n%s", name, p)
		}
	}
	for name, query := range map[string]string{"states": contact.StatesQuery, "handles of": contact.HandlesQuery} {
		if p := plan(query, args(2)...); strings.Contains(p, "(org_id=") {
			t.Errorf("%s reads the whole organisation:\n%s", name, p)
		}
	}
}

// large makes n contacts who have all in common: a tag, an import, words.
func (b *bench) large(n int) {
	b.write(func(tx *db.Tx) error {
		for _, stmt := range []string{
			`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
			INSERT INTO contact(id, org_id, name, name_text, source, created_at, updated_at, last_message_at) SELECT i, 7, 'Everybody', 'everybody', 'API', i, i, i FROM n`,
			`INSERT INTO tag(id, org_id, name, name_text, colour, created_at) SELECT 5, 7, 'VIP', 'vip', 'red', 1 WHERE ?1 > 0`,
			`INSERT INTO contact_tag(contact_id, tag_id, org_id) SELECT id, 5, 7 FROM contact WHERE id <= ?1`,
			`INSERT INTO contact_import(contact_id, import_id) SELECT id, 6 FROM contact WHERE id <= ?1`,
			`INSERT INTO contact_fts(rowid, body) SELECT id, 'everybody' FROM contact WHERE id <= ?1`,
		} {
			if _, err := tx.Exec(stmt, n); err != nil {
				return err
			}
		}
		return nil
	})
}
