package db_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"badala/app/db"
)

// large are the tables that grow with every message and every contact.
const large = `message|conversation|conversation_tag|mention|reaction|event|inbound|contact|contact_handle|contact_tag|contact_consent|contact_import|` +
	`import_issue|import_memory|import_before|audit|audit_change|broadcast_recipient|webhook_event|webhook_delivery|webhook_attempt|media|media_chunk`

var (
	statement = regexp.MustCompile(`^\s*(SELECT|DELETE|UPDATE|INSERT|WITH)\s`)
	alias     = regexp.MustCompile(`\b(?:FROM|JOIN|UPDATE|INTO)\s+(` + large + `)(?:\s+(?:AS\s+)?([a-z]{1,3}))?\b`)
	few       = regexp.MustCompile(`LIMIT \S+\s*$`)
	// wholly is a step that reads all of a table, or all that an organisation has in it.
	wholly = regexp.MustCompile(`^SCAN (\w+)( USING .*)?$|^SEARCH (\w+) USING .*\(org_id=\?\)$`)
)

// readsAll are the files with statements that are meant to read all of a table
// or of an index that has little else: work of the night, checks of a copy,
// columns of an export.
var readsAll = map[string]string{
	"../account/auditlog.go":        "one look-up for each kind of action",
	"../backup/manifest.go":         "a copy counts the files in the bucket",
	"../backup/prove.go":            "a check asks for each file in the bucket",
	"../channel/raw.go":             "an index of failed bodies alone",
	"../contact/erase_again.go":     "a restored copy is searched for the erased",
	"../contact/importer/export.go": "an export has the columns that anybody has",
	"../media/after.go":             "an archive counts its files",
	"../media/move.go":              "a move counts its files",
}

// TestNothingReadsALargeTable takes the statements that stand in the source,
// and asks SQLite how it would run them: with a million messages a look-up that
// misses its index holds up everybody.
func TestNothingReadsALargeTable(t *testing.T) {
	t.Parallel()
	d := open(t, filepath.Join(t.TempDir(), "badala.db"))
	asked := 0
	for _, s := range statements(t, "..") {
		if readsAll[s.file] != "" {
			continue
		}
		plan, err := explain(d, s.sql)
		if err != nil { // with a verb of Printf
			continue
		}
		asked++
		names := map[string]string{}
		for _, m := range alias.FindAllStringSubmatch(s.sql, -1) {
			names[m[1]] = m[1]
			if m[2] != "" {
				names[m[2]] = m[1]
			}
		}
		for _, step := range plan {
			m := wholly.FindStringSubmatch(step)
			if m != nil && names[m[1]+m[3]] != "" && !few.MatchString(s.sql) {
				t.Errorf("%s:%d: %s\n\t%s", s.file, s.line, step, strings.Join(strings.Fields(s.sql), " "))
			}
		}
	}
	if asked < 400 {
		t.Errorf("only %d statements were understood", asked)
	}
}

type found struct {
	file string
	line int
	sql  string
}

// statements collects the texts below a folder that look like statements, put
// together from constants where they are.
func statements(t *testing.T, root string) (all []found) {
	t.Helper()
	files := token.NewFileSet()
	err := filepath.WalkDir(root, func(dir string, e fs.DirEntry, err error) error {
		if err != nil || !e.IsDir() {
			return err
		}
		parsed, err := parse(files, dir)
		if err != nil {
			return err
		}
		known := constants(parsed)
		for path, f := range parsed {
			ast.Inspect(f, func(n ast.Node) bool {
				e, ok := n.(ast.Expr)
				if !ok {
					return true
				}
				s, ok := known.text(e)
				if ok && statement.MatchString(s) {
					all = append(all, found{filepath.ToSlash(path), files.Position(e.Pos()).Line, s})
				}
				_, sum := n.(*ast.BinaryExpr)
				return !ok && !sum // no parts of a statement
			})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// parse reads the sources of one package, by their paths.
func parse(files *token.FileSet, dir string) (map[string]*ast.File, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	parsed := map[string]*ast.File{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		if parsed[path], err = parser.ParseFile(files, path, nil, parser.SkipObjectResolution); err != nil {
			return nil, err
		}
	}
	return parsed, err
}

// texts are the constants of a package by their names.
type texts map[string]ast.Expr

func constants(parsed map[string]*ast.File) texts {
	known := texts{}
	for _, f := range parsed {
		ast.Inspect(f, func(n ast.Node) bool {
			if d, ok := n.(*ast.GenDecl); ok && d.Tok == token.CONST {
				for _, s := range d.Specs {
					if v := s.(*ast.ValueSpec); len(v.Values) == len(v.Names) {
						for i, name := range v.Names {
							known[name.Name] = v.Values[i]
						}
					}
				}
			}
			return true
		})
	}
	return known
}

// text is what an expression of literals and constants says.
func (k texts) text(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil && e.Kind == token.STRING
	case *ast.Ident:
		if value, ok := k[e.Name]; ok && value != ast.Expr(e) {
			return k.text(value)
		}
	case *ast.BinaryExpr:
		if e.Op == token.ADD {
			x, okX := k.text(e.X)
			y, okY := k.text(e.Y)
			return x + y, okX && okY
		}
	}
	return "", false
}

var numbered = regexp.MustCompile(`\?(\d+)`)

func explain(d *db.DB, query string) ([]string, error) {
	all := numbered.FindAllStringSubmatch(query, -1)
	n := 0
	for _, m := range all {
		k, _ := strconv.Atoi(m[1])
		n = max(n, k)
	}
	if len(all) == 0 {
		n = strings.Count(query, "?")
	}
	return db.Explain(d, query, make([]any, n)...)
}
