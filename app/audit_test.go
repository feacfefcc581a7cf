package app_test

import (
	"bytes"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"badala/app"

	_ "modernc.org/sqlite"
)

// audited runs the command line and gives what it said.
func audited(t *testing.T, args ...string) (exit int, out, problem string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	exit = app.Main(append([]string{"badala"}, args...), strings.NewReader("violet teapot 91\n"), &stdout, &stderr)
	return exit, stdout.String(), stderr.String()
}

func TestAuditVerify(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "t.db")
	for _, email := range []string{"olga@example.com", "sami@example.com"} {
		if exit, _, problem := audited(t, "user", "create", "--db", path, "--email", email, "--name", "One", "--org", "Palm", "--password-stdin"); exit != 0 {
			t.Fatal(problem)
		}
	}
	exit, out, problem := audited(t, "audit", "verify", "--db", path)
	_, head, found := strings.Cut(strings.TrimSpace(out), "head ")
	if exit != 0 || !found || len(head) != 64 {
		t.Fatal(exit, out, problem)
	}
	if exit, _, problem := audited(t, "user", "reset-second-step", "--db", path, "--email", "olga@example.com"); exit != 0 {
		t.Fatal(problem)
	}
	if exit, _, problem := audited(t, "audit", "verify", "--db", path, "--head", head); exit != 0 {
		t.Fatal(problem)
	}
	if exit, _, problem := audited(t, "audit", "verify", "--db", path, "--head", strings.Repeat("0", 64)); exit != 1 || !strings.Contains(problem, "cut off") {
		t.Fatal(exit, problem)
	}
	raw, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	for _, s := range []string{"DROP TRIGGER audit_no_update", "UPDATE audit SET detail = 'AGENT' WHERE id = (SELECT MIN(id) FROM audit)"} {
		if _, err := raw.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	if exit, _, problem := audited(t, "audit", "verify", "--db", path); exit != 1 || !strings.Contains(problem, "the line aud_") {
		t.Fatal(exit, problem)
	}
}
