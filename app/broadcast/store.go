package broadcast

import (
	"encoding/json"

	"badala/app/db"
	"badala/app/errs"
)

// Prefix is that of the ids of broadcasts.
const Prefix = "bc"

const columns = `b.id, b.org_id, b.name, b.channel_id, b.template, b.language, b.category, b.given, b.audience, b.state, b.schedule_at,
	b.office_hours, b.rate, b.gap_ms, b.pause_reason, b.frozen, b.cursor, b.left_out, b.next_at, b.watch_from,
	b.waiting, b.queued, b.sent, b.delivered, b.read, b.failed, b.unknown, b.skipped, b.answered,
	b.created_by, b.created_at, b.updated_at, b.started_at, b.finished_at`

func scan(r *db.Rows, b *Broadcast) error {
	var given, audience, left string
	c := &b.Counts
	if err := r.Scan(&b.ID, &b.OrgID, &b.Name, &b.ChannelID, &b.Template, &b.Language, &b.Category, &given, &audience, &b.State, &b.ScheduleAt,
		&b.OfficeHours, &b.Rate, &b.GapMS, &b.PauseReason, &b.Frozen, &b.cursor, &left, &b.nextAt, &b.watchFrom,
		&c.Waiting, &c.Queued, &c.Sent, &c.Delivered, &c.Read, &c.Failed, &c.Unknown, &c.Skipped, &c.Answered,
		&b.CreatedBy, &b.CreatedAt, &b.UpdatedAt, &b.StartedAt, &b.FinishedAt); err != nil {
		return err
	}
	for _, f := range []struct {
		text string
		to   any
	}{{given, &b.Given}, {audience, &b.Audience}, {left, &b.LeftOut}} {
		if f.text == "{}" {
			continue
		}
		if err := json.Unmarshal([]byte(f.text), f.to); err != nil {
			return err
		}
	}
	return nil
}

// Get reads a broadcast.
func (s *Service) Get(q db.Q, org, id int64) (Broadcast, error) {
	b, err := db.One(q, scan, `SELECT `+columns+` FROM broadcast b WHERE b.id = ? AND b.org_id = ?`, id, org)
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.NotFound, "no such broadcast")
	}
	return b, err
}

// Filter narrows a list of broadcasts.
type Filter struct {
	States []string // none: all
	Search string   // in names
	Before int64    // only those made before this one; 0: from the newest
	Skip   int      // instead of Before
	Take   int      // 1 to 200; 0: 50
}

const (
	defaultTake = 50
	maxTake     = 200
)

func (f Filter) take() int {
	if f.Take <= 0 {
		return defaultTake
	}
	return min(f.Take, maxTake)
}

const listWhere = ` FROM broadcast b WHERE b.org_id = ?1
	AND (?2 = '[]' OR b.state IN (SELECT value FROM json_each(?2))) AND (?3 = '' OR instr(lower(b.name), lower(?3)) > 0)`

// List gives broadcasts, newest first, and how many there are of the filter.
func (s *Service) List(q db.Q, org int64, f Filter) (all []Broadcast, total int, err error) {
	if f.States == nil {
		f.States = []string{}
	}
	states, err := json.Marshal(f.States)
	if err != nil {
		return nil, 0, err
	}
	if total, err = db.Value[int](q, `SELECT COUNT(*)`+listWhere, org, string(states), f.Search); err != nil {
		return nil, 0, err
	}
	all, err = db.All(q, scan, `SELECT `+columns+listWhere+` AND (?4 = 0 OR b.id < ?4) ORDER BY b.id DESC LIMIT ?5 OFFSET ?6`,
		org, string(states), f.Search, f.Before, f.take(), max(f.Skip, 0))
	return all, total, err
}

// writeTx writes what describes a broadcast and how far it is, but no counts.
func (b *Broadcast) writeTx(tx *db.Tx) error {
	b.UpdatedAt = tx.Now()
	var texts [3]string
	left := b.LeftOut
	if left == nil {
		left = map[string]int{}
	}
	for i, v := range []any{b.Given, b.Audience, left} {
		raw, err := json.Marshal(v)
		if err != nil {
			return err
		}
		texts[i] = string(raw)
	}
	_, err := tx.Exec(`UPDATE broadcast SET name = ?, channel_id = ?, template = ?, language = ?, category = ?, given = ?, audience = ?, left_out = ?,
		state = ?, schedule_at = ?, office_hours = ?, rate = ?, gap_ms = ?, pause_reason = ?, frozen = ?, cursor = ?, next_at = ?, watch_from = ?,
		updated_at = ?, started_at = ?, finished_at = ? WHERE id = ? AND org_id = ?`,
		b.Name, b.ChannelID, b.Template, b.Language, b.Category, texts[0], texts[1], texts[2],
		b.State, b.ScheduleAt, b.OfficeHours, b.Rate, b.GapMS, b.PauseReason, b.Frozen, b.cursor, b.nextAt, b.watchFrom,
		b.UpdatedAt, b.StartedAt, b.FinishedAt, b.ID, b.OrgID)
	return err
}

// insertTx makes the row of a new broadcast.
func (b *Broadcast) insertTx(tx *db.Tx) error {
	b.ID, b.CreatedAt = tx.NewID(), tx.Now()
	if _, err := tx.Exec(`INSERT INTO broadcast (id, org_id, name, channel_id, template, language, state, created_by, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, b.ID, b.OrgID, b.Name, b.ChannelID, b.Template, b.Language, b.State, b.CreatedBy, b.CreatedAt, b.CreatedAt); err != nil {
		return err
	}
	return b.writeTx(tx)
}
