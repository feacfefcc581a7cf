package queue

import "badala/app/db"

// Advance records, with the step it belongs to, that a long job got on: a death
// of the process after it is the first again. Without it three deaths in the
// course of hours would look like a job that kills its process.
func (j *Job[A]) Advance(tx *db.Tx) error {
	_, err := tx.Exec(`UPDATE job SET deaths = 0 WHERE id = ? AND claim = ? AND deaths > 0`, j.claimed.id, j.claimed.claim)
	return err
}
