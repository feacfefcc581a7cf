package inbox

import (
	"context"
	"errors"
	"time"

	"badala/app/account"
	"badala/app/db"
	"badala/app/meta"
	"badala/app/queue"
)

// Outcomes of the latest attempt to send a message. A message that was never
// tried has none.
const (
	OutcomeAccepted    = "ACCEPTED"
	OutcomeRetry       = "RETRY"       // waits for its next attempt
	OutcomeHeld        = "HELD"        // waits for its channel
	OutcomeFailed      = "FAILED"      // refused for good
	OutcomeUnknown     = "UNKNOWN"     // Meta may have it: the answer was lost
	OutcomeInterrupted = "INTERRUPTED" // as UNKNOWN, because this server stopped
	OutcomeResent      = "RESENT"      // unknown, and somebody sent it again
	OutcomeMarked      = "MARKED"      // unknown, and somebody said that it was sent
)

const (
	patience        = 24 * time.Hour // with limits and with an unreachable Meta
	confirmAnswer   = 2 * time.Minute
	confirmRestart  = 10 * time.Minute
	firstDisconnect = time.Second
)

var errInterrupted = errors.New("the server stopped while the message was being sent")

// disconnected are the waits after calls that never left this machine.
var disconnected = [...]time.Duration{firstDisconnect, 5 * time.Second, 15 * time.Second, time.Minute}

// refusal is a failure that we find out ourselves, without asking Meta.
type refusal struct{ MessageError }

func (r *refusal) Error() string { return r.Title }

// next is how a job goes on: over, or again after a wait.
type next struct {
	again bool
	wait  time.Duration
	count bool // the try counts
	held  bool
}

// conclude commits the outcome of an attempt with the end of its job, or the
// wait before the next attempt. An answer that cannot be committed is kept
// until it can.
func (s *Service) conclude(ctx context.Context, j *queue.Job[sendArgs], d delivery, a answer) error {
	var n next
	err := s.DB.Write(context.WithoutCancel(ctx), func(tx *db.Tx) (err error) {
		if n, err = s.outcomeTx(tx, j, d, a); err != nil || n.again {
			return err
		}
		return j.Finish(tx)
	})
	if err != nil {
		if d.m.AttemptStartedAt != 0 && !errors.Is(a.err, errInterrupted) {
			s.answers.Store(d.m.ID, a)
		}
		return queue.Wait(time.Second, err)
	}
	s.answers.Delete(d.m.ID)
	if !n.again || n.held {
		s.waiting.wake(d.m.ID)
	}
	switch {
	case !n.again:
		return nil
	case n.count:
		return queue.RetryAfter(n.wait, a.err)
	}
	return queue.Wait(n.wait, a.err)
}

// outcomeTx files an answer by the table of outcomes.
func (s *Service) outcomeTx(tx *db.Tx, j *queue.Job[sendArgs], d delivery, a answer) (next, error) {
	if a.err == nil && d.ready {
		if done, err := s.acceptReadyTx(tx, d, a.result); done || err != nil {
			return next{}, err
		}
	}
	m, err := messageRow(tx, d.m.OrgID, d.m.ID)
	if err != nil {
		return next{}, err
	}
	if m.Status != StatusPending {
		// A status was faster than the answer.
		return next{}, s.lateAnswerTx(tx, &m, a)
	}
	if a.err == nil {
		return next{}, s.acceptTx(tx, d, &m, a.result)
	}
	if own, ok := errors.AsType[*refusal](a.err); ok {
		return next{}, s.failTx(tx, &m, own.MessageError)
	}
	if refused, ok := errors.AsType[*meta.Error](a.err); ok {
		return s.refusedTx(tx, j, &m, refused)
	}
	if errors.Is(a.err, errInterrupted) {
		return next{}, s.unknownTx(tx, &m, OutcomeInterrupted)
	}
	lost, ok := errors.AsType[*meta.SendError](a.err)
	if ok && lost.Sent && m.AttemptStartedAt != 0 {
		return next{}, s.unknownTx(tx, &m, OutcomeUnknown)
	}
	return s.unsentTx(tx, j, &m, a.err)
}

// lateAnswerTx notes the wamid of a message that a status has settled already.
func (s *Service) lateAnswerTx(tx *db.Tx, m *Message, a answer) error {
	if a.err != nil {
		return nil
	}
	tx.AfterCommit(func() { s.pace.accepted(m, tx.Now(), false) })
	if m.WaID != "" {
		return nil
	}
	if err := setWaIDTx(tx, m, a.result.MessageID); err != nil {
		return err
	}
	return s.applyParkedTx(tx, m.ID, m.WaID)
}

// acceptTx files that Meta took the message, and what it told before.
func (s *Service) acceptTx(tx *db.Tx, d delivery, m *Message, r meta.SendResult) error {
	m.Status, m.Outcome, m.Error, m.SentAt = StatusSent, OutcomeAccepted, MessageError{}, tx.Now()
	if err := setWaIDTx(tx, m, r.MessageID); err != nil {
		return err
	}
	if err := s.saveSendTx(tx, m, "message.sent"); err != nil {
		return err
	}
	if err := unpauseTx(tx, m.ChannelID, m.ConversationID); err != nil {
		return err
	}
	if r.WaID != "" && d.to.phone != "" && "+"+r.WaID != d.to.phone {
		if _, _, err := s.Contacts.AttachPhoneTx(tx, m.OrgID, m.ContactID, r.WaID); err != nil {
			return err
		}
	}
	tx.AfterCommit(func() { s.pace.accepted(m, tx.Now(), m.hasFile()) })
	return s.applyParkedTx(tx, m.ID, m.WaID)
}

