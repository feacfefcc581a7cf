package api_test

import (
	"net/http"
	"strings"
	"testing"

	"badala/app/account"
	"badala/app/db"
)

// verdicts says for each route the lowest role that is let in. "" needs a token
// only, "-" nothing at all. A route that is not here fails the test.
var verdicts = map[string]account.Role{
	"POST /auth/login":  "-",
	"POST /auth/logout": "",
	"GET /auth/me":      "",
	"GET /orgs":         "",
	"POST /orgs":        "",

	"GET /O/members":               account.Viewer,
	"PATCH /O/members/{userId}":    account.Admin,
	"DELETE /O/members/{userId}":   account.Admin,
	"GET /O/invites":               account.Admin,
	"POST /O/invites":              account.Admin,
	"DELETE /O/invites/{inviteId}": account.Admin,

	"GET /O/channels":                account.Viewer,
	"POST /O/channels":               account.Admin,
	"GET /O/channels/{channelId}":    account.Viewer,
	"PATCH /O/channels/{channelId}":  account.Admin,
	"DELETE /O/channels/{channelId}": account.Admin,

	"GET /O/contacts":                account.Viewer,
	"GET /O/contacts/{contactId}":    account.Viewer,
	"POST /O/contacts":               account.Agent,
	"PATCH /O/contacts/{contactId}":  account.Agent,
	"DELETE /O/contacts/{contactId}": account.Supervisor,

	"GET /O/tags":            account.Viewer,
	"POST /O/tags":           account.Supervisor,
	"PATCH /O/tags/{tagId}":  account.Supervisor,
	"DELETE /O/tags/{tagId}": account.Supervisor,

	"GET /O/conversations":                             account.Viewer,
	"GET /O/conversations/{conversationId}":            account.Viewer,
	"PATCH /O/conversations/{conversationId}/status":   account.Agent,
	"PATCH /O/conversations/{conversationId}/assignee": account.Agent,
	"PATCH /O/conversations/{conversationId}/tags":     account.Agent,
	"POST /O/conversations/{conversationId}/snooze":    account.Agent,
	"GET /O/search":                                   account.Viewer,
	"GET /O/canned-responses":                         account.Viewer,
	"POST /O/canned-responses":                        account.Agent,
	"PATCH /O/canned-responses/{cannedId}":            account.Agent,
	"DELETE /O/canned-responses/{cannedId}":           account.Agent,
	"POST /O/conversations/{conversationId}/read":     account.Agent,
	"POST /O/conversations/{conversationId}/notes":    account.Agent,
	"GET /O/conversations/{conversationId}/messages":  account.Viewer,
	"POST /O/conversations/{conversationId}/messages": account.Agent,

	"POST /O/uploads": account.Agent,
}

// TestAccess calls every route as everybody. Ids in paths name nothing, so who
// is let in gets no further than 404 or a complaint about the body.
func TestAccess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seen := map[string]bool{}
	for _, r := range w.api.Routes() {
		name := r.Method + " " + strings.Replace(r.Path, "/orgs/{orgId}/", "/O/", 1)
		seen[name] = true
		lowest, ok := verdicts[name]
		if !ok {
			t.Errorf("no verdict on %s", name)
			continue
		}
		for _, who := range []string{"", "OWNER", "ADMIN", "SUPERVISOR", "AGENT", "VIEWER", "STRANGER", "DISABLED", "bad"} {
			if name == "POST /auth/logout" && who != "" && who != "bad" {
				continue // it would end the token that the other routes need
			}
			got := w.call(t, who, r.Method, w.fill(r.Path), bodyFor(r.Method)).StatusCode
			if want := verdict(lowest, who); !want(got) {
				t.Errorf("%s as %q: %d", name, who, got)
			}
		}
	}
	for name := range verdicts {
		if !seen[name] {
			t.Errorf("%s has a verdict but is no route", name)
		}
	}
}

// fill puts the organisation and ids of nothing into a path.
func (w *world) fill(path string) string {
	for _, p := range []struct{ name, value string }{
		{"{orgId}", w.org},
		{"{userId}", db.FormatID("user", 1)},
		{"{inviteId}", db.FormatID("inv", 1)},
		{"{channelId}", db.FormatID("chan", 1)},
		{"{contactId}", db.FormatID("contact", 1)},
		{"{tagId}", db.FormatID("tag", 1)},
		{"{cannedId}", db.FormatID("canned", 1)},
		{"{conversationId}", db.FormatID("conv", 1)},
	} {
		path = strings.ReplaceAll(path, p.name, p.value)
	}
	return path
}

func bodyFor(method string) any {
	if method == http.MethodGet || method == http.MethodDelete {
		return nil
	}
	return "{}"
}

// verdict is what the status must be like for somebody.
func verdict(lowest account.Role, who string) func(int) bool {
	denied := func(code int) func(int) bool { return func(got int) bool { return got == code } }
	admitted := func(got int) bool { return got != 401 && got != 403 && got < 500 }
	switch {
	case lowest == "-":
		return admitted
	case who == "" || who == "bad":
		return denied(401)
	case lowest == "":
		return admitted
	case who == "STRANGER" || who == "DISABLED" || !account.Role(who).AtLeast(lowest):
		return denied(403)
	}
	return admitted
}
