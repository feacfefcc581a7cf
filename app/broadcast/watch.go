package broadcast

import (
	"context"
	"encoding/json"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/event"
	"badala/app/inbox"
	"badala/app/meta"
)

// When failures stop a broadcast: more than a tenth of the last hundred, once
// there were twenty.
const (
	watchLast  = 100
	watchFirst = 20
	watchShare = 10 // percent
)

// failedTx looks whether a failure stops broadcasts: this one, those with the
// same template, those of the number, or those of the whole account.
func (s *Service) failedTx(tx *db.Tx, m *inbox.Message, id int64) error {
	b, err := s.Get(tx, m.OrgID, id)
	if err != nil {
		return err
	}
	v := meta.Action(m.Error.Code, 0)
	switch v.Kind {
	case meta.HoldBroadcasts:
		return s.pauseWhereTx(tx, b.OrgID, v.Explain, `b.channel_id = ?`, b.ChannelID)
	case meta.HoldTemplates:
		return s.pauseWhereTx(tx, b.OrgID, v.Explain, `b.channel_id IN (`+sameAccount+`)`, b.ChannelID)
	case meta.HoldTemplate:
		return s.pauseWhereTx(tx, b.OrgID, v.Explain, `b.channel_id IN (`+sameAccount+`) AND b.template = ? AND b.language = ?`, b.ChannelID, b.Template, b.Language)
	}
	if b.State != Running {
		return nil
	}
	if many, err := tooMany(tx, &b); err != nil || !many {
		return err
	}
	return s.pauseTx(tx, b.OrgID, b.ID, PauseFailures)
}

// sameAccount are the numbers of the account that a number is of.
const sameAccount = `SELECT id FROM channel WHERE (org_id, waba_id) = (SELECT org_id, waba_id FROM channel WHERE id = ?)`

// pauseWhereTx pauses the running broadcasts of an organisation that a
// condition picks.
func (s *Service) pauseWhereTx(tx *db.Tx, org int64, reason, where string, args ...any) error {
	ids, err := db.All(tx, func(r *db.Rows, id *int64) error { return r.Scan(id) },
		`SELECT b.id FROM broadcast b WHERE b.state = 'RUNNING' AND b.org_id = ? AND `+where, append([]any{org}, args...)...)
	for _, id := range ids {
		if err == nil {
			err = s.pauseTx(tx, org, id, reason)
		}
	}
	return err
}

// tooMany says whether too many of the last messages of a broadcast failed.
func tooMany(q db.Q, b *Broadcast) (bool, error) {
	type tally struct{ seen, failed int }
	t, err := db.One(q, func(r *db.Rows, t *tally) error { return r.Scan(&t.seen, &t.failed) }, `
		SELECT count(*), coalesce(sum(state = 'FAILED'), 0) FROM (
			SELECT state FROM broadcast_recipient WHERE broadcast_id = ? AND verdict_at >= ? AND verdict_at <> 0 ORDER BY verdict_at DESC LIMIT ?)`,
		b.ID, max(b.watchFrom, 1), watchLast)
	return t.seen >= watchFirst && t.failed*100 > t.seen*watchShare, err
}

// look pauses a broadcast of which too many failed before there were enough to
// judge by.
func (s *Service) look(ctx context.Context, b *Broadcast) (stopped bool, err error) {
	if b.Counts.Failed == 0 {
		return false, nil
	}
	if stopped, err = tooMany(s.DB.Read(ctx), b); err != nil || !stopped {
		return false, err
	}
	return true, s.pause(ctx, b, PauseFailures)
}

// badQuality says whether Meta rates a number so low that broadcasts would do
// harm.
func badQuality(quality string) bool { return quality == "RED" }

// channelTx hears what Meta tells of numbers, and pauses the broadcasts of one
// that it rates low.
func (s *Service) channelTx(tx *db.Tx, e event.Event) error {
	if e.Type != "channel.health" {
		return nil
	}
	tx.AtEnd(func() error {
		ch, err := s.Channels.ByID(tx, e.OrgID, e.ChannelID)
		if errs.Is(err, errs.NotFound) {
			return nil
		}
		if err != nil || !badQuality(ch.Quality) || !aboutQuality(e) {
			return err
		}
		return s.pauseWhereTx(tx, e.OrgID, PauseQuality, `b.channel_id = ?`, e.ChannelID)
	})
	return nil
}

// qualityNews is how news of a number's quality is named.
const qualityNews = "phone_number_quality_update"

// aboutQuality says whether news of a number is of its quality.
func aboutQuality(e event.Event) bool {
	var data struct{ What string }
	return json.Unmarshal(e.Data, &data) == nil && data.What == qualityNews
}
