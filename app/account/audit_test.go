package account_test

import (
	"testing"

	"badala/app/account"
	"badala/app/db"
)

func TestAuditIsAppendOnly(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	err := f.db.Write(t.Context(), func(tx *db.Tx) error {
		return account.AuditTx(tx, f.owner, account.Line{Action: "test", Before: 1, After: 2})
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		"UPDATE audit SET actor_id = 0", "DELETE FROM audit",
		"UPDATE audit_change SET after = ''", "DELETE FROM audit_change",
	} {
		err := f.db.Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(sql)
			return err
		})
		if err == nil {
			t.Errorf("%s is possible", sql)
		}
	}
	lines, next, err := f.Audit(t.Context(), f.owner, account.AuditFilter{})
	if err != nil || next != "" || len(lines) != 2 || lines[1].Action != "install.claimed" || lines[1].ActorName != "Olga" {
		t.Errorf("audit %+v, %q, %v", lines, next, err)
	}
	if string(lines[0].Before) != "1" || string(lines[0].After) != "2" {
		t.Errorf("change %s → %s", lines[0].Before, lines[0].After)
	}
}
