package inbox

import (
	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

// maxTried is how many waiting conversations one free place is offered to.
const maxTried = 20

// choice is who would get a conversation, and why. Without anybody, busy says
// that there is somebody whose hands are full.
type choice struct {
	user   int64
	reason string
	turn   bool // it is a turn of the rotation
	busy   bool
}

// roster is what the choosing needs to know of the team.
type roster struct {
	q       db.Q
	org     int64
	maxOpen int
	workers map[int64]bool
	absent  map[int64]string // who gets none because they are not there
}

// newRoster looks at the team for a conversation that is with former, who does
// not get it again.
func newRoster(q db.Q, org int64, a Assignment, former int64) (r roster, err error) {
	r = roster{q: q, org: org, maxOpen: a.MaxOpen}
	if r.workers, err = account.Workers(q, org); err != nil || !a.SkipAway {
		delete(r.workers, former)
		return r, err
	}
	delete(r.workers, former)
	r.absent, err = absent(q, org)
	return r, err
}

// free says whether somebody works here and can take one more.
func (r roster) free(user int64) (bool, error) {
	there := r.workers[user] && r.absent[user] == ""
	if !there || r.maxOpen == 0 {
		return there, nil
	}
	n, err := db.Value[int](r.q, `SELECT count(*) FROM (SELECT 1 FROM conversation INDEXED BY conversation_assignee
		WHERE org_id = ? AND assignee_id = ? AND assignee_id <> 0 AND status = 'OPEN' AND snoozed_until = 0 LIMIT ?)`, r.org, user, r.maxOpen)
	return n < r.maxOpen, err
}

// choose finds who gets a conversation with these tags: the first rule that
// fits and whose person is free, then the fallback.
func (a Assignment) choose(r roster, tags map[int64]bool) (c choice, err error) {
	c, err = a.byRule(r, tags)
	if err != nil || c.user != 0 || a.Mode == AssignNobody {
		return c, err
	}
	if a.rotates() {
		reason := reasonRoundRobin
		if a.Mode == AssignByTag {
			reason = reasonFallback
		}
		next, err := a.next(r)
		if err != nil || next.user != 0 {
			next.reason = reason
			return next, err
		}
		c.busy = c.busy || next.busy
	}
	if a.Fallback == AssignPerson && r.workers[a.FallbackID] {
		return choice{user: a.FallbackID, reason: reasonFallback}, nil
	}
	return c, nil
}

// byRule is choose by the rules alone.
func (a Assignment) byRule(r roster, tags map[int64]bool) (c choice, err error) {
	if a.Mode != AssignByTag {
		return c, nil
	}
	for _, rule := range a.Rules {
		if !tags[rule.Tag.ID] {
			continue
		}
		ok, err := r.free(rule.AssigneeID)
		if err != nil || ok {
			return choice{user: rule.AssigneeID, reason: reasonTagRule}, err
		}
		c.busy = c.busy || r.workers[rule.AssigneeID]
	}
	return c, nil
}

// next is whose turn it is: of those who are free, who had the fewest turns.
func (a Assignment) next(r roster) (c choice, err error) {
	fewest := 0
	for _, t := range a.Members {
		if c.user != 0 && t.turns >= fewest {
			continue
		}
		ok, err := r.free(t.UserID)
		if err != nil {
			return c, err
		}
		if ok {
			c.user, c.turn, fewest = t.UserID, true, t.turns
		}
		c.busy = c.busy || r.workers[t.UserID]
	}
	return c, nil
}

// turnTx notes that somebody had a turn. Those who could not take one do not
// catch up later: they have at least as many turns as whoever could.
func (a Assignment) turnTx(tx *db.Tx, r roster, user int64) error {
	if _, err := tx.Exec(`UPDATE assignment_member SET turns = turns + 1, given = given + 1 WHERE channel_id = ? AND user_id = ? AND org_id = ?`,
		a.ChannelID, user, r.org); err != nil {
		return err
	}
	fewest, missed := -1, []int64{}
	for _, t := range a.Members {
		if t.UserID == user {
			t.turns++
		} else if ok, err := r.free(t.UserID); err != nil {
			return err
		} else if !ok {
			missed = append(missed, t.UserID)
			continue
		}
		if fewest < 0 || t.turns < fewest {
			fewest = t.turns
		}
	}
	for _, id := range missed {
		if _, err := tx.Exec(`UPDATE assignment_member SET turns = max(turns, ?) WHERE channel_id = ? AND user_id = ? AND org_id = ?`,
			fewest, a.ChannelID, id, r.org); err != nil {
			return err
		}
	}
	return nil
}

// giveTx gives c to whom the setting of its number says, and writes down that
// it waits if everybody who could have it is busy.
func (s *Service) giveTx(tx *db.Tx, c *Conversation, choose func(Assignment, roster, map[int64]bool) (choice, error)) (choice, error) {
	a, err := assignmentOf(tx, c.OrgID, c.ChannelID)
	if err != nil || a.Mode == AssignNobody {
		return choice{}, err
	}
	r, err := newRoster(tx, c.OrgID, a, c.AssigneeID)
	if err != nil {
		return choice{}, err
	}
	tags, err := s.tagsForRules(tx, a, c)
	if err != nil {
		return choice{}, err
	}
	to, err := choose(a, r, tags)
	if err != nil {
		return to, err
	}
	if to.user == 0 {
		if !to.busy {
			return to, nil
		}
		_, err := tx.Exec(`INSERT INTO assignment_wait (conversation_id, org_id, channel_id, since) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			c.ID, c.OrgID, c.ChannelID, tx.Now())
		return to, err
	}
	if to.turn {
		if err := a.turnTx(tx, r, to.user); err != nil {
			return to, err
		}
	}
	return to, s.assignTx(tx, account.SystemActor(c.OrgID), c, to.user, to.reason)
}

// tagsForRules are the tags of a conversation and of its contact, where rules
// ask for them.
func (s *Service) tagsForRules(q db.Q, a Assignment, c *Conversation) (map[int64]bool, error) {
	tags := map[int64]bool{}
	if a.Mode != AssignByTag || len(a.Rules) == 0 {
		return tags, nil
	}
	own, err := conversationTags(q, c.OrgID, []int64{c.ID})
	if err != nil {
		return nil, err
	}
	people, err := s.Contacts.ByIDs(q, c.OrgID, []int64{c.ContactID})
	for _, t := range append(own[c.ID], people[c.ContactID].Tags...) {
		tags[t.ID] = true
	}
	return tags, err
}

// giveWaitingTx offers places that have become free to those that wait longest.
func (s *Service) giveWaitingTx(tx *db.Tx, org int64) error {
	ids, err := db.All(tx, scanID, `SELECT conversation_id FROM assignment_wait WHERE org_id = ? ORDER BY since, conversation_id LIMIT ?`, org, maxTried)
	if err != nil {
		return err
	}
	for _, id := range ids {
		c, err := conversationRow(tx, org, id)
		if errs.Is(err, errs.NotFound) {
			err = stopWaitingTx(tx, org, id)
		} else if err == nil {
			_, err = s.giveTx(tx, &c, Assignment.choose)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// stopWaitingTx takes a conversation out of the queue for a free place.
func stopWaitingTx(tx *db.Tx, org, conv int64) error {
	_, err := tx.Exec(`DELETE FROM assignment_wait WHERE conversation_id = ? AND org_id = ?`, conv, org)
	return err
}

// give finds somebody for the conversation of a customer who has written: for
// the first time, or in a closed conversation, or in one for which nobody was
// free. What somebody has stays theirs while they work here.
func (r *receipt) give(c *Conversation, anew bool) error {
	if c.AssigneeID != 0 {
		if !anew {
			return nil
		}
		if works, err := account.ActiveMember(r.tx, c.OrgID, c.AssigneeID); err != nil || works {
			return err
		}
	} else if !anew {
		waits, err := db.Exists(r.tx, `SELECT 1 FROM assignment_wait WHERE conversation_id = ? AND org_id = ?`, c.ID, c.OrgID)
		if err != nil || !waits {
			return err
		}
	}
	return r.s.passOnTx(r.tx, c)
}

// WouldGet says who would get a new conversation with one tag, 0 for none, as
// things are; reason is as in the event. User 0 is nobody.
func (s *Service) WouldGet(q db.Q, org, channel, tag int64) (user int64, reason string, err error) {
	defer errs.Wrap(&err, "inbox.WouldGet(%d)", channel)
	a, err := s.Assignment(q, org, channel)
	if err != nil {
		return 0, "", err
	}
	r, err := newRoster(q, org, a, 0)
	if err != nil {
		return 0, "", err
	}
	c, err := a.choose(r, map[int64]bool{tag: true})
	return c.user, c.reason, err
}
