package inbox_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"badala/app/db"
	"badala/app/db/dbtest"
)

// TestNobodyWaitsForTheIndex holds that no commit puts a large part of a search
// index in order: what each one changes besides its own texts stays small.
func TestNobodyWaitsForTheIndex(t *testing.T) {
	t.Parallel()
	const atOnce = 1000 // FTS5 merges 64 pages of each level at a time
	for _, index := range []string{"message_fts", "contact_fts"} {
		t.Run(index, func(t *testing.T) {
			t.Parallel()
			d, err := db.Open(dbtest.File(t), db.Options{})
			noErr(t, err)
			t.Cleanup(func() { noErr(t, d.Close()) })
			words := rand.New(rand.NewPCG(1, 2))
			var most, last int64
			for n := range 600 {
				noErr(t, d.WriteLong(t.Context(), func(tx *db.Tx) error {
					total, err := db.Value[int64](tx, `SELECT total_changes()`)
					if err != nil {
						return err
					}
					most, last = max(most, total-last), total
					for i := range 10 {
						if _, err := tx.Exec(`INSERT INTO `+index+` (rowid, body) VALUES (?, ?)`, n*10+i+1, text(words)); err != nil {
							return err
						}
					}
					return nil
				}))
			}
			if most > atOnce {
				t.Errorf("a commit changed %d rows", most)
			}
		})
	}
}

// text is twenty words that hardly come twice.
func text(r *rand.Rand) string {
	all := make([]string, 20)
	for i := range all {
		all[i] = fmt.Sprintf("%x", r.Uint64())
	}
	return strings.Join(all, " ")
}
