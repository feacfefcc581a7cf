package account

import (
	"encoding/json"

	"badala/app/db"
)

// Line is one line of the audit log, but for who did it and when.
type Line struct {
	Action   string // "conversation.assigned"
	Target   string // prefix of the target's id: "conv"
	TargetID int64
	Detail   string // a word or two: a role, a way

	// Before and After are what the change was about, as JSON: never the text
	// of a message, never a secret. nil has nothing to say.
	Before, After any
	// ContactID is the customer whom Before and After tell about. They go when
	// the customer is erased; the line stays.
	ContactID int64
}

// AuditTx writes down what an actor did, with the change it tells of. Lines
// cannot be changed or removed: triggers see to it, and each carries a hash over
// itself and the line before it.
func AuditTx(tx *db.Tx, who Actor, l Line) error {
	before, err := auditJSON(l.Before)
	if err != nil {
		return err
	}
	after, err := auditJSON(l.After)
	if err != nil {
		return err
	}
	last, head, err := headTx(tx)
	if err != nil {
		return err
	}
	// Another process may have been a little ahead of this one's clock.
	c := chained{id: max(tx.NewID(), last+1), org: who.OrgID, at: tx.Now(), actor: who.UserID, key: who.KeyID, target: l.TargetID,
		kind: who.Kind, action: l.Action, prefix: l.Target, detail: l.Detail, ip: who.IP}
	if l.ContactID == 0 {
		c.before, c.after = before, after
	}
	if _, err := tx.Exec(`INSERT INTO audit (id, org_id, at, actor_kind, actor_id, key_id, action, target, target_id, detail, ip, hash)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		c.id, c.org, c.at, c.kind, c.actor, c.key, c.action, c.prefix, c.target, c.detail, c.ip, c.follow(head)); err != nil {
		return err
	}
	if before == "" && after == "" {
		return nil
	}
	_, err = tx.Exec(`INSERT INTO audit_change (audit_id, org_id, contact_id, before, after) VALUES (?, ?, ?, ?, ?)`,
		c.id, who.OrgID, l.ContactID, before, after)
	return err
}

// auditUserTx writes down what a user did or suffered that is no matter of one
// organisation: each of which they are an active member has the line; if there
// is none, each of which they ever were one.
func auditUserTx(tx *db.Tx, user int64, ip string, l Line) error {
	return auditInAllTx(tx, user, person(0, user, ip), l)
}

// auditHostTx is auditUserTx of what the host's command line did to a user.
func auditHostTx(tx *db.Tx, user int64, l Line) error {
	return auditInAllTx(tx, user, SystemActor(0), l)
}

func auditInAllTx(tx *db.Tx, user int64, who Actor, l Line) error {
	l.Target, l.TargetID = "user", user
	orgs, err := db.All(tx, func(r *db.Rows, v *int64) error { return r.Scan(v) }, `SELECT org_id FROM member
		WHERE user_id = ?1 AND active = (SELECT MAX(active) FROM member WHERE user_id = ?1)`, user)
	if err != nil {
		return err
	}
	return auditInTx(tx, orgs, who, l)
}

// AuditEverywhereTx tells every organisation of what concerns the whole install.
func AuditEverywhereTx(tx *db.Tx, who Actor, l Line) error {
	all, err := EveryOrg(tx)
	if err != nil {
		return err
	}
	orgs := make([]int64, len(all))
	for n, o := range all {
		orgs[n] = o.ID
	}
	return auditInTx(tx, orgs, who, l)
}

// auditInTx writes a line for each organisation; where there is none, one for
// the install.
func auditInTx(tx *db.Tx, orgs []int64, who Actor, l Line) error {
	if len(orgs) == 0 {
		orgs = []int64{0}
	}
	for _, org := range orgs {
		who.OrgID = org
		if err := AuditTx(tx, who, l); err != nil {
			return err
		}
	}
	return nil
}

func auditJSON(v any) (string, error) {
	if v == nil {
		return "", nil
	}
	b, err := json.Marshal(v)
	return string(b), err
}

// EraseAuditTx removes what audit lines tell about a contact that is no more.
func EraseAuditTx(tx *db.Tx, org, contact int64) error {
	_, err := tx.Exec(`DELETE FROM audit_change INDEXED BY audit_change_contact WHERE contact_id = ? AND contact_id <> 0 AND org_id = ?`, contact, org)
	return err
}
