package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"badala/app/db"
)

// importStatus is what the API tells of an import.
type importStatus struct {
	ID, ImportID, Status                                            string
	Rows, Created, Updated, Unchanged, Duplicates, Errors, Progress int
	Message                                                         string
}

// postFile starts an import by the API and gives its id.
func (c *child) postFile(token, org, name string, data []byte) (importStatus, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write(data)
	}
	if err == nil {
		err = form.WriteField("consentAttested", "true")
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		return importStatus{}, err
	}
	return c.importCall("POST", "/orgs/"+org+"/contacts/import", token, &body, form.FormDataContentType())
}

func (c *child) importCall(method, path, token string, body io.Reader, kind string) (importStatus, error) {
	var s importStatus
	req, err := http.NewRequest(method, c.url+path, body)
	if err != nil {
		return s, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return s, err
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&s); err != nil {
		return s, err
	}
	if res.StatusCode >= 300 {
		return s, fmt.Errorf("%s %s: %d %s", method, path, res.StatusCode, s.Message)
	}
	return s, nil
}

// awaitImport looks into the database, beside the process, until the only
// import is so far, or over.
func (k *killer) awaitImport(percent int) (state string) {
	k.shop.t.Helper()
	d, err := db.Open(k.cfg.DB, db.Options{Shared: true})
	if err != nil {
		k.shop.t.Fatal(err)
	}
	defer d.Close()
	type row struct {
		state       string
		done, total int
	}
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for late := time.Now().Add(2 * time.Minute); time.Now().Before(late); <-tick.C {
		r, err := db.One(d.Read(k.shop.t.Context()), func(r *db.Rows, v *row) error { return r.Scan(&v.state, &v.done, &v.total) }, `SELECT state, done, total FROM import`)
		if err != nil {
			k.shop.t.Fatal(err)
		}
		if r.state != "RUNNING" || r.total > 0 && 100*r.done/r.total >= percent {
			return r.state
		}
	}
	k.shop.t.Fatal("the import does not go on")
	return ""
}

// TestImportIsKilled kills the process again and again while it imports: every
// row is applied once, every contact is told of once and can be found.
func TestImportIsKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills processes for a minute: not with -short")
	}
	t.Parallel()
	const people = 6000
	k := newKiller(t)
	var file strings.Builder
	file.WriteString("name,phone,externalId,tags,marketingConsent\n")
	for i := range people {
		fmt.Fprintf(&file, "Person %d,+9656503%04d,p-%d,vip,true\n", i, i, i)
	}
	file.WriteString("Again,+96565030000,,late,\nNobody,,,,\n")
	k.boot()
	token := k.child.login()
	org := db.FormatID("org", k.org)
	started, err := k.child.postFile(token, org, "people.csv", []byte(file.String()))
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []int{1, 20, 40, 60, 80} {
		k.awaitImport(at)
		k.child.kill()
		k.boot()
	}
	if state := k.awaitImport(101); state != "DONE" {
		t.Errorf("the import is %s", state)
	}
	done, err := k.child.importCall("GET", "/orgs/"+org+"/contacts/imports/"+started.ImportID, token, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	if done.Created != people || done.Duplicates != 1 || done.Errors != 1 || done.Rows != people+2 {
		t.Errorf("%+v", done)
	}
	k.child.stop()
	d := k.open()
	defer d.Close()
	for query, want := range map[string]int{
		`SELECT COUNT(*) FROM contact WHERE source = 'IMPORT'`:                                                                         people,
		`SELECT COUNT(*) FROM event WHERE type = 'contact.created' AND contact_id IN (SELECT id FROM contact WHERE source = 'IMPORT')`: people,
		`SELECT COUNT(*) FROM event WHERE type = 'contact.updated' AND contact_id IN (SELECT id FROM contact WHERE source = 'IMPORT')`: 0,
		`SELECT COUNT(*) FROM contact_consent`:                                                                                         people,
		`SELECT COUNT(*) FROM contact_fts WHERE rowid IN (SELECT id FROM contact WHERE source = 'IMPORT')`:                             people,
		`SELECT COUNT(*) FROM import_rows`:                                                                                             0,
	} {
		if n, err := db.Value[int](d.Read(t.Context()), query); err != nil || n != want {
			t.Errorf("%s: %d, want %d (%v)", query, n, want, err)
		}
	}
}
