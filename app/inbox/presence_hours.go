package inbox

import (
	"context"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/queue"
)

// presenceArgs says whose hours begin or end, and when. Hours that were changed
// meanwhile have another time.
type presenceArgs struct {
	Org  int64 `json:"org"`
	User int64 `json:"user"`
	At   int64 `json:"at"`
}

// presenceKind is the begin or end of somebody's hours.
var presenceKind = &queue.Kind[presenceArgs]{Name: "inbox.presence", Timeout: 30 * time.Second, Workers: 1}

func (s *Service) initPresence() { presenceKind.Handle(s.Queue, s.runPresence) }

// planPresenceTx has the next change of a presence happen at its time.
func (s *Service) planPresenceTx(tx *db.Tx, org int64, p Presence) error {
	if p.NextAt == 0 {
		return nil
	}
	return presenceKind.Add(s.Queue, tx, presenceArgs{org, p.UserID, p.NextAt}, queue.At(p.NextAt), queue.Once("%d.%d.%d", org, p.UserID, p.NextAt))
}

// runPresence makes somebody available whose hours have begun, and off whose
// hours have ended. After a standstill only the present counts.
func (s *Service) runPresence(ctx context.Context, j *queue.Job[presenceArgs]) error {
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := j.Finish(tx); err != nil {
			return err
		}
		was, err := presenceOf(tx, j.Args.Org, j.Args.User)
		if err != nil || was.NextAt != j.Args.At {
			return err
		}
		sched, err := was.schedule(tx, j.Args.Org)
		if err != nil || sched == nil {
			return err
		}
		p := was
		if p.State = Off; sched.Open(time.UnixMilli(tx.Now())) {
			p.State = Available
		}
		return s.savePresenceTx(tx, account.SystemActor(j.Args.Org), was, &p)
	})
}

// maxHandOver is how many conversations are handed over in one transaction.
const maxHandOver = 1000

// HandOver gives the open conversations of a member to others: by the setting
// of each number, to nobody, or to a person with HandOverPerson. It tells how many.
func (s *Service) HandOver(ctx context.Context, who account.Actor, user int64, how string, to int64) (n int, err error) {
	defer errs.Wrap(&err, "inbox.HandOver(%d)", user)
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := s.Accounts.Member(tx, who.OrgID, user); err != nil {
			return err
		}
		if err := who.Require(account.Assign); err != nil {
			return err
		}
		switch {
		case how == HandOverPerson && to == user:
			return errs.Field("assigneeId", "must be somebody else")
		case how == HandOverPerson:
			if err := mustBeMember(tx, who.OrgID, to, "assigneeId"); err != nil {
				return err
			}
		case how != HandOverTurn && how != HandOverNobody:
			return errs.Field("to", "must be a person, in turn, or nobody")
		}
		n, err = s.handOverTx(tx, who, user, how, to)
		return err
	})
	return n, err
}

// HandOverPerson gives conversations to one person; it is no rule.
const HandOverPerson = "PERSON"

func (s *Service) handOverTx(tx *db.Tx, who account.Actor, user int64, how string, to int64) (int, error) {
	ids, err := db.All(tx, scanID, `SELECT id FROM conversation INDEXED BY conversation_assignee
		WHERE org_id = ? AND assignee_id = ? AND assignee_id <> 0 AND status = 'OPEN' ORDER BY last_message_at LIMIT ?`, who.OrgID, user, maxHandOver)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		c, err := conversationRow(tx, who.OrgID, id)
		if err != nil {
			return 0, err
		}
		if how == HandOverTurn {
			if err = s.passOnTx(tx, &c); err != nil {
				return 0, err
			}
			continue
		}
		if err := s.assignTx(tx, who, &c, to, reasonManual); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

// passOnTx takes a conversation from its assignee, if it has one, and gives it
// to whom the setting of its number says, else to nobody: everybody sees it then.
func (s *Service) passOnTx(tx *db.Tx, c *Conversation) error {
	given, err := s.giveTx(tx, c, Assignment.choose)
	if err != nil || given.user != 0 || c.AssigneeID == 0 {
		return err
	}
	return s.assignTx(tx, account.SystemActor(c.OrgID), c, 0, reasonFallback)
}
