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
// cannot be changed or removed: triggers see to it.
func AuditTx(tx *db.Tx, who Actor, l Line) error {
	id := tx.NewID()
	if _, err := tx.Exec(`INSERT INTO audit (id, org_id, at, actor_kind, actor_id, key_id, action, target, target_id, detail, ip)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		id, who.OrgID, tx.Now(), who.Kind, who.UserID, who.KeyID, l.Action, l.Target, l.TargetID, l.Detail, who.IP); err != nil {
		return err
	}
	if l.Before == nil && l.After == nil {
		return nil
	}
	before, err := auditJSON(l.Before)
	if err != nil {
		return err
	}
	after, err := auditJSON(l.After)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO audit_change (audit_id, org_id, contact_id, before, after) VALUES (?, ?, ?, ?, ?)`,
		id, who.OrgID, l.ContactID, before, after)
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
	if err == nil && len(orgs) == 0 {
		orgs = []int64{0}
	}
	for _, org := range orgs {
		if who.OrgID = org; err == nil {
			err = AuditTx(tx, who, l)
		}
	}
	return err
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
	_, err := tx.Exec(`DELETE FROM audit_change WHERE contact_id = ? AND org_id = ?`, contact, org)
	return err
}
