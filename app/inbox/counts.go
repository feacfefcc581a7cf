package inbox

import (
	"badala/app/db"
)

// CountLimit is where counting stops: beyond it a list shows "999+".
const CountLimit = 1000

// Counts are the conversations of each view of open ones, and those of them
// that are unread; none exceeds CountLimit.
type Counts struct {
	Mine, Unassigned, All, Snoozed          int
	Waiting, Closing                        int // nobody has answered; the window ends soon
	MineUnread, UnassignedUnread, AllUnread int
}

// Counts counts for the views of one user.
func (s *Service) Counts(q db.Q, org, viewer int64) (c Counts, err error) {
	for _, one := range []struct {
		into  *int
		query string
		args  []any
	}{
		{&c.All, countAll, []any{org, CountLimit}},
		{&c.Mine, countMine, []any{org, viewer, CountLimit}},
		{&c.Unassigned, countUnassigned, []any{org, CountLimit}},
		{&c.Snoozed, countSnoozed, []any{org, CountLimit}},
		{&c.Waiting, countWaiting, []any{org, CountLimit}},
		{&c.Closing, countClosing, []any{org, s.DB.Now(), s.DB.Now() + closingHours(0), CountLimit}},
		{&c.AllUnread, countAllUnread, []any{org, CountLimit}},
		{&c.MineUnread, countMineUnread, []any{org, viewer, CountLimit}},
		{&c.UnassignedUnread, countUnassignedUnread, []any{org, CountLimit}},
	} {
		if *one.into, err = db.Value[int](q, one.query, one.args...); err != nil {
			return c, err
		}
	}
	return c, nil
}

const (
	countAll = `SELECT count(*) FROM (SELECT 1 FROM conversation INDEXED BY conversation_list
		WHERE org_id = ? AND status = 'OPEN' AND snoozed_until = 0 LIMIT ?)`
	countMine = `SELECT count(*) FROM (SELECT 1 FROM conversation INDEXED BY conversation_assignee
		WHERE org_id = ? AND assignee_id = ? AND assignee_id <> 0 AND status = 'OPEN' AND snoozed_until = 0 LIMIT ?)`
	countUnassigned = `SELECT count(*) FROM (SELECT 1 FROM conversation INDEXED BY conversation_unassigned
		WHERE org_id = ? AND status = 'OPEN' AND assignee_id = 0 AND snoozed_until = 0 LIMIT ?)`
	countSnoozed = `SELECT count(*) FROM (SELECT 1 FROM conversation INDEXED BY conversation_snoozed
		WHERE org_id = ? AND status = 'OPEN' AND snoozed_until > 0 LIMIT ?)`
	countWaiting = `SELECT count(*) FROM (SELECT 1 FROM conversation INDEXED BY conversation_waiting
		WHERE org_id = ? AND waiting_since > 0 AND status = 'OPEN' AND snoozed_until = 0 LIMIT ?)`
	countClosing = `SELECT count(*) FROM (SELECT 1 FROM conversation INDEXED BY conversation_closing
		WHERE org_id = ? AND status = 'OPEN' AND window_expires_at > ? AND window_expires_at <= ? AND snoozed_until = 0 LIMIT ?)`
	countAllUnread = `SELECT count(*) FROM (SELECT 1 FROM conversation INDEXED BY conversation_unread
		WHERE org_id = ? AND status = 'OPEN' AND unread_count > 0 AND snoozed_until = 0 LIMIT ?)`
	countMineUnread = `SELECT count(*) FROM (SELECT 1 FROM conversation INDEXED BY conversation_unread
		WHERE org_id = ? AND status = 'OPEN' AND unread_count > 0 AND assignee_id = ? AND snoozed_until = 0 LIMIT ?)`
	countUnassignedUnread = `SELECT count(*) FROM (SELECT 1 FROM conversation INDEXED BY conversation_unread
		WHERE org_id = ? AND status = 'OPEN' AND unread_count > 0 AND assignee_id = 0 AND snoozed_until = 0 LIMIT ?)`
)
