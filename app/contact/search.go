package contact

import (
	"context"
	"strings"
	"unicode/utf8"

	"badala/app/db"
	"badala/app/fold"
)

// minTrigram is the shortest text that the search index finds.
const minTrigram = 3

func nameText(c *Contact) string { return fold.Text(c.Name) }

// indexTx writes the search row of a contact once the batch's other work is done.
func indexTx(tx *db.Tx, c Contact) {
	tx.Last(func(tx *db.Tx) error {
		phones, err := phonesOf(tx, c.OrgID, c.ID)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT OR REPLACE INTO contact_fts(rowid, body) VALUES(?, ?)`, c.ID, searchText(c, phones))
		return err
	})
}

// mergePages is how much of the search index is put in order at a time.
const mergePages = 32

// MergeSearch puts the search index in order, a little at a time. Until then
// it finds the same, more slowly.
func (s *Service) MergeSearch(ctx context.Context) error {
	for more := true; more; {
		err := s.db.WriteLong(ctx, func(tx *db.Tx) error {
			const changes = `SELECT total_changes()`
			before, err := db.Value[int64](tx, changes)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(`INSERT INTO contact_fts(contact_fts, rank) VALUES('merge', ?)`, mergePages); err != nil {
				return err
			}
			after, err := db.Value[int64](tx, changes)
			more = after-before >= 2
			return err
		})
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func searchText(c Contact, phones []string) string {
	parts := []string{fold.Text(c.Name)}
	if p := fold.Text(c.ProfileName); p != parts[0] {
		parts = append(parts, p)
	}
	parts = append(parts, fold.Text(c.Username), fold.Text(c.Email), fold.Text(c.Company.Name), c.WaID, fold.Text(c.ExternalID))
	for _, p := range phones {
		if d := strings.TrimPrefix(p, "+"); d != c.WaID {
			parts = append(parts, d)
		}
	}
	return strings.Join(parts, "\n")
}

// phonesOf gives the E.164 forms of all numbers of a contact.
func phonesOf(q db.Q, org, id int64) ([]string, error) {
	return db.All(q, func(r *db.Rows, s *string) error { return r.Scan(s) }, `SELECT shown FROM contact_handle
		WHERE contact_id = ? AND org_id = ? AND kind = 'PHONE' ORDER BY created_at, value`, id, org)
}

// query is what a person typed into a search box.
type query struct {
	match  string   // for contact_fts; "" when the text is too short for it
	words  []string // what match looks for, all of them
	prefix string   // of the folded name
}

// parseQuery makes a search of text: a number by its digits wherever they
// stand, else every word of three letters anywhere; shorter text finds the
// beginning of the name.
func parseQuery(s string) query {
	folded := strings.TrimSpace(fold.Text(s))
	if digits, ok := asPhone(folded); ok {
		if len(digits) < minTrigram { // its zeros are part of the number after all
			digits = fold.Digits(folded)
		}
		if len(digits) >= minTrigram {
			return query{match: `"` + digits + `"`, words: []string{digits}}
		}
		return query{prefix: folded}
	}
	var words, quoted []string
	for _, w := range strings.Fields(folded) {
		if utf8.RuneCountInString(w) >= minTrigram {
			w = strings.TrimPrefix(w, "@")
			words, quoted = append(words, w), append(quoted, `"`+strings.ReplaceAll(w, `"`, `""`)+`"`)
		}
	}
	if len(words) == 0 {
		return query{prefix: folded}
	}
	return query{match: strings.Join(quoted, " AND "), words: words}
}

// asPhone takes the digits of text that is nothing but a number, without the
// zeros that stand for "international" or "trunk".
func asPhone(s string) (string, bool) {
	if strings.ContainsFunc(s, func(r rune) bool { return !strings.ContainsRune("+0123456789 -().", r) }) {
		return "", false
	}
	d := strings.TrimLeft(fold.Digits(s), "0")
	return d, d != ""
}