// refusedTx does what Meta's error code asks for.
func (s *Service) refusedTx(tx *db.Tx, j *queue.Job[sendArgs], m *Message, e *meta.Error) (next, error) {
	v := e.Verdict()
	why := messageError(*e)
	if v.Kind == meta.Unmapped {
		s.heardTx(tx, Watch.Unmapped)
		if e.FBTraceID != "" {
			why.Detail += " [fbtrace_id " + e.FBTraceID + "]"
		}
	}
	tries := j.Attempt - 1
	switch v.Kind {
	case meta.RetryNumber, meta.RetryPair:
		conv := int64(0)
		if v.Kind == meta.RetryPair {
			conv = m.ConversationID
		}
		if tx.Now()-m.CreatedAt > patience.Milliseconds() {
			return next{}, s.failTx(tx, m, why)
		}
		wait, err := pauseTx(tx, m.ChannelID, conv, func(step int) time.Duration { return max(v.Wait(step), e.RetryAfter) })
		if err != nil {
			return next{}, err
		}
		return next{again: true, wait: wait}, s.putBackTx(tx, m, OutcomeRetry, false)
	case meta.RetryMessage:
		if tries >= len(v.Waits) {
			return next{}, s.failTx(tx, m, why)
		}
		return next{again: true, count: true, wait: v.CheckFirst + v.Wait(tries)}, s.putBackTx(tx, m, OutcomeRetry, true)
	case meta.HoldChannel:
		if err := s.Channels.PauseTx(tx, m.ChannelID, v.Explain); err != nil {
			return next{}, err
		}
		return next{again: true, held: true, wait: heldAtFirst}, s.putBackTx(tx, m, OutcomeHeld, false)
	}
	return next{}, s.failTx(tx, m, why)
}

// unsentTx tries again what never left this machine, until patience ends.
func (s *Service) unsentTx(tx *db.Tx, j *queue.Job[sendArgs], m *Message, why error) (next, error) {
	if tx.Now()-m.CreatedAt > patience.Milliseconds() {
		return next{}, s.failTx(tx, m, MessageError{Code: codeUnreachable, Title: "WhatsApp could not be reached", Detail: why.Error()})
	}
	wait := disconnected[min(j.Attempt-1, len(disconnected)-1)]
	return next{again: true, count: true, wait: wait}, s.putBackTx(tx, m, OutcomeRetry, true)
}

// putBackTx makes m wait for another attempt. An attempt that Meta's limits or
// the channel refused is given back.
func (s *Service) putBackTx(tx *db.Tx, m *Message, outcome string, counts bool) error {
	back := 0
	if !counts && m.AttemptStartedAt != 0 {
		back = 1
	}
	_, err := tx.Exec(`UPDATE message SET attempt = attempt - ?, attempt_started_at = 0, outcome = ? WHERE id = ? AND org_id = ?`,
		back, outcome, m.ID, m.OrgID)
	return err
}

// failTx files that m will not go out unless somebody tries again.
func (s *Service) failTx(tx *db.Tx, m *Message, why MessageError) error {
	if why.Code == 0 {
		why.Code = meta.NoCode
	}
	m.Status, m.Outcome, m.Error = StatusFailed, OutcomeFailed, why
	if err := forgetUploadTx(tx, m); err != nil {
		return err
	}
	return s.saveSendTx(tx, m, "message.failed")
}

// unknownTx files that Meta may or may not have m.
func (s *Service) unknownTx(tx *db.Tx, m *Message, outcome string) error {
	m.Status, m.Outcome = StatusUnconfirmed, outcome
	s.heardTx(tx, Watch.Unconfirmed)
	return s.saveSendTx(tx, m, "message.updated")
}

// saveSendTx writes what sending changes of a message, with its event.
func (s *Service) saveSendTx(tx *db.Tx, m *Message, kind string) error {
	return s.saveSendAsTx(tx, account.SystemActor(m.OrgID), m, kind)
}

func (s *Service) saveSendAsTx(tx *db.Tx, who account.Actor, m *Message, kind string) error {
	_, err := tx.Exec(`UPDATE message SET status = ?, error_code = ?, error_title = ?, error_detail = ?, sent_at = ?,
		attempt = ?, attempt_started_at = ?, outcome = ? WHERE id = ? AND org_id = ?`,
		m.Status, m.Error.Code, m.Error.Title, m.Error.Detail, m.SentAt, m.Attempt, m.AttemptStartedAt, m.Outcome, m.ID, m.OrgID)
	if err != nil {
		return err
	}
	if err := s.bulkChangedTx(tx, m); err != nil {
		return err
	}
	if err := s.templateNewsTx(tx, m); err != nil {
		return err
	}
	seq, err := s.Events.Record(tx, m.event(who, kind))
	if err != nil {
		return err
	}
	m.Rev = seq
	if _, err := tx.Exec(`UPDATE message SET rev = ? WHERE id = ? AND org_id = ?`, seq, m.ID, m.OrgID); err != nil {
		return err
	}
	c, err := conversationRow(tx, m.OrgID, m.ConversationID)
	if err != nil {
		return err
	}
	c.Rev = seq
	switch {
	case !m.answers():
	case m.Status == StatusPending:
		c.answered()
	case m.Status == StatusFailed:
		if err := s.recallWaitingTx(tx, &c, 0); err != nil {
			return err
		}
	}
	return touchConversationTx(tx, &c, m)
}
