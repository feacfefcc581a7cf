package inbox

import "badala/app/db"

// ConversationsAfter gives the next conversations of an organisation with their
// contacts and tags, in the order in which they were made.
func (s *Service) ConversationsAfter(q db.Q, org, after int64, take int) ([]Conversation, error) {
	// By id, not by organisation: all indexes of that are in another order.
	all, err := db.All(q, scanConversation, `SELECT `+conversationColumns+` FROM conversation c
		WHERE +c.org_id = ? AND c.id > ? ORDER BY c.id LIMIT ?`, org, after, take)
	if err != nil {
		return nil, err
	}
	return all, s.fill(q, org, all)
}

// ConversationAfter is the id of the next conversation, 0 at the end.
func ConversationAfter(q db.Q, org, after int64) (int64, error) {
	ids, err := db.All(q, scanID, `SELECT c.id FROM conversation c WHERE +c.org_id = ? AND c.id > ? ORDER BY c.id LIMIT 1`, org, after)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return ids[0], nil
}
