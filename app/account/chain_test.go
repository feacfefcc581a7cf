package account_test

import (
	"database/sql"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"

	"badala/app/account"
	"badala/app/db"
	"badala/app/event"

	_ "modernc.org/sqlite"
)

func (f *fixture) chain(t testing.TB, seen string) account.Chain {
	t.Helper()
	c, err := f.VerifyAudit(t.Context(), seen)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// tamper does what somebody with the file does, without our triggers.
func (f *fixture) tamper(t testing.TB, statements ...string) {
	t.Helper()
	raw, err := sql.Open("sqlite", f.db.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	for _, s := range append([]string{"PRAGMA busy_timeout = 5000", "DROP TRIGGER IF EXISTS audit_no_update", "DROP TRIGGER IF EXISTS audit_no_delete",
		"DROP TRIGGER IF EXISTS audit_change_no_update"}, statements...) {
		if _, err := raw.ExecContext(t.Context(), s); err != nil {
			t.Fatal(s, err)
		}
	}
}

func TestAuditLinesAreChained(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	ses := f.join(t, f.owner, "sami@example.com", account.Agent)
	before := f.chain(t, "")
	if before.Broken != "" || before.Lines < 3 || before.Unbound != 0 || len(before.Head) != 64 {
		t.Fatalf("%+v", before)
	}
	if err := f.SetRole(t.Context(), f.owner, ses.User.ID, account.Supervisor); err != nil {
		t.Fatal(err)
	}
	after := f.chain(t, before.Head)
	if after.Broken != "" || after.Lines != before.Lines+1 || after.Head == before.Head || !after.Seen {
		t.Fatalf("%+v", after)
	}
}

func TestChangedAuditLinesAreFound(t *testing.T) {
	t.Parallel()
	for name, statement := range map[string]string{
		"detail":  `UPDATE audit SET detail = 'OWNER' WHERE action = 'member.joined'`,
		"address": `UPDATE audit SET ip = '203.0.113.9' WHERE action = 'member.joined'`,
		"removed": `DELETE FROM audit WHERE action = 'member.invited'`,
		"values":  `UPDATE audit_change SET after = '{}' WHERE audit_id = (SELECT id FROM audit WHERE action = 'member.joined')`,
		"hidden":  `UPDATE audit_change SET contact_id = 7 WHERE audit_id = (SELECT id FROM audit WHERE action = 'member.joined')`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := claimed(t)
			f.join(t, f.owner, "sami@example.com", account.Agent)
			joined := f.audit(t, account.AuditFilter{Action: "member.joined"})[0]
			f.tamper(t, statement)
			if c := f.chain(t, ""); c.Broken != db.FormatID("aud", joined.ID) || c.BrokenAt != joined.At {
				t.Errorf("%+v, want the line %s", c, db.FormatID("aud", joined.ID))
			}
		})
	}
}

func TestCutAuditLogsAreFoundByTheirHead(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	f.join(t, f.owner, "sami@example.com", account.Agent)
	head := f.chain(t, "").Head
	f.tamper(t, `DELETE FROM audit WHERE id = (SELECT MAX(id) FROM audit)`)
	if c := f.chain(t, head); c.Broken != "" || c.Seen {
		t.Errorf("%+v", c)
	}
}

func TestOldAuditLinesAreBoundByTheFirstNewOne(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	f.join(t, f.owner, "sami@example.com", account.Agent)
	f.tamper(t, `UPDATE audit SET hash = NULL`)
	if c := f.chain(t, ""); c.Broken != "" || c.Unbound != c.Lines {
		t.Errorf("%+v", c)
	}
	f.join(t, f.owner, "rana@example.com", account.Agent)
	if c := f.chain(t, ""); c.Broken != "" || c.Unbound != 0 {
		t.Errorf("%+v", c)
	}
	f.tamper(t, `UPDATE audit SET at = at - 1 WHERE action = 'install.claimed'`)
	if c := f.chain(t, ""); c.Broken == "" {
		t.Error("an old line was changed unseen")
	}
}

func TestTwoProcessesMakeOneChain(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	other, err := db.Open(f.db.Path(), db.Options{Shared: true, Clock: f.clock, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { other.Close() })
	beside := account.New(other, event.New(), slog.New(slog.DiscardHandler), account.Options{HashMemory: 64})
	for i := range 5 {
		if _, err := beside.CreateUser(t.Context(), account.CreateInput{Email: fmt.Sprintf("u%d@example.com", i), Name: "U", Role: account.Agent}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := f.Invite(t.Context(), f.owner, fmt.Sprintf("v%d@example.com", i), account.Agent); err != nil {
			t.Fatal(err)
		}
	}
	if c := f.chain(t, ""); c.Broken != "" || c.Lines < 11 {
		t.Errorf("%s: %+v", filepath.Base(f.db.Path()), c)
	}
}

func TestRefusalsLeaveFewLines(t *testing.T) {
	t.Parallel()
	f := claimed(t)
	agent := account.Actor{OrgID: f.owner.OrgID, UserID: 7, Role: account.Agent, Kind: account.KindUser}
	for i := range 200 {
		route := fmt.Sprintf("POST /somewhere/%d", i%40)
		f.RefusedFor(t.Context(), agent, route, agent.Require(account.ManageKeys))
		f.RefusedFor(t.Context(), agent, route, nil)
	}
	if n := f.count(t, "refused"); n != 20 {
		t.Errorf("%d lines", n)
	}
}
