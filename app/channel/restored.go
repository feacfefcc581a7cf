package channel

import (
	"slices"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

// heldByHand are the reasons of pauses that good credentials do not end.
var heldByHand = []string{ReasonManual, ReasonBanned, ReasonRestricted, ReasonRestored}

// PauseRestoredTx stops sending from every number: the database was put back
// from a backup, and what waits in it may have been sent long ago. It gives
// how many numbers stand still.
func (s *Service) PauseRestoredTx(tx *db.Tx) (n int, err error) {
	defer errs.Wrap(&err, "channel.PauseRestoredTx")
	all, err := db.All(tx, s.scan, `SELECT `+channelColumns+` FROM channel WHERE archived_at = 0 AND state <> 'DISCONNECTED' ORDER BY id`)
	if err != nil {
		return 0, err
	}
	for i := range all {
		c := &all[i]
		if !c.CanSend() && slices.Contains(heldByHand, c.PausedReason) {
			continue
		}
		if err := s.standStillTx(tx, c); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// standStillTx touches nothing but the state: a restore has no key at hand
// that would open the number's secrets, and must not lose them.
func (s *Service) standStillTx(tx *db.Tx, c *Channel) error {
	was := sending(*c)
	c.State, c.PausedReason, c.PausedUntil = Paused, ReasonRestored, 0
	if _, err := tx.Exec(`UPDATE channel SET state = ?, paused_reason = ?, paused_until = 0, updated_at = ? WHERE id = ? AND org_id = ?`,
		c.State, c.PausedReason, tx.Now(), c.ID, c.OrgID); err != nil {
		return err
	}
	tx.AfterCommit(s.forget)
	who := account.SystemActor(c.OrgID)
	if err := auditTx(tx, who, "channel.pause", *c, was, sending(*c)); err != nil {
		return err
	}
	return s.recordTx(tx, eventHealth, *c, who, "paused", ReasonRestored)
}

// ResumeRestoredTx lets the numbers that PauseRestoredTx stopped send again.
func (s *Service) ResumeRestoredTx(tx *db.Tx, who account.Actor) (err error) {
	defer errs.Wrap(&err, "channel.ResumeRestoredTx")
	all, err := db.All(tx, s.scan, `SELECT `+channelColumns+` FROM channel
		WHERE state = 'PAUSED' AND paused_reason = ? AND archived_at = 0 ORDER BY id`, ReasonRestored)
	for i := range all {
		who.OrgID = all[i].OrgID
		if err == nil {
			err = s.resumeTx(tx, &all[i], who)
		}
	}
	return err
}

// Restored counts the numbers that stand still since a restore.
func Restored(q db.Q) (int, error) {
	return db.Value[int](q, `SELECT count(*) FROM channel WHERE state = 'PAUSED' AND paused_reason = ? AND archived_at = 0`, ReasonRestored)
}
