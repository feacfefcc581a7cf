package contact_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"badala/app/contact"
	"badala/app/db"
)

// TestFiltersAgree reads lists of every order by filters with large and small
// parts, and compares them with what a look at every contact gives.
func TestFiltersAgree(t *testing.T) {
	b := open(t)
	const n = contact.SmallSet + 1000
	b.large(n)
	b.write(func(tx *db.Tx) error {
		for _, stmt := range []string{
			`INSERT INTO tag(id, org_id, name, name_text, colour, created_at) SELECT 8, 7, 'even', 'even', 'red', 1 WHERE ?1 > 0`,
			`INSERT INTO contact_tag(contact_id, tag_id, org_id) SELECT id, 8, 7 FROM contact WHERE id <= ?1 AND id % 2 = 0`,
			`UPDATE contact SET name = 'x' || (id % 13) || ' everybody' || CASE WHEN id % 500 = 0 THEN ' rarely' ELSE '' END,
				name_text = 'x' || (id % 13) || ' everybody' || CASE WHEN id % 500 = 0 THEN ' rarely' ELSE '' END, last_message_at = id % 11 * 100, updated_at = id % 17, consent = CASE id % 3 WHEN 0 THEN 1 WHEN 1 THEN 0 END WHERE id <= ?1`,
			`UPDATE contact SET name = 'x12', name_text = 'x12', external_id = CASE id WHEN 77 THEN 'everybody' ELSE '' END WHERE id IN (77, 78) AND ?1 > 0`,
			`INSERT OR REPLACE INTO contact_fts(rowid, body) SELECT id, 'everybody rarely' FROM contact WHERE id <= ?1 AND id % 500 = 0`,
			`DELETE FROM contact_fts WHERE ?1 > 0 AND rowid = 78`,
		} {
			if _, err := tx.Exec(stmt, n); err != nil {
				return err
			}
		}
		return nil
	})
	text := func(id int64) string {
		switch {
		case id == 77 || id == 78:
			return "x12"
		case id%500 == 0:
			return fmt.Sprintf("x%d everybody rarely", id%13)
		}
		return fmt.Sprintf("x%d everybody", id%13)
	}
	common := func(id int64) bool { return id != 78 } // 77 by its external id
	even := func(id int64) bool { return id%2 == 0 }
	for name, tt := range map[string]struct {
		f    contact.Filter
		want func(id int64) bool
	}{
		"all":           {contact.Filter{}, func(int64) bool { return true }},
		"search":        {contact.Filter{Search: "everybody"}, common},
		"rare":          {contact.Filter{Search: "rarely"}, func(id int64) bool { return id%500 == 0 }},
		"none":          {contact.Filter{Search: "nobody at all"}, func(int64) bool { return false }},
		"tag":           {contact.Filter{Tag: "VIP"}, func(int64) bool { return true }},
		"small tag":     {contact.Filter{TagID: 8}, even},
		"two":           {contact.Filter{TagID: 8, Search: "everybody"}, func(id int64) bool { return even(id) && common(id) }},
		"import":        {contact.Filter{ImportID: 6, Search: "everybody"}, common},
		"talked":        {contact.Filter{TalkedFrom: 1}, func(id int64) bool { return id%11 > 0 }},
		"span":          {contact.Filter{TalkedFrom: 200, TalkedUntil: 300, Tag: "VIP"}, func(id int64) bool { return id%11 == 2 }},
		"agreed":        {contact.Filter{Consent: new(true), ImportID: 6}, func(id int64) bool { return id%3 == 0 }},
		"never said":    {contact.Filter{NoConsent: true}, func(id int64) bool { return id%3 == 2 }},
		"start":         {contact.Filter{Search: "x1"}, func(id int64) bool { return id%13 == 1 || id%13 >= 10 || id == 77 || id == 78 }},
		"start of all":  {contact.Filter{Search: "x", Source: contact.FromAPI}, func(int64) bool { return true }},
		"since":         {contact.Filter{UpdatedSince: 16, Sort: contact.SortNewest}, func(id int64) bool { return id%17 == 16 }},
		"by another id": {contact.Filter{ExternalID: "everybody"}, func(id int64) bool { return id == 77 }},
	} {
		for sort, before := range map[string]func(a, b int64) int{
			contact.SortNewest:  func(a, b int64) int { return cmp.Compare(b, a) },
			contact.SortName:    func(a, b int64) int { return cmp.Or(cmp.Compare(text(a), text(b)), cmp.Compare(a, b)) },
			contact.SortUpdated: func(a, b int64) int { return cmp.Or(cmp.Compare(b%17, a%17), cmp.Compare(b, a)) },
			contact.SortTalked:  func(a, b int64) int { return cmp.Or(cmp.Compare(b%11, a%11), cmp.Compare(b, a)) },
		} {
			var want, got []int64
			for id := int64(1); id <= n; id++ {
				if tt.want(id) {
					want = append(want, id)
				}
			}
			slices.SortFunc(want, before)
			f := tt.f
			f.Sort, f.Take = sort, 100
			for range 3 {
				page, next, err := b.s.List(b.q(), org, f)
				if err != nil {
					t.Fatalf("%s by %s: %v", name, sort, err)
				}
				for _, c := range page {
					got = append(got, c.ID)
				}
				if f.Cursor = next; next == "" {
					break
				}
			}
			if !slices.Equal(got, want[:min(len(want), 300)]) {
				t.Errorf("%s by %s: %d contacts, not those expected", name, sort, len(got))
			}
			if count, err := b.s.Count(b.q(), org, f); err != nil || count != len(want) {
				t.Errorf("%s by %s: counted %d %v, want %d", name, sort, count, err, len(want))
			}
			if count, err := b.s.CountUpTo(b.q(), org, f, 50); err != nil || name != "all" && count != min(len(want), 51) {
				t.Errorf("%s by %s: counted %d %v, up to 50", name, sort, count, err)
			}
		}
	}
}
