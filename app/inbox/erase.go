package inbox

import (
	"badala/app/contact"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/event"
	"badala/app/queue"
)

// eventErased tells open pages that a conversation is no more.
const eventErased = "conversation.erased"

// eraseTx makes what was said with a contact invisible: its conversations with
// tags and drafts go, what waits to be sent never will be. A job takes the
// messages away.
func (s *Service) eraseTx(tx *db.Tx, org, who int64) error {
	if _, err := tx.Exec(`DELETE FROM conversation_join WHERE (from_contact = ?1 OR into_contact = ?1) AND org_id = ?2`, who, org); err != nil {
		return err
	}
	all, err := db.All(tx, scanConversation, `SELECT `+conversationColumns+` FROM conversation c
		WHERE c.contact_id = ? AND c.org_id = ?`, who, org)
	if err != nil {
		return err
	}
	args := eraseArgs{Org: org, Contact: who, UpTo: tx.NewID()}
	if args.Names, err = s.Contacts.Names(tx, org, who); errs.Is(err, errs.NotFound) {
		return nil // it became part of another one, with all that it had
	} else if err != nil {
		return err
	}
	for i := range all {
		alone, err := s.leaveGroupTx(tx, &all[i])
		if err != nil {
			return err
		}
		if !alone {
			continue
		}
		if err := s.eraseConversationTx(tx, &all[i]); err != nil {
			return err
		}
		args.Conversations = append(args.Conversations, all[i].ID)
	}
	if args.Groups, err = db.All(tx, scanID, `SELECT id FROM conversation INDEXED BY conversation_group
		WHERE channel_id IN (SELECT id FROM channel WHERE org_id = ?1) AND group_id <> '' AND org_id = ?1`, org); err != nil {
		return err
	}
	return eraseKind.Add(s.Queue, tx, args)
}

// leaveGroupTx hands a group to somebody else who wrote in it; it gives true
// for a conversation that is nobody's but this contact's.
func (s *Service) leaveGroupTx(tx *db.Tx, c *Conversation) (alone bool, err error) {
	if c.GroupID == "" {
		return true, nil
	}
	other, err := db.Value[int64](tx, `SELECT contact_id FROM message WHERE conversation_id = ? AND contact_id NOT IN (0, ?)
		ORDER BY at DESC, id DESC LIMIT 1`, c.ID, c.ContactID)
	if errs.Is(err, errs.NotFound) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	if _, err = tx.Exec(`UPDATE conversation SET contact_id = ? WHERE id = ? AND org_id = ?`, other, c.ID, c.OrgID); err != nil || !c.Waits() {
		return false, err
	}
	if err := s.recallWaitingTx(tx, c, c.ContactID); err != nil {
		return false, err
	}
	return false, keepWaitingTx(tx, c)
}

// eraseConversationTx removes a conversation, and counts what was said in it.
func (s *Service) eraseConversationTx(tx *db.Tx, c *Conversation) error {
	n := contact.Erased{Conversations: 1}
	var err error
	if n.Messages, err = db.Value[int](tx, `SELECT COUNT(*) FROM message WHERE conversation_id = ? AND direction IN ('INBOUND', 'OUTBOUND')`, c.ID); err != nil {
		return err
	}
	if n.Media, err = db.Value[int](tx, `SELECT COUNT(*) FROM message WHERE conversation_id = ? AND media_id <> 0`, c.ID); err != nil {
		return err
	}
	if err := s.Contacts.CountErasedTx(tx, c.OrgID, c.ContactID, n); err != nil {
		return err
	}
	if err := s.dropPendingTx(tx, c); err != nil {
		return err
	}
	for _, stmt := range []string{
		`DELETE FROM conversation_tag WHERE conversation_id = ? AND org_id = ?`,
		`DELETE FROM draft WHERE conversation_id = ? AND org_id = ?`,
		`DELETE FROM auto_answer WHERE conversation_id = ? AND org_id = ?`,
		`DELETE FROM assignment_wait WHERE conversation_id = ? AND org_id = ?`,
		`DELETE FROM conversation WHERE id = ? AND org_id = ?`,
	} {
		if _, err := tx.Exec(stmt, c.ID, c.OrgID); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(`DELETE FROM send_pause WHERE channel_id = ? AND conversation_id = ?`, c.ChannelID, c.ID); err != nil {
		return err
	}
	_, err = s.Events.Record(tx, event.Event{OrgID: c.OrgID, Type: eventErased, ActorKind: "SYSTEM", ConversationID: c.ID, ChannelID: c.ChannelID})
	return err
}

// dropPendingTx ends what waits to be sent. A call to Meta that is under way
// finds its message ended, and the other jobs find no conversation.
func (s *Service) dropPendingTx(tx *db.Tx, c *Conversation) error {
	waiting, err := db.All(tx, scanID, `SELECT id FROM message INDEXED BY message_thread WHERE conversation_id = ? AND status = 'PENDING'`, c.ID)
	if err != nil || len(waiting) == 0 {
		return err
	}
	if _, err := tx.Exec(`UPDATE message SET status = 'FAILED', outcome = '' WHERE conversation_id = ? AND status = 'PENDING' AND org_id = ?`, c.ID, c.OrgID); err != nil {
		return err
	}
	tx.AfterCommit(func() {
		for _, id := range waiting {
			s.waiting.wake(id)
		}
	})
	return s.Queue.Wake(tx, sendKind.Name, sendLane(c.ID))
}

// initErase registers the jobs of erasing.
func (s *Service) initErase() {
	s.Contacts.OnErase(s.eraseTx)
	eraseKind.Handle(s.Queue, s.runErase)
	forgetKind.Handle(s.Queue, s.runForget)
}

// forgetTx has the words of erased texts taken out of the search indexes, once
// for all who are erased in the same hour.
func (s *Service) forgetTx(tx *db.Tx) error {
	at := (tx.Now()/forgetEvery + 1) * forgetEvery
	return forgetKind.Add(s.Queue, tx, forgetArgs{}, queue.Once("%d", at), queue.At(at))
}
