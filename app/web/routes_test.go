package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"badala/app/account"
	"badala/app/broadcast"
	"badala/app/contact"
	"badala/app/db"
	"badala/app/inbox"
	"badala/app/webhook"
)

// TestEveryRouteKnowsWhoMay walks the whole list of routes: nobody signed in,
// every role, and whether the answer is what the list promises.
func TestEveryRouteKnowsWhoMay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ch := w.connect()
	conv := w.written("Mona", "966555000101", "hello there")
	browsers := map[account.Role]*browser{account.Owner: w.as("Omar")}
	for name, role := range map[string]account.Role{"Adam": account.Admin, "Suha": account.Supervisor, "Agnes": account.Agent, "Vera": account.Viewer} {
		w.teammate(name, role)
		browsers[role] = w.as(name)
	}
	hook, _, err := w.webhooks.Create(t.Context(), w.boss(), webhook.Input{URL: newReceiver(t).url(), Events: webhook.DefaultEvents()})
	must(t, err)
	delivery := w.tested(hook.ID)
	key, _, err := w.accounts.CreateKey(t.Context(), w.boss(), account.KeyInput{Name: "CRM", Scopes: []account.Scope{account.ScopeRead}})
	must(t, err)
	changed, err := w.contacts.ChangeMany(t.Context(), w.boss(), contact.BulkChange{Kind: contact.BulkTag, Tag: "VIP"}, contact.BulkPick{})
	must(t, err)
	bulk := db.FormatID("bulk", changed.ID)
	table, err := w.imports.Upload(t.Context(), w.boss(), "people.csv", strings.NewReader("name,phone\nMona,+96565001234\n"))
	must(t, err)
	canned, err := w.inbox.CreateCanned(t.Context(), w.boss(), inbox.CannedInput{Shared: true, Shortcut: "hours", Body: "Nine to five"})
	must(t, err)
	tags, err := w.contacts.Tags(w.db.Read(t.Context()), w.owner.OrgID)
	must(t, err)
	_, err = w.channels.SyncTemplates(t.Context(), w.boss(), ch.ID)
	must(t, err)
	_, templateID := w.templatePath(ch, "visit_reminder", "en_US")
	many, err := w.many.Create(t.Context(), w.boss(), broadcast.Input{Name: "Reminder", ChannelID: ch.ID})
	must(t, err)
	fill := strings.NewReplacer("{broadcast}", db.FormatID(broadcast.Prefix, many.ID), "{step}", "audience", "{tag}", db.FormatID("tag", tags[0].ID), "{job}", db.FormatID("job", 1), "{template}", templateID, "{channel}", db.FormatID("chan", ch.ID), "{name}", "inbox.given_up", "{canned}", db.FormatID("canned", canned.ID), "{import}", db.FormatID("import", table.ID), "{format}", "csv", "{hook}", db.FormatID("hook", hook.ID), "{delivery}", delivery, "{key}", db.FormatID("key", key.ID),
		"{conv}", conv, "{id}", db.FormatID("chan", ch.ID), "{$}", "",
		"{user}", db.FormatID("user", w.owner.User.ID), "{msg}", db.FormatID("msg", 1), "{contact}", contactID(w.person("Nour", "+96550009999")), "{bulk}", bulk, "{field}", db.FormatID("field", 1), "{merge}", db.FormatID("merge", 1),
		"{org}", db.FormatID("org", w.owner.OrgID), "{invite}", db.FormatID("inv", 1), "{token}", "nonsense")
	for _, rt := range w.web.Routes() {
		method, path, ok := strings.Cut(fill.Replace(rt.Pattern), " ")
		if !ok || path == "/live" { // the stream has a test of its own
			continue
		}
		nobody := w.browser().do(method, path, strings.NewReader(""), "Content-Type", "application/x-www-form-urlencoded", "X-Fragment", "1")
		if nobody.header.Get("Content-Security-Policy") == "" {
			t.Errorf("%s answers without a content security policy", rt.Pattern)
		}
		if rt.Anyone {
			continue
		}
		if nobody.status != http.StatusUnauthorized {
			t.Errorf("%s answers %d to nobody", rt.Pattern, nobody.status)
		}
		for role, b := range browsers {
			allowed := rt.Permission == "" || account.Actor{Role: role}.Can(rt.Permission)
			if rt.Host {
				allowed = role == account.Owner // who claimed the install
			}
			if allowed && method != http.MethodGet {
				continue // what it does is for other tests
			}
			got := b.do(method, path, strings.NewReader(""), "Content-Type", "application/x-www-form-urlencoded")
			switch {
			case !allowed && got.status != http.StatusForbidden:
				t.Errorf("%s answers %d to %s", rt.Pattern, got.status, role)
			case allowed && got.status != http.StatusOK && !expected(path, got.status):
				t.Errorf("%s answers %d to %s", rt.Pattern, got.status, role)
			}
		}
	}
}

