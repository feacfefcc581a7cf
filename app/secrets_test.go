package app_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"badala/app"
	"badala/app/account"
	"badala/app/backup"
	"badala/app/db"
	"badala/app/webhook"
)

const (
	oneKey     = "0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"
	anotherKey = "ffffffff4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0"
	passphrase = "nine violet teapots"
)

// secretShop is a stopped install with a secret in every column that has one.
type secretShop struct {
	*shop
	hook int64
	step string // the second step's
}

func newSecretShop(t *testing.T, key string) *secretShop {
	t.Helper()
	s := &secretShop{shop: newShop(t, func(c *app.Config) { c.SecretKey = key })}
	e, _, err := s.Webhooks.Create(t.Context(), s.owner, webhook.Input{
		URL: "https://hooks.example.com/in", Events: webhook.DefaultEvents(), Username: "u", Password: "p4ss", Headers: map[string]string{"X-Own": "header-value"},
	})
	ok(t, err)
	s.hook = e.ID
	for range 2 {
		_, err = s.Webhooks.StageSecret(t.Context(), s.owner, e.ID)
		ok(t, err)
		if s.step == "" {
			_, err = s.Webhooks.PromoteSecret(t.Context(), s.owner, e.ID, time.Hour)
			ok(t, err)
		}
		s.step = "staged"
	}
	ok(t, s.Accounts.StartSecondStep(t.Context(), account.Session{User: account.User{ID: s.owner.UserID, Email: ownerEmail}}))
	s.step = s.stepSecret()
	set, err := s.Backups.Settings(s.DB.Read(t.Context()))
	ok(t, err)
	phrase := passphrase
	ok(t, s.Backups.Save(t.Context(), s.owner, backup.Change{Settings: set, Passphrase: &phrase}))
	ok(t, s.Stop())
	return s
}

func (s *secretShop) stepSecret() string {
	s.t.Helper()
	st, err := s.Accounts.SecondStep(s.DB.Read(s.t.Context()), account.User{ID: s.owner.UserID, Email: ownerEmail})
	ok(s.t, err)
	return st.Secret
}

// rotates runs the command on the shop's database.
func (s *secretShop) rotates(args ...string) (int, string) {
	return badala(append([]string{"secrets", "rotate", "--db", s.cfg.DB}, args...)...)
}

// opens starts the shop with a key and says whether its secrets are what they were.
func (s *secretShop) opens(key string) (open bool, log string) {
	s.t.Helper()
	var text bytes.Buffer
	cfg := s.cfg
	cfg.SecretKey = key
	a, err := app.Start(s.t.Context(), cfg, slog.New(slog.NewTextHandler(&text, nil)))
	ok(s.t, err)
	s.App = a
	defer func() { ok(s.t, a.Stop()) }()
	q := a.DB.Read(s.t.Context())
	ch, err := a.Channels.ByID(q, s.org, s.chanID)
	ok(s.t, err)
	e, err := a.Webhooks.Endpoint(q, s.org, s.hook)
	ok(s.t, err)
	return ch.AppSecret == s.number.AppSecret && ch.AccessToken == s.number.AccessToken && e.Headers["X-Own"] == "header-value" && s.stepSecret() == s.step, text.String()
}

// sealedIn finds the columns of the whole database in which something sealed lies.
func sealedIn(t *testing.T, path string) []string {
	t.Helper()
	raw, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	ok(t, err)
	defer raw.Close()
	rows, err := raw.QueryContext(t.Context(), `SELECT m.name, c.name FROM pragma_table_list m, pragma_table_info(m.name) c
		WHERE m.schema = 'main' AND m.type = 'table' AND c.type IN ('TEXT', 'BLOB')`)
	ok(t, err)
	defer rows.Close()
	var all [][2]string
	for rows.Next() {
		var at [2]string
		ok(t, rows.Scan(&at[0], &at[1]))
		all = append(all, at)
	}
	ok(t, rows.Err())
	var found []string
	for _, at := range all {
		var n int
		ok(t, raw.QueryRowContext(t.Context(), fmt.Sprintf(`SELECT count(*) FROM %q WHERE substr(CAST(%q AS TEXT), 1, 8) = 'sealed1:'`, at[0], at[1])).Scan(&n))
		if n > 0 {
			found = append(found, at[0]+"."+at[1])
		}
	}
	slices.Sort(found)
	return found
}

// known are the columns that the rotation knows.
func known() []string {
	var names []string
	for _, c := range app.SecretColumns() {
		names = append(names, c.Table+"."+c.Name)
	}
	slices.Sort(names)
	return names
}

