package inbox

import (
	"context"
	"errors"
	"fmt"

	"badala/app/account"
	"badala/app/channel"
	"badala/app/db"
	"badala/app/errs"
	"badala/app/meta"
)

// part is a change of a body, read as far as can be done without the database.
type part struct {
	change meta.Change
	items  []item
	odd    []error // items that could not be read
}

// item applies one message, status or other news to the channel of r.
type item func(r *receipt) error

// errNobody says that a body names a number or account that nobody here has.
var errNobody = errors.New("no channel here has this number or account")

// Accept takes a body that Meta posted. When it returns nil the body is on
// disk, with everything that it says applied or, where that was not possible,
// marked as failed for an admin to replay. A signature that no named channel
// made is Unauthorized and leaves nothing behind; what could not be stored is
// Unavailable, so that Meta sends it again.
func (s *Service) Accept(ctx context.Context, body []byte, signature string) (err error) {
	defer errs.Wrap(&err, "inbox.Accept")
	signed, err := s.Channels.Verify(ctx, body, signature)
	if err != nil {
		return err
	}
	parts := readParts(signed.Webhook)
	var applied bool
	err = s.DB.Write(ctx, func(tx *db.Tx) error {
		applied = false
		raw, err := s.Channels.KeepRawTx(tx, body, signed)
		if err != nil {
			return err
		}
		applied = true
		return s.applyRawTx(tx, raw, signed, parts, false)
	})
	if err == nil || !applied || errs.Is(err, errs.Unavailable) || ctx.Err() != nil {
		return err
	}
	s.Log.ErrorContext(ctx, "webhook not applied at once, trying item by item", "err", err)
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		raw, err := s.Channels.KeepRawTx(tx, body, signed)
		if err != nil {
			return err
		}
		return s.applyRawTx(tx, raw, signed, parts, true)
	})
}

// Replay applies a kept body again: what is there already stays as it is, what
// failed gets another chance.
func (s *Service) Replay(ctx context.Context, actor account.Actor, rawID int64) (err error) {
	defer errs.Wrap(&err, "inbox.Replay(%d)", rawID)
	if err := actor.Require(account.ViewProblems); err != nil {
		return err
	}
	_, signed, err := s.Channels.ReplayRaw(ctx, actor.OrgID, rawID)
	if err != nil {
		return err
	}
	parts := readParts(signed.Webhook)
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if err := account.AuditTx(tx, actor, account.Line{Action: "inbound.replay", Target: "inb", TargetID: rawID}); err != nil {
			return err
		}
		return s.applyRawTx(tx, rawID, signed, parts, true)
	})
}

// readParts reads the changes of a webhook without the database.
func readParts(w meta.Webhook) []part {
	var parts []part
	for _, e := range w.Entries {
		for _, c := range e.Changes {
			items, odd := read(c)
			parts = append(parts, part{c, items, odd})
		}
	}
	return parts
}

// applyRawTx applies the parts of a kept body and marks it done or failed.
// With isolate each item stands in a savepoint of its own and its failure is
// only noted; without, the first failure is returned.
func (s *Service) applyRawTx(tx *db.Tx, raw int64, signed channel.Signed, parts []part, isolate bool) error {
	if signed.ParseErr != nil {
		return s.Channels.FailRawTx(tx, raw, signed.ParseErr)
	}
	var failed []error
	for i := range parts {
		p := &parts[i]
		failed = append(failed, p.odd...)
		channels := signed.For(p.change.Value.Metadata.PhoneNumberID, p.change.WABAID)
		if len(channels) == 0 && p.change.WABAID != "0" {
			failed = append(failed, fmt.Errorf("%s: %w", p.change.Field, errNobody))
		}
		for _, ch := range channels {
			r := &receipt{s: s, tx: tx, ch: ch}
			for _, do := range p.items {
				var err error
				if isolate {
					err = tx.Savepoint(func() error { return do(r) })
				} else if err = do(r); err != nil {
					return err
				}
				if err != nil {
					failed = append(failed, err)
				}
			}
		}
	}
	if err := errors.Join(failed...); err != nil {
		return s.Channels.FailRawTx(tx, raw, err)
	}
	return s.Channels.DoneRawTx(tx, raw)
}
