package account

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"badala/app/db"
	"badala/app/errs"
)

// AuditEntry is one line of the audit log.
type AuditEntry struct {
	ID, At        int64
	ActorKind     string
	ActorID       int64  // the person; 0 for a key and for the server
	KeyID         int64  // the key; 0 for people
	ActorName     string // the person's or the key's name; "" is the server
	Action        string
	Target        string // prefix of the target's id
	TargetID      int64
	Detail, IP    string
	Before, After json.RawMessage // nil: nothing to say, or erased with the customer
}

// AuditFilter chooses lines; what is zero chooses all.
type AuditFilter struct {
	ActorID, KeyID int64
	Action         string // one action, or all of a kind: "signin." is "signin" and "signin.failed"
	Target         string // prefix of the target's id
	TargetID       int64
	From, To       int64 // From inclusive, To exclusive
	Cursor         string
	Take           int // 50 if 0; at most 200
}

const (
	auditPrefix  = "aud" // of a line's id, which is also a cursor
	maxAuditTake = 200
	maxAuditRows = 100_000 // lines that AuditEach gives

	// clockSlack is how far back the clock may have been set while ids went on.
	clockSlack = time.Minute
)

const auditSelect = `SELECT a.id, a.at, a.actor_kind, a.actor_id, a.key_id, COALESCE(k.name, u.name, ''), a.action, a.target, a.target_id, a.detail, a.ip,
		COALESCE(c.before, ''), COALESCE(c.after, '')
	FROM audit a INDEXED BY `
const auditWhere = `
	LEFT JOIN api_key k ON k.id = a.key_id LEFT JOIN user u ON u.id = a.actor_id LEFT JOIN audit_change c ON c.audit_id = a.id
	WHERE a.org_id = ? AND a.id < ? AND a.id >= ? AND a.at >= ? AND a.at < ?`

func scanAudit(r *db.Rows, e *AuditEntry) error {
	var before, after string
	err := r.Scan(&e.ID, &e.At, &e.ActorKind, &e.ActorID, &e.KeyID, &e.ActorName, &e.Action, &e.Target, &e.TargetID, &e.Detail, &e.IP,
		&before, &after)
	if before != "" {
		e.Before = json.RawMessage(before)
	}
	if after != "" {
		e.After = json.RawMessage(after)
	}
	return err
}

// Audit lists an organisation's audit lines, newest first, and gives the cursor
// of the next page, "" at the end.
func (s *Service) Audit(ctx context.Context, who Actor, f AuditFilter) (entries []AuditEntry, next string, err error) {
	defer errs.Wrap(&err, "account.Audit")
	if err := who.Require(ViewAudit); err != nil {
		return nil, "", err
	}
	below := int64(1<<63 - 1)
	if f.Cursor != "" {
		if below, err = db.ParseID(auditPrefix, f.Cursor); err != nil {
			return nil, "", errs.Field("cursor", "is not one of ours")
		}
	}
	take := min(max(cmp.Or(f.Take, 50), 1), maxAuditTake)
	entries, err = auditPage(s.db.Read(ctx), who.OrgID, f.until(s.db.Now()), below, take+1)
	if len(entries) > take {
		entries = entries[:take]
		next = db.FormatID(auditPrefix, entries[take-1].ID)
	}
	return entries, next, err
}

// AuditEach gives the lines of a filter one by one, newest first, a hundred
// thousand at most, to whoever exports them; that is a line itself.
func (s *Service) AuditEach(ctx context.Context, who Actor, f AuditFilter, each func(AuditEntry) error) (err error) {
	defer errs.Wrap(&err, "account.AuditEach")
	if err := who.Require(ViewAudit); err != nil {
		return err
	}
	below, f := int64(0), f.until(s.db.Now())
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		below = tx.NewID()
		return AuditTx(tx, who, Line{Action: "audit.export", Target: "org", TargetID: who.OrgID, Detail: f.Action})
	})
	for given := 0; err == nil && given < maxAuditRows; {
		var page []AuditEntry
		if page, err = auditPage(s.db.Read(ctx), who.OrgID, f, below, maxAuditTake); err != nil {
			return err
		}
		for _, e := range page {
			if err := each(e); err != nil {
				return err
			}
		}
		if len(page) < maxAuditTake {
			return nil
		}
		given, below = given+len(page), page[len(page)-1].ID
	}
	return err
}

// until keeps times within what ids can tell: nothing happened after now.
func (f AuditFilter) until(now int64) AuditFilter {
	if f.From = min(f.From, now+1); f.To > now {
		f.To = 0
	}
	return f
}

// auditPage reads the newest lines below an id, along an index whatever the
// filter. Actions that begin alike are read one by one and merged.
func auditPage(q db.Q, org int64, f AuditFilter, below int64, take int) ([]AuditEntry, error) {
	if !strings.HasSuffix(f.Action, ".") {
		return auditLines(q, org, f, below, take)
	}
	actions, err := auditActions(q, org)
	if err != nil {
		return nil, err
	}
	var all []AuditEntry
	kind := f.Action
	for _, f.Action = range actions {
		if !strings.HasPrefix(f.Action+".", kind) {
			continue
		}
		some, err := auditLines(q, org, f, below, take)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	slices.SortFunc(all, func(a, b AuditEntry) int { return cmp.Compare(b.ID, a.ID) })
	return all[:min(len(all), take)], nil
}

func auditLines(q db.Q, org int64, f AuditFilter, below int64, take int) ([]AuditEntry, error) {
	to := cmp.Or(f.To, 1<<62)
	if f.To != 0 {
		below = min(below, db.FirstID(f.To+clockSlack.Milliseconds()))
	}
	query, args := auditSelect+f.index()+auditWhere, []any{org, below, db.FirstID(f.From), f.From, to}
	if f.Action != "" {
		query, args = query+` AND a.action = ?`, append(args, f.Action)
	}
	if f.ofActor() {
		query, args = query+` AND a.actor_id = ? AND a.key_id = ?`, append(args, f.ActorID, f.KeyID)
	}
	if f.TargetID != 0 {
		query, args = query+` AND a.target_id <> 0 AND a.target_id = ?`, append(args, f.TargetID)
	}
	if f.Target != "" {
		query, args = query+` AND a.target = ?`, append(args, f.Target)
	}
	return db.All(q, scanAudit, query+` ORDER BY a.id DESC LIMIT ?`, append(args, take)...)
}

func (f AuditFilter) ofActor() bool { return f.ActorID != 0 || f.KeyID != 0 }

// index is the narrowest for the filter; SQLite, which has counted nothing,
// would often take the organisation's.
func (f AuditFilter) index() string {
	switch {
	case f.TargetID != 0:
		return "audit_target"
	case f.ofActor() && f.Action != "":
		return "audit_actor_action"
	case f.ofActor():
		return "audit_actor"
	case f.Action != "":
		return "audit_action"
	}
	return "audit_org"
}

// AuditActions lists the actions that an organisation's log has, by name.
func (s *Service) AuditActions(q db.Q, org int64) ([]string, error) { return auditActions(q, org) }

// auditActions jumps from one action to the next in the index.
func auditActions(q db.Q, org int64) ([]string, error) {
	return db.All(q, func(r *db.Rows, v *string) error { return r.Scan(v) }, `
		WITH RECURSIVE step(action) AS (
			SELECT MIN(action) FROM audit WHERE org_id = ?1
			UNION ALL
			SELECT (SELECT MIN(action) FROM audit WHERE org_id = ?1 AND action > step.action) FROM step WHERE step.action IS NOT NULL)
		SELECT action FROM step WHERE action IS NOT NULL`, org)
}
