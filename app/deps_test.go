package app_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// order lists our packages so that each imports only packages before it.
var order = []string{
	"app/errs", "app/seal", "app/fold", "app/table", "app/i18n", "app/hours", "app/template", "app/db", "app/db/dbtest", "app/secret", "app/event", "app/queue",
	"app/meta", "app/meta/sim",
	"app/account", "app/media", "app/contact", "app/contact/importer", "app/channel", "app/inbox", "app/broadcast", "app/webhook", "app/retention", "app/backup",
	"assets", "views/markup", "views",
	"app/httpx", "app/cert", "app/health", "app/guide", "app/archive", "app/api", "app/web",
	"app", "",
}

type goPackage struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports", "badala/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func short(path string) string { return strings.TrimPrefix(strings.TrimPrefix(path, "badala"), "/") }

func TestImportsPointDownwards(t *testing.T) {
	t.Parallel()
	isFace := []string{"views", "assets"}
	for _, p := range packages(t) {
		name := short(p.ImportPath)
		if strings.HasSuffix(name, "test") || strings.HasPrefix(name, "app/guide/") { // helpers of tests, and programs that the guide shows
			continue
		}
		at := slices.Index(order, name)
		if at < 0 {
			t.Errorf("%s has no place in the order of packages", name)
			continue
		}
		for _, imp := range p.Imports {
			if imp == "database/sql" && name != "app/db" {
				t.Errorf("%s imports database/sql; only app/db may", name)
			}
			if !strings.HasPrefix(imp, "badala") {
				continue
			}
			if i := slices.Index(order, short(imp)); i < 0 || i >= at {
				t.Errorf("%s imports %s, which does not stand below it", name, short(imp))
			}
			if slices.Contains(isFace, name) && short(imp) == "app/db" {
				t.Errorf("%s imports app/db: views do no I/O", name)
			}
		}
	}
}
