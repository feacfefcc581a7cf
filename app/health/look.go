package health

import (
	"context"
	"strings"

	"badala/app/account"
	"badala/app/channel"
	"badala/app/db"
	"badala/app/errs"
)

const (
	askEvery = 6 * hour // Meta about a number
	settled  = hour     // a new number is let alone for so long
)

// Look asks everybody, remembers what is worth it, and tells of what has
// changed since the last time.
func (s *Service) Look(ctx context.Context) (err error) {
	defer errs.Wrap(&err, "health.Look")
	s.Probe(ctx)
	if err := s.noteDay(ctx); err != nil {
		return err
	}
	all, err := s.Channels.All(s.DB.Read(ctx))
	if err != nil {
		return err
	}
	if err := s.watch(ctx, all); err != nil {
		return err
	}
	now, err := s.Everything(ctx)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error { return s.tellTx(tx, now, all) })
}

// noteDay remembers how large the database is today.
func (s *Service) noteDay(ctx context.Context) error {
	today := s.DB.Now() / day
	known, err := db.Exists(s.DB.Read(ctx), `SELECT 1 FROM health_day WHERE day = ?`, today)
	if err != nil || known {
		return err
	}
	return s.DB.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(`DELETE FROM health_day WHERE day < ?`, today-400); err != nil {
			return err
		}
		_, err := tx.Exec(`INSERT OR IGNORE INTO health_day(day, size) VALUES(?, ?)`, today, db.SizeOf(s.DB.Path()))
		return err
	})
}

// growthOf is how much the database grew a day in the last month; 0 while too
// little is known.
func growthOf(q db.Q, now int64) (int64, error) {
	type point struct{ day, size int64 }
	all, err := db.All(q, func(r *db.Rows, p *point) error { return r.Scan(&p.day, &p.size) },
		`SELECT day, size FROM health_day WHERE day >= ? ORDER BY day`, now/day-30)
	if err != nil || len(all) == 0 {
		return 0, err
	}
	first, last := all[0], all[len(all)-1]
	if last.day-first.day < 3 {
		return 0, nil
	}
	return (last.size - first.size) / (last.day - first.day), nil
}

// watch learns the rhythm of numbers, and now and then asks Meta about them.
func (s *Service) watch(ctx context.Context, all []channel.Channel) error {
	known, err := db.All(s.DB.Read(ctx), scanWatched, `SELECT `+watchedColumns+` FROM health_channel`)
	if err != nil {
		return err
	}
	byID := map[int64]watched{}
	for _, w := range known {
		byID[w.channel] = w
	}
	for _, c := range all {
		before := byID[c.ID]
		w := before
		w.channel = c.ID
		if c.FirstWebhookAt != 0 {
			w.rhythm.note(c.LastWebhookAt, s.DB.Now())
		}
		stale := s.DB.Now()-w.lookedAt > askEvery || c.UpdatedAt > w.lookedAt // perhaps it has a new token
		if s.DB.Now()-c.CreatedAt > settled && stale && c.State != channel.Disconnected && c.AccessToken != "" {
			s.ask(ctx, c, &w)
		}
		if w == before {
			continue
		}
		if err := s.DB.Write(ctx, func(tx *db.Tx) error { return saveTx(tx, w) }); err != nil {
			return err
		}
	}
	return nil
}

// ask lets Meta tell about a number. When it cannot, what is known stays.
func (s *Service) ask(ctx context.Context, c channel.Channel, w *watched) {
	st, err := s.Channels.Look(ctx, c)
	if err != nil {
		s.Log.InfoContext(ctx, "Meta does not tell about a number now", "channel", c.ID, "err", err)
		return
	}
	w.lookedAt, w.tokenBad, w.expires = s.DB.Now(), st.Bad, db.Millis(st.Expires)
	if fresh, err := s.Channels.ByID(s.DB.Read(ctx), c.OrgID, c.ID); err == nil {
		w.noteTier(fresh.Tier, s.DB.Now())
	}
}

// Everything is what is not right anywhere: with the install first.
func (s *Service) Everything(ctx context.Context) ([]Finding, error) {
	q := s.DB.Read(ctx)
	host, err := s.Host(q)
	if err != nil {
		return nil, err
	}
	all := host.Findings
	orgs, err := account.EveryOrg(q)
	if err != nil {
		return nil, err
	}
	for _, org := range orgs {
		r, err := s.Org(q, org.ID)
		if err != nil {
			return nil, err
		}
		all = append(all, r.Findings...)
	}
	return all, nil
}

// name is what makes a finding the same one as at the last look.
type name struct {
	org     int64
	key     string
	subject int64
}

// tellTx remembers what is wrong now. What is about a number, and nobody else
// tells, becomes an event when it begins, changes its level or ends.
func (s *Service) tellTx(tx *db.Tx, now []Finding, numbers []channel.Channel) error {
	type row struct {
		name
		level Level
	}
	rows, err := db.All(tx, func(r *db.Rows, v *row) error { return r.Scan(&v.org, &v.key, &v.subject, &v.level) },
		`SELECT org_id, key, subject, level FROM health_finding`)
	if err != nil {
		return err
	}
	gone := map[name]Level{}
	for _, v := range rows {
		gone[v.name] = v.level
	}
	for _, f := range now {
		n := name{f.Org, f.Key, f.Subject}
		was := gone[n]
		delete(gone, n)
		if was == f.Level {
			continue
		}
		if _, err := tx.Exec(`INSERT INTO health_finding(org_id, key, subject, level, since) VALUES(?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET level = excluded.level`, n.org, n.key, n.subject, f.Level, tx.Now()); err != nil {
			return err
		}
		if err := s.newsTx(tx, n, string(f.Level), numbers); err != nil {
			return err
		}
	}
	for n := range gone {
		if _, err := tx.Exec(`DELETE FROM health_finding WHERE org_id = ? AND key = ? AND subject = ?`, n.org, n.key, n.subject); err != nil {
			return err
		}
		if err := s.newsTx(tx, n, "OK", numbers); err != nil {
			return err
		}
	}
	return nil
}

// newsTx records the event of a finding about a number. Pauses and quality are
// told by the number itself, when they happen.
func (s *Service) newsTx(tx *db.Tx, n name, level string, numbers []channel.Channel) error {
	if n.key != "silence" && n.key != "tier.fell" && !strings.HasPrefix(n.key, "token.") {
		return nil
	}
	for _, c := range numbers {
		if c.ID == n.subject {
			return s.Channels.TellTx(tx, c, n.key, level)
		}
	}
	return nil
}

// Since is since when the findings of an organisation, or of the install (0),
// have been known, in their order; 0 for one that is new.
func (s *Service) Since(q db.Q, org int64, all []Finding) ([]int64, error) {
	type row struct {
		name
		since int64
	}
	rows, err := db.All(q, func(r *db.Rows, v *row) error { return r.Scan(&v.key, &v.subject, &v.since) },
		`SELECT key, subject, since FROM health_finding WHERE org_id = ?`, org)
	if err != nil {
		return nil, err
	}
	known := map[name]int64{}
	for _, v := range rows {
		known[v.name] = v.since
	}
	out := make([]int64, len(all))
	for i, f := range all {
		out[i] = known[name{key: f.Key, subject: f.Subject}]
	}
	return out, nil
}
