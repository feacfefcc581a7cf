package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

const formType = "multipart/form-data; boundary=b"

func TestImport(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	base := "/orgs/" + w.org + "/contacts"
	file := "name,phone,externalId,marketingConsent\nAmal,65020001,x-1,true\nBadr,+96565020002,x-2,\nNobody,,x-3,\n"
	send := func(status int, query, form string) answer {
		return w.want(t, status, "AGENT", "POST", base+"/import"+query, form, "Content-Type", formType)
	}
	dry := send(200, "?wait=true", importForm(file, "dryRun", "true", "defaultCountry", "KW")).json(t)
	if dry["dryRun"] != true || dry["status"] != "DONE" || dry["created"] != 2.0 || dry["errors"] != 1.0 || dry["rows"] != 3.0 {
		t.Errorf("%v", dry)
	}
	if n := w.want(t, 200, "AGENT", "GET", base, nil).json(t)["total"]; n != 0.0 {
		t.Errorf("a dry run made %v contacts", n)
	}
	done := send(200, "?wait=true", importForm(file, "defaultCountry", "KW", "consentAttested", "true", "timezone", "Asia/Kuwait", "dateOrder", "DMY", "mapping", `{"name": "name"}`)).json(t)
	if done["created"] != 2.0 || done["dryRun"] != false || len(done["issues"].([]any)) != 1 {
		t.Errorf("%v", done)
	}
	again := send(200, "?wait=true", importForm(file, "defaultCountry", "KW", "consentAttested", "true")).json(t)
	if again["unchanged"] != 2.0 || again["errors"] != 1.0 {
		t.Errorf("%v", again)
	}
	later := send(202, "", importForm(file, "defaultCountry", "KW")).json(t)
	one := base + "/imports/" + later["importId"].(string)
	eventually(t, "the import is done", func() bool { return w.want(t, 200, "AGENT", "GET", one, nil).json(t)["status"] == "DONE" })

	report := string(w.want(t, 200, "AGENT", "GET", one+"/report", nil).body)
	if !strings.HasPrefix(report, "\ufeffrow,severity,code,") || !strings.Contains(report, "4,ERROR,phone_missing,") || !strings.Contains(report, ",Nobody,,x-3,") {
		t.Error(report)
	}
	export := w.want(t, 200, "AGENT", "GET", base+"/export", nil)
	if !strings.Contains(export.Header.Get("Content-Disposition"), "contacts.csv") || !strings.Contains(string(export.body), "+96565020001") {
		t.Error(string(export.body))
	}
	same := send(200, "?wait=true", importForm(string(export.body))).json(t)
	if same["unchanged"] != 2.0 || same["source"] != "badala" {
		t.Errorf("%v", same)
	}
	if x := w.want(t, 200, "AGENT", "GET", base+"/export?format=xlsx", nil); !strings.HasPrefix(string(x.body), "PK") {
		t.Error("not a workbook")
	}
	undo := base + "/imports/" + done["id"].(string) + "/undo"
	w.want(t, 202, "AGENT", "POST", undo, nil)
	eventually(t, "the import is undone", func() bool { return w.want(t, 200, "AGENT", "GET", base, nil).json(t)["total"] == 0.0 })
}

func TestImportRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	base := "/orgs/" + w.org + "/contacts"
	for _, c := range []struct {
		form   string
		status int
		code   any
	}{
		{importForm(""), 422, "file_empty"},
		{importForm("some words\n"), 422, "no_header_found"},
		{importForm("name,email\na,b\n"), 422, "no_phone_column"},
		{importForm("name,phone\na,1\n", "defaultCountry", "Nowhere"), 400, nil},
		{importForm("name,phone\na,1\n", "mapping", "[]"), 400, nil},
		{importForm("name,phone\na,1\n", "mapping", `{"other": "name"}`), 400, nil},
		{"--b\r\nContent-Disposition: form-data; name=\"dryRun\"\r\n\r\ntrue\r\n--b--\r\n", 400, nil},
		{importForm(strings.Repeat("a", 22<<20)), 413, "file_too_much_text"},
	} {
		got := w.want(t, c.status, "AGENT", "POST", base+"/import", c.form, "Content-Type", formType).json(t)
		if got["code"] != c.code || got["message"] == "" {
			t.Errorf("%.80q: %v", c.form, got)
		}
	}
	w.want(t, 415, "AGENT", "POST", base+"/import", "{}")
	for _, path := range []string{"", "/report"} {
		w.want(t, http.StatusNotFound, "AGENT", "GET", fmt.Sprintf("%s/imports/import_0000000000000%s", base, path), nil)
	}
}
