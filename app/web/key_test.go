package web_test

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"badala/app/account"
	"badala/app/db"
)

func TestKeyIsShownOnceAndRevoked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as("Omar")
	b.get("/settings/keys").want(t, http.StatusOK, "No key yet", `href="/docs"`)
	wrong := b.post("/settings/keys", url.Values{"name": {" "}, "expiry": {"77777"}, "scope": {"contacts"}})
	wrong.want(t, http.StatusUnprocessableEntity, `aria-invalid`, `value="contacts" checked`)
	b.post("/settings/keys", url.Values{"name": {"CRM"}, "expiry": {"90"}}).want(t, http.StatusUnprocessableEntity, "at least one right")

	got := b.post("/settings/keys", url.Values{"name": {"CRM"}, "expiry": {"90"}, "scope": {"read", "contacts"}}).want(t, http.StatusOK, "curl", "CRM")
	token := "bdl_" + between(t, got.body, `id="token" value="bdl_`, `"`)
	if _, err := w.accounts.KeyActor(t.Context(), token, "192.0.2.7"); err != nil {
		t.Errorf("the key does not work: %v", err)
	}
	for _, at := range []string{"/settings/keys", "/settings/audit", "/settings/audit.csv"} {
		b.get(at).want(t, http.StatusOK).without(t, token)
	}
	page := b.get("/settings/keys").want(t, http.StatusOK, token[:12], "Write contacts", "192.0.2.7", "Omar")
	path := "/settings/keys/key_" + between(t, page.body, `action="/settings/keys/key_`, "/")
	b.post(path+"/rename", url.Values{"name": {""}}).want(t, http.StatusUnprocessableEntity, "aria-invalid")
	b.post(path+"/rename", url.Values{"name": {"New CRM"}}).want(t, http.StatusOK, "New CRM", "is renamed")
	b.post(path+"/revoke", nil).want(t, http.StatusOK, "is revoked", "Ended keys (1)")
	if _, err := w.accounts.KeyActor(t.Context(), token, ""); err == nil {
		t.Error("a revoked key works")
	}
	b.script("/settings/keys/"+db.FormatID("key", 7)+"/revoke", nil).want(t, http.StatusNotFound)
}

func TestAuditLogIsFilteredAndDownloaded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	conv := w.written("Mona", "966555000101", "a secret wish")
	sara := w.teammate("Sara", account.Agent)
	b := w.as("Omar")
	b.post("/c/"+conv+"/assign", url.Values{"assignee": {db.FormatID("user", sara.ID)}})
	b.post("/settings/keys", url.Values{"name": {`=HYPERLINK("x")`}, "expiry": {"never"}, "scope": {"manage"}}).want(t, http.StatusOK)

	all := b.get("/settings/audit").want(t, http.StatusOK, "Conversation assigned", "API key made", "WhatsApp number connected", "127.0.0.1",
		`href="/c/`+conv+`"`, "<ins dir=\"auto\">Sara</ins>", "Nobody can edit")
	all.without(t, "a secret wish")
	ar := w.as("Omar")
	ar.post("/language", url.Values{"language": {"ar"}})
	ar.get("/settings/audit").want(t, http.StatusOK, "إسناد محادثة")
	ar.post("/language", url.Values{"language": {"en"}})

	b.get("/settings/audit?group=api_key").want(t, http.StatusOK, "API key made").without(t, "<strong>Conversation assigned")
	b.get("/settings/audit?who="+db.FormatID("user", sara.ID)).want(t, http.StatusOK).without(t, "<strong>API key made")
	b.get("/settings/audit?from=2999-01-01").want(t, http.StatusOK, "nothing that fits")
	b.get("/settings/audit?to=2001-01-01").want(t, http.StatusOK, "nothing that fits")
	b.get("/settings/audit?from=nonsense").want(t, http.StatusUnprocessableEntity, "not a date")
	b.get("/settings/audit?who=nonsense").want(t, http.StatusUnprocessableEntity, "nobody like that")
	b.get("/settings/audit?cursor=nonsense").want(t, http.StatusBadRequest)

	file := b.get("/settings/audit.csv?group=api_key").want(t, http.StatusOK)
	if file.header.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.Contains(file.header.Get("Content-Disposition"), ".csv") {
		t.Errorf("headers %v", file.header)
	}
	text, marked := strings.CutPrefix(file.body, "\ufeff")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || !marked || len(rows) != 2 || rows[1][4] != "api_key.create" || !strings.HasPrefix(rows[1][6], "'=") {
		t.Errorf("%v, mark %v: %q", err, marked, rows)
	}
	b.get("/settings/audit.csv?from=2999-01-01").want(t, http.StatusOK, "Action")
	b.get("/settings/audit.csv?from=nonsense").want(t, http.StatusBadRequest)
}