func TestSecretsAreSealedWithAnotherKey(t *testing.T) {
	t.Parallel()
	s := newSecretShop(t, oneKey)
	if got := sealedIn(t, s.cfg.DB); !slices.Equal(got, known()) {
		t.Fatalf("sealed are %v,\nand known %v", got, known())
	}
	steps := []struct {
		what   string
		args   []string
		status int
		says   string
		key    string // that opens everything afterwards
	}{
		{"no new key", []string{"--secret-key", oneKey}, 1, "--new-secret-key", oneKey},
		{"a key that is none", []string{"--secret-key", oneKey, "--new-secret-key", "short"}, 1, "openssl", oneKey},
		{"the same", []string{"--secret-key", oneKey, "--new-secret-key", oneKey}, 1, "present one", oneKey},
		{"without the present key", []string{"--new-secret-key", anotherKey}, 1, "access token of the number “WhatsApp” (channel.access_token)", oneKey},
		{"a wrong present key", []string{"--secret-key", strings.Repeat("ab", 32), "--new-secret-key", anotherKey}, 1, "second step of “" + ownerEmail + "”", oneKey},
		{"a try", []string{"--secret-key", oneKey, "--new-secret-key", anotherKey, "--dry-run"}, 0, fmt.Sprint(len(known())) + " secrets would be", oneKey},
		{"another key", []string{"--secret-key", oneKey, "--new-secret-key", anotherKey}, 0, "keep it as long as", anotherKey},
		{"the same again", []string{"--secret-key", oneKey, "--new-secret-key", anotherKey}, 0, "Nothing to do", anotherKey},
		{"no key", []string{"--secret-key", anotherKey, "--plain"}, 0, "stored plain", ""},
		{"a first key", []string{"--new-secret-key", oneKey}, 0, "hold the secrets plain", oneKey},
	}
	for _, step := range steps {
		status, out := s.rotates(step.args...)
		if status != step.status || !strings.Contains(out, step.says) {
			t.Fatalf("%s: %d %s", step.what, status, out)
		}
		// A start with a key would seal what is plain: look before it.
		if got := sealedIn(t, s.cfg.DB); (step.key == "") != (len(got) == 0) || len(got) > 0 && !slices.Equal(got, known()) {
			t.Fatalf("%s: sealed are %v", step.what, got)
		}
		if open, log := s.opens(step.key); !open || strings.Contains(log, "do not open") {
			t.Fatalf("%s: the secrets are not what they were\n%s", step.what, log)
		}
	}
	if open, log := s.opens(anotherKey); open || !strings.Contains(log, "Start with the key that sealed them") {
		t.Errorf("with another key: %v\n%s", open, log)
	}
	if status, out := badala("check", "--quick", "--db", s.cfg.DB, "--secret-key", anotherKey, "--graph-url", s.graph.URL); status != 1 || !strings.Contains(out, fmt.Sprint(len(known()))+" stored secrets do not open") {
		t.Errorf("check: %d %s", status, out)
	}
	s.audited(t)
}

// audited says that each change of the key is in the audit log.
func (s *secretShop) audited(t *testing.T) {
	t.Helper()
	d, err := db.Open(s.cfg.DB, db.Options{})
	ok(t, err)
	defer d.Close()
	n, err := db.Value[int](d.Read(t.Context()), `SELECT count(*) FROM audit WHERE org_id = ? AND action = 'secrets.rotate'`, s.org)
	if err != nil || n != 3 {
		t.Errorf("%d changes are in the audit log, %v", n, err)
	}
}

func TestSecretsStayWhileTheServerRuns(t *testing.T) {
	t.Parallel()
	s := newShop(t, func(c *app.Config) { c.SecretKey = oneKey })
	args := []string{"secrets", "rotate", "--db", s.cfg.DB, "--secret-key", oneKey, "--new-secret-key", anotherKey}
	if status, out := badala(args...); status != 1 || !strings.Contains(out, "stop it first") {
		t.Fatal(status, out)
	}
	if status, out := badala(append(args, "--dry-run")...); status != 0 || !strings.Contains(out, "2 secrets would be") {
		t.Fatal(status, out)
	}
	if code := call(t, http.MethodGet, s.URL()+"/healthz", "", nil, nil); code != http.StatusOK {
		t.Error(code)
	}
}

// TestNoSealedColumnIsForgotten holds what the rotation knows to what the code
// seals: every place and every purpose in it.
func TestNoSealedColumnIsForgotten(t *testing.T) {
	t.Parallel()
	tables, purposes := map[string]bool{}, map[string]bool{}
	ok(t, filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.HasPrefix(path, "secret") || strings.HasPrefix(path, "seal/") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool { sealing(n, tables, purposes); return true })
		return nil
	}))
	wantTables, wantPurposes := map[string]bool{}, map[string]bool{}
	for _, c := range app.SecretColumns() {
		wantTables[c.Table], wantPurposes[c.Purpose] = true, true
	}
	if !maps.Equal(tables, wantTables) {
		t.Errorf("secrets are sealed in %v, and the rotation knows %v", tables, wantTables)
	}
	if len(purposes) != len(wantPurposes) {
		t.Errorf("secrets are sealed for %v, and the rotation knows %v", purposes, wantPurposes)
	}
}

// sealing notes the table of a seal.Place and the purpose of a seal.New.
func sealing(n ast.Node, tables, purposes map[string]bool) {
	switch n := n.(type) {
	case *ast.CompositeLit:
		if !isSeal(n.Type, "Place") {
			return
		}
		for _, e := range n.Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok && kv.Key.(*ast.Ident).Name == "Table" {
				if text, err := strconv.Unquote(kv.Value.(*ast.BasicLit).Value); err == nil {
					tables[text] = true
				}
			}
		}
	case *ast.CallExpr:
		if isSeal(n.Fun, "New") && len(n.Args) == 2 {
			purposes[fmt.Sprintf("%T at %d", n.Args[1], n.Pos())] = true
		}
	}
}

func isSeal(e ast.Expr, name string) bool {
	sel, ok := e.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != name {
		return false
	}
	pkg, ok := sel.X.(*ast.Ident)
	return ok && pkg.Name == "seal"
}
