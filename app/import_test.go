package app_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"badala/app"
)

// command runs the program in this process and gives what it printed.
func command(t *testing.T, status int, args ...string) string {
	t.Helper()
	var out, bad bytes.Buffer
	if got := app.Main(append([]string{"badala"}, args...), strings.NewReader(""), &out, &bad); got != status {
		t.Errorf("%v: exit %d\n%s%s", args, got, out.String(), bad.String())
	}
	return out.String() + bad.String()
}

func TestImportCommand(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, file := filepath.Join(dir, "badala.db"), filepath.Join(dir, "people.csv")
	if err := os.WriteFile(file, []byte("Name,Phone,City\nAmal,65020001,Hawally\nBadr,+96565020002,\nNobody,,\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	command(t, 0, "user", "create", "--db", path, "--email", "o@shop.example", "--name", "Owner", "--org", "Shop")
	bring := func(status int, more ...string) string {
		t.Helper()
		return command(t, status, append([]string{"import", "contacts", "--db", path, "--org", "Shop", "--country", "KW"}, append(more, file)...)...)
	}
	report := filepath.Join(dir, "report.csv")
	if got := bring(0, "--dry-run", "--report", report); !strings.Contains(got, "3 rows: 2 would be created, 0 updated, 0 unchanged, 0 folded into others, 1 not applied") {
		t.Error(got)
	}
	if b, err := os.ReadFile(report); err != nil || !strings.Contains(string(b), "phone_missing") {
		t.Error(string(b), err)
	}
	if got := bring(0); !strings.Contains(got, "2 were created") {
		t.Error(got)
	}
	// While a server runs it does the work.
	a := startApp(t, app.Config{DB: path, Listen: "127.0.0.1:0"})
	if got := bring(0); !strings.Contains(got, "0 were created, 0 updated, 2 unchanged") {
		t.Error(got)
	}
	if err := os.WriteFile(file, []byte("not,a\ntable,of people\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := bring(1); !strings.Contains(got, "no row with names of columns") {
		t.Error(got)
	}
	if err := a.Stop(); err != nil {
		t.Error(err)
	}
	command(t, 1, "import", "contacts", "--db", path, "--org", "Nowhere", file)
	command(t, 1, "import", "contacts", "--db", filepath.Join(dir, "none.db"), "--org", "Shop", file)
	command(t, 1, "import", "contacts", "--db", path, "--org", "Shop")
}
