package app_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"badala/app"
	"badala/app/db"
)

// oldDatabase is the file of a shop that the release with schema 18 wrote: its
// demo, stopped.
func oldDatabase(t *testing.T) string {
	t.Helper()
	packed, err := os.Open("testdata/schema-18.db.gz")
	ok(t, err)
	defer packed.Close()
	data, err := gzip.NewReader(packed)
	ok(t, err)
	path := filepath.Join(t.TempDir(), "badala.db")
	file, err := os.Create(path)
	ok(t, err)
	_, err = io.Copy(file, data)
	ok(t, err)
	ok(t, file.Close())
	return path
}

func TestAnOldDatabaseIsUpgradedWithAllThatIsInIt(t *testing.T) {
	t.Parallel()
	path := oldDatabase(t)
	before, err := os.ReadFile(path)
	ok(t, err)
	if out := runs(t, "upgrade", "--check", "--db", path); !strings.Contains(out, "schema version 18") || !strings.Contains(out, "It works") {
		t.Error(out)
	}
	after, err := os.ReadFile(path)
	ok(t, err)
	if string(before) != string(after) {
		t.Error("trying changed the file")
	}
	tables := []string{"contact", "contact_handle", "conversation", "message", "media", "event", "audit", "user", "member", "tag", "conversation_tag"}
	had := countRows(t, path, tables)
	if out := runs(t, "upgrade", "--db", path); !strings.Contains(out, "was upgraded") {
		t.Error(out)
	}
	for i, n := range countRows(t, path, tables) {
		if n < had[i] || had[i] == 0 {
			t.Errorf("%s: %d rows, had %d", tables[i], n, had[i])
		}
	}
	kept, err := filepath.Glob(filepath.Join(filepath.Dir(path), "backups", "*.db"))
	if err != nil || len(kept) != 1 {
		t.Error(kept, err)
	}
	a := startApp(t, app.Config{Demo: true, DB: path, Listen: "127.0.0.1:0", GraphVersion: "v26.0"})
	var got struct {
		Token string
		User  struct{ Orgs []struct{ ID string } }
	}
	if code := call(t, http.MethodPost, a.URL()+"/auth/login", "", map[string]string{"email": "aisha@example.com", "password": "walk-in-the-souq"}, &got); code != http.StatusOK {
		t.Fatal(code)
	}
	var found struct{ Total int }
	if code := call(t, http.MethodGet, a.URL()+"/orgs/"+got.User.Orgs[0].ID+"/contacts?search=yousef", got.Token, nil, &found); code != http.StatusOK || found.Total == 0 {
		t.Errorf("%d %+v", code, found)
	}
	ok(t, a.Stop())
}

// countRows counts rows of tables in a file that nobody has open.
func countRows(t *testing.T, path string, tables []string) (all []int) {
	t.Helper()
	c, err := db.OpenCopy(t.Context(), path)
	ok(t, err)
	defer c.Close()
	for _, table := range tables {
		n, err := db.Value[int](c.Read(t.Context()), "SELECT count(*) FROM "+table)
		ok(t, err)
		all = append(all, n)
	}
	return all
}

func TestAnUpgradeCanBeTriedFirst(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "badala.db")
	d, err := db.Open(path, db.Options{})
	ok(t, err)
	ok(t, d.Close())
	if out := runs(t, "upgrade", "--check", "--db", path); !strings.Contains(out, "up to date") {
		t.Error(out)
	}
	change(t, path, "PRAGMA user_version = 9999")
	if code, out := badala("upgrade", "--check", "--db", path); code != 3 || !strings.Contains(out, "9999") {
		t.Errorf("%d %s", code, out)
	}
	if code, out := badala("serve", "--db", path, "--listen", "127.0.0.1:0"); code != 3 || !strings.Contains(out, "needs") {
		t.Errorf("%d %s", code, out)
	}
}
