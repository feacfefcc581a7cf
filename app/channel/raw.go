package channel

import (
	"context"
	"slices"
	"strings"
	"time"

	"badala/app/db"
	"badala/app/errs"
	"badala/app/meta"
)

// States of a kept body.
const (
	rawApplied = "APPLIED"
	rawFailed  = "FAILED"
	rawIgnored = "IGNORED"
)

const (
	maxError  = 2000
	maxFailed = 100
	seenEvery = time.Minute
)

// KeepRawTx keeps a body as it came, taken for applied until FailRawTx says
// otherwise, and notes on its numbers that a webhook came.
func (s *Service) KeepRawTx(tx *db.Tx, body []byte, signed Signed) (int64, error) {
	id, org, channel, state := tx.NewID(), signed.owner(), int64(0), rawApplied
	switch len(signed.Channels) {
	case 0:
		state = rawIgnored
	case 1:
		channel = signed.Channels[0].ID
	}
	_, err := tx.Exec(`INSERT INTO inbound(id, org_id, channel_id, received_at, state, body) VALUES(?, ?, ?, ?, ?, ?)`,
		id, org, channel, tx.Now(), state, body)
	if err != nil {
		return 0, err
	}
	for i := range signed.Channels {
		if err := s.seenTx(tx, &signed.Channels[i]); err != nil {
			return 0, err
		}
	}
	return id, nil
}

// seenTx notes that a webhook for c came: the first one at once, later ones in
// memory and once a minute on disk.
func (s *Service) seenTx(tx *db.Tx, c *Channel) error {
	now := tx.Now()
	tx.AfterCommit(func() { s.lastSeen.Store(c.ID, now) })
	if c.FirstWebhookAt == 0 {
		return s.firstSeenTx(tx, c)
	}
	flushed := c.LastWebhookAt
	if v, ok := s.lastFlushed.Load(c.ID); ok {
		flushed = v.(int64)
	}
	if now-flushed < seenEvery.Milliseconds() {
		return nil
	}
	tx.AfterCommit(func() { s.lastFlushed.Store(c.ID, now) })
	_, err := tx.Exec(`UPDATE channel SET last_webhook_at = ? WHERE id = ? AND org_id = ?`, now, c.ID, c.OrgID)
	return err
}

func (s *Service) firstSeenTx(tx *db.Tx, c *Channel) error {
	n, err := tx.Exec(`UPDATE channel SET first_webhook_at = ?, last_webhook_at = ?,
			state = CASE state WHEN 'CONNECTING' THEN 'ACTIVE' ELSE state END
		WHERE id = ? AND org_id = ? AND first_webhook_at = 0`, tx.Now(), tx.Now(), c.ID, c.OrgID)
	if err != nil || n == 0 {
		return err
	}
	tx.AfterCommit(s.forget)
	return s.recordTx(tx, eventUpdated, *c, byMeta, "first_webhook", "")
}

// FailRawTx notes that a kept body could not be applied as a whole.
func (s *Service) FailRawTx(tx *db.Tx, raw int64, cause error) error {
	text := strings.ToValidUTF8(cause.Error(), "")
	if len(text) > maxError {
		text = strings.ToValidUTF8(text[:maxError], "")
	}
	_, err := tx.Exec(`UPDATE inbound SET state = 'FAILED', error = ?, attempts = attempts + 1 WHERE id = ?`, text, raw)
	return err
}

// DoneRawTx notes that a kept body is applied. For one that never failed there
// is nothing to write.
func (s *Service) DoneRawTx(tx *db.Tx, raw int64) error {
	_, err := tx.Exec(`UPDATE inbound SET state = 'APPLIED', error = '', replayed_at = ? WHERE id = ? AND state = 'FAILED'`, tx.Now(), raw)
	return err
}

// Raw is a kept webhook body.
type Raw struct {
	ID, OrgID, ChannelID int64
	At                   int64
	State, Error         string
	Attempts             int
	Summary              string // fields and types, nothing personal
	Body                 []byte
}

func scanRaw(r *db.Rows, v *Raw) error {
	return r.Scan(&v.ID, &v.OrgID, &v.ChannelID, &v.At, &v.State, &v.Error, &v.Attempts, &v.Body)
}

const rawColumns = `id, org_id, channel_id, received_at, state, error, attempts, body`

// Failed lists the bodies that could not be applied, newest first, a hundred
// at most.
func (s *Service) Failed(q db.Q, org int64) ([]Raw, error) {
	all, err := db.All(q, scanRaw, `SELECT `+rawColumns+` FROM inbound WHERE org_id = ? AND state = 'FAILED'
		ORDER BY id DESC LIMIT ?`, org, maxFailed)
	for i := range all {
		all[i].Summary = summary(all[i].Body)
	}
	return all, err
}

// FailedCount tells how many bodies could not be applied.
func (s *Service) FailedCount(q db.Q, org int64) (int, error) {
	return db.Value[int](q, `SELECT COUNT(*) FROM inbound WHERE org_id = ? AND state = 'FAILED'`, org)
}

// Raw reads one kept body.
func (s *Service) Raw(q db.Q, org, id int64) (Raw, error) {
	v, err := db.One(q, scanRaw, `SELECT `+rawColumns+` FROM inbound WHERE id = ? AND org_id = ?`, id, org)
	v.Summary = summary(v.Body)
	return v, err
}

// ReplayRaw gives a body that failed, for another try. It may touch the
// numbers that it names and that the organisation now has: its signature was
// right when it came.
func (s *Service) ReplayRaw(ctx context.Context, org, id int64) (_ []byte, _ Signed, err error) {
	defer errs.Wrap(&err, "channel.ReplayRaw(%d)", id)
	v, err := db.One(s.db.Read(ctx), scanRaw, `SELECT `+rawColumns+` FROM inbound WHERE id = ? AND org_id = ? AND state = 'FAILED'`, id, org)
	if err != nil {
		return nil, Signed{}, err
	}
	n, err := s.numbers(ctx)
	if err != nil {
		return nil, Signed{}, err
	}
	signed := Signed{OrgID: org}
	signed.Webhook, signed.ParseErr = meta.ParseWebhook(v.Body)
	for _, c := range n.named(signed.Webhook) {
		if c.OrgID == org {
			signed.Channels = append(signed.Channels, *c)
		}
	}
	return v.Body, signed, nil
}

// summary tells what a body is about without naming anybody.
func summary(body []byte) string {
	w, err := meta.ParseWebhook(body)
	if err != nil {
		return ""
	}
	var words []string
	for _, e := range w.Entries {
		for _, c := range e.Changes {
			word := c.Field
			for _, raw := range c.Value.Messages {
				if m, err := meta.ParseMessage(raw); err == nil && m.Type != "" {
					word = c.Field + ": " + m.Type
				}
			}
			if !slices.Contains(words, word) && len(words) < 8 {
				words = append(words, word)
			}
		}
	}
	return strings.Join(words, ", ")
}
