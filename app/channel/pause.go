package channel

import (
	"context"

	"badala/app/account"
	"badala/app/db"
	"badala/app/errs"
)

// Reasons of pauses that do not come from an error code of Meta's.
const (
	ReasonManual     = "manual"
	ReasonRestricted = "restricted"
	ReasonBanned     = "banned"
	ReasonRemoved    = "removed"  // Meta says that the number is no longer connected
	ReasonRestored   = "restored" // the database was put back from a backup
)

// rowTx reads a number by its id alone: for callers that hold a row of the
// number's own organisation.
func (s *Service) rowTx(q db.Q, id int64) (Channel, error) {
	return db.One(q, s.scan, `SELECT `+channelColumns+` FROM channel WHERE id = ? AND archived_at = 0`, id)
}

// PauseTx stops sending from a number; reason is a catalogue key below
// "channel.paused.". Pausing for the same reason again changes nothing, and a
// number that was removed stays as it is.
func (s *Service) PauseTx(tx *db.Tx, id int64, reason string) (err error) {
	defer errs.Wrap(&err, "channel.PauseTx(%d, %s)", id, reason)
	c, err := s.rowTx(tx, id)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.pauseTx(tx, &c, byMeta, reason, 0)
}

func (s *Service) pauseTx(tx *db.Tx, c *Channel, who account.Actor, reason string, until int64) error {
	if c.State == Disconnected || c.State == Paused && c.PausedReason == reason && c.PausedUntil == until {
		return nil
	}
	if c.State == Paused && c.PausedReason == ReasonRestored && reason != ReasonManual {
		return nil // a person decides; what Meta minds is heard again then
	}
	was := sending(*c)
	c.State, c.PausedReason, c.PausedUntil = Paused, reason, until
	if err := s.saveTx(tx, c); err != nil {
		return err
	}
	if err := auditTx(tx, who, "channel.pause", *c, was, sending(*c)); err != nil {
		return err
	}
	return s.recordTx(tx, eventHealth, *c, who, "paused", reason)
}

// disconnectTx notes that Meta no longer lets us use the number.
func (s *Service) disconnectTx(tx *db.Tx, c *Channel, detail string) error {
	if c.State == Disconnected {
		return nil
	}
	c.State, c.PausedReason, c.PausedUntil = Disconnected, ReasonRemoved, 0
	if err := s.saveTx(tx, c); err != nil {
		return err
	}
	return s.recordTx(tx, eventHealth, *c, byMeta, "disconnected", detail)
}

// ResumeTx lets a number send again, and the messages that waited for it.
func (s *Service) ResumeTx(tx *db.Tx, id int64) (err error) {
	defer errs.Wrap(&err, "channel.ResumeTx(%d)", id)
	c, err := s.rowTx(tx, id)
	if err != nil {
		return err
	}
	return s.resumeTx(tx, &c, byMeta)
}

func (s *Service) resumeTx(tx *db.Tx, c *Channel, who account.Actor) error {
	if c.CanSend() {
		return nil
	}
	was := sending(*c)
	c.State, c.PausedReason, c.PausedUntil = Active, "", 0
	if c.FirstWebhookAt == 0 {
		c.State = Connecting
	}
	if err := s.saveTx(tx, c); err != nil {
		return err
	}
	if err := auditTx(tx, who, "channel.resume", *c, was, sending(*c)); err != nil {
		return err
	}
	for _, hook := range s.resumed {
		if err := hook(tx, c.ID); err != nil {
			return err
		}
	}
	return s.recordTx(tx, eventHealth, *c, who, "resumed", "")
}

// resumeDueTx ends the pauses whose time is over.
func (s *Service) resumeDueTx(tx *db.Tx) error {
	due, err := db.All(tx, s.scan, `SELECT `+channelColumns+` FROM channel
		WHERE state = 'PAUSED' AND paused_until > 0 AND paused_until <= ? AND archived_at = 0`, tx.Now())
	for i := range due {
		if err == nil {
			err = s.resumeTx(tx, &due[i], account.Actor{Kind: account.KindSystem})
		}
	}
	return err
}

// Pause stops sending from a number until somebody resumes it.
func (s *Service) Pause(ctx context.Context, who account.Actor, id int64) error {
	return s.change(ctx, who, id, func(tx *db.Tx, c *Channel) error { return s.pauseTx(tx, c, who, ReasonManual, 0) })
}

// Resume lets a number send again.
func (s *Service) Resume(ctx context.Context, who account.Actor, id int64) error {
	return s.change(ctx, who, id, func(tx *db.Tx, c *Channel) error { return s.resumeTx(tx, c, who) })
}

// change lets an admin change a number of the organisation.
func (s *Service) change(ctx context.Context, who account.Actor, id int64, do func(tx *db.Tx, c *Channel) error) (err error) {
	defer errs.Wrap(&err, "channel: change %d", id)
	if err := who.Require(account.ManageChannels); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := s.ByID(tx, who.OrgID, id)
		if err != nil {
			return err
		}
		return do(tx, &c)
	})
}
