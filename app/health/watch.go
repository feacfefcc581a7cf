package health

import (
	"slices"
	"strings"

	"badala/app/db"
)

// watched is what was learnt of a number by watching it.
type watched struct {
	channel    int64
	lookedAt   int64
	tokenBad   bool
	expires    int64
	tierHigh   string
	tierHighAt int64
	rhythm     rhythm
}

const watchedColumns = `channel_id, looked_at, token_bad, token_expires, tier_high, tier_high_at, since, last, week, gap, gap_before`

func scanWatched(r *db.Rows, w *watched) error {
	return r.Scan(&w.channel, &w.lookedAt, &w.tokenBad, &w.expires, &w.tierHigh, &w.tierHighAt,
		&w.rhythm.since, &w.rhythm.last, &w.rhythm.week, &w.rhythm.gap, &w.rhythm.before)
}

// watchedOf reads what was learnt of an organisation's numbers.
func watchedOf(q db.Q, org int64) (map[int64]watched, error) {
	all, err := db.All(q, scanWatched, `SELECT `+watchedColumns+` FROM health_channel WHERE channel_id IN (SELECT id FROM channel WHERE org_id = ?)`, org)
	byID := make(map[int64]watched, len(all))
	for _, w := range all {
		byID[w.channel] = w
	}
	return byID, err
}

func saveTx(tx *db.Tx, w watched) error {
	_, err := tx.Exec(`INSERT OR REPLACE INTO health_channel(`+watchedColumns+`) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		w.channel, w.lookedAt, w.tokenBad, w.expires, w.tierHigh, w.tierHighAt, w.rhythm.since, w.rhythm.last, w.rhythm.week, w.rhythm.gap, w.rhythm.before)
	return err
}

// rhythm is how long a number is silent when all is well: its longest pause of
// this week and of the one before. Nights and days off are in it.
type rhythm struct{ since, last, week, gap, before int64 }

const (
	learning  = 7 * day // before there is a rhythm
	unlearned = 3 * day
	leastGap  = 6 * hour
	mostGap   = 7 * day
)

// note takes over when the newest webhook came.
func (r *rhythm) note(last, now int64) {
	week := now / (7 * day)
	if r.since == 0 {
		*r = rhythm{since: now, last: last, week: week}
		return
	}
	if week != r.week {
		r.before, r.gap, r.week = r.gap, 0, week
	}
	if last > r.last {
		r.gap, r.last = max(r.gap, last-r.last), last
	}
}

// limit is how long a silence may be before it is odd: half as long again as
// the longest that was known.
func (r rhythm) limit(now int64) int64 {
	if r.since == 0 || now-r.since < learning {
		return unlearned
	}
	longest := max(r.gap, r.before)
	return min(max(longest+longest/2, leastGap), mostGap)
}

// tiers are Meta's limits of people a day, rising.
var tiers = []string{"TIER_50", "TIER_250", "TIER_1K", "TIER_2K", "TIER_10K", "TIER_100K", "TIER_UNLIMITED"}

func tierRank(tier string) int { return slices.Index(tiers, tier) }

func tierName(tier string) string { return strings.ToLower(strings.TrimPrefix(tier, "TIER_")) }

// noteTier remembers the highest tier of the last month.
func (w *watched) noteTier(tier string, now int64) {
	if tierRank(tier) >= tierRank(w.tierHigh) || now-w.tierHighAt > 30*day {
		w.tierHigh, w.tierHighAt = tier, now
	}
}