// expected are answers to paths that lack a parameter here.
func expected(path string, status int) bool {
	return path == "/changes" && status == http.StatusBadRequest
}

func TestOtherSitesChangeNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	conv := w.written("Mona", "966555000101", "hello there")
	b := w.as("Omar")
	for name, headers := range map[string][]string{
		"another site's form":    {"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
		"another site's, old":    {"Sec-Fetch-Site", "", "Origin", "https://evil.example"},
		"a sibling":              {"Sec-Fetch-Site", "same-site", "Origin", "https://other.example"},
		"no word of its origin":  {"Sec-Fetch-Site", ""},
		"a page without address": {"Sec-Fetch-Site", "", "Origin", "null"},
	} {
		got := b.post("/c/"+conv+"/messages", url.Values{"body": {"from elsewhere"}}, headers...)
		if got.status != http.StatusForbidden {
			t.Errorf("%s: %d", name, got.status)
		}
	}
	b.get("/c/"+conv).want(t, http.StatusOK).without(t, "from elsewhere")
}

func TestAnotherOrganisationIsAbsent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.connect()
	conv := w.written("Mona", "966555000101", "palm's own secret")
	_, err := w.accounts.CreateUser(t.Context(), account.CreateInput{Email: "lena@example.com", Name: "Lena", Org: "Cedar", Password: password})
	must(t, err)
	b := w.as("Lena")
	list := b.get("/inbox").want(t, http.StatusOK).without(t, "Mona")
	_ = list
	b.get("/c/"+conv).want(t, http.StatusNotFound).without(t, "secret")
	b.get("/inbox?conv="+conv).want(t, http.StatusNotFound)
	b.get("/c/"+conv+"/older").want(t, http.StatusNotFound)
	b.get("/changes?since=0&c="+conv).want(t, http.StatusOK).without(t, "secret")
	b.script("/c/"+conv+"/messages", url.Values{"body": {"hi"}}).want(t, http.StatusNotFound)
	for _, action := range []string{"notes", "assign", "close", "reopen", "unread", "read", "draft"} {
		got := b.script("/c/"+conv+"/"+action, url.Values{"body": {"x"}})
		if got.status != http.StatusNotFound {
			t.Errorf("%s answers %d", action, got.status)
		}
	}
	b.post("/org/"+db.FormatID("org", w.owner.OrgID)+"/switch", nil).want(t, http.StatusNotFound)
}

func TestSwitchBetweenOrganisations(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made, err := w.accounts.CreateUser(t.Context(), account.CreateInput{Email: "omar@example.com", Name: "Omar", Org: "Cedar", Role: account.Agent})
	must(t, err)
	b := w.as("Omar")
	b.get("/orgs").want(t, http.StatusOK, "Palm", "Cedar")
	b.post("/org/"+db.FormatID("org", made.Org.ID)+"/switch", nil).want(t, http.StatusOK)
	b.get("/settings/channels").want(t, http.StatusForbidden)
	b.post("/org/"+db.FormatID("org", w.owner.OrgID)+"/switch", nil).want(t, http.StatusOK)
	b.get("/settings/channels").want(t, http.StatusOK)
}
