package account

import (
	"context"

	"badala/app/db"
)

// entry is one line of the audit log to write.
type entry struct {
	OrgID     int64
	ActorKind string
	ActorID   int64
	Action    string
	TargetID  int64
	Detail    string
	IP        string
}

func byActor(a Actor, action string, target int64, detail string) entry {
	return entry{OrgID: a.OrgID, ActorKind: a.Kind, ActorID: a.UserID, Action: action, TargetID: target, Detail: detail}
}

// auditTx adds a line. Lines cannot be changed or removed: triggers see to it.
func auditTx(tx *db.Tx, e entry) error {
	_, err := tx.Exec(`INSERT INTO audit (id, org_id, at, actor_kind, actor_id, action, target_id, detail, ip)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		tx.NewID(), e.OrgID, tx.Now(), e.ActorKind, e.ActorID, e.Action, e.TargetID, e.Detail, e.IP)
	return err
}

// AuditEntry is one line of the audit log.
type AuditEntry struct {
	ID, At    int64
	ActorKind string
	ActorID   int64
	Action    string
	TargetID  int64
	Detail    string
	IP        string
}

// Audit lists an organisation's audit lines, newest first, before an id (0: from the newest).
func (s *Service) Audit(ctx context.Context, a Actor, before int64, take int) ([]AuditEntry, error) {
	if err := a.Require(ManageMembers); err != nil {
		return nil, err
	}
	if before == 0 {
		before = 1<<63 - 1
	}
	return db.All(s.db.Read(ctx), func(r *db.Rows, e *AuditEntry) error {
		return r.Scan(&e.ID, &e.At, &e.ActorKind, &e.ActorID, &e.Action, &e.TargetID, &e.Detail, &e.IP)
	}, `SELECT id, at, actor_kind, actor_id, action, target_id, detail, ip
		FROM audit WHERE org_id = ? AND id < ? ORDER BY id DESC LIMIT ?`, a.OrgID, before, min(max(take, 1), 200))
}
