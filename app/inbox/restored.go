package inbox

import (
	"strconv"

	"badala/app/channel"
	"badala/app/db"
	"badala/app/errs"
)

// droppedKey is the row of instance that says up to when waiting messages are
// not sent any more.
const droppedKey = "inbox.dropped_before"

// Waiting counts the messages that wait in numbers which stand still since a
// restore, and tells when the oldest was written.
func Waiting(q db.Q) (n int, oldest int64, err error) {
	type waiting struct {
		n      int
		oldest int64
	}
	w, err := db.One(q, func(r *db.Rows, w *waiting) error { return r.Scan(&w.n, &w.oldest) },
		`SELECT count(*), coalesce(min(created_at), 0) FROM message `+pending+` AND channel_id IN (SELECT id FROM channel WHERE state = 'PAUSED' AND paused_reason = ?)`, channel.ReasonRestored)
	return w.n, w.oldest, err
}

// DropWaitingTx ends all messages that wait now: they count as failed once
// their turn comes, and people may send them again.
func DropWaitingTx(tx *db.Tx) error {
	_, err := tx.Exec(`INSERT INTO instance(key, value) VALUES(?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value`,
		droppedKey, strconv.FormatInt(tx.Now(), 10))
	return err
}

func droppedBefore(q db.Q) (int64, error) {
	kept, err := db.Value[string](q, `SELECT value FROM instance WHERE key = ?`, droppedKey)
	if errs.Is(err, errs.NotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(kept, 10, 64)
}
