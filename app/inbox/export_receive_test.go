package inbox

import (
	"context"

	"badala/app/db"
)

// InsertOutbound puts a text of ours into a conversation, and applies what is
// parked for it.
func (s *Service) InsertOutbound(tx *db.Tx, c Conversation, wamid, status string, sentAt int64) (int64, error) {
	c, err := conversationRow(tx, c.OrgID, c.ID)
	if err != nil {
		return 0, err
	}
	m := Message{
		OrgID: c.OrgID, ConversationID: c.ID, ContactID: c.ContactID, ChannelID: c.ChannelID, Direction: Outbound, Type: TypeText,
		Body: "ours", Status: status, SentAt: sentAt, WaID: wamid, SentByKind: SentByUser, Attempt: 1,
	}
	if _, err := insertMessageTx(tx, &m); err != nil {
		return 0, err
	}
	if err := touchConversationTx(tx, &c, &m); err != nil {
		return 0, err
	}
	return m.ID, s.applyParkedTx(tx, m.ID, wamid)
}

// Token makes the callback token of the first attempt of a message.
func Token(tx *db.Tx, message int64) (string, error) {
	instance, err := instanceTx(tx)
	return token(instance, message, 1), err
}

// ListQuery is the query behind a page of conversations in one status.
func (f Filter) ListQuery(org int64, status string) (string, []any, error) {
	f.normalise(1)
	all := f.stretches()
	return f.query(org, all[len(all)-1].order, status, nil)
}

// CountQuery is the query behind the total of a list in one status.
func (f Filter) CountQuery(org int64, status string) (string, []any, error) {
	f.normalise(1)
	return f.countQuery(org, status, nil)
}

// Hot queries, for the test of their plans.
var (
	PersonQueries  = []string{withHistoryQuery}
	ThreadQueries  = []string{threadBefore, threadAfter}
	WaitingQueries = []string{dueQuery, dueNowQuery, unansweredQuery, lateQuery}
	CountQueries   = []string{countAll, countMine, countUnassigned, countSnoozed, countAllUnread, countMineUnread, countUnassignedUnread, countWaiting, countClosing}
)

// MergeSearch runs the job that tends the search index.
func (s *Service) MergeSearch(ctx context.Context) error { return s.mergeSearch(ctx, nil) }
