package inbox

import (
	"badala/app/db"
	"badala/app/errs"
)

// changesLimit is how many events one look at the log takes.
const changesLimit = 500

// Changed is what happened after a revision.
type Changed struct {
	Head          int64   // the revision to ask from next
	More          bool    // ask again at once
	Conversations []int64 // those that look different or are new
	Messages      []int64 // of the conversation asked for: new or different
}

// Changes tells what an organisation's log holds after revision since, for
// lists and for one open conversation (0 for none).
func (s *Service) Changes(q db.Q, org, since, conv int64) (c Changed, err error) {
	defer errs.Wrap(&err, "inbox.Changes(%d)", since)
	// The head first: what is committed between the two reads comes twice
	// rather than never.
	head, err := s.Events.Head(q)
	if err != nil {
		return c, err
	}
	c.Head = max(since, head)
	events, err := s.Events.Since(q, org, since, changesLimit)
	if err != nil || len(events) == 0 {
		return c, err
	}
	last := events[len(events)-1].Seq
	if c.More = len(events) == changesLimit; c.More {
		c.Head = last
	}
	c.Head = max(c.Head, last)
	var people []int64
	for _, e := range events {
		switch {
		case e.ConversationID != 0:
			c.Conversations = append(c.Conversations, e.ConversationID)
		case e.ContactID != 0:
			people = append(people, e.ContactID)
		}
		if e.MessageID != 0 && e.ConversationID == conv && conv != 0 {
			c.Messages = append(c.Messages, e.MessageID)
		}
	}
	theirs, err := conversationsOf(q, org, distinct(people))
	c.Conversations = distinct(append(c.Conversations, theirs...))
	c.Messages = distinct(c.Messages)
	return c, err
}
