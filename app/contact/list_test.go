package contact_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"badala/app/contact"
	"badala/app/db"
)

func TestSearch(t *testing.T) {
	b := open(t)
	for i, name := range []string{"أحمد العلي", "Fatima الزهراء", "Nora Lindqvist", "José Núñez", "مُحَمَّد"} {
		b.ensure(org, contact.Identity{Phone: fmt.Sprintf("4670174061%d", i), Username: fmt.Sprintf("user.%d", i), ProfileName: name})
	}
	nora, _ := b.ensure(org, contact.Identity{Phone: "46701740612"})
	if _, err := b.s.Update(context.Background(), agent, nora.ID, contact.Patch{Email: new("n@walnut.example")}); err != nil {
		t.Fatal(err)
	}
	for search, want := range map[string][]string{
		"احمد":             {"أحمد العلي"},
		"إحمد على":         {"أحمد العلي"},
		"lind":             {"Nora Lindqvist"},
		"NORA lindq":       {"Nora Lindqvist"},
		"no":               {"Nora Lindqvist"},
		"nunez":            {"José Núñez"},
		"محمد":             {"مُحَمَّد"},
		"walnut":           {"Nora Lindqvist"},
		"+46 70-174 06 13": {"José Núñez"},
		"٧٠١٧٤٠٦١٢":        {"Nora Lindqvist"},
		"0701740612":       {"Nora Lindqvist"},
		"@user.2":          {"Nora Lindqvist"},
		"nobody":           nil,
		`"`:                nil,
		`nor" OR "jos`:     nil,
	} {
		if got := b.find(search); !slices.Equal(got, want) {
			t.Errorf("%q finds %q, want %q", search, got, want)
		}
	}
}

func TestListPages(t *testing.T) {
	b := open(t)
	var want []int64
	for i := range 7 {
		c, _ := b.ensure(org, contact.Identity{Phone: fmt.Sprintf("4670174061%d", i), ProfileName: fmt.Sprintf("N%d", 9-i)})
		want = append(want, c.ID)
	}
	slices.Reverse(want) // newest first; names descend with the ids, so both orders agree
	for _, sort := range []string{contact.SortNewest, contact.SortName} {
		var got []int64
		f := contact.Filter{Sort: sort, Take: 3}
		for {
			page, next, err := b.s.List(b.q(), org, f)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range page {
				got = append(got, c.ID)
			}
			if f.Cursor = next; next == "" {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", sort, got, want)
		}
	}
	page, _, err := b.s.List(b.q(), org, contact.Filter{Skip: 5})
	if n, cerr := b.s.Count(b.q(), org, contact.Filter{}); err != nil || cerr != nil || len(page) != 2 || n != 7 {
		t.Error(len(page), n, err, cerr)
	}
	if _, _, err := b.s.List(b.q(), org, contact.Filter{Cursor: "?"}); err == nil {
		t.Error("a strange cursor was taken")
	}
}

func TestCount(t *testing.T) {
	b := open(t)
	const many = 150
	b.s.CountExactly(100)
	b.write(func(tx *db.Tx) error {
		for _, stmt := range []string{
			`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
			INSERT INTO contact(id, org_id, name, name_text, source, created_at, updated_at) SELECT i, 7, 'N', 'n', 'API', i, i FROM n`,
			`INSERT INTO tag(id, org_id, name, name_text, colour, created_at) SELECT 5, 7, 'VIP', 'vip', 'red', 1 WHERE ?1 > 0`,
			`INSERT INTO contact_tag(contact_id, tag_id, org_id) SELECT id, 5, 7 FROM contact WHERE ?1 > 0`,
		} {
			if _, err := tx.Exec(stmt, many); err != nil {
				return err
			}
		}
		return nil
	})
	for range 2 { // counted, then remembered
		for name, f := range map[string]contact.Filter{"all": {}, "tag": {Tag: "vip"}, "source": {Source: contact.FromAPI}, "both": {Tag: "vip", Source: contact.FromAPI}} {
			if n, err := b.s.Count(b.q(), org, f); err != nil || n != many {
				t.Errorf("%s: %d %v", name, n, err)
			}
			if n, err := b.s.Count(b.q(), org+1, f); err != nil || n != 0 {
				t.Errorf("%s of another organisation: %d %v", name, n, err)
			}
		}
	}
	if n, err := b.s.Count(b.q(), org+1, contact.Filter{TagID: 5}); err != nil || n != 0 {
		t.Errorf("another's tag: %d %v", n, err)
	}
	if page, next, err := b.s.List(b.q(), org, contact.Filter{Tag: "vip", Take: 2}); err != nil || len(page) != 2 || page[1].ID != many-1 || next == "" {
		t.Errorf("%v %v", page, err)
	} else if page, _, err = b.s.List(b.q(), org, contact.Filter{Tag: "vip", Take: 2, Cursor: next}); err != nil || page[0].ID != many-2 {
		t.Errorf("%v %v", page, err)
	}
	if n, err := b.s.Count(b.q(), org, contact.Filter{Tag: "nothing"}); err != nil || n != 0 {
		t.Errorf("an unknown tag: %d %v", n, err)
	}
}
